"""Which schedule's turn has come: its week in its own zone, unless that was claimed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.reports.weeks import Week
from kb.db import Database
from kb.people.models import Person
from kb.schedule.models import JobRun
from kb.schedule.subscriptions import Channel, ReportSchedule
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
                turns.append(Turn(schedule.id, slot_week(slot.key)))
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


def slot_week(slot: str) -> Week:
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
