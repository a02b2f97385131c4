"""Cards as answers: read-only rows of just what an answer shows, loaded through the gate in one statement.

A search shows ten cards in a millisecond; loading them as objects that could be changed would take several.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from kb.cards.models import Card, CardTag, Collection
from kb.cards.permissions import published_in, servable_in
from kb.lines.models import NearDuplicate
from kb.people.actor import Actor
from kb.people.models import Named, Person
from kb.prepared import Prepared
from kb.trust.models import Flag

_TAG_END = "\n"


class Shelf(NamedTuple):
    """The collection of an answer, with its freshness contract."""

    id: int
    slug: str
    name: str
    contract: str
    min_trust: str | None
    max_age_days: int | None


class AnswerCard(NamedTuple):
    """A servable card, with the attributes of `Card` that answers and trust read. It cannot be changed."""

    id: int
    title: str
    text: str
    external_id: str | None
    language: str
    audience: list[str]
    template: str | None
    version: int
    verified_at: datetime | None
    verify_by: datetime | None
    unverified_at: datetime | None
    unverified_kind: str | None
    unverified_reason: str | None
    created_at: datetime
    published_at: datetime | None
    updated_at: datetime
    owner_id: int | None
    verified_by_id: int | None
    collection: Shelf
    owner: Named | None
    verified_by: Named | None
    unverified_by: Named | None
    tags: list[str]
    is_flagged: bool
    has_replaced: bool
    has_near_duplicates: bool


def answer_cards(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, AnswerCard]:
    """The gate: of these ids, the cards this actor may be shown as answers."""
    rows = _ANSWERS.rows(session, ids=ids, readable=sorted(actor.readable))
    return {row[0]: _answer_card(row) for row in rows}


class OlderCard(NamedTuple):
    """A card that was replaced, however many steps ago."""

    id: int
    title: str


def replaced_by(session: Session, actor: Actor, heads: Sequence[AnswerCard]) -> list[OlderCard]:
    """All cards, visible to the actor, that these have replaced, through however many steps."""
    found: list[OlderCard] = []
    level = [card.id for card in heads if card.has_replaced]
    while level:
        rows = _OLDER.rows(session, ids=level, readable=sorted(actor.readable))
        older = [OlderCard(*row) for row in rows]
        found += older
        level = [card.id for card in older]
    return found


def experts(session: Session, ids: Sequence[int]) -> dict[int, Named]:
    """Whom to ask about each of these cards: its assignee, else its owner."""
    rows = _EXPERTS.rows(session, ids=ids) if ids else ()
    return {row[0]: Named(*row[1:]) for row in rows}


_owner, _verifier, _doubter, _older = aliased(Person), aliased(Person), aliased(Person), aliased(Card)
_FACTS = (
    Card.id, Card.title, Card.text, Card.external_id, Card.language, Card.audience, Card.template, Card.version,
    Card.verified_at, Card.verify_by, Card.unverified_at, Card.unverified_kind, Card.unverified_reason,
    Card.created_at, Card.published_at, Card.updated_at, Card.owner_id, Card.verified_by_id,
)  # fmt: skip
_SHELF = tuple(getattr(Collection, name) for name in Shelf._fields)
_PEOPLE = [column for person in (_owner, _verifier, _doubter) for column in (person.id, person.name, person.email)]
_tags = (
    select(func.aggregate_strings(CardTag.tag, _TAG_END)).where(CardTag.card_id == Card.id).correlate(Card)
).scalar_subquery()
_is_flagged = exists(select(Flag.id).where(Flag.card_id == Card.id, Flag.resolved_at.is_(None)).correlate(Card))
_has_replaced = exists(select(_older.id).where(_older.replaced_by_id == Card.id).correlate(Card))
_is_alike = or_(
    *(
        exists(select(NearDuplicate.id).where(column == Card.id, NearDuplicate.decision.is_(None)).correlate(Card))
        for column in (NearDuplicate.card_id, NearDuplicate.other_id)
    )
)
_ANSWERS = Prepared(
    select(*_FACTS, *_SHELF, *_PEOPLE, _tags, _is_flagged, _has_replaced, _is_alike)
    .join(Collection, Collection.id == Card.collection_id)
    .outerjoin(_owner, _owner.id == Card.owner_id)
    .outerjoin(_verifier, _verifier.id == Card.verified_by_id)
    .outerjoin(_doubter, _doubter.id == Card.unverified_by_id)
    .where(Card.id.in_(bindparam("ids", expanding=True)), servable_in(bindparam("readable", expanding=True)))
)
_EXPERTS = Prepared(
    select(Card.id, Person.id, Person.name, Person.email)
    .join(Person, Person.id == func.coalesce(Card.assignee_id, Card.owner_id))
    .where(Card.id.in_(bindparam("ids", expanding=True)))
)
_OLDER = Prepared(
    select(Card.id, Card.title).where(
        Card.replaced_by_id.in_(bindparam("ids", expanding=True)), published_in(bindparam("readable", expanding=True))
    )
)


_SHELF_AT = len(_FACTS)
_PEOPLE_AT = _SHELF_AT + len(_SHELF)
_TAGS_AT = _PEOPLE_AT + len(_PEOPLE)
_EACH_AT = range(_PEOPLE_AT, _TAGS_AT, 3)


def _answer_card(row: Sequence[Any]) -> AnswerCard:
    tags = row[_TAGS_AT]
    return AnswerCard._make((
        *row[:_SHELF_AT], Shelf._make(row[_SHELF_AT:_PEOPLE_AT]),
        *[Named._make(row[at : at + 3]) if row[at] is not None else None for at in _EACH_AT],
        sorted(tags.split(_TAG_END)) if tags else [], *row[_TAGS_AT + 1 :],
    ))  # fmt: skip
