"""Another card says nearly the same, and nobody has decided which one stays."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import or_, select

from curator.detectors.batch import Batch
from curator.detectors.evidence import Evidence
from curator.detectors.weights import DUPLICATE
from kb.cards.models import Card
from kb.cards.queries import card_path
from kb.lines.models import NearDuplicate
from kb.sentences import sentence

# From here on a pair was one text in 98 of 100 cases; below, a flag on a true answer would cost more than it saves.
LEAST_SCORE = 0.72
UNRESOLVED_FOR = timedelta(days=7)


def found(batch: Batch) -> Iterator[Evidence]:
    """Those of these cards that are the older one of an undecided pair. The newer one is not doubted."""
    table, mine = NearDuplicate, set(batch.ids)
    pairs = batch.session.scalars(
        select(table).where(
            or_(table.card_id.in_(mine), table.other_id.in_(mine)),
            table.decision.is_(None),
            table.score >= LEAST_SCORE,
            table.found_at <= batch.now - UNRESOLVED_FOR,
        )
    ).all()
    ids = {number for pair in pairs for number in (pair.card_id, pair.other_id)}
    cards = {card.id: card for card in batch.session.scalars(select(Card).where(Card.id.in_(ids)))}
    for pair in pairs:
        one, other = cards[pair.card_id], cards[pair.other_id]
        older, newer = sorted((one, other), key=lambda card: (card.verified_at or card.updated_at, card.id))
        if older.id in mine and older.is_servable and newer.is_servable:
            yield _evidence(older, newer)


def _evidence(older: Card, newer: Card) -> Evidence:
    """The other card is named only where every reader of this one may know of it."""
    is_known = newer.collection.is_open or newer.collection_id == older.collection_id
    detail = (
        sentence("“%(title)s” says nearly the same.", title=newer.title)
        if is_known
        else sentence("Another card says nearly the same.")
    )
    url = card_path(newer) if is_known else None
    return Evidence(older.id, DUPLICATE, older.title, detail, url, key=str(newer.id))
