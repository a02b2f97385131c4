"""Keeping cards true: the queue, notices and digests, the card manager, the weekly stale report."""
