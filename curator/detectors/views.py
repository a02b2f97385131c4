"""Pages of evidence: the panel beside a card with its forms, and the registry of the administration."""

from typing import Annotated, Literal

from flask import Blueprint, Flask, Response, redirect, render_template, request
from markupsafe import Markup
from pydantic import Field as Limit
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.detectors import commands
from curator.detectors import registry as registry_commands
from curator.detectors.models import RegistryKind
from curator.detectors.registry_page import RefusedEntry, registry_page
from curator.detectors.shown import evidence_panel
from curator.detectors.sources import unwatch, watch
from kb.cards.fields import Line, RowId
from kb.cards.models import Card
from kb.cards.queries import card_visible_to
from kb.errors import Conflict, FieldError, Invalid
from kb.people.actor import Actor
from kb.web.card_panels import add_card_panel
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import frame, say
from kb.wording import _
from kb.words import Words

blueprint = Blueprint("detectors", __name__)
HERE = "/admin/registry"
_KINDS = tuple(kind.value for kind in RegistryKind)


class DismissalForm(Form):
    """Why a finding is no reason to doubt the card."""

    reason: Annotated[Line, Limit(min_length=1, max_length=500)]


class SourceForm(Form):
    """What to watch."""

    place: Annotated[Line, Limit(min_length=1, max_length=500)]


class EntryForm(Form):
    """An entry of the registry."""

    kind: Literal["tool", "version", "value", "renamed"] = "tool"
    name: Annotated[Line, Limit(max_length=200)] = ""
    current: Annotated[Line, Limit(max_length=200)] = ""
    version: RowId = 1


def install(app: Flask) -> None:
    """Show the evidence beside every card."""
    add_card_panel(app, _panel)


def _panel(session: Session, actor: Actor, card: Card) -> Markup | None:
    policy = services().policy
    panel = evidence_panel(session, actor, card, policy, Words(now(), policy.zone))
    if panel is None:
        return None
    return Markup(render_template("curator/_evidence.html", evidence=panel))  # noqa: S704  (a template escapes)


@blueprint.post("/findings/<int:finding_id>/dismiss")
def dismiss(finding_id: int) -> BaseResponse:
    """Say why it is no reason to doubt the card."""
    form = read_form(DismissalForm)
    with writing() as (session, actor):
        card_id = commands.dismiss(session, actor, finding_id, form.reason, now()).card_id
    say(_("Dismissed. It stays silent until those words change."), undo_url=f"/findings/{finding_id}/restore")
    return redirect(f"/cards/{card_id}", 303)


@blueprint.post("/findings/<int:finding_id>/restore")
def restore(finding_id: int) -> BaseResponse:
    """Take the dismissal back."""
    with writing() as (session, actor):
        card_id = commands.restore(session, actor, finding_id, now()).card_id
    say(_("It speaks against the card again."))
    return redirect(f"/cards/{card_id}", 303)


@blueprint.post("/cards/<int:card_id>/sources")
def add_source(card_id: int) -> BaseResponse:
    """Watch a source for the card."""
    form = read_form(SourceForm)
    with writing() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        watch(session, actor, card, form.place, services().settings.outbound, now())
    say(_("Watched from now on, once a day."))
    return redirect(f"/cards/{card_id}", 303)


@blueprint.post("/sources/<int:source_id>/remove")
def remove_source(source_id: int) -> BaseResponse:
    """Watch it no longer."""
    with writing() as (session, actor):
        card_id = unwatch(session, actor, source_id, now()).card_id
    say(_("Not watched any more."))
    return redirect(f"/cards/{card_id}", 303)


@blueprint.get(HERE)
def show_registry() -> str:
    """What the detectors know, a kind at a time."""
    return _registry(request.args.get("kind", ""))


@blueprint.post(HERE)
def add_entry() -> BaseResponse:
    """Tell the detectors of something."""
    return _save(None)


@blueprint.post(f"{HERE}/<int:entry_id>")
def change_entry(entry_id: int) -> BaseResponse:
    """Say what is current now."""
    return _save(entry_id)


@blueprint.post(f"{HERE}/<int:entry_id>/delete")
def delete_entry(entry_id: int) -> BaseResponse:
    """Forget it."""
    kind = read_form(EntryForm).kind
    with writing() as (session, actor):
        registry_commands.remove_entry(session, actor, entry_id, now())
    say(_("Deleted. What was found by it goes at the next round."))
    return redirect(f"{HERE}?kind={kind}", 303)


def _save(entry_id: int | None) -> BaseResponse:
    kind = request.form.get("kind", "")
    try:
        form = read_form(EntryForm)
        with writing() as (session, actor):
            if entry_id is None:
                registry_commands.add_entry(session, actor, RegistryKind(form.kind), form.name, form.current, now())
            else:
                registry_commands.change_entry(session, actor, entry_id, form.name, form.current, form.version, now())
    except (Invalid, Conflict) as error:
        errors = error.errors or (FieldError("name", error.detail),)
        name, current = (request.form.get(key, "").replace("\x00", "")[:200] for key in ("name", "current"))
        return Response(_registry(kind, RefusedEntry(entry_id, name, current, errors)), error.status)
    say(_("Saved. The detectors look at every card again."))
    return redirect(f"{HERE}?kind={form.kind}", 303)


def _registry(kind: str, refused: RefusedEntry | None = None) -> str:
    with reading() as (session, actor):
        registry_commands.demand_keeper(actor)
        wanted = RegistryKind(kind) if kind in _KINDS else RegistryKind.TOOL
        page = registry_page(session, wanted, HERE, Words(now(), services().policy.zone), refused)
    return render_template("curator/admin_registry.html", page=page, frame=frame("admin"))
