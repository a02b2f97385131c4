"""The verify queue: one card after another, each answer leads to the next one."""

from collections.abc import Callable, Sequence
from typing import Annotated

from flask import Blueprint, Flask, redirect, render_template, request
from pydantic import Field as Limits
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.queue import commands
from curator.queue.queue import Scope, Waiting, count_waiting, queue_of, waiting_in
from curator.queue.shown import address, queue_page
from kb.cards.fields import Line
from kb.cards.models import Card
from kb.cards.queries import card_visible_to
from kb.errors import Conflict, Invalid
from kb.people.actor import Actor
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import count_queue_with, frame, say
from kb.web.parts import Field
from kb.words import Words

blueprint = Blueprint("verify", __name__)
Command = Callable[[Session, Actor, Card], str]


class StillCorrect(Form):
    """What the verify button sends."""

    version: Annotated[int, Limits(ge=1, le=2**31 - 1)]
    note: Annotated[Line, Limits(max_length=500)] = ""


class Later(Form):
    """For how many days."""

    days: Annotated[int, Limits(ge=1, le=7)]


class Reassign(Form):
    """To whom."""

    to: Annotated[int, Limits(ge=1, le=2**31 - 1)]


def install(app: Flask) -> None:
    """The number beside "Verify" on every page."""
    with app.app_context():
        count_queue_with(lambda session, actor: count_waiting(session, actor, Scope.MINE, services().policy, now()))


@blueprint.get("/verify")
def show() -> str:
    """The queue with one card open."""
    return _show(_scope(request.args.get("scope", "")), request.args.get("card", type=int), Field())


@blueprint.post("/verify/<int:card_id>")
def still_correct(card_id: int) -> BaseResponse | tuple[str, int]:
    """Verify the version that was read and go on to the next card."""
    form, scope = read_form(StillCorrect), _scope(request.form.get("scope", ""))

    def act(session: Session, actor: Actor, card: Card) -> str:
        commands.still_correct(session, actor, card, form.version, form.note, services().policy, now())
        return f"Verified “{card.title}”."

    try:
        return _act(card_id, scope, act, undo=f"/verify/{card_id}/undo")
    except Invalid as error:
        return _show(scope, card_id, Field(form.note, error.detail)), error.status


@blueprint.post("/verify/<int:card_id>/undo")
def undo(card_id: int) -> BaseResponse:
    """Take the check back; its card is open again."""

    def act(session: Session, actor: Actor, card: Card) -> str:
        commands.undo_verification(session, actor, card, now())
        return "Undone."

    return _act(card_id, _scope(request.form.get("scope", "")), act, stay=True)


@blueprint.post("/verify/<int:card_id>/later")
def later(card_id: int) -> BaseResponse:
    """Put the card off."""
    days = read_form(Later).days

    def act(session: Session, actor: Actor, card: Card) -> str:
        back = commands.put_off(session, actor, card, days, now())
        return f"Later: it is back on {Words(now(), services().policy.zone).day(back)}."

    return _act(card_id, _scope(request.form.get("scope", "")), act, undo=f"/verify/{card_id}/later/undo")


@blueprint.post("/verify/<int:card_id>/later/undo")
def undo_later(card_id: int) -> BaseResponse:
    """The card is back at once."""

    def act(session: Session, actor: Actor, card: Card) -> str:
        commands.undo_put_off(session, actor, card, now())
        return "Undone."

    return _act(card_id, _scope(request.form.get("scope", "")), act, stay=True)


@blueprint.post("/verify/<int:card_id>/reassign")
def reassign(card_id: int) -> BaseResponse:
    """Give the card to somebody else."""
    to = read_form(Reassign).to

    def act(session: Session, actor: Actor, card: Card) -> str:
        return f"Reassigned to {commands.reassign(session, actor, card, to, now()).name}."

    return _act(card_id, _scope(request.form.get("scope", "")), act)


def _show(scope: Scope, card_id: int | None, note: Field) -> str:
    with reading() as (session, actor):
        queue = queue_of(session, actor, scope, services().policy, now())
        page = queue_page(session, actor, queue, card_id, services().policy, now(), note)
    return render_template("curator/queue.html", page=page, frame=frame("verify"))


def _act(card_id: int, scope: Scope, command: Command, *, undo: str = "", stay: bool = False) -> BaseResponse:
    """Do it, say so, and lead to the next card; what stood in the way is said beside the same card."""
    try:
        with writing() as (session, actor):
            card = card_visible_to(session, actor, card_id)
            following = _following(waiting_in(session, actor, scope, services().policy, now()), card_id)
            said = command(session, actor, card)
    except Conflict as error:
        say(error.detail)
        return redirect(address(scope, card_id), 303)
    say(said, undo_url=undo, undo_fields=(("scope", scope.value),) if undo else ())
    return redirect(address(scope, card_id if stay else following), 303)


def _following(rows: Sequence[Waiting], card_id: int) -> int | None:
    """The card after this one; after the last one, the one before."""
    ids = [row.card.id for row in rows]
    if card_id not in ids:
        return None
    place = ids.index(card_id)
    return next(iter(ids[place + 1 :] or ids[:place][::-1]), None)


def _scope(value: str) -> Scope:
    return Scope(value) if value in list(Scope) else Scope.MINE
