"""Answer lines: which cards are near-duplicates of one another, and which of them is served."""
