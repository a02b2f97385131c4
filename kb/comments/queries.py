"""Read comments: whoever may read what the card says may read what is said about it, and nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from kb.cards.models import Card, Status
from kb.cards.permissions import Right, may, visible_to
from kb.cards.queries import LARGEST_ID
from kb.comments.models import Comment
from kb.errors import NotFound
from kb.people.actor import Actor
from kb.wording import _


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


def threads_of(session: Session, card: Card) -> list[Thread]:
    """All threads about a card: open ones first, oldest first; then resolved ones, the latest resolved first."""
    query = select(Comment).where(Comment.card_id == card.id).order_by(Comment.id)
    rows = session.scalars(query.options(joinedload(Comment.author), joinedload(Comment.resolved_by))).unique().all()
    replies: dict[int, list[Comment]] = {}
    for row in rows:
        if row.parent_id is not None:
            replies.setdefault(row.parent_id, []).append(row)
    threads = [Thread(row, tuple(replies.get(row.id, ()))) for row in rows if row.parent_id is None]
    still_open = [thread for thread in threads if thread.first.resolved_at is None]
    resolved = [thread for thread in threads if thread.first.resolved_at is not None]
    resolved.sort(key=lambda thread: (thread.first.resolved_at, thread.first.id), reverse=True)
    return still_open + resolved


def open_comments(session: Session, card_ids: Sequence[int]) -> dict[int, int]:
    """How many threads wait, by card; cards without any are left out."""
    query = (
        select(Comment.card_id, func.count())
        .where(Comment.card_id.in_(card_ids), Comment.parent_id.is_(None), Comment.resolved_at.is_(None))
        .group_by(Comment.card_id)
    )
    return dict(session.execute(query).all())
