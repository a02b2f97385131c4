"""What is not saved yet: the text in somebody's editor, and pictures that no card shows so far. It is theirs alone."""
