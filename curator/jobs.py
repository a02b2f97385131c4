"""What the scheduler runs for this room. Each job is shallow, may be run at any time and any number of times, and says
in words what it did. The due times and claims are in the database, so however many processes tick, a slot is done once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from curator.duplicates.checking import AT_ONCE, check_cards, unchecked
from curator.housekeeping import remove_old
from curator.notices.digest import due_digests, send_digest, skip_day
from curator.notices.looking import look_around
from curator.notices.telling import people_waiting, tell_at_once
from curator.reports.send import last_full_week, send_report, subscribers
from curator.webhooks.sender import send_webhooks as deliver_webhooks
from kb import clock
from kb.db import Database
from kb.errors import Unavailable
from kb.mail import sender
from kb.schedule.claims import claim, is_claimed, note_outcome
from kb.schedule.slots import Slot, latest_weekly
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.words import count

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DONE = "nothing due"


class Carrier(Protocol):
    """Whatever carries an open installation: the edge's services, or a test's world."""

    @property
    def database(self) -> Database: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def policy(self) -> Policy: ...


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job needs. `clock` is read once per unit of work."""

    database: Database
    settings: Settings
    policy: Policy
    clock: Callable[[], datetime]

    @classmethod
    def of(cls, carrier: Carrier) -> "JobContext":
        """The context in which the service runs its jobs."""
        return cls(carrier.database, carrier.settings, carrier.policy, clock.now)


class JobFailed(Exception):
    """Some of a job's units failed; the others were done. The next run makes up what is missing."""


def notice(context: JobContext) -> str:
    """Write a notice of each thing that happened to a card, for whoever is to hear of it."""
    return f"{count(look_around(context.database, context.settings, context.policy, context.clock()), 'new notice')}"


def tell(context: JobContext) -> str:
    """Mail at once what people want to hear at once."""
    now = context.clock()

    def act(person_id: int) -> int:
        with context.database.transaction() as session:
            return tell_at_once(session, person_id, context.settings, context.policy, now)

    with context.database.read() as session:
        people = people_waiting(session)
    return f"{count(_each(people, act), 'mail')} queued"


def digest(context: JobContext) -> str:
    """Once on each person's day: tell them what fell to them."""
    now = context.clock()

    def act(person_id: int) -> bool:
        with context.database.transaction() as session:
            return send_digest(session, person_id, context.settings, context.policy, now)

    with context.database.read() as session:
        due = due_digests(session, context.settings, now)
    if due.idle:
        with context.database.transaction() as session:
            skip_day(session, due.idle)
    return f"{count(_each(due.waiting, act), 'mail')} queued" if due.waiting else _DONE


def weekly_report(context: JobContext) -> str:
    """Once a week: send the report of the week that ended."""
    now = context.clock()
    schedule = context.settings.schedule
    slot = latest_weekly(now, _WEEKDAYS.index(schedule.report_weekday), schedule.report_hour, schedule.zone)
    if _is_done(context, "weekly_report", slot):
        return _DONE
    week = last_full_week(slot.due, context.policy)

    def send(person_id: int) -> bool:
        return send_report(context.database, context.settings, context.policy, week, person_id, now)

    return _finish(context, "weekly_report", slot, _each(subscribers(context.database), send), now)


def near_duplicates(context: JobContext) -> str:
    """Compare every card whose text was not compared when it was saved: after an import, a crash, a new method."""
    checked, failures, after = 0, [], 0
    while waiting := _unchecked(context, after):
        after = waiting[-1]
        try:
            _compare(context, waiting)
            checked += len(waiting)
        except Unavailable:
            raise
        except Exception:  # one of them is poisoned; the others must not wait for it
            for card_id in waiting:
                try:
                    _compare(context, [card_id])
                    checked += 1
                except Exception as error:  # it is named in the outcome and tried again next time
                    failures.append(f"card {card_id}: {type(error).__name__}: {error}")
    if failures:
        raise JobFailed("; ".join(failures))
    return f"{count(checked, 'card')} compared"


def send_mail(context: JobContext) -> str:
    """Deliver what is in the outbox."""
    return f"{count(sender.send_due(context.database, context.settings, context.clock), 'mail')} sent"


def send_webhooks(context: JobContext) -> str:
    """Deliver what is queued for webhooks."""
    sent = deliver_webhooks(context.database, context.settings, context.policy, context.clock)
    return f"{count(sent, 'message')} sent"


def housekeeping(context: JobContext) -> str:
    """Remove what nobody needs any more."""
    with context.database.transaction() as session:
        removed = remove_old(session, context.settings.privacy, context.clock())
    return f"{count(removed, 'old row')} removed"


def _unchecked(context: JobContext, after: int) -> list[int]:
    with context.database.read() as session:
        return unchecked(session, AT_ONCE, after=after)


def _compare(context: JobContext, card_ids: list[int]) -> None:
    with context.database.transaction() as session:
        check_cards(session, card_ids, context.clock())


def _is_done(context: JobContext, job: str, slot: Slot) -> bool:
    with context.database.read() as session:
        return is_claimed(session, job, slot.key)


def _each(people: Iterable[int], act: Callable[[int], int]) -> int:
    """Do it for everybody; one failure keeps nobody else waiting, but fails the job in the end."""
    sent, failures = 0, []
    for person_id in people:
        try:
            sent += act(person_id)
        except Exception as error:  # a poisoned row must not stop the others
            failures.append(f"person {person_id}: {type(error).__name__}: {error}")
    if failures:
        raise JobFailed("; ".join(failures))
    return sent


def _finish(context: JobContext, job: str, slot: Slot, sent: int, now: datetime) -> str:
    outcome = f"{slot.key}: {count(sent, 'mail')} queued"
    with context.database.transaction() as session:
        if not claim(session, job, slot.key, now):
            return _DONE
        note_outcome(session, job, slot.key, outcome)
    return outcome
