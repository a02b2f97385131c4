"""Review before publishing: what was written waits beside the card, which stays as it was until a curator approves."""
