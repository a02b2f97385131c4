"""How a mistyped word finds what was meant: by keys that a word shares with every word one or two edits away.

The keys are the first four letters, and those with any one of them left out; likewise of the last four. One edit
leaves both ends with one edit at most, so a key of each end is shared; of two edits one end has one at most, so a key
of either end is.
"""

from search.arrays.spelling import WRITTEN

_END = 4
FIRST, LAST = "<", ">"


def keys_of(term: str) -> tuple[str, ...]:
    """The keys of a term of the vocabulary."""
    folded = term.partition(WRITTEN)[0]
    return tuple(sorted(first_keys(folded) | last_keys(folded)))


def first_keys(word: str) -> set[str]:
    """Those of how it begins."""
    return {FIRST + variant for variant in _variants(word[:_END])}


def last_keys(word: str) -> set[str]:
    """Those of how it ends."""
    return {LAST + variant for variant in _variants(word[-_END:])}


def _variants(end: str) -> set[str]:
    return {end, *(end[:place] + end[place + 1 :] for place in range(len(end)))}
