"""The commands of `vitrine`, one module per kind of work."""
