"""What people follow: a card, a tag or a collection, about which they want to hear."""
