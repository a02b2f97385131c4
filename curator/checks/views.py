"""Quick series of checks, for those who curate the cards."""

from collections.abc import Callable
from typing import Annotated

from flask import Blueprint, redirect, render_template
from pydantic import Field as Limits
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.checks.commands import MOST, ask_again, call_fine
from curator.checks.series import quick_series
from curator.checks.shown import REASON, checks_page
from curator.tabs import report_tabs
from kb.cards.fields import Line, RowId
from kb.errors import Conflict, Forbidden, Invalid
from kb.people.actor import Actor
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import frame, say
from kb.web.parts import Field
from kb.wording import _, ngettext
from kb.words import Words

blueprint = Blueprint("checks", __name__)


class Chosen(Form):
    """The checks of one series, and why they should be made again."""

    record: Annotated[list[RowId], Limits(min_length=1, max_length=MOST)]
    reason: Annotated[Line, Limits(max_length=500)] = ""


@blueprint.get("/reports/checks")
def show() -> str:
    """The series nobody has decided about."""
    return _show(Field(_(REASON)))


@blueprint.post("/reports/checks/fine")
def fine() -> BaseResponse:
    """They were made with care."""
    chosen = read_form(Chosen).record
    return _act(
        lambda session, actor: ngettext(
            "%(num)s check is fine.", "%(num)s checks are fine.", call_fine(session, actor, chosen, now())
        )
    )


@blueprint.post("/reports/checks/again")
def again() -> BaseResponse | tuple[str, int]:
    """They are made once more: the cards count as not verified until then."""
    form = read_form(Chosen)

    def act(session: Session, actor: Actor) -> str:
        asked = ask_again(session, actor, form.record, form.reason, now())
        return ngettext("%(num)s card waits to be checked again.", "%(num)s cards wait to be checked again.", asked)

    try:
        return _act(act)
    except Invalid as error:
        return _show(Field(form.reason, error.detail)), error.status


def _show(reason: Field) -> str:
    with reading() as (session, actor):
        if not actor.curated:
            raise Forbidden(_("Only those who curate a collection see how its checks were made."))
        found = quick_series(session, actor, now())
        page = checks_page(actor, found, Words(now(), services().policy.zone), reason)
        tabs = report_tabs(actor, "/reports/checks")
    return render_template("curator/checks.html", page=page, tabs=tabs, frame=frame("reports"))


def _act(command: Callable[[Session, Actor], str]) -> BaseResponse:
    try:
        with writing() as (session, actor):
            said = command(session, actor)
        say(said)
    except Conflict as error:
        say(error.detail)
    return redirect("/reports/checks", 303)
