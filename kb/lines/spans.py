"""How long undecided pairs stood: written when a pair is found, decided, reopened or no longer alike."""

from collections.abc import Collection, Container
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from kb.lines.folding import Pair
from kb.lines.models import NearDuplicate, PairSpan


def note_pairs(session: Session, card_ids: Collection[int], now: datetime) -> None:
    """Bring the record of these cards' pairs up to what holds now. What did not change leaves no trace."""
    session.flush()
    standing = {
        (row.card_id, row.other_id): row.score
        for row in session.scalars(_of(NearDuplicate, card_ids).where(NearDuplicate.decision.is_(None)))
    }
    for span in session.scalars(_of(PairSpan, card_ids).where(PairSpan.until.is_(None))):
        if standing.get((span.card_id, span.other_id)) == span.score:
            del standing[span.card_id, span.other_id]
        else:
            span.until = now
    for (card_id, other_id), score in sorted(standing.items()):
        session.add(PairSpan(card_id=card_id, other_id=other_id, score=score, since=now))


def undecided_at(session: Session, card_ids: Container[int], instant: datetime) -> list[Pair]:
    """The pairs that one of these cards belonged to and of which nobody had decided at that instant, whoever may see
    the other one: that is for the caller."""
    stood = or_(PairSpan.until.is_(None), PairSpan.until > instant)
    rows = session.execute(
        select(PairSpan.card_id, PairSpan.other_id, PairSpan.score).where(PairSpan.since <= instant, stood)
    )
    found = {Pair(*row) for row in rows if row[0] in card_ids or row[1] in card_ids}
    return sorted(found, key=lambda pair: (pair.card_id, pair.other_id))


def _of(table: type[NearDuplicate] | type[PairSpan], card_ids: Collection[int]) -> Select[Any]:
    return select(table).where(or_(table.card_id.in_(card_ids), table.other_id.in_(card_ids)))
