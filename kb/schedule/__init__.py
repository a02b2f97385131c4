"""Work that happens by the clock: slots, claims in the database, and when something is next due."""
