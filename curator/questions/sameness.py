"""Whether two questions ask the same: their telling words are nearly the same ones, and every number is."""

from curator.duplicates.reading import read_card

SAME_FROM = 0.8


def asks_the_same(one: str, other: str) -> bool:
    """Whether two short texts share their words but for little ones; numbers and years must be equal."""
    if one.casefold().split() == other.casefold().split():
        return True
    mine, theirs = read_card(one, ""), read_card(other, "")
    if (mine.numbers, mine.years) != (theirs.numbers, theirs.years):
        return False
    every = mine.subject | theirs.subject
    return bool(every) and len(mine.subject & theirs.subject) >= SAME_FROM * len(every)
