"""Verification: who stated that which revision is true, until when, and what speaks against it."""
