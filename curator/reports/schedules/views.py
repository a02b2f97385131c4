"""Subscribe to the weekly report, move, pause, resume and stop it; curators also for readers of their collections."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import AfterValidator
from pydantic import Field as Limits
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.reports.schedules.commands import (
    Wish,
    add_schedule,
    change_schedule,
    pause_schedule,
    remove_schedule,
    resume_schedule,
)
from curator.reports.schedules.shown import ROOT, Typed, schedules_page
from kb.cards.fields import Line, RowId
from kb.errors import Conflict, Invalid, NotFound, invalid
from kb.people.actor import Actor
from kb.people.models import Person
from kb.schedule.subscriptions import Channel, Scope
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import frame, say
from kb.wording import _

blueprint = Blueprint("schedules", __name__)
Command = Callable[[Session, Actor, int, datetime], object]
_NAMES = ("about", "weekday", "hour", "time_zone", "channel", "to")


def _subject(value: str) -> str:
    if not re.fullmatch("all|mine|collection:[0-9]{1,9}", value):
        raise ValueError(_("Choose everything, your own cards or a collection."))
    return value


class ScheduleForm(Form):
    """What is wanted, when, and by which way; curators may say for whom."""

    about: Annotated[Line, AfterValidator(_subject)]
    weekday: Annotated[int, Limits(ge=0, le=6)]
    hour: Annotated[int, Limits(ge=0, le=23)]
    time_zone: Annotated[Line, Limits(max_length=64)]
    channel: Channel = Channel.MAIL
    to: RowId | None = None

    def wish(self) -> Wish:
        """The same as commands take it."""
        scope, _, number = self.about.partition(":")
        shelf = int(number) if number else None
        return Wish(Scope(scope), shelf, self.channel, self.weekday, self.hour, self.time_zone)


@blueprint.get(ROOT)
def show() -> str:
    """One's own schedules, and those one keeps for others."""
    asked = {"about": request.args["about"]} if "about" in request.args else {}
    with reading() as (session, actor):
        schedule = services().settings.schedule
        page = schedules_page(session, actor, schedule, now(), open_id=request.args.get("open", type=int), asked=asked)
    return render_template("curator/schedules.html", page=page, frame=frame("reports"))


@blueprint.post(ROOT)
def add() -> BaseResponse:
    """Subscribe oneself, or a reader of a collection that one curates."""
    try:
        form = read_form(ScheduleForm)
        with writing() as (session, actor):
            person = session.get(Person, form.to or actor.id)
            if person is None:
                raise invalid("to", _("Choose somebody who is active."))
            add_schedule(session, actor, person, form.wish(), now())
            name = person.name
    except Invalid as error:
        return _refused(None, error)
    except Conflict as error:
        return _said(error.detail)
    return _said(_("Subscribed.") if form.to is None else _("%(name)s gets the report.", name=name))


@blueprint.post(f"{ROOT}/<int:schedule_id>")
def change(schedule_id: int) -> BaseResponse:
    """Another time, subject or way."""
    try:
        form = read_form(ScheduleForm)
        with writing() as (session, actor):
            change_schedule(session, actor, schedule_id, form.wish(), now())
    except Invalid as error:
        return _refused(schedule_id, error)
    return _said(_("Saved."))


@blueprint.post(f"{ROOT}/<int:schedule_id>/pause")
def pause(schedule_id: int) -> BaseResponse:
    """Send nothing for a while."""
    return _act(pause_schedule, schedule_id, _("Paused."))


@blueprint.post(f"{ROOT}/<int:schedule_id>/resume")
def resume(schedule_id: int) -> BaseResponse:
    """Go on with the next one."""
    return _act(resume_schedule, schedule_id, _("Resumed."))


@blueprint.post(f"{ROOT}/<int:schedule_id>/remove")
def remove(schedule_id: int) -> BaseResponse:
    """Stop it."""
    return _act(remove_schedule, schedule_id, _("Stopped."))


def _act(command: Command, schedule_id: int, words: str) -> BaseResponse:
    with writing() as (session, actor):
        command(session, actor, schedule_id, now())
    return _said(words)


def _said(words: str) -> BaseResponse:
    say(words)
    return redirect(ROOT, 303)


def _refused(schedule_id: int | None, error: Invalid) -> BaseResponse:
    """The page again with what was typed; a schedule that is not one's own is not there."""
    typed = Typed(schedule_id, {name: request.form.get(name, "") for name in _NAMES}, error.errors)
    with reading() as (session, actor):
        page = schedules_page(session, actor, services().settings.schedule, now(), typed=typed)
    if schedule_id is not None and not any(row.is_open for row in (*page.yours, *page.others)):
        raise NotFound(_("There is no such schedule."))
    return Response(render_template("curator/schedules.html", page=page, frame=frame("reports")), error.status)
