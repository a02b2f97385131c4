"""How a person is told: per event on the page, by mail (at once or in the digest) and by their webhook; quiet hours."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from curator.notices.kinds import EVENT_OF, EVENTS, Mail
from kb.people.models import Person
from kb.people.quiet import NoticeSetting, QuietHours, quiet_hours
from kb.schedule.slots import Slot, daily, latest_daily
from kb.settings import Settings


@dataclass(frozen=True, slots=True)
class Choice:
    """How a person is told of one event."""

    page: bool
    mail: Mail
    webhook: bool = False


@dataclass(frozen=True, slots=True)
class Manner:
    """How and when one person is told."""

    choices: Mapping[str, Choice]
    quiet: QuietHours

    def of(self, kind: str) -> Choice:
        """The choice for notices of this kind."""
        return self.choices[EVENT_OF[kind]]

    def page_kinds(self) -> list[str]:
        """Kinds that are shown on the page."""
        return [kind for kind, event in EVENT_OF.items() if self.choices[event].page]

    def is_quiet(self, now: datetime) -> bool:
        """Whether nobody should disturb the person now."""
        return self.quiet.is_quiet(now)

    def next_chance(self, now: datetime) -> datetime:
        """The first instant from now on that is not quiet."""
        return self.quiet.next_chance(now)

    def digest_slot(self, now: datetime, hour: int) -> Slot:
        """The most recent day whose digest is due: at `hour` of the person's clock, or when the quiet hours end."""
        return latest_daily(now, self._digest_hour(hour), self.quiet.zone)

    def next_digest(self, now: datetime, hour: int) -> datetime:
        """When the next digest is due."""
        day = date.fromisoformat(self.digest_slot(now, hour).key) + timedelta(days=1)
        return daily(day, self._digest_hour(hour), self.quiet.zone).due

    def day(self, now: datetime) -> str:
        """The person's calendar day."""
        return now.astimezone(self.quiet.zone).date().isoformat()

    def _digest_hour(self, hour: int) -> int:
        end = self.quiet.quiet_until
        return end if end is not None and self.quiet.is_quiet_at(hour) else hour


def manner_of(person: Person, setting: NoticeSetting | None, settings: Settings) -> Manner:
    """How this person is told; without a setting, as everybody is by default."""
    chosen = setting.choices if setting else {}
    choices = {name: _choice(name, chosen.get(name, {})) for name in EVENTS}
    return Manner(choices, quiet_hours(person, setting, settings))


def manners_of(session: Session, people: Collection[Person], settings: Settings) -> dict[int, Manner]:
    """The same for several people, by their number."""
    rows = select(NoticeSetting).where(NoticeSetting.person_id.in_([person.id for person in people]))
    found = {row.person_id: row for row in session.scalars(rows)}
    return {person.id: manner_of(person, found.get(person.id), settings) for person in people}


def held_setting(session: Session, person_id: int) -> NoticeSetting:
    """The person's row, made if there is none, and nobody else's until this transaction ends: who tells a person
    something holds it, so that two processes never tell it twice."""
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(NoticeSetting).values(person_id=person_id, choices={}).on_conflict_do_nothing())
    return session.scalars(
        select(NoticeSetting).where(NoticeSetting.person_id == person_id).with_for_update()
        .execution_options(populate_existing=True)
    ).one()  # fmt: skip


def stored(choices: Mapping[str, Choice]) -> dict[str, dict[str, object]]:
    """What is kept of these choices: only what differs from the defaults, so that better defaults reach everybody."""
    differing = {name: choice for name, choice in choices.items() if choice != _choice(name, {})}
    return {name: {"page": c.page, "mail": c.mail, "webhook": c.webhook} for name, c in differing.items()}


def _choice(name: str, chosen: Mapping[str, object]) -> Choice:
    mail = chosen.get("mail")
    kept: Mail = mail if mail in ("none", "digest", "at_once") else EVENTS[name].mail
    return Choice(chosen.get("page", True) is True, kept, chosen.get("webhook", False) is True)
