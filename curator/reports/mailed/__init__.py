"""A link in a mail that leads to one card, shows it, and lets its reader say that it is still correct."""
