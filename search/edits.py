"""How far apart two spellings are, and how far a word may be from what was meant."""

from rapidfuzz.distance import OSA


def edits_allowed(word: str) -> int:
    """One edit from four letters, two from eight."""
    if len(word) < 4:
        return 0
    return 1 if len(word) < 8 else 2


def edit_distance(left: str, right: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours; `limit + 1` when it is more than `limit`."""
    return int(OSA.distance(left, right, score_cutoff=limit))
