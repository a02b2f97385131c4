"""The weekly stale report: what is stale, whom it waits for and what it cost."""
