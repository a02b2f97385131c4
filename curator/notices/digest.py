"""The daily digest: what fell to a person since the last one, in one mail per person and day of their own clock.

The person's row is held and says which day was told last: mail, marks and that claim are one transaction, so whatever
is killed when, nobody is told twice and nothing is left out. However many days were missed, only the latest counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from curator.mail import letter
from curator.notices.choices import held_setting, manner_of
from curator.notices.composing import Told, grouped, holding, summary
from curator.notices.kinds import EVENT_OF
from curator.notices.models import Notice
from curator.notices.pages import NoticeMail
from kb.mail.outbox import Letter, enqueue
from kb.mail.unsubscribe import DIGEST, unsubscribe_url
from kb.people.languages import language_of
from kb.people.models import Person
from kb.people.quiet import NoticeSetting
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.wording import _, speaking
from kb.words import first_name, uncapitalised


@dataclass(frozen=True, slots=True)
class DueDigests:
    """Whose day has come: who has something waiting, and who has not, with the day that is over for them."""

    waiting: list[int]
    idle: dict[int, str]


def due_digests(session: Session, settings: Settings, now: datetime) -> DueDigests:
    """Active people whose digest is due and who are not in their quiet hours."""
    people = session.scalars(select(Person).where(Person.deactivated_at.is_(None)).order_by(Person.id)).all()
    waits = set(session.scalars(select(Notice.person_id).where(Notice.told_at.is_(None)).distinct()))
    rows = {row.person_id: row for row in session.scalars(select(NoticeSetting))}
    due = DueDigests([], {})
    for person in people:
        setting = rows.get(person.id)
        manner = manner_of(person, setting, settings)
        key = manner.digest_slot(now, settings.schedule.digest_hour).key
        if key <= (setting.last_digest if setting else "") or manner.is_quiet(now):
            continue
        if person.daily_digest and person.id in waits:
            due.waiting.append(person.id)
        else:
            due.idle[person.id] = key
    return due


def skip_day(session: Session, idle: dict[int, str]) -> None:
    """These people's day is over without a digest: what comes from now on waits for the next."""
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    rows = [{"person_id": person_id, "choices": {}, "last_digest": key} for person_id, key in idle.items()]
    for start in range(0, len(rows), 300):
        statement = insert(NoticeSetting).values(rows[start : start + 300])
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["person_id"],
                set_={"last_digest": statement.excluded.last_digest},
                where=NoticeSetting.last_digest < statement.excluded.last_digest,
            )
        )


def send_digest(session: Session, person_id: int, settings: Settings, policy: Policy, now: datetime) -> bool:
    """Queue the person's digest and mark its notices as told. False when there is nothing to tell, or it was told."""
    setting = held_setting(session, person_id)
    person = session.get_one(Person, person_id, populate_existing=True)
    manner = manner_of(person, setting, settings)
    slot = manner.digest_slot(now, settings.schedule.digest_hour)
    if slot.key <= setting.last_digest or manner.is_quiet(now) or not (person.daily_digest and person.is_active):
        return False
    notices = session.scalars(
        select(Notice)
        .where(Notice.person_id == person.id, Notice.told_at.is_(None), Notice.kind.in_(EVENT_OF))
        .order_by(Notice.id)
    ).all()
    wanted = [notice for notice in notices if manner.of(notice.kind).mail != "none"]
    setting.last_digest = slot.key
    for notice in notices:
        notice.told_at = now
    with speaking(language_of(person, settings)):
        told = holding(session, person, wanted, policy, now)
        key = f"digest:{person.id}:{slot.key}"
        return bool(told) and enqueue(session, key, person.email, _letter(person, told, settings), now)


def _letter(person: Person, told: Sequence[Told], settings: Settings) -> Letter:
    words, stop = summary(told), unsubscribe_url(settings, person.id, DIGEST)
    is_work = any(each.card.assignee_id == person.id for each in told)
    mail = NoticeMail(
        workspace_name=settings.workspace.name,
        subject=f"{settings.workspace.name}: {words}",
        greeting=_("Hello %(name)s,", name=first_name(person.name)),
        sentence=f"{uncapitalised(words)}.",
        groups=grouped(told, settings.public_url),
        button=_("Open the queue") if is_work else _("Open your notices"),
        url=f"{settings.public_url}/verify" if is_work else f"{settings.public_url}/notices",
        why=_("Choose what you are told: %(url)s.", url=f"{settings.public_url}/account/notices"),
        stop=_("Stop the daily digest"),
        stop_url=stop,
    )
    written = letter("digest", mail)
    return Letter(written.subject, written.text, written.html, stop)
