"""The verify queue: one card after another, each answer leads to the next one."""

from collections.abc import Callable, Collection, Sequence
from typing import Annotated

from flask import Blueprint, Flask, redirect, render_template, request
from markupsafe import Markup
from pydantic import Field as Limits
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.queue import commands
from curator.queue.queue import Part, Scope, count_waiting, queue_of
from curator.queue.ready import ready_panel
from curator.queue.sheet import Desk, address
from curator.queue.shown import MOST_ROWS, queue_page
from kb.cards.fields import Line
from kb.cards.models import Card
from kb.cards.queries import card_visible_to
from kb.errors import Conflict, Invalid
from kb.people.actor import Actor
from kb.trust.queries import open_flags
from kb.trust.reading import Seen, read_note
from kb.web.card_panels import NOTHING_BESIDE, Beside, show_beside_editor
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import count_queue_with, frame, say
from kb.web.parts import Field
from kb.wording import _
from kb.words import Words

blueprint = Blueprint("verify", __name__)
Command = Callable[[Session, Actor, Card], str]


class Decision(Form):
    """What the buttons that end a check send: the version and the note of what was read, and what was opened of it."""

    version: Annotated[int, Limits(ge=1, le=2**31 - 1)]
    note: Annotated[Line, Limits(max_length=500)] = ""
    reading: Annotated[str, Limits(max_length=8000)] = ""
    opened: Annotated[list[str], Limits(default_factory=list, max_length=50)]

    def seen(self, actor: Actor, card: Card) -> Seen:
        """What lay before the person, if the note is theirs and of this text."""
        secret = services().installation.secret_key
        return read_note(secret, self.reading, self.opened, actor.id, card.id, self.version, now())


class Later(Form):
    """For how many days."""

    days: Annotated[int, Limits(ge=1, le=7)]


class Reassign(Form):
    """To whom."""

    to: Annotated[int, Limits(ge=1, le=2**31 - 1)]


def install(app: Flask) -> None:
    """The number beside "Verify" on every page, and the evidence beside the text in the editor."""
    show_beside_editor(app, _beside)
    with app.app_context():
        count_queue_with(lambda session, actor: count_waiting(session, actor, Scope.MINE, services().policy, now()))


@blueprint.get("/verify")
def show() -> str:
    """The queue with one card open."""
    wanted = [request.args.get(name, type=int) for name in ("card", "after")]
    return _show(_scope(request.args.get("scope", "")), wanted, Field())


@blueprint.post("/verify/<int:card_id>")
def still_correct(card_id: int) -> BaseResponse | tuple[str, int]:
    """Verify the version that was read and go on to the next card."""
    form, scope = read_form(Decision), _scope(request.form.get("scope", ""))

    def act(session: Session, actor: Actor, card: Card) -> str:
        seen = form.seen(actor, card)
        commands.still_correct(session, actor, card, form.version, form.note, services().policy, now(), seen)
        is_open = bool(open_flags(session, [card.id]))
        return _("Verified “%(title)s”.", title=card.title) + (
            f" {_('A report that came in meanwhile is open.')}" if is_open else ""
        )

    try:
        return _act(card_id, scope, act, undo=f"/verify/{card_id}/undo")
    except Invalid as error:
        return _show(scope, [card_id], Field(form.note, error.detail)), error.status


@blueprint.post("/verify/<int:card_id>/archive")
def archive(card_id: int) -> BaseResponse:
    """The check found that nobody needs the card: archive it and go on to the next one."""
    form, scope = read_form(Decision), _scope(request.form.get("scope", ""))

    def act(session: Session, actor: Actor, card: Card) -> str:
        commands.archive(session, actor, card, form.version, form.note, now(), form.seen(actor, card))
        return _("Archived “%(title)s”.", title=card.title)

    return _act(card_id, scope, act, undo=f"/verify/{card_id}/undo")


@blueprint.post("/verify/<int:card_id>/undo")
def undo(card_id: int) -> BaseResponse:
    """Take the check back; its card is open again."""

    def act(session: Session, actor: Actor, card: Card) -> str:
        commands.undo_check(session, actor, card, now())
        return _("Undone.")

    return _act(card_id, _scope(request.form.get("scope", "")), act, stay=True, of_answers=False)


@blueprint.post("/verify/<int:card_id>/later")
def later(card_id: int) -> BaseResponse:
    """Put the card off."""
    days = read_form(Later).days

    def act(session: Session, actor: Actor, card: Card) -> str:
        back = commands.put_off(session, actor, card, days, now())
        return _("Later: it is back on %(day)s.", day=Words(now(), services().policy.zone).day(back))

    return _act(card_id, _scope(request.form.get("scope", "")), act, undo=f"/verify/{card_id}/later/undo")


@blueprint.post("/verify/<int:card_id>/later/undo")
def undo_later(card_id: int) -> BaseResponse:
    """The card is back at once."""

    def act(session: Session, actor: Actor, card: Card) -> str:
        commands.undo_put_off(session, actor, card, now())
        return _("Undone.")

    return _act(card_id, _scope(request.form.get("scope", "")), act, stay=True)


@blueprint.post("/verify/<int:card_id>/reassign")
def reassign(card_id: int) -> BaseResponse:
    """Give the card to somebody else."""
    to = read_form(Reassign).to

    def act(session: Session, actor: Actor, card: Card) -> str:
        person = commands.reassign(session, actor, card, to, now())
        if card.assignee is None or card.assignee.id == person.id:
            return _("Reassigned to %(name)s.", name=person.name)
        return _(
            "Reassigned to %(name)s, who is away. Meanwhile it waits for %(other)s.",
            name=person.name,
            other=card.assignee.name,
        )

    return _act(card_id, _scope(request.form.get("scope", "")), act)


def _beside(session: Session, actor: Actor, card: Card, opened: Collection[str]) -> Beside:
    policy, freshness = services().policy, services().settings.freshness
    found = ready_panel(session, actor, card, opened, freshness, Words(now(), policy.zone), now())
    if found is None:
        return NOTHING_BESIDE
    panel, pieces = found
    html = Markup(render_template("curator/_ready.html", panel=panel))  # noqa: S704  (a template escapes)
    return Beside(html, tuple(pieces))


def _show(scope: Scope, wanted: Sequence[int | None], note: Field) -> str:
    with reading() as (session, actor):
        policy, freshness = services().policy, services().settings.freshness
        part = Part(MOST_ROWS, around=tuple(wanted))
        queue = queue_of(session, actor, scope, policy, freshness, now(), part)
        desk = Desk(policy, services().installation.secret_key, now())
        page = queue_page(session, actor, queue, wanted, desk, note)
    return render_template("curator/queue.html", page=page, frame=frame("verify"))


def _act(
    card_id: int, scope: Scope, command: Command, *, undo: str = "", stay: bool = False, of_answers: bool = True
) -> BaseResponse:
    """Do it, say so, and lead to the card that the page named as the next one; what stood in the way is said beside
    the same card, if it still waits."""
    after = request.form.get("after", type=int)
    try:
        with writing() as (session, actor):
            card = card_visible_to(session, actor, card_id)
            if of_answers and not card.is_servable:
                raise Conflict(
                    _("“%(title)s” is no answer any more: it was archived or replaced meanwhile.", title=card.title)
                )
            said = command(session, actor, card)
    except Conflict as error:
        say(error.detail)
        return redirect(address(scope, card_id, after), 303)
    undo_fields = (("scope", scope.value), *([("after", str(after))] if after else []))
    say(said, undo_url=undo, undo_fields=undo_fields if undo else ())
    return redirect(address(scope, card_id if stay else after), 303)


def _scope(value: str) -> Scope:
    return Scope(value) if value in list(Scope) else Scope.MINE
