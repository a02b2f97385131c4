"""Pages about whose the cards are: who could own one, handing over, and what is ill owned."""

from typing import Annotated, cast

from flask import Blueprint, Flask, Response, current_app, redirect, render_template
from pydantic import Field as Limit
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.owners.choosing import choose_owner, reject_suggestions, suggestions
from curator.owners.handing import MOST_TAKERS, Duty, Order, hand_over, read_order
from curator.owners.handover_shown import handed_page, handover_page
from curator.owners.levelling import level
from curator.owners.report import owners_report
from curator.owners.shown import owner_page, owners_page
from curator.owners.suggest import Suggestion
from curator.tabs import report_tabs
from kb.cards.fields import Line, RowId
from kb.cards.models import Card
from kb.cards.queries import card_path, card_visible_to
from kb.errors import FieldError, Invalid
from kb.people.actor import Actor
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form, read_query
from kb.web.frame import frame, say
from kb.wording import _
from kb.words import Words
from search.answers import SearchService

blueprint = Blueprint("owners", __name__)
_EXTENSION = "vitrine.owners.search"


class HandoverForm(Form):
    """What goes to whom."""

    duty: Duty = Duty.BOTH
    collection: Annotated[Line, Limit(max_length=60)] = ""
    to: list[RowId] = Limit(default_factory=list, max_length=MOST_TAKERS)
    spread: bool = False


class OwnerForm(Form):
    """The chosen owner, or that none of those suggested fits."""

    owner: RowId | None = None
    suggested: Annotated[str, Limit(pattern=r"^(\d{1,10}(,\d{1,10}){0,9})?$")] = ""
    none: bool = False

    def shown(self) -> list[int]:
        """The numbers that were suggested."""
        return [int(number) for number in self.suggested.split(",") if number]


def install(app: Flask, service: SearchService) -> None:
    """Similar cards are found by the readers' own search."""
    app.extensions[_EXTENSION] = service


def suggested_for(session: Session, actor: Actor, card: Card) -> tuple[Suggestion, ...]:
    """Three names for this card, for whoever may change its owner."""
    return suggestions(cast(SearchService, current_app.extensions[_EXTENSION]), session, actor, card, now())


@blueprint.get("/cards/<int:card_id>/owner")
def show_owner(card_id: int) -> str:
    """Three names with reasons, and everybody else."""
    return _owner_page(card_id)


@blueprint.post("/cards/<int:card_id>/owner")
def set_owner(card_id: int) -> BaseResponse:
    """Change the owner, or say that none of the names fits."""
    try:
        form = read_form(OwnerForm)
        if form.owner is None and not form.none:
            raise Invalid(_("Choose somebody."), errors=(FieldError("owner", _("Choose who owns the card.")),))
        with writing() as (session, actor):
            card = card_visible_to(session, actor, card_id)
            target = card_path(card)
            if form.none or form.owner is None:
                reject_suggestions(session, actor, card, form.shown(), now())
                said = _("Noted: none of them fits.")
            else:
                choose_owner(session, actor, card, form.owner, form.shown(), now())
                said = _(
                    "%(name)s owns the card. No check moved its date.",
                    name=card.owner.name if card.owner else _("Nobody"),
                )
    except Invalid as error:
        return Response(_owner_page(card_id, error.errors), 422)
    say(said)
    return redirect(target, 303)


@blueprint.get("/people/<int:person_id>/handover")
def show_handover(person_id: int) -> BaseResponse:
    """What somebody owns and verifies; once takers are chosen, the load it makes."""
    with reading() as (session, actor):
        errors: tuple[FieldError, ...] = ()
        try:
            order = _order(session, actor, person_id, read_query(HandoverForm))
        except Invalid as error:
            order, errors = read_order(session, actor, person_id, Duty.BOTH, (), ""), error.errors
        page = handover_page(session, actor, order, services().settings, now(), errors)
    return Response(render_template("curator/handover.html", page=page, frame=frame("cards")), 422 if errors else 200)


@blueprint.post("/people/<int:person_id>/handover")
def do_handover(person_id: int) -> BaseResponse:
    """Hand over, and list what was done."""
    try:
        with writing() as (session, actor):
            form, settings = read_form(HandoverForm), services().settings
            done = hand_over(session, actor, _order(session, actor, person_id, form), settings, now())
            page = handed_page(actor, done, level(session, actor, done, settings, now()) if form.spread else 0)
    except Invalid as error:
        with reading() as (session, actor):
            order = read_order(session, actor, person_id, Duty.BOTH, (), "")
            again = handover_page(session, actor, order, services().settings, now(), error.errors)
        return Response(render_template("curator/handover.html", page=again, frame=frame("cards")), 422)
    return Response(render_template("curator/handed.html", page=page, frame=frame("cards")))


@blueprint.get("/reports/owners")
def show_report() -> str:
    """What is ill owned among the cards that the reader curates."""
    with reading() as (session, actor):
        words = Words(now(), services().policy.zone)
        page = owners_page(session, actor, owners_report(session, actor, now()), now(), words)
        tabs = report_tabs(actor, "/reports/owners")
    return render_template("curator/owners.html", page=page, tabs=tabs, frame=frame("reports"))


def _order(session: Session, actor: Actor, person_id: int, form: HandoverForm) -> Order:
    return read_order(session, actor, person_id, form.duty, form.to, form.collection)


def _owner_page(card_id: int, errors: tuple[FieldError, ...] = ()) -> str:
    with reading() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        words = Words(now(), services().policy.zone)
        page = owner_page(session, card, suggested_for(session, actor, card), now(), words, errors)
    return render_template("curator/owner.html", page=page, frame=frame("cards"))
