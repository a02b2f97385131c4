"""Comments over HTTP. They need more than a lookup token: they are no answers."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from kb.cards.fields import Text
from kb.cards.models import Card
from kb.cards.queries import card_visible_to
from kb.comments import commands
from kb.comments.models import TEXT_LIMIT, Comment
from kb.comments.queries import Thread, comment_seen_by, shows_comments, threads_of
from kb.comments.shown import comment_path
from kb.errors import Gone
from kb.people.actor import Actor
from kb.people.shapes import PersonShape, person_or_none
from kb.web.api import Api, Reply, cursor_to, position
from kb.web.api_models import CardId, JsonBody, Listing, Shape
from kb.web.edge import now, reading, services, writing

api = Api("comments_api", "Comments")
_FURTHEST = 1_000_000
Said = Annotated[
    Text, Field(min_length=1, max_length=TEXT_LIMIT, description="`@` and a name or e-mail address mentions a reader.")
]


class NewComment(JsonBody):
    """What one says about a card."""

    text: Said
    thread_id: Annotated[CardId | None, Field(description="The comment that it answers, if any.")] = None


class EditedComment(JsonBody):
    """The comment as it should read."""

    text: Said


class CommentShape(Shape):
    """A comment. A deleted one has no text; it stands for its place in the thread."""

    id: int
    url: str
    card_id: int
    thread_id: int | None = Field(description="The comment that it answers.")
    author: PersonShape | None
    text: str
    mentions: list[PersonShape]
    at: datetime
    edited_at: datetime | None
    deleted: bool
    resolved_at: datetime | None
    resolved_by: PersonShape | None
    replies: list["CommentShape"]


class Comments(Shape):
    """A page of threads."""

    items: list[CommentShape]
    next_cursor: str | None


@api.operation("GET", "/cards/<int:card_id>/comments", {200: Comments}, scope="read", errors=(410,))
def list_comments(card_id: int, query: Listing) -> Comments:
    """List a card's comments. Open threads first, the oldest first; then resolved ones. Replies stand inside."""
    with reading() as (session, actor):
        card = _commented(session, actor, card_id)
        start = min(position(query.cursor), _FURTHEST)
        threads = threads_of(session, card, query.limit + 1, start)
        cursor = cursor_to(start + query.limit) if len(threads) > query.limit else None
        return Comments(items=[_thread(thread) for thread in threads[: query.limit]], next_cursor=cursor)


@api.operation("POST", "/cards/<int:card_id>/comments", {201: CommentShape, 200: CommentShape}, scope="write")
def add_comment(card_id: int, body: NewComment) -> Reply:
    """Comment on a card, or answer a comment. The same again within a minute answers 200 and changes nothing."""
    with writing() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        thread = comment_seen_by(session, actor, body.thread_id) if body.thread_id is not None else None
        said = commands.add_comment(session, actor, card, body.text, now(), thread=thread)
        return Reply(_fresh(session, said.comment), 201 if said.is_new else 200)


@api.operation("PATCH", "/comments/<int:comment_id>", {200: CommentShape}, scope="write")
def edit_comment(comment_id: int, body: EditedComment) -> CommentShape:
    """Edit a comment of yours."""
    with writing() as (session, actor):
        comment = comment_seen_by(session, actor, comment_id)
        commands.edit_comment(session, actor, comment, body.text, now())
        return _fresh(session, comment)


@api.operation("DELETE", "/comments/<int:comment_id>", {204: None}, scope="write")
def delete_comment(comment_id: int) -> Reply:
    """Delete a comment of yours; curators anybody's. With replies its place stays, without its words."""
    with writing() as (session, actor):
        commands.delete_comment(session, actor, comment_seen_by(session, actor, comment_id), now())
    return Reply(None, 204)


@api.operation("PUT", "/comments/<int:comment_id>/resolution", {200: CommentShape}, scope="write")
def resolve_comment(comment_id: int) -> CommentShape:
    """Resolve a thread. Who began it, the card's owner and verifiers, and curators may."""
    with writing() as (session, actor):
        comment = comment_seen_by(session, actor, comment_id)
        commands.resolve(session, actor, comment, now())
        return _fresh(session, comment)


@api.operation("DELETE", "/comments/<int:comment_id>/resolution", {200: CommentShape}, scope="write")
def reopen_comment(comment_id: int) -> CommentShape:
    """Reopen a thread."""
    with writing() as (session, actor):
        comment = comment_seen_by(session, actor, comment_id)
        commands.reopen(session, actor, comment, now())
        return _fresh(session, comment)


def _commented(session: Session, actor: Actor, card_id: int) -> Card:
    card = card_visible_to(session, actor, card_id)
    if not shows_comments(actor, card):
        raise Gone("This card is archived. Its comments are shown to whoever may restore it.")
    return card


def _fresh(session: Session, comment: Comment) -> CommentShape:
    session.flush()
    session.refresh(comment)
    return _shape(comment)


def _thread(thread: Thread) -> CommentShape:
    return _shape(thread.first, thread.replies)


def _shape(comment: Comment, replies: tuple[Comment, ...] = ()) -> CommentShape:
    return CommentShape(
        id=comment.id,
        url=services().settings.public_url + comment_path(comment),
        card_id=comment.card_id,
        thread_id=comment.parent_id,
        author=None if comment.is_deleted else person_or_none(comment.author),
        text=comment.text,
        mentions=[shape for each in comment.mentions if (shape := person_or_none(each.person)) is not None],
        at=comment.at,
        edited_at=comment.edited_at,
        deleted=comment.is_deleted,
        resolved_at=comment.resolved_at,
        resolved_by=person_or_none(comment.resolved_by),
        replies=[_shape(reply) for reply in replies],
    )
