"""Which of several near-duplicates is served, decided among the cards that this reader was found: a pure function.

Cards that a pair leads to but that are not given here have no part in it, so what a reader can't see changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LARGEST_FOLD = 8
FRESH_DAYS = 90
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Member:
    """A card that was found: `trust` is its rank, higher is better; `owner_id` answers for it."""

    card_id: int
    trust: int
    verified_at: datetime | None
    owner_id: int | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cards that are near-duplicates and of which nobody has decided."""

    card_id: int
    other_id: int
    score: float


def fold(members: Sequence[Member], pairs: Iterable[Pair], now: datetime) -> dict[int, int]:
    """For each card the one served in its place, which is itself for most.

    Cards joined by pairs stand together, the strongest pairs first and at most `LARGEST_FOLD` of them. The best
    trusted is served, of equals the one checked last, then the one edited last. A card that somebody else answers for
    and checked within `FRESH_DAYS` is never folded away.
    """
    by_id = {member.card_id: member for member in members}
    served = {card_id: card_id for card_id in by_id}
    for together in _together(by_id, pairs):
        best = max((by_id[card_id] for card_id in together), key=_merit)
        for card_id in together:
            if not _stands_alone(by_id[card_id], best, now):
                served[card_id] = best.card_id
    return served


def _together(by_id: dict[int, Member], pairs: Iterable[Pair]) -> list[set[int]]:
    """Groups of two and more."""
    group_of: dict[int, set[int]] = {}
    for pair in sorted(pairs, key=lambda pair: (-pair.score, pair.card_id, pair.other_id)):
        if pair.card_id not in by_id or pair.other_id not in by_id:
            continue
        mine = group_of.get(pair.card_id, {pair.card_id})
        theirs = group_of.get(pair.other_id, {pair.other_id})
        if mine is not theirs and len(mine) + len(theirs) <= LARGEST_FOLD:
            joined = mine | theirs
            group_of |= dict.fromkeys(joined, joined)
    return list({id(group): group for group in group_of.values()}.values())


def _merit(member: Member) -> tuple[int, datetime, datetime, int]:
    return member.trust, member.verified_at or _NEVER, member.updated_at, -member.card_id


def _stands_alone(member: Member, best: Member, now: datetime) -> bool:
    if member.owner_id == best.owner_id or member.verified_at is None:
        return False
    return now - member.verified_at < timedelta(days=FRESH_DAYS)
