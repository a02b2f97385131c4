"""Subscribe, move, pause, resume and stop: each person for themselves, a curator for readers of the collection."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.db import hold
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor, actor_for
from kb.people.models import Person
from kb.schedule.subscriptions import Channel, ReportSchedule, Scope
from kb.wording import _

MOST = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to get, when, and by which way."""

    scope: Scope
    collection_id: int | None
    channel: Channel
    weekday: int
    hour: int
    time_zone: str


def add_schedule(session: Session, actor: Actor, person: Person, wish: Wish, now: datetime) -> ReportSchedule:
    """Subscribe the person; the first turn is the next one. Saying the same twice makes one."""
    hold(session, person)
    _check(session, actor, person, wish)
    theirs = select(ReportSchedule).where(ReportSchedule.person_id == person.id)
    for known in session.scalars(theirs):
        if _wish_of(known) == wish:
            return resume_schedule(session, actor, known.id, now)
    if (session.scalar(select(func.count()).select_from(theirs.subquery())) or 0) >= MOST:
        raise Conflict(_("%(name)s has %(most)s schedules already. Stop one first.", name=person.name, most=MOST))
    added_by = actor.id if actor.id != person.id else None
    schedule = ReportSchedule(person_id=person.id, added_by_id=added_by, since=now)
    _put(schedule, wish)
    session.add(schedule)
    session.flush()
    if added_by is not None:
        audit.record(session, actor, "subscribed", "person", person.id, now, schedule=schedule.id)
    return schedule


def change_schedule(session: Session, actor: Actor, schedule_id: int, wish: Wish, now: datetime) -> ReportSchedule:
    """Another time, subject or way. The week that went out already does not go out again."""
    schedule = schedule_of(session, actor, schedule_id)
    _check(session, actor, session.get_one(Person, schedule.person_id), wish)
    if _wish_of(schedule) != wish:
        _put(schedule, wish)
        schedule.since = now
    return schedule


def pause_schedule(session: Session, actor: Actor, schedule_id: int, now: datetime) -> ReportSchedule:
    """Send nothing until it is resumed."""
    schedule = schedule_of(session, actor, schedule_id)
    schedule.paused_at = schedule.paused_at or now
    return schedule


def resume_schedule(session: Session, actor: Actor, schedule_id: int, now: datetime) -> ReportSchedule:
    """Go on with the next turn; what fell due meanwhile is not made up."""
    schedule = schedule_of(session, actor, schedule_id)
    if schedule.paused_at is not None:
        schedule.paused_at, schedule.since = None, now
    return schedule


def remove_schedule(session: Session, actor: Actor, schedule_id: int, now: datetime) -> None:
    """Stop it for good."""
    schedule = schedule_of(session, actor, schedule_id)
    if schedule.person_id != actor.id:
        audit.record(session, actor, "unsubscribed", "person", schedule.person_id, now, schedule=schedule.id)
    session.delete(schedule)


def schedule_of(session: Session, actor: Actor, schedule_id: int) -> ReportSchedule:
    """One's own, or one that a curator made for a collection the actor curates; NotFound for all others."""
    schedule = session.get(ReportSchedule, schedule_id)
    if schedule is None or not _keeps(actor, schedule):
        raise NotFound(_("There is no such schedule."))
    return hold(session, schedule)


def _keeps(actor: Actor, schedule: ReportSchedule) -> bool:
    is_curators = schedule.added_by_id is not None and schedule.collection_id in actor.curated
    return actor.id is not None and (schedule.person_id == actor.id or is_curators)


def _check(session: Session, actor: Actor, person: Person, wish: Wish) -> None:
    if person.id != actor.id and (wish.scope is not Scope.COLLECTION or wish.collection_id not in actor.curated):
        raise Forbidden(_("You may add readers only to the report of a collection that you curate."))
    reader = actor if person.id == actor.id else actor_for(session, person)
    if wish.scope is Scope.COLLECTION and wish.collection_id not in reader.readable:
        if wish.collection_id not in actor.readable:
            raise invalid("scope", _("Choose everything, your own cards or a collection."))
        raise invalid("to", _("%(name)s may not read this collection.", name=person.name))
    if not person.is_active:
        raise invalid("to", _("Choose somebody who is active."))
    if wish.channel is Channel.WEBHOOK and person.id != actor.id:
        raise invalid("channel", _("Others can be sent mails only."))
    if wish.time_zone not in available_timezones():
        raise invalid("time_zone", _("Not a known time zone; use a name such as Europe/Berlin."))


def _wish_of(schedule: ReportSchedule) -> Wish | None:
    if schedule.weekday is None or schedule.hour is None or schedule.time_zone is None:
        return None
    return Wish(
        Scope(schedule.scope), schedule.collection_id, Channel(schedule.channel), schedule.weekday, schedule.hour,
        schedule.time_zone,
    )  # fmt: skip


def _put(schedule: ReportSchedule, wish: Wish) -> None:
    schedule.scope, schedule.collection_id, schedule.channel = wish.scope, wish.collection_id, wish.channel
    schedule.weekday, schedule.hour, schedule.time_zone = wish.weekday, wish.hour, wish.time_zone
