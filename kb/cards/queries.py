"""Read cards: every query goes through `visible_to(actor)`, so only what may be seen can be loaded."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from kb.cards.answers import AnswerCard
from kb.cards.models import Card, Replacement, Revision, Status
from kb.cards.permissions import servable_to, visible_to
from kb.errors import NotFound
from kb.people.actor import Actor
from kb.text.slugs import slug
from kb.wording import _

LARGEST_ID = 2**31 - 1


def with_people() -> tuple[object, ...]:
    """Loader options for showing cards without a query per row."""
    return (
        joinedload(Card.collection), joinedload(Card.owner), joinedload(Card.assignee),
        joinedload(Card.verified_by), joinedload(Card.unverified_by),
    )  # fmt: skip


def card_visible_to(session: Session, actor: Actor, card_id: int) -> Card:
    """The card if the actor may see it. Missing and invisible are the same NotFound."""
    if not 0 < card_id <= LARGEST_ID:
        raise NotFound(_("There is no such card."))
    query = select(Card).where(Card.id == card_id, visible_to(actor)).options(*with_people())  # type: ignore[arg-type]
    card = session.scalars(query).first()
    if card is None:
        raise NotFound(_("There is no such card."))
    return card


def servable_cards(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, Card]:
    """The gate: of these ids, the cards this actor may be shown as answers. All that answers reads through it."""
    query = select(Card).where(Card.id.in_(ids), servable_to(actor)).options(*with_people())  # type: ignore[arg-type]
    return {card.id: card for card in session.scalars(query).unique()}


@dataclass(frozen=True, slots=True)
class Line:
    """Where a replaced card leads: the head of its answer line, if the actor may be served it."""

    head: Card | None


def head_of_line(session: Session, actor: Actor, card: Card) -> Line:
    """Follow the replacements to the end in memory, so that a reader is redirected in one hop."""
    current = card
    while current.replaced_by_id is not None:
        current = session.get_one(Card, current.replaced_by_id)
    return Line(servable_cards(session, actor, [current.id]).get(current.id))


def replaced_by_this(session: Session, actor: Actor, card: Card) -> Sequence[Card]:
    """Cards that this one directly replaces and that the actor may see."""
    return session.scalars(
        select(Card).where(Card.replaced_by_id == card.id, visible_to(actor)).order_by(Card.id)
    ).all()


def revisions_of(session: Session, card: Card) -> Sequence[Revision]:
    """All revisions, newest first."""
    return session.scalars(
        select(Revision).where(Revision.card_id == card.id).options(joinedload(Revision.author))
        .order_by(Revision.number.desc())
    ).all()  # fmt: skip


def revision_of(session: Session, card: Card, number: int) -> Revision:
    """One revision; NotFound if there is none with this number."""
    found = session.get(Revision, (card.id, number)) if 0 < number <= LARGEST_ID else None
    if found is None:
        raise NotFound(_("The card has no such version."))
    return found


def replacements_of(session: Session, card: Card) -> Sequence[Replacement]:
    """The record of what replaced this card, newest first."""
    return session.scalars(
        select(Replacement).where(Replacement.card_id == card.id).order_by(Replacement.id.desc())
    ).all()


def card_path(card: Card | AnswerCard) -> str:
    """The card's URL path: its id decides, the slug is for people."""
    return f"/cards/{card.id}/{slug(card.title)}"


def all_published(session: Session) -> Sequence[Card]:
    """Every servable card whoever may read it: for the indexer and for checks, never for a reader."""
    return session.scalars(select(Card).where(Card.status == Status.PUBLISHED, Card.replaced_by_id.is_(None))).all()
