"""The page of schedules: one's own, those a curator keeps for readers of a collection, and a form for one more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.reports.schedules.pages import ScheduleForm, ScheduleRow, SchedulesPage
from curator.reports.schedules.words import hour_of, next_words, time_words
from kb.cards.models import Collection
from kb.errors import FieldError
from kb.people.actor import Actor
from kb.people.models import Person
from kb.people.queries import active_people
from kb.schedule.subscriptions import Channel, ReportSchedule, Scope, weekday_of
from kb.settings import Schedule as Defaults
from kb.web.parts import NOTHING_TO_CHOOSE, Choice, Field, Option, Problem
from kb.wording import N_, _, weekday

ROOT = "/reports/schedules"
_CHANNELS = {Channel.MAIL: N_("By mail"), Channel.WEBHOOK: N_("To my own webhooks")}


@dataclass(frozen=True, slots=True)
class Typed:
    """What was sent and could not be saved: the form it came from (None: the new one), its values, what is wrong."""

    schedule_id: int | None
    values: Mapping[str, str]
    errors: tuple[FieldError, ...]

    def error(self, name: str) -> str:
        """What is wrong with one field."""
        return next((_sentence(error) for error in self.errors if error.field.split(".")[0] == name), "")


def schedules_page(
    session: Session, actor: Actor, defaults: Defaults, now: datetime, *, open_id: int | None = None,
    asked: Mapping[str, str] | None = None, typed: Typed | None = None,
) -> SchedulesPage:  # fmt: skip
    """The page for this person. `asked` says what the new form begins with."""
    shelves = session.scalars(
        select(Collection).where(Collection.id.in_(actor.readable)).order_by(Collection.name)
    ).all()
    rows = [_row(session, actor, each, shelves, defaults, now, open_id, typed) for each in _kept(session, actor)]
    own = session.scalar(select(Person.time_zone).where(Person.id == actor.id))
    zone = own or next((row.form.time_zone.value for row in rows if not row.who), defaults.time_zone)
    usual = {"weekday": str(weekday_of(defaults)), "hour": str(defaults.report_hour), "time_zone": zone}
    is_new = typed is not None and typed.schedule_id is None
    errors = typed.errors if typed is not None else ()
    values = typed.values if typed is not None and is_new else {**usual, **(asked or {})}
    return SchedulesPage(
        report_url="/reports/weekly",
        yours=tuple(row for row in rows if not row.who),
        others=tuple(row for row in rows if row.who),
        new=_form(ROOT, actor, shelves, values, typed if is_new else None,
                  people=active_people(session) if actor.curated else ()),
        zones=zones(),
        may_add_others=bool(actor.curated),
        problems=tuple(Problem(error.field.split(".")[0], _sentence(error)) for error in errors),
    )  # fmt: skip


@cache
def zones() -> tuple[str, ...]:
    """The names that a person may type: places, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


def _kept(session: Session, actor: Actor) -> Sequence[ReportSchedule]:
    """One's own first, then those made by curators for collections that the actor curates, by name."""
    is_kept = ReportSchedule.added_by_id.is_not(None) & ReportSchedule.collection_id.in_(actor.curated)
    return session.scalars(
        select(ReportSchedule)
        .join(Person, Person.id == ReportSchedule.person_id)
        .where((ReportSchedule.person_id == actor.id) | is_kept, Person.deactivated_at.is_(None))
        .order_by(ReportSchedule.person_id != actor.id, Person.name, ReportSchedule.id)
    ).all()


def _row(
    session: Session, actor: Actor, schedule: ReportSchedule, shelves: Sequence[Collection], defaults: Defaults,
    now: datetime, open_id: int | None, typed: Typed | None,
) -> ScheduleRow:  # fmt: skip
    place = f"{ROOT}/{schedule.id}"
    mine = typed if typed is not None and typed.schedule_id == schedule.id else None
    is_paused = schedule.paused_at is not None
    words = time_words(schedule, defaults)
    way = _("by mail") if schedule.channel == Channel.MAIL else _("to webhooks")
    after = _("paused") if is_paused else next_words(schedule, defaults, now)
    return ScheduleRow(
        id=schedule.id,
        who="" if schedule.person_id == actor.id else session.get_one(Person, schedule.person_id).name,
        about=_about_words(schedule, shelves),
        words=f"{words[0].upper()}{words[1:]}, {way} · {after}",
        form=_form(place, actor, shelves, mine.values if mine else _values(schedule, defaults), mine),
        pause_action="" if is_paused else f"{place}/pause",
        resume_action=f"{place}/resume" if is_paused else "",
        remove_action=f"{place}/remove",
        is_open=schedule.id == open_id or mine is not None,
    )


def _values(schedule: ReportSchedule, defaults: Defaults) -> dict[str, str]:
    weekday, hour = hour_of(schedule, defaults)
    about = f"collection:{schedule.collection_id}" if schedule.scope == Scope.COLLECTION else schedule.scope
    return {"about": about, "weekday": str(weekday), "hour": str(hour), "channel": schedule.channel,
            "time_zone": schedule.zone(defaults).key}  # fmt: skip


def _about_words(schedule: ReportSchedule, shelves: Sequence[Collection]) -> str:
    if schedule.scope == Scope.COLLECTION:
        named = next((shelf.name for shelf in shelves if shelf.id == schedule.collection_id), "")
        return named or _("A collection you may not read any more")
    return _("Your cards") if schedule.scope == Scope.MINE else _("Everything you may see")


def _form(
    action: str, actor: Actor, shelves: Sequence[Collection], values: Mapping[str, str], typed: Typed | None,
    *, people: Sequence[Person] = (),
) -> ScheduleForm:  # fmt: skip
    def choice(name: str, options: Sequence[tuple[str, str]], error: str = "") -> Choice:
        chosen = values.get(name, "")
        picked = tuple(Option(value, label, value == chosen) for value, label in options)
        return Choice(picked, (typed.error(name) if typed else "") or error)

    about = [(Scope.ALL.value, _("Everything you may see")), (Scope.MINE.value, _("Your cards"))]
    about += [(f"collection:{shelf.id}", shelf.name) for shelf in shelves]
    others = [(str(person.id), person.name) for person in people if person.id != actor.id]
    return ScheduleForm(
        action=action,
        about=choice("about", about, typed.error("scope") if typed else ""),
        weekday=choice("weekday", [(str(number), weekday(number)) for number in range(7)]),
        hour=choice("hour", [(str(hour), f"{hour:02}:00") for hour in range(24)]),
        time_zone=Field(values.get("time_zone", ""), typed.error("time_zone") if typed else ""),
        channel=choice("channel", [(way.value, _(label)) for way, label in _CHANNELS.items()]),
        to=choice("to", [("", _("You")), *others]) if others else NOTHING_TO_CHOOSE,
    )  # fmt: skip


def _sentence(error: FieldError) -> str:
    if error.message[:1].isupper():
        return error.message
    return _(
        "%(field)s %(problem)s.",
        field=_(error.field.split(".")[0].replace("_", " ").capitalize()),
        problem=error.message,
    )
