"""What waits to be verified, for whom, and in which order."""
