"""Read comments: whoever may read what the card says may read what is said about it, and nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, joinedload

from kb.cards.models import Card, Status
from kb.cards.permissions import Right, may, visible_to
from kb.cards.queries import LARGEST_ID
from kb.comments.models import Comment
from kb.errors import NotFound
from kb.people.actor import Actor
from kb.wording import _

_LONGEST_LINE = 100


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment and what was answered to it, oldest first."""

    first: Comment
    replies: tuple[Comment, ...]


def shows_comments(actor: Actor, card: Card) -> bool:
    """An archived card shows readers no text, and no comments about it."""
    return may(actor, Right.READ, card) and (card.status != Status.ARCHIVED or may(actor, Right.ARCHIVE, card))


def comment_seen_by(session: Session, actor: Actor, comment_id: int) -> Comment:
    """The comment if the actor may see it. Missing and invisible are the same NotFound."""
    found = None
    if 0 < comment_id <= LARGEST_ID:
        query = select(Comment).join(Card, Card.id == Comment.card_id).options(joinedload(Comment.card))
        found = session.scalars(query.where(Comment.id == comment_id, visible_to(actor))).first()
    if found is None or not shows_comments(actor, found.card):
        raise NotFound(_("There is no such comment."))
    return found


def threads_of(session: Session, card: Card, limit: int, offset: int = 0) -> list[Thread]:
    """Threads about a card: open ones first, oldest first; then resolved ones, the latest resolved first."""
    about = select(Comment).options(joinedload(Comment.author), joinedload(Comment.resolved_by))
    order = (Comment.resolved_at.is_not(None), Comment.resolved_at.desc(), Comment.id)
    roots = about.where(Comment.card_id == card.id, Comment.parent_id.is_(None)).order_by(*order)
    first = session.scalars(roots.limit(limit).offset(offset)).unique().all()
    replies: dict[int | None, list[Comment]] = {}
    below = about.where(Comment.parent_id.in_([row.id for row in first])).order_by(Comment.id)
    for row in session.scalars(below).unique() if first else ():
        replies.setdefault(row.parent_id, []).append(row)
    return [Thread(row, tuple(replies.get(row.id, ()))) for row in first]


def replaced_with_comments(session: Session, actor: Actor, card: Card) -> Sequence[Card]:
    """Cards that this one replaces, at once or over others, whose comments the actor may see; the nearest first."""
    found: list[int] = []
    line = [card.id]
    while line and len(found) < _LONGEST_LINE:
        line = list(session.scalars(select(Card.id).where(Card.replaced_by_id.in_(line)).order_by(Card.id.desc())))
        found += line
    if not found:
        return []
    has_some = exists(select(Comment.id).where(Comment.card_id == Card.id))
    cards = session.scalars(select(Card).where(Card.id.in_(found), visible_to(actor), has_some)).unique()
    return sorted((each for each in cards if shows_comments(actor, each)), key=lambda each: found.index(each.id))


def said_count(session: Session, card: Card) -> int:
    """How many comments and replies there are about a card."""
    said = (Comment.card_id == card.id, Comment.deleted_at.is_(None))
    return session.scalar(select(func.count()).select_from(Comment).where(*said)) or 0


def resolved_count(session: Session, card: Card) -> int:
    """How many threads about a card are resolved."""
    done = (Comment.card_id == card.id, Comment.resolved_at.is_not(None))
    return session.scalar(select(func.count()).select_from(Comment).where(*done)) or 0


def open_comments(session: Session, card_ids: Sequence[int]) -> dict[int, int]:
    """How many threads wait, by card; cards without any are left out."""
    query = (
        select(Comment.card_id, func.count())
        .where(Comment.card_id.in_(card_ids), Comment.parent_id.is_(None), Comment.resolved_at.is_(None))
        .group_by(Comment.card_id)
    )
    return dict(session.execute(query).all())
