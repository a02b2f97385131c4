"""The audit page of a card, and the same as a file."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from flask import Blueprint, Response, render_template, request
from pydantic import Field as Limits
from sqlalchemy.orm import Session

from curator.proof.shown import PAGE, SCOPES, audit_csv, audit_page
from curator.proof.timeline import Entry, Wanted, timeline
from kb.cards.fields import Line
from kb.cards.models import Card
from kb.cards.permissions import Right, demand, may
from kb.cards.queries import card_visible_to
from kb.people.actor import Actor
from kb.web.edge import now, reading, services
from kb.web.forms import Form, parse
from kb.web.frame import frame
from kb.wording import ENGLISH, speaking
from kb.words import Words

blueprint = Blueprint("proof", __name__)


class AuditForm(Form):
    """Which entries: of whom, from which day to which."""

    person: Annotated[Line, Limits(max_length=254)] = ""
    since: date | None = None
    until: date | None = None
    scope: Literal["", "seen", "done"] = ""
    page: Annotated[int, Limits(ge=1, le=100_000)] = 1


@blueprint.get("/cards/<int:card_id>/audit")
def show(card_id: int) -> str:
    """What happened to the card, who saw which version when, and how trusted it was then."""
    form = parse(AuditForm, request.args)
    services().recorder.flush()
    with reading() as (session, actor):
        card, entries = _entries(session, actor, card_id, form)
        number = min(form.page, max(1, -(-len(entries) // PAGE)))
        recall_url = f"/cards/{card_id}/recall" if may(actor, Right.RECALL, card) else ""
        page = audit_page(card, entries, _fields(form), number, Words(now(), services().policy.zone),
                          recall_url=recall_url)  # fmt: skip
    return render_template("curator/audit.html", page=page, frame=frame("cards"))


@blueprint.get("/cards/<int:card_id>/audit.csv")
def download(card_id: int) -> Response:
    """The same entries, all of them."""
    form = parse(AuditForm, request.args)
    services().recorder.flush()
    with reading() as (session, actor), speaking(ENGLISH):  # a file is read by people and programs elsewhere
        text = audit_csv(_entries(session, actor, card_id, form)[1])
    headers = {"Content-Disposition": f'attachment; filename="audit-{card_id}.csv"'}
    return Response(text, mimetype="text/csv", headers=headers)


def _entries(session: Session, actor: Actor, card_id: int, form: AuditForm) -> tuple[Card, Sequence[Entry]]:
    card = card_visible_to(session, actor, card_id)
    demand(actor, Right.AUDIT, card)
    until = form.until + timedelta(days=1) if form.until and form.until < date.max else None
    wanted = Wanted(form.person.strip(), "", _start(form.since), _start(until), SCOPES[form.scope])
    return card, timeline(session, card, services().policy, wanted)


def _start(day: date | None) -> datetime | None:
    """When the day begins in the installation's zone; the ends of the calendar have no zone to be read in."""
    if day is None:
        return None
    inside = min(max(day, date(1970, 1, 2)), date(9998, 12, 31))
    return datetime.combine(inside, time.min, services().policy.zone)


def _fields(form: AuditForm) -> dict[str, str]:
    days = {name: day.isoformat() if day else "" for name, day in (("since", form.since), ("until", form.until))}
    return {"person": form.person, **days, "scope": form.scope}
