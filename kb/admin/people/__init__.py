"""Administration of people and groups."""
