"""The card manager's pages: the table, and bulk actions in two steps."""

from urllib.parse import parse_qsl

from flask import Blueprint, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.cards.bulk_shown import bulk_page, done_page, is_row_number, read_chosen
from curator.cards.carry import carry_out
from curator.cards.filters import KEYS, Filters, read_filters
from curator.cards.listing import listing
from curator.cards.orders import read_order
from curator.cards.plan import BulkPlan, plan
from curator.cards.shown import address, cards_page
from kb.errors import Invalid
from kb.people.actor import Actor
from kb.web.edge import now, person_id, reading, services
from kb.web.frame import frame, say
from kb.wording import _

blueprint = Blueprint("manager", __name__)


@blueprint.get("/cards")
def show() -> str:
    """A page of the table."""
    with reading() as (session, actor):
        filters = read_filters(session, actor, request.args)
        found = listing(session, actor, filters, services().policy, now())
        page = cards_page(session, actor, request.args, filters, found, services().policy, now())
    return render_template("curator/cards.html", page=page, frame=frame("cards"))


@blueprint.post("/cards/bulk")
def bulk() -> BaseResponse | str | tuple[str, int]:
    """First what would be done; with step=apply, do it."""
    back = _back()
    error = ""
    try:
        made, error = _plan()
    except Invalid as mistake:
        say(mistake.detail)
        return redirect(back, 303)
    if request.form.get("step") == "apply" and made.order.is_complete and not error:
        result = carry_out(services().database, person_id() or 0, made, services().policy, now())
        page = done_page(made, result, back)
        return render_template("curator/bulk_done.html", page=page, frame=frame("cards"))
    if "step" in request.form and not made.order.is_complete:
        error = error or _("Say what the cards should get.")
    with reading() as (session, actor):
        asked = bulk_page(session, actor, made, request.form, back, error)
    return render_template("curator/bulk.html", page=asked, frame=frame("cards")), 422 if error else 200


def _plan() -> tuple[BulkPlan, str]:
    """The plan, and what is wrong with the value, if anything: then the plan is for the action without one."""
    with reading() as (session, actor):
        selection, versions = _selection(session, actor)
        try:
            order, error = read_order(session, actor, request.form), ""
        except Invalid as mistake:
            if mistake.errors[0].field == "do":
                raise
            order, error = read_order(session, actor, {"do": request.form.get("do", "")}), mistake.detail
        return plan(session, actor, order, selection, services().policy, now(), versions=versions), error


def _selection(session: Session, actor: Actor) -> tuple[list[int] | Filters, dict[int, int]]:
    chosen = read_chosen(request.form.get("chosen", ""))
    if chosen:
        return list(chosen), chosen
    if request.form.get("all_matching"):
        return read_filters(session, actor, {name: request.form.get(name, "") for name in (*KEYS, "sort")}), {}
    return [int(each) for each in request.form.getlist("card") if is_row_number(each)][:1000], {}


def _back() -> str:
    """The table as it was: from the second step on it travels in one field."""
    pairs = dict(parse_qsl(request.form["back"])) if "back" in request.form else dict(request.form.items())
    return address({name: pairs.get(name, "") for name in (*KEYS, "sort")})
