"""What the scheduler runs for this room. Each job is shallow, may be run at any time and any number of times, and says
in words what it did. The due times and claims are in the database, so however many processes tick, a slot is done once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from curator.absences.away import follow_absences
from curator.capacity.planning import plan_all
from curator.detectors import rounds
from curator.duplicates.checking import AT_ONCE, check_cards, unchecked
from curator.freshness.learning import keep, learn
from curator.housekeeping import remove_old
from curator.notices.digest import due_digests, send_digest, skip_day
from curator.notices.looking import look_around
from curator.notices.telling import people_waiting, tell_at_once
from curator.owners.escalating import escalate_all
from curator.questions.following import follow_up
from curator.reports.expected import keep_weeks
from curator.reports.nudge import withdraw_answered
from curator.reports.schedules.posting import post_weekly
from curator.reports.schedules.sending import send_turn
from curator.reports.schedules.turns import Sender, turns_due
from curator.rules.suggesting import suggest_all
from curator.webhooks.sender import send_webhooks as deliver_webhooks
from kb import clock
from kb.db import Database
from kb.errors import Unavailable
from kb.installation import Installation
from kb.mail import sender
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.words import count

_DONE = "nothing due"
T = TypeVar("T")


class Carrier(Protocol):
    """Whatever carries an open installation: the edge's services, or a test's world."""

    @property
    def installation(self) -> Installation: ...


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job needs. `clock` is read once per unit of work."""

    database: Database
    settings: Settings
    policy: Policy
    clock: Callable[[], datetime]
    secret_key: bytes

    @classmethod
    def of(cls, carrier: Carrier) -> "JobContext":
        """The context in which the service runs its jobs."""
        return cls.on(carrier.installation, clock.now)

    @classmethod
    def on(cls, installation: Installation, clock: Callable[[], datetime]) -> "JobContext":
        """The same for an installation alone."""
        settings = installation.settings
        return cls(installation.database, settings, Policy.of(settings), clock, installation.secret_key)


class JobFailed(Exception):
    """Some of a job's units failed; the others were done. The next run makes up what is missing."""


def absences(context: JobContext) -> str:
    """Move the cards of whoever went away or came back."""
    with context.database.transaction() as session:
        moved = follow_absences(session, context.policy, context.clock())
    return f"{count(moved, 'card')} moved"


def escalate(context: JobContext) -> str:
    """Move on what nobody acted on, and back what was checked since."""
    days = context.settings.freshness.escalate_days
    moved, back = escalate_all(context.database, days, context.policy, context.clock())
    return f"{count(moved, 'card')} moved on, {back:,} back"


def notice(context: JobContext) -> str:
    """Write a notice of each thing that happened to a card, for whoever is to hear of it."""
    return f"{count(look_around(context.database, context.settings, context.policy, context.clock()), 'new notice')}"


def tell(context: JobContext) -> str:
    """Mail at once what people want to hear at once."""
    now = context.clock()

    def act(person_id: int) -> int:
        with context.database.transaction() as session:
            return tell_at_once(session, person_id, context.settings, context.policy, now)

    with context.database.transaction() as session:
        withdraw_answered(session, now)
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
    """Tell each reader of the week that ended, once their hour has come."""
    sender = Sender(context.database, context.settings, context.policy, context.secret_key, context.clock())
    sent = post_weekly(sender) + _each(turns_due(sender), lambda turn: send_turn(sender, turn), "schedule")
    return f"{count(sent, 'report')} queued" if sent else _DONE


def card_weeks(context: JobContext) -> str:
    """Write down, once a week is over, how many stale answers were expected."""
    return keep_weeks(context.database, context.settings.freshness, context.policy, context.clock())


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


def learn_freshness(context: JobContext) -> str:
    """Learn how often cards change here and what P(stale) is worth, so that one card is judged without all others."""
    now = context.clock()
    with context.database.read() as session:
        model = learn(session, context.settings.freshness, now)
    with context.database.transaction() as session:
        keep(session, model, now)
    return f"learnt from {count(model.checks, 'check')}; calibration {model.calibration:.2f}"


def detect(context: JobContext) -> str:
    """Look for what speaks against cards: those that changed, and all of them once a night."""
    return rounds.detect(context.database, context.settings, context.policy, context.clock)


def check_links(context: JobContext) -> str:
    """Try some of the links to elsewhere that are due."""
    return rounds.links(context.database, context.settings, context.clock)


def check_sources(context: JobContext) -> str:
    """Read some of the watched sources that are due."""
    return rounds.watched(context.database, context.settings, context.clock)


def first_checks(context: JobContext) -> str:
    """Plan the first check of every card that was published without a date."""
    planned = plan_all(context.database, context.settings, context.clock())
    return f"{count(planned, 'first check')} planned"


def suggest_intervals(context: JobContext) -> str:
    """Once a night: suggest an interval for every card, for those that are checked at an adaptive pace."""
    return suggest_all(context.database, context.settings, context.clock())


def questions(context: JobContext) -> str:
    """Remind of questions that wait, and ask somebody else when they waited too long."""
    with context.database.transaction() as session:
        reminded, escalated = follow_up(session, context.settings, context.clock())
    return f"{count(reminded, 'reminder')}, {count(escalated, 'question')} passed on"


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


def _each(things: Iterable[T], act: Callable[[T], int], named: str = "person") -> int:
    """Do it for everybody; one failure keeps nobody else waiting, but fails the job in the end."""
    sent, failures = 0, []
    for thing in things:
        try:
            sent += act(thing)
        except Exception as error:  # a poisoned row must not stop the others
            failures.append(f"{named} {thing}: {type(error).__name__}: {error}")
    if failures:
        raise JobFailed("; ".join(failures))
    return sent
