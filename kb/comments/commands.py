"""Comment, reply, edit, delete, resolve and reopen. What is said about a card changes nothing about its trust."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.cards.permissions import Right, demand, may
from kb.comments.mentions import MOST_MENTIONED, named_in
from kb.comments.models import Comment, Mention
from kb.db import hold
from kb.errors import Conflict, Forbidden, NotFound, TooMany, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.wording import _

MOST_THREADS, MOST_REPLIES = 50, 50
MOST_AN_HOUR = 60
_SAID_TWICE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as it was saved, and what in it begins with @ and names nobody who may read the card."""

    comment: Comment
    unknown: tuple[str, ...] = ()
    is_new: bool = True


def add_comment(
    session: Session, actor: Actor, card: Card, text: str, now: datetime, *, thread: Comment | None = None
) -> Said:
    """Say something about a card, or (`thread`) answer there. The same again within a minute is one comment."""
    demand(actor, Right.COMMENT, hold(session, card))
    if thread is not None:
        thread = _open_thread(session, card, thread)
    said = _worded(text)
    if (same := _just_said(session, actor, card, thread, said, now)) is not None:
        return Said(same, is_new=False)
    _demand_room(session, actor, card, thread, now)
    people, unknown = _named(session, card, said)
    comment = Comment(
        card_id=card.id, parent_id=thread.id if thread is not None else None, author_id=actor.id, text=said, at=now,
        mentions=[Mention(person_id=person_id) for person_id in people],
    )  # fmt: skip
    session.add(comment)
    session.flush()
    return Said(comment, tuple(unknown))


def edit_comment(session: Session, actor: Actor, comment: Comment, text: str, now: datetime) -> Said:
    """Say it otherwise. Whoever is named anew is told; nobody is told twice."""
    _demand_own(session, actor, comment)
    said = _worded(text)
    if said == comment.text:
        return Said(comment)
    people, unknown = _named(session, comment.card, said)
    kept = {mention.person_id: mention for mention in comment.mentions}
    comment.mentions = [kept.get(person_id) or Mention(person_id=person_id) for person_id in people]
    comment.text, comment.edited_at = said, now
    session.flush()
    return Said(comment, tuple(unknown))


def delete_comment(session: Session, actor: Actor, comment: Comment, now: datetime) -> None:
    """Take back what one said; curators also what others said. With replies its place stays, without its words."""
    hold(session, comment, to_delete=True)
    card = comment.card
    demand(actor, Right.READ, card)
    if comment.is_deleted:
        return
    if comment.author_id != actor.id and card.collection_id not in actor.curated:
        raise Forbidden(_("Only its author and the curators of the collection delete a comment."))
    audit.record(session, actor, "deleted", "comment", comment.id, now, card=card.id, author=comment.author_id)
    if _replies(session, comment):
        comment.text, comment.mentions, comment.deleted_at = "", [], now
        session.flush()
        return
    thread = session.get(Comment, comment.parent_id) if comment.parent_id is not None else None
    session.delete(comment)
    session.flush()
    if thread is not None and thread.is_deleted and not _replies(session, thread):
        session.delete(thread)
        session.flush()


def resolve(session: Session, actor: Actor, comment: Comment, now: datetime) -> None:
    """Nothing is left to do about this thread."""
    _demand_settling(session, actor, comment)
    if comment.resolved_at is None:
        comment.resolved_at, comment.resolved_by_id = now, actor.id
        audit.record(session, actor, "resolved", "comment", comment.id, now, card=comment.card_id)


def reopen(session: Session, actor: Actor, comment: Comment, now: datetime) -> None:
    """Something is left to do after all."""
    _demand_settling(session, actor, comment)
    if comment.resolved_at is not None:
        comment.resolved_at, comment.resolved_by_id = None, None
        audit.record(session, actor, "reopened", "comment", comment.id, now, card=comment.card_id)


def may_settle(actor: Actor, comment: Comment) -> bool:
    """Whether the actor may resolve or reopen this thread: who began it, who keeps the card true."""
    card = comment.card
    return may(actor, Right.SETTLE, card) or (comment.author_id == actor.id and may(actor, Right.COMMENT, card))


def _demand_settling(session: Session, actor: Actor, comment: Comment) -> None:
    hold(session, comment)
    demand(actor, Right.COMMENT, comment.card)
    if comment.parent_id is not None:
        raise Conflict(_("Replies are not resolved; resolve the comment that they answer."))
    if not may_settle(actor, comment):
        raise Forbidden(_("Who began the thread, the card's owner and verifiers, and curators resolve a comment."))


def _demand_own(session: Session, actor: Actor, comment: Comment) -> None:
    hold(session, comment)
    demand(actor, Right.COMMENT, comment.card)
    if comment.is_deleted:
        raise NotFound(_("The comment was deleted."))
    if comment.author_id != actor.id:
        raise Forbidden(_("Only its author edits a comment."))


def _open_thread(session: Session, card: Card, thread: Comment) -> Comment:
    hold(session, thread)
    if thread.card_id != card.id:
        raise NotFound(_("There is no such comment."))
    if thread.parent_id is not None:
        raise Conflict(_("Answer the comment that began the thread."))
    if thread.resolved_at is not None:
        raise Conflict(_("This thread is resolved. Reopen it first, or begin another one."))
    return thread


def _worded(text: str) -> str:
    said = text.strip()
    if not said:
        raise invalid("text", _("Write your comment first."))
    return said


def _named(session: Session, card: Card, text: str) -> tuple[list[int], list[str]]:
    people, unknown = named_in(session, card, text)
    if len(people) > MOST_MENTIONED:
        raise invalid("text", _("Name at most %(num)s people in one comment.", num=MOST_MENTIONED))
    return people, unknown


def _just_said(
    session: Session, actor: Actor, card: Card, thread: Comment | None, text: str, now: datetime
) -> Comment | None:
    parent = thread.id if thread is not None else None
    same = (Comment.card_id == card.id, Comment.author_id == actor.id, Comment.parent_id.is_not_distinct_from(parent))
    recent = select(Comment).where(*same, Comment.text == text, Comment.at > now - _SAID_TWICE)
    return session.scalars(recent.order_by(Comment.id.desc()).limit(1)).first()


def _demand_room(session: Session, actor: Actor, card: Card, thread: Comment | None, now: datetime) -> None:
    if thread is not None:
        if _replies(session, thread) >= MOST_REPLIES:
            raise Conflict(_("This thread has %(num)s replies. Resolve it and begin another one.", num=MOST_REPLIES))
    else:
        is_open = (Comment.card_id == card.id, Comment.parent_id.is_(None), Comment.resolved_at.is_(None))
        if _count(session, *is_open) >= MOST_THREADS:
            raise Conflict(_("The card has %(num)s open comments. Resolve some first.", num=MOST_THREADS))
    if _count(session, Comment.author_id == actor.id, Comment.at > now - timedelta(hours=1)) >= MOST_AN_HOUR:
        words = _("You commented %(num)s times within an hour. Go on a little later.", num=MOST_AN_HOUR)
        raise TooMany(words, extra={"retry_after": 600})


def _replies(session: Session, comment: Comment) -> int:
    return _count(session, Comment.parent_id == comment.id)


def _count(session: Session, *clauses: object) -> int:
    return session.scalar(select(func.count()).select_from(Comment).where(*clauses)) or 0  # type: ignore[arg-type]
