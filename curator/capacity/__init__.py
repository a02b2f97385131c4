"""Time for checks: how much people have, how much is coming, and how it is laid out."""
