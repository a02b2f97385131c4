"""Bring cards in from files: a folder of Markdown, JSON lines or CSV, as often as one likes, each item once."""
