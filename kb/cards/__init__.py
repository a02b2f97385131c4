"""Cards, their collections and revisions, and the one gate through which answers are served."""
