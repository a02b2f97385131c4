"""The editor: what is typed, what it becomes, and what happens when two edit at once."""
