"""Send the weekly report: once per schedule and week, each with what its reader may see at that moment.

Reports are computed while reading, which blocks nobody; the claim of the week and what is queued are one transaction,
so a run that was killed is made up by the next, and nobody is told twice.
"""

from dataclasses import replace

from sqlalchemy.orm import Session

from curator.reports.about import EVERYTHING, About, about_collection, about_self
from curator.reports.formats import as_letter
from curator.reports.mail_shown import Delivery, mailed_cards
from curator.reports.mailed.commands import check_urls
from curator.reports.schedules.posting import EVENT, payload_of
from curator.reports.schedules.turns import JOB, Sender, Turn
from curator.reports.schedules.words import time_words
from curator.reports.weekly import WeeklyReport, weekly_report
from curator.webhooks.outbox import queue_for_person
from kb.cards.models import Collection
from kb.errors import NotFound
from kb.mail.outbox import Letter, enqueue
from kb.mail.unsubscribe import WEEKLY, unsubscribe_url
from kb.people.actor import Actor, actor_for
from kb.people.languages import language_of
from kb.people.models import Person
from kb.schedule.claims import claim, note_outcome
from kb.schedule.subscriptions import Channel, ReportSchedule, Scope
from kb.wording import speaking


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
        key = f"report:{turn.key}"
        if isinstance(written, Letter):
            address = session.get_one(Person, schedule.person_id).email
            return enqueue(session, key, address, written, sender.now)
        return queue_for_person(session, schedule.person_id, EVENT, written, sender.now, key=key) > 0


def about_of(session: Session, actor: Actor, schedule: ReportSchedule) -> About:
    """What the schedule is about. Raises NotFound when its reader may not read the collection."""
    if schedule.scope == Scope.MINE:
        return about_self(actor)
    if schedule.scope == Scope.COLLECTION:
        return about_collection(session, actor, session.get_one(Collection, schedule.collection_id).slug)
    return EVERYTHING


def _write(sender: Sender, turn: Turn) -> Letter | dict[str, object] | None:
    """The report as the schedule wants it; None when its reader may not have it."""
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
        report = weekly_report(session, actor, turn.week, sender.policy, sender.settings.freshness, sender.now, about)
        if schedule.channel == Channel.WEBHOOK:
            return payload_of(report, sender.settings)
        with speaking(language_of(person, sender.settings)):
            return _letter(session, sender, actor, schedule, report)


def _letter(session: Session, sender: Sender, actor: Actor, schedule: ReportSchedule, report: WeeklyReport) -> Letter:
    cards = mailed_cards(report, actor.id)
    checks = check_urls(session, actor, cards, sender.settings, sender.secret_key, sender.now)
    when = time_words(schedule, sender.settings.schedule)
    letter = as_letter(report, sender.settings, Delivery(actor.id, when, checks))
    return replace(letter, unsubscribe_url=unsubscribe_url(sender.settings, schedule.person_id, WEEKLY))
