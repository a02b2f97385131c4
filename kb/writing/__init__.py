"""Aids for whoever writes a card: its parts, its length, how hard it is to read, and whether it is written already."""
