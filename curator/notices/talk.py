"""Notices about comments: whom to tell of what was said, and what of it they may still hear.

What a comment says is read when it is told. What was deleted, and what is said about a card that
the person may no longer read, is not told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from curator.notices.kinds import COMMENTED, MENTIONED, RESOLVED
from curator.notices.models import Notice, NoticeMark
from curator.notices.transitions import Transition, write
from kb.cards.models import Card, Status
from kb.cards.permissions import published_in, visible_to
from kb.cards.queries import card_path
from kb.comments.mentions import reads
from kb.comments.models import Comment
from kb.following.models import Follow
from kb.people.actor import Actor
from kb.wording import _

_MARK = "comments"
_OVERLAP = timedelta(minutes=15)
_FIRST_LOOK = timedelta(hours=1)
_EXCERPT = 200


def notice_comments(session: Session, now: datetime) -> int:
    """Write notices of what was said, edited and resolved since the last look. Returns how many are new."""
    mark = session.get(NoticeMark, _MARK, with_for_update=True)
    since = mark.at - _OVERLAP if mark is not None else now - _FIRST_LOOK
    touched = or_(Comment.at >= since, Comment.edited_at >= since, Comment.resolved_at >= since)
    comments = session.scalars(select(Comment).where(touched, Comment.deleted_at.is_(None)).order_by(Comment.id)).all()
    if mark is None:
        session.merge(NoticeMark(name=_MARK, at=now))
    elif mark.at < now:
        mark.at = now
    found = [each for comment in comments for each in _about(session, comment, since)]
    able: dict[tuple[int, int], bool] = {}
    for each in found:
        key = (each.person_id or 0, each.card_id)
        if key not in able:
            able[key] = reads(session, key[0], session.get_one(Card, each.card_id))
    return write(session, [each for each in found if able[each.person_id or 0, each.card_id]], now)


def _about(session: Session, comment: Comment, since: datetime) -> Iterator[Transition]:
    by, card_id = comment.author_id, comment.card_id
    mentioned = {mention.person_id for mention in comment.mentions} - {by}
    others: set[int | None] = set()
    if comment.at >= since:
        others = _before(session, comment) | _keepers(session, comment)
    for kind, people in ((MENTIONED, mentioned), (COMMENTED, others - mentioned - {by, None})):
        for person_id in people:
            yield Transition(card_id, person_id, kind, f"c{comment.id}:{person_id}", by, comment_id=comment.id)
    if comment.resolved_at is not None and comment.resolved_at >= since:
        name, who = f"r{comment.id}:{comment.resolved_at.timestamp():.0f}", comment.resolved_by_id
        for each in _people_in(_thread(session, comment)) - {who, None}:
            yield Transition(card_id, each, RESOLVED, f"{name}:{each}", who, comment_id=comment.id)


def _before(session: Session, reply: Comment) -> set[int | None]:
    """Whoever spoke in the thread before this, or was named there."""
    return _people_in(row for row in _thread(session, reply) if row.id < reply.id)


def _thread(session: Session, comment: Comment) -> Sequence[Comment]:
    first = comment.parent_id or comment.id
    return session.scalars(select(Comment).where(or_(Comment.id == first, Comment.parent_id == first))).all()


def _people_in(comments: Iterable[Comment]) -> set[int | None]:
    found: set[int | None] = set()
    for row in comments:
        found |= {row.author_id, *(mention.person_id for mention in row.mentions)}
    return found


def _keepers(session: Session, comment: Comment) -> set[int | None]:
    """Whoever owns the card, else whoever checks it; and who follows it."""
    follows = select(Follow.person_id).where(Follow.card_id == comment.card_id, Follow.at <= comment.at)
    return {comment.card.owner_id or comment.card.assignee_id, *session.scalars(follows)}


def told_to(actor: Actor) -> ColumnElement[bool]:
    """Notices that this person may be shown now; the query must join `Card`. Drafts are commented on as well."""
    stands = exists(select(Comment.id).where(Comment.id == Notice.comment_id, Comment.deleted_at.is_(None)))
    talk = and_(Notice.comment_id.is_not(None), visible_to(actor), Card.status != Status.ARCHIVED, stands)
    return or_(and_(Notice.comment_id.is_(None), published_in(actor.readable)), talk)


def comments_of(session: Session, notices: Iterable[Notice]) -> dict[int, str]:
    """What the comments say that these notices are about, by number."""
    ids = {notice.comment_id for notice in notices if notice.comment_id is not None}
    rows = select(Comment.id, Comment.text).where(Comment.id.in_(ids), Comment.deleted_at.is_(None))
    return dict(session.execute(rows).all()) if ids else {}


def path_of(notice: Notice, card: Card) -> str:
    """Where a notice leads: to the card, or to what was said about it."""
    path = card_path(card)
    return path if notice.comment_id is None else f"{path}?comments=1#comment-{notice.comment_id}"


def words_of_comment(notice: Notice, names: Mapping[int, str], said: Mapping[int, str]) -> str:
    """Who said what, on one line."""
    by = names.get(notice.by_id or 0, _("Somebody"))
    text = " ".join(said.get(notice.comment_id or 0, "").split())
    short = text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…"
    return _("By %(name)s: %(words)s", name=by, words=short) if notice.kind == RESOLVED else f"{by}: {short}"
