"""Change hooks: a release, a price or a policy changes somewhere, and the cards it touches are flagged."""
