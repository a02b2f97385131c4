"""The cards, the people, and the ground they stand on. Imports no sibling room."""
