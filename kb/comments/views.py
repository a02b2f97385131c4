"""Comment on a card's page: say, answer, edit, delete, resolve, reopen, and whom one may mention."""

from collections.abc import Callable
from typing import Annotated

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import Field as Limits
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from kb.cards.fields import Line, RowId, Text
from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.cards.queries import card_visible_to
from kb.cards.shown import card_page
from kb.comments import commands
from kb.comments.commands import Said
from kb.comments.mentions import offered, told_words
from kb.comments.models import TEXT_LIMIT, Comment
from kb.comments.queries import comment_seen_by
from kb.comments.shown import Typed, comment_path, comments_shown
from kb.errors import Conflict, Invalid, TooMany, VitrineError
from kb.people.actor import Actor
from kb.web.card_panels import card_panels
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form, read_query
from kb.web.frame import frame, say
from kb.web.parts import Field
from kb.wording import _
from kb.words import Words

blueprint = Blueprint("comments", __name__)


class CommentForm(Form):
    """What one says."""

    text: Annotated[Text, Limits(max_length=TEXT_LIMIT)] = ""


class NewCommentForm(CommentForm):
    """And in which thread, if it is an answer."""

    thread: RowId | None = None


class MentionQuery(Form):
    """What was typed after the @."""

    q: Annotated[Line, Limits(max_length=80)] = ""


@blueprint.post("/cards/<int:card_id>/comments")
def add(card_id: int) -> BaseResponse:
    """Comment, or answer a comment."""
    try:
        form = read_form(NewCommentForm)
        with writing() as (session, actor):
            card = card_visible_to(session, actor, card_id)
            thread = comment_seen_by(session, actor, form.thread) if form.thread is not None else None
            said = commands.add_comment(session, actor, card, form.text, now(), thread=thread)
            return _done(said.comment, _told(_("Reply added.") if thread is not None else _("Comment added."), said))
    except (Invalid, Conflict, TooMany) as error:
        return _again(card_id, error, thread_id=request.form.get("thread", 0, type=int))


@blueprint.post("/comments/<int:comment_id>/edit")
def edit(comment_id: int) -> BaseResponse:
    """Say it otherwise."""
    with reading() as (session, actor):
        card_id = comment_seen_by(session, actor, comment_id).card_id
    try:
        form = read_form(CommentForm)
        with writing() as (session, actor):
            comment = comment_seen_by(session, actor, comment_id)
            said = commands.edit_comment(session, actor, comment, form.text, now())
            return _done(comment, _told(_("Saved."), said))
    except (Invalid, Conflict) as error:
        return _again(card_id, error, comment_id=comment_id)


@blueprint.post("/comments/<int:comment_id>/delete")
def delete(comment_id: int) -> BaseResponse:
    """Take it back."""
    with writing() as (session, actor):
        comment = comment_seen_by(session, actor, comment_id)
        path = comment_path(comment)
        commands.delete_comment(session, actor, comment, now())
    say(_("Comment deleted."))
    return redirect(path, 303)


@blueprint.post("/comments/<int:comment_id>/resolve")
def resolve(comment_id: int) -> BaseResponse:
    """Nothing is left to do."""
    return _act(comment_id, commands.resolve, _("Resolved."))


@blueprint.post("/comments/<int:comment_id>/reopen")
def reopen(comment_id: int) -> BaseResponse:
    """Something is left to do after all."""
    return _act(comment_id, commands.reopen, _("Reopened."))


@blueprint.get("/cards/<int:card_id>/mentions")
def mentions(card_id: int) -> dict[str, list[dict[str, str]]]:
    """Readers of the card by the beginning of their name, for the list below the field."""
    typed = read_query(MentionQuery).q
    with reading() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        demand(actor, Right.COMMENT, card)
        found = offered(session, card, typed)
    return {"people": [{"name": person.name, "mention": mention} for person, mention in found]}


def _act(comment_id: int, command: Callable[..., None], done: str) -> BaseResponse:
    with writing() as (session, actor):
        comment = comment_seen_by(session, actor, comment_id)
        command(session, actor, comment, now())
        return _done(comment, done)


def _done(comment: Comment, words: str) -> BaseResponse:
    say(words)
    return redirect(comment_path(comment), 303)


def _told(done: str, said: Said) -> str:
    return f"{done} {told_words(said.unknown)}".strip()


def _again(card_id: int, error: VitrineError, *, thread_id: int = 0, comment_id: int = 0) -> Response:
    """The card's page with what was typed, and what is wrong with it."""
    message = error.errors[0].message if error.errors else error.detail
    sentence = message if message[:1].isupper() else _("The comment %(message)s.", message=message)
    field = Field(request.form.get("text", "").replace("\x00", "")[: 2 * TEXT_LIMIT], sentence)
    with reading() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        page = card_page(session, actor, card, services().policy, services().settings.public_url, now())
        talk = _talk(session, actor, card, Typed(field, thread_id, comment_id))
        panels = card_panels(session, actor, card)
    return Response(render_template("kb/card.html", page=page, panels=panels, talk=talk, frame=frame()), error.status)


def _talk(session: Session, actor: Actor, card: Card, typed: Typed) -> object:
    return comments_shown(session, actor, card, Words(now(), services().policy.zone), typed=typed)
