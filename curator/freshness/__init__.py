"""How likely each card is stale, why, what that costs readers, and when it should be looked at next."""
