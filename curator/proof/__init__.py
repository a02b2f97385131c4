"""What happened to a card, who saw which version when, and whether it was verified then."""
