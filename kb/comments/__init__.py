"""Comments on cards: threads that are resolved, mentions of people who may read the card. Never part of an answer."""
