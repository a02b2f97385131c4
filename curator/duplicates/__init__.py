"""Near-duplicates: found when a card is saved, shown to its author, decided by a curator."""
