"""The weekly stale report as a page and as a file, and the nudge."""

from typing import Annotated, Literal

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.reports.about import about_asked
from curator.reports.dismissing import dismiss_gap, restore_gap
from curator.reports.formats import as_csv
from curator.reports.gap_page import gaps_page
from curator.reports.nudge import nudge, nudgeable, nudged_today
from curator.reports.rows import fix_first
from curator.reports.shown import Nudges, report_page, subject_chips
from curator.reports.weekly import WeeklyReport, weekly_report
from curator.reports.weeks import Week, read_week
from curator.tabs import report_tabs
from kb.cards.fields import Line
from kb.cards.queries import card_visible_to
from kb.errors import Conflict
from kb.people.actor import Actor
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import frame, say
from kb.web.targets import safe_next
from kb.wording import _

blueprint = Blueprint("reports", __name__)


class DismissalForm(Form):
    """A question that was searched for in vain, and whether it is dismissed or listed again."""

    words: Annotated[Line, Field(min_length=1, max_length=200)]
    do: Literal["dismiss", "restore"] = "dismiss"
    back: Annotated[str, Field(max_length=300)] = "/reports/gaps"


@blueprint.get("/reports/weekly")
def show() -> str:
    """The report of one week."""
    policy = services().policy
    week = read_week(request.args.get("week", ""), now(), policy)
    with reading() as (session, actor):
        report = _report(session, actor, week)
        first = [row.card.id for row in fix_first(report)]
        may_nudge, nudged = nudgeable(session, actor, first), nudged_today(session, first, policy, now())
        page = report_page(
            report, policy, services().settings.reports, Nudges(may_nudge, nudged & may_nudge),
            subject_chips(session, actor, report.about, week), is_curator=actor.is_curator,
        )  # fmt: skip
        tabs = report_tabs(actor, "/reports/weekly")
    return render_template("curator/report.html", page=page, tabs=tabs, frame=frame("reports"))


@blueprint.get("/reports/weekly.csv")
def download() -> Response:
    """Every card in doubt, as a file."""
    policy = services().policy
    week = read_week(request.args.get("week", ""), now(), policy)
    with reading() as (session, actor):
        report = _report(session, actor, week)
        text = as_csv(report, services().settings)
    headers = {"Content-Disposition": f'attachment; filename="stale-{week.key}.csv"'}
    return Response(text, mimetype="text/csv", headers=headers)


@blueprint.get("/reports/gaps")
def gaps() -> str:
    """What was searched for in vain."""
    week = read_week(request.args.get("week", ""), now(), services().policy)
    with reading() as (session, actor):
        about = about_asked(session, actor, request.args.get("collection", ""), "")
        is_open = "dismissed" in request.args
        page = gaps_page(session, actor, about, week, services().policy, now(), is_open=is_open)
        tabs = report_tabs(actor, "/reports/gaps")
    return render_template("curator/gaps.html", page=page, tabs=tabs, frame=frame("reports"))


@blueprint.post("/reports/gaps/dismissals")
def dismiss() -> BaseResponse:
    """No card shall answer this; or it shall after all."""
    form = read_form(DismissalForm)
    with writing() as (session, actor):
        command = restore_gap if form.do == "restore" else dismiss_gap
        command(session, actor, form.words, now())
    back = safe_next(form.back, "/reports/gaps")
    if form.do == "restore":
        say(_("It is listed again."))
    else:
        undo = (("do", "restore"), ("words", form.words), ("back", back))
        say(_("Dismissed."), undo_url="/reports/gaps/dismissals", undo_fields=undo)
    return redirect(back, 303)


@blueprint.post("/reports/weekly/nudges/<int:card_id>")
def nudge_assignee(card_id: int) -> BaseResponse:
    """Remind the assignee of a card by mail."""
    try:
        with writing() as (session, actor):
            card = card_visible_to(session, actor, card_id)
            told = nudge(session, actor, card, services().settings, services().policy, now())
            said = _("Nudged %(name)s.", name=told.person.name)
            if told.at > now():
                said = f"{said} {_('The mail waits until their quiet hours end.')}"
        say(said)
    except Conflict as error:
        say(error.detail)
    return redirect("/reports/weekly", 303)


def _report(session: Session, actor: Actor, week: Week) -> WeeklyReport:
    about = about_asked(session, actor, request.args.get("collection", ""), request.args.get("person", ""))
    return weekly_report(session, actor, week, services().policy, services().settings.freshness, now(), about)
