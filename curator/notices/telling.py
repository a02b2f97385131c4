"""Mails at once, for the events a person chose them for: what came up together in one mail, never in their quiet hours,
at most so many a day; what is beyond goes into the digest.

The mails of a day are numbered and the number is part of their key, so the limit holds also when two processes tell.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from curator.mail import letter
from curator.notices.choices import Manner, held_setting, manner_of
from curator.notices.composing import Told, grouped, holding, summary
from curator.notices.kinds import EVENT_OF, HEADINGS
from curator.notices.models import Notice
from curator.notices.pages import NoticeMail
from kb.mail.models import OutgoingMail
from kb.mail.outbox import Letter, enqueue
from kb.mail.unsubscribe import AT_ONCE, unsubscribe_url
from kb.people.languages import language_of
from kb.people.models import Person
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.wording import _, speaking
from kb.words import first_name


def people_waiting(session: Session) -> Sequence[int]:
    """Active people with something that they were not told by mail."""
    waiting = select(Notice.person_id).where(Notice.told_at.is_(None), Notice.person_id.is_not(None))
    return session.scalars(
        select(Person.id).where(Person.id.in_(waiting), Person.deactivated_at.is_(None)).order_by(Person.id)
    ).all()


def tell_at_once(session: Session, person_id: int, settings: Settings, policy: Policy, now: datetime) -> int:
    """Queue the mail that the person is to get at once, and mark its notices. Returns how many mails that is."""
    setting = held_setting(session, person_id)
    person = session.get_one(Person, person_id, populate_existing=True)
    manner = manner_of(person, setting, settings)
    notices = session.scalars(
        select(Notice)
        .where(Notice.person_id == person.id, Notice.told_at.is_(None), Notice.kind.in_(EVENT_OF))
        .order_by(Notice.id)
    ).all()
    urgent = [notice for notice in notices if _is_urgent(notice, manner, now)]
    if not urgent or manner.is_quiet(now) or not person.is_active:
        return 0
    with speaking(language_of(person, settings)):
        told = holding(session, person, urgent, policy, now)
    held = {each.notice.id for each in told}
    for notice in urgent:
        if notice.id not in held:
            notice.told_at = now  # its reason is gone, or a graver one about the same card is told
    return _send(session, person, manner, told, settings, now)


def _is_urgent(notice: Notice, manner: Manner, now: datetime) -> bool:
    """On the day on which it came, or on which the quiet hours it came in end. Later it is the digest's."""
    wanted = manner.of(notice.kind).mail == "at_once"
    return wanted and manner.day(manner.next_chance(notice.at)) == manner.day(now)


def _send(
    session: Session, person: Person, manner: Manner, told: Sequence[Told], settings: Settings, now: datetime
) -> int:
    stem = f"notice:{person.id}:{manner.day(now)}:"
    before = _mails_like(session, stem)
    if not told or before >= settings.notices.mails_a_day:
        return 0
    if not enqueue(session, f"{stem}{before + 1}", person.email, _letter(person, told, settings), now):
        return 0
    for each in told:
        each.notice.told_at = now
    return 1


def _mails_like(session: Session, stem: str) -> int:
    return session.scalar(select(func.count()).where(OutgoingMail.key.startswith(stem, autoescape=True))) or 0


def _letter(person: Person, told: Sequence[Told], settings: Settings) -> Letter:
    stop = unsubscribe_url(settings, person.id, AT_ONCE)
    with speaking(language_of(person, settings)):
        return replace(letter("digest", _mail(person, told, settings, stop)), unsubscribe_url=stop)


def _mail(person: Person, told: Sequence[Told], settings: Settings, stop: str) -> NoticeMail:
    one = told[0]
    is_single = len(told) == 1
    return NoticeMail(
        workspace_name=settings.workspace.name,
        subject=f"{_(HEADINGS[one.notice.kind])}: {one.card.title}" if is_single else summary(told),
        greeting=_("Hello %(name)s,", name=first_name(person.name)),
        sentence=f"{summary(told)}.",
        groups=grouped(told, settings.public_url),
        button=_("Open the card") if is_single else _("Open your notices"),
        url=settings.public_url + (one.path if is_single else "/notices"),
        why=_("Choose what you are told: %(url)s.", url=f"{settings.public_url}/account/notices"),
        stop=_("Stop mails at once"),
        stop_url=stop,
    )
