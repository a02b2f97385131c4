"""Evidence that a card may be wrong: what it says, links to and is asked for, looked at without a person."""
