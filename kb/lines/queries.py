"""Read near-duplicates: the undecided pairs among cards at hand, and the cards that look like one."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, or_, select, union_all
from sqlalchemy.orm import Session

from kb.cards.models import Card, Status
from kb.cards.permissions import visible_to
from kb.lines.folding import Pair
from kb.lines.models import NearDuplicate
from kb.people.actor import Actor

_CHUNK = 500
_MOST_SHOWN = 3


def undecided_of(session: Session, card_ids: Collection[int]) -> list[Pair]:
    """The undecided pairs that one of these cards belongs to, whoever may see the other one: that is for the caller."""
    found: set[Pair] = set()
    for chunk in _chunks(sorted(set(card_ids))):
        found.update(Pair(*row) for row in session.connection().execute(_UNDECIDED, {"ids": chunk}))
    return sorted(found, key=lambda pair: (pair.card_id, pair.other_id))


# Two lookups by index: an OR over both columns would read every pair there is.
_ends: BindParameter[int] = bindparam("ids", expanding=True)
_facts = select(NearDuplicate.card_id, NearDuplicate.other_id, NearDuplicate.score)
_UNDECIDED = union_all(
    _facts.where(NearDuplicate.card_id.in_(_ends), NearDuplicate.decision.is_(None)),
    _facts.where(NearDuplicate.other_id.in_(_ends), NearDuplicate.decision.is_(None)),
)


@dataclass(frozen=True, slots=True)
class LooksLike:
    """An undecided pair as seen from one of its cards."""

    pair_id: int
    card: Card


def cards_like(session: Session, actor: Actor, card: Card) -> list[LooksLike]:
    """Cards in use that look like this one and that the actor may see, the likest first. None for a card out of use."""
    if card.status == Status.ARCHIVED or card.replaced_by_id is not None:
        return []
    table = NearDuplicate
    is_partner = or_(
        (table.card_id == card.id) & (table.other_id == Card.id),
        (table.other_id == card.id) & (table.card_id == Card.id),
    )
    rows = session.execute(
        select(table.id, Card)
        .join(Card, is_partner)
        .where(or_(table.card_id == card.id, table.other_id == card.id), table.decision.is_(None))
        .where(Card.status != Status.ARCHIVED, Card.replaced_by_id.is_(None), visible_to(actor))
        .order_by(table.score.desc(), Card.id)
        .limit(_MOST_SHOWN)
    )
    return [LooksLike(pair_id, other) for pair_id, other in rows]


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
