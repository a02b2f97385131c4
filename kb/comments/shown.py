"""Builds the comments as they stand below a card's answer."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.cards.permissions import Right, may
from kb.cards.queries import card_path
from kb.comments.commands import MOST_THREADS, may_settle
from kb.comments.mentions import Readers, pieces_of
from kb.comments.models import TEXT_LIMIT, Comment
from kb.comments.pages import CommentRow, EarlierTalk, Talk, ThreadRow
from kb.comments.queries import (
    Thread,
    replaced_with_comments,
    resolved_count,
    said_count,
    shows_comments,
    threads_of,
)
from kb.people.actor import Actor
from kb.people.models import Named
from kb.people.shown import who
from kb.web.parts import BLANK, Field
from kb.wording import _, ngettext
from kb.words import Words

_MOST_SHOWN = MOST_THREADS + 20  # all that are open, and what was resolved lately


@dataclass(frozen=True, slots=True)
class Typed:
    """What stood in a field that was not saved: of a new comment, of a reply (`thread_id`), of an edit."""

    field: Field
    thread_id: int = 0
    comment_id: int = 0


def comments_shown(
    session: Session, actor: Actor, card: Card, words: Words, *, is_open: bool = False, typed: Typed | None = None
) -> Talk | None:
    """The comments for this reader; nothing where there can be none."""
    if not shows_comments(actor, card):
        return None
    threads, can_comment = threads_of(session, card, _MOST_SHOWN), may(actor, Right.COMMENT, card)
    earlier = _earlier(session, actor, card, words)
    if not threads and not can_comment and not earlier:
        return None
    rows = [_thread(actor, card, thread, words, typed) for thread in threads]
    waiting = tuple(row for row in rows if not row.settled_words)
    settled = tuple(row for row in rows if row.settled_words)
    has_place = any(typed is not None and typed.thread_id == row.first.id and row.can_reply for row in waiting)
    done = resolved_count(session, card) if settled else 0
    is_new = typed is not None and not (has_place or typed.comment_id)
    return Talk(
        heading=ngettext("%(num)s open comment", "%(num)s open comments", len(waiting)) if waiting else _("Comments"),
        is_open=is_open or typed is not None,
        open_threads=waiting,
        resolved_threads=settled,
        resolved_words=ngettext("%(num)s resolved", "%(num)s resolved", done) if done else "",
        add_action=f"/cards/{card.id}/comments" if can_comment else "",
        text=typed.field if typed is not None and is_new else BLANK,
        mentions_url=f"/cards/{card.id}/mentions" if can_comment else "",
        longest=TEXT_LIMIT,
        earlier=earlier,
        earlier_words=_earlier_words(sum(each.number for each in earlier)),
    )


def _earlier(session: Session, actor: Actor, card: Card, words: Words) -> tuple[EarlierTalk, ...]:
    """What was said about the cards that this one replaced stays about them, and is not lost with their pages."""
    found = []
    for old in replaced_with_comments(session, actor, card):
        threads = threads_of(session, old, _MOST_SHOWN)
        if number := said_count(session, old):
            heading = ngettext(
                "%(num)s comment on the replaced card “%(title)s”", "%(num)s comments on the replaced card “%(title)s”",
                number, title=old.title,
            )  # fmt: skip
            found.append(
                EarlierTalk(heading, number, tuple(_thread(actor, old, each, words, None) for each in threads))
            )
    return tuple(found)


def _earlier_words(number: int) -> str:
    return ngettext("%(num)s on what it replaced", "%(num)s on what it replaced", number) if number else ""


def comment_path(comment: Comment) -> str:
    """Where a comment stands."""
    return f"{card_path(comment.card)}?comments=1#comment-{comment.id}"


def _thread(actor: Actor, card: Card, thread: Thread, words: Words, typed: Typed | None) -> ThreadRow:
    first = thread.first
    can_comment = may(actor, Right.COMMENT, card)
    row = ThreadRow(
        first=_row(actor, card, first, words, typed),
        replies=tuple(_row(actor, card, each, words, typed) for each in thread.replies),
    )
    settle = f"/comments/{first.id}" if can_comment and may_settle(actor, first) else ""
    if first.resolved_at is not None:
        by = first.resolved_by.name if first.resolved_by else _("Somebody")
        said = _("Resolved by %(name)s, %(day)s", name=by, day=words.day(first.resolved_at))
        return replace(row, settled_words=said, reopen_action=settle and f"{settle}/reopen")
    reply = typed.field if typed is not None and typed.thread_id == first.id else BLANK
    return replace(row, can_reply=can_comment, reply=reply, resolve_action=settle and f"{settle}/resolve")


def _row(actor: Actor, card: Card, comment: Comment, words: Words, typed: Typed | None) -> CommentRow:
    if comment.is_deleted:
        return CommentRow(comment.id, None, words.ago(comment.at), words.exact(comment.at), ())
    named = Readers(Named(each.person.id, each.person.name, each.person.email) for each in comment.mentions)
    is_own = comment.author_id == actor.id and may(actor, Right.COMMENT, card)
    wrong = typed is not None and typed.comment_id == comment.id
    return CommentRow(
        id=comment.id,
        by=who(comment.author) if comment.author else None,
        when=words.ago(comment.at),
        exact=words.exact(comment.at),
        pieces=tuple(pieces_of(comment.text, named)),
        is_edited=comment.edited_at is not None,
        edit_action=f"/comments/{comment.id}/edit" if is_own else "",
        delete_action=f"/comments/{comment.id}/delete" if is_own or card.collection_id in actor.curated else "",
        text=typed.field if typed is not None and wrong else Field(comment.text),
    )
