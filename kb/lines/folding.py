"""Which of several near-duplicates is served, decided among cards that this reader may see: a pure function.

Cards that a pair leads to but that are not given here have no part in it, so what a reader can't see changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kb.trust.state import GOOD, RANK, TrustState

LARGEST_FOLD = 8
ALIKE_SHARE = 0.3
FRESH_DAYS = 90
FADED_DAYS = 365
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Member:
    """A card that may be served: its trust at this moment, and who answers for it."""

    card_id: int
    trust: TrustState
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

    The strongest pairs join first. Two groups become one only if a share of `ALIKE_SHARE` of what lies across is pairs,
    so that no chain leads from a card to its sibling, and at most `LARGEST_FOLD` stand together. The best trusted one
    is served, of equals the one checked last, then the one edited last. A card that somebody else answers for and
    checked within `FRESH_DAYS` is never folded away.
    """
    by_id = {member.card_id: member for member in members}
    served = {card_id: card_id for card_id in by_id}
    for together in _together(by_id.keys(), pairs):
        best = max((by_id[card_id] for card_id in together), key=lambda member: _merit(member, now))
        for card_id in together:
            if not _stands_alone(by_id[card_id], best, now):
                served[card_id] = best.card_id
    return served


def _together(known: Iterable[int], pairs: Iterable[Pair]) -> list[set[int]]:
    """Groups of two and more."""
    group_of = {card_id: {card_id} for card_id in known}
    joining = [pair for pair in pairs if pair.card_id in group_of and pair.other_id in group_of]
    alike = {(pair.card_id, pair.other_id) for pair in joining}
    for pair in sorted(joining, key=lambda pair: (-pair.score, pair.card_id, pair.other_id)):
        mine, theirs = group_of[pair.card_id], group_of[pair.other_id]
        if mine is theirs or len(mine) + len(theirs) > LARGEST_FOLD:
            continue
        across = sum((min(a, b), max(a, b)) in alike for a in mine for b in theirs)
        if across >= ALIKE_SHARE * len(mine) * len(theirs):
            joined = mine | theirs
            group_of |= dict.fromkeys(joined, joined)
    return [group for group in {id(group): group for group in group_of.values()}.values() if len(group) > 1]


def _merit(member: Member, now: datetime) -> tuple[int, datetime, datetime, int]:
    """A check that is long past says no more than none: then whatever happened last to the card counts."""
    checked = member.verified_at or _NEVER
    is_held = member.trust is not TrustState.UNVERIFIED and now - checked <= timedelta(days=FADED_DAYS)
    if member.trust in GOOD or is_held:
        return RANK[member.trust], checked, member.updated_at, -member.card_id
    return RANK[TrustState.UNVERIFIED], max(checked, member.updated_at), member.updated_at, -member.card_id


def _stands_alone(member: Member, best: Member, now: datetime) -> bool:
    if member.owner_id == best.owner_id or member.verified_at is None:
        return False
    return now - member.verified_at < timedelta(days=FRESH_DAYS)
