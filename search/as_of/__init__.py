"""Answers as they would have been at an earlier instant."""
