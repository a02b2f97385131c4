"""Send the weekly report: once per schedule and week, each with what its reader may see at that moment.

Reports are computed while reading, which blocks nobody; the claim of the week and the queued mail are one transaction,
so a run that was killed is made up by the next, and nobody is told twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.reports.about import EVERYTHING, About, about_collection, about_self
from curator.reports.formats import as_letter
from curator.reports.mail_shown import Delivery, mailed_cards
from curator.reports.mailed.commands import check_urls
from curator.reports.schedules.words import time_words
from curator.reports.weekly import weekly_report
from curator.reports.weeks import Week
from kb.cards.models import Collection
from kb.db import Database
from kb.errors import NotFound
from kb.mail.outbox import Letter, enqueue
from kb.people.actor import Actor, actor_for
from kb.people.models import Person
from kb.schedule.claims import claim, note_outcome
from kb.schedule.models import JobRun
from kb.schedule.subscriptions import Channel, ReportSchedule, Scope
from kb.settings import Settings
from kb.trust.policy import Policy

JOB = "weekly_report"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Turn:
    """One schedule's report of one week. Its key is what is claimed."""

    schedule_id: int
    week: Week

    @property
    def key(self) -> str:
        """ "7:2026-W47": unique, and named by the week that is told about."""
        return f"{self.schedule_id}:{self.week.key}"


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending needs: the installation, the key that signs the links in mails, and the instant."""

    database: Database
    settings: Settings
    policy: Policy
    secret_key: bytes
    now: datetime


def turns_due(sender: Sender) -> list[Turn]:
    """Whose hour has come since the schedule was made, moved or resumed, and whose report has not gone out."""
    turns = []
    with sender.database.read() as session:
        for schedule in _active(session):
            slot = schedule.slot_at(sender.now, sender.settings.schedule)
            if slot.due >= schedule.since:
                turns.append(Turn(schedule.id, _week_told(slot.key)))
        return _unclaimed(session, turns)


def turns_of(sender: Sender, week: Week) -> tuple[list[Turn], int]:
    """For sending by hand: every mailed schedule's turn of this week, and how many have had it."""
    with sender.database.read() as session:
        mailed = [each for each in _active(session) if each.channel == Channel.MAIL]
        turns = _unclaimed(session, [Turn(each.id, week) for each in mailed])
    return turns, len(mailed) - len(turns)


def _active(session: Session) -> Sequence[ReportSchedule]:
    return session.scalars(
        select(ReportSchedule)
        .join(Person, Person.id == ReportSchedule.person_id)
        .where(ReportSchedule.paused_at.is_(None), Person.deactivated_at.is_(None))
        .order_by(ReportSchedule.id)
    ).all()


def send_turn(sender: Sender, turn: Turn) -> bool:
    """Queue one schedule's report of a week. False when that was done before, or there is nobody it may be told."""
    written = _write(sender, turn)
    with sender.database.transaction() as session:
        schedule = session.get(ReportSchedule, turn.schedule_id)
        if schedule is None or schedule.paused_at is not None or not claim(session, JOB, turn.key, sender.now):
            return False
        if written is None:
            note_outcome(session, JOB, turn.key, "not told: the reader may not see it any more")
            return False
        address, letter = written
        return enqueue(session, f"report:{turn.key}", address, letter, sender.now)


def about_of(session: Session, actor: Actor, schedule: ReportSchedule) -> About:
    """What the schedule is about. Raises NotFound when its reader may not read the collection."""
    if schedule.scope == Scope.MINE:
        return about_self(actor)
    if schedule.scope == Scope.COLLECTION:
        return about_collection(session, actor, session.get_one(Collection, schedule.collection_id).slug)
    return EVERYTHING


def _week_told(slot: str) -> Week:
    """A slot is a week of the reader's own zone; it tells of the one before."""
    year, _, number = slot.partition("-W")
    return Week(date.fromisocalendar(int(year), int(number), 1)).before()


def _unclaimed(session: Session, turns: Sequence[Turn]) -> list[Turn]:
    done: set[str] = set()
    for keys in _batches([turn.key for turn in turns]):
        done.update(session.scalars(select(JobRun.slot).where(JobRun.job == JOB, JobRun.slot.in_(keys))))
    return [turn for turn in turns if turn.key not in done]


def _batches(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))


def _write(sender: Sender, turn: Turn) -> tuple[str, Letter] | None:
    settings, now = sender.settings, sender.now
    with sender.database.read() as session:
        schedule = session.get(ReportSchedule, turn.schedule_id)
        person = session.get(Person, schedule.person_id) if schedule is not None else None
        if schedule is None or person is None or not person.is_active:
            return None
        actor = actor_for(session, person)
        try:
            about = about_of(session, actor, schedule)
        except NotFound:
            return None
        report = weekly_report(session, actor, turn.week, sender.policy, settings.freshness, now, about)
        checks = check_urls(session, actor, mailed_cards(report, person.id), settings, sender.secret_key, now)
        sending = Delivery(person.id, time_words(schedule, settings.schedule), checks)
        return person.email, as_letter(report, settings, sending)
