"""The catalogues of the interface, and the command that keeps them equal to the code."""
