"""A mail of its own to one person, such as a question: told as that person wants to hear of its event, and never in
their quiet hours."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from curator.notices.choices import manner_of
from kb.mail.outbox import Letter, enqueue
from kb.mail.unsubscribe import AT_ONCE, unsubscribe_url
from kb.people.models import Person
from kb.people.quiet import NoticeSetting
from kb.settings import Settings


def mail_person(
    session: Session, person: Person, event: str, key: str, letter: Letter, settings: Settings, now: datetime
) -> bool:
    """Queue it unless the person wants no such mail, or one with this key was queued. At once means now or when the
    quiet hours end; in the digest means when the next one goes out."""
    manner = manner_of(person, session.get(NoticeSetting, person.id), settings)
    how = manner.choices[event].mail
    if how == "none":
        return False
    at_digest = manner.next_digest(now, settings.schedule.digest_hour)
    not_before = at_digest if how == "digest" else manner.next_chance(now)
    stop = unsubscribe_url(settings, person.id, AT_ONCE)
    return enqueue(session, key, person.email, replace(letter, unsubscribe_url=stop), now, not_before=not_before)


def mail_when_awake(
    session: Session, person: Person, key: str, letter: Letter, settings: Settings, now: datetime
) -> datetime:
    """Queue it, for when the person's quiet hours end if these are they; returns the instant. For what somebody sends
    to this one person and no choice can end."""
    chance = manner_of(person, session.get(NoticeSetting, person.id), settings).next_chance(now)
    enqueue(session, key, person.email, letter, now, not_before=chance)
    return chance
