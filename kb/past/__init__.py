"""What was known of cards at an earlier instant, replayed from the records. Nothing is stored for it."""
