"""Folds near-duplicates in a ranking: one of them is served at the best place any of them had, the rest are hidden.

The best trusted one may not have the asked words at all: an old title leads to the current card all the same.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.lines.folding import Member, fold
from kb.lines.queries import undecided_of
from kb.trust.state import Trust


class Ranked(Protocol):
    """A row of a ranking."""

    @property
    def card(self) -> Card: ...
    @property
    def trust(self) -> Trust: ...


Row = TypeVar("Row", bound=Ranked)
# For each card that was not found, the found one that it looks like; returns rows of those the reader may be shown.
Fetch = Callable[[dict[int, int]], Sequence[Row]]


def fold_rows(
    session: Session, found: Sequence[Row], fetch: Fetch[Row], now: datetime
) -> tuple[list[Row], dict[int, list[Row]]]:
    """The rows that are served, in order, and the found ones hidden behind each, by its card.

    Only what has passed the gate takes part, so what a reader can't see changes nothing.
    """
    pairs = undecided_of(session, [row.card.id for row in found])
    if not pairs:
        return list(found), {}
    by_id = {row.card.id: row for row in found}
    look_like = {pair.other_id: pair.card_id for pair in pairs if pair.card_id in by_id and pair.other_id not in by_id}
    look_like |= {pair.card_id: pair.other_id for pair in pairs if pair.other_id in by_id and pair.card_id not in by_id}
    more = fetch(look_like) if look_like else []
    by_id |= {row.card.id: row for row in more}
    pairs += undecided_of(session, [row.card.id for row in more])
    served = fold(_members(by_id.values()), pairs, now)
    order = dict.fromkeys(served[row.card.id] for row in found)  # the first of a group gives it its place
    hidden: dict[int, list[Row]] = {}
    for row in found:
        if served[row.card.id] != row.card.id:
            hidden.setdefault(served[row.card.id], []).append(row)
    return [by_id[card_id] for card_id in order], hidden


def member(card: Card, trust: Trust) -> Member:
    """The card as folding weighs it."""
    return Member(card.id, trust.state, trust.verified_at, card.owner_id, card.updated_at)


def _members(rows: Iterable[Ranked]) -> list[Member]:
    return [member(row.card, row.trust) for row in rows]
