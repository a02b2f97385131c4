"""How a person wants to be told, and their quiet hours: whoever writes to somebody asks here when."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from kb.db import Base
from kb.people.models import Person
from kb.schedule.slots import instant_of
from kb.settings import Settings


class NoticeSetting(Base):
    """How a person is told. `choices` holds what differs from the defaults; `last_digest` is the claim of a day."""

    __tablename__ = "notice_setting"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    choices: Mapped[dict[str, Any]]
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    last_digest: Mapped[str] = mapped_column(String(10), default="", server_default="")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the clock in `zone` in which nobody should disturb somebody; they may cross midnight."""

    zone: ZoneInfo
    quiet_from: int | None = None
    quiet_until: int | None = None

    def is_quiet(self, now: datetime) -> bool:
        """Whether nobody should disturb the person now."""
        return self.is_quiet_at(now.astimezone(self.zone).hour)

    def next_chance(self, now: datetime) -> datetime:
        """The first instant from now on that is not quiet."""
        if not self.is_quiet(now) or self.quiet_until is None:
            return now
        local = now.astimezone(self.zone)
        day = local.date() + timedelta(days=local.hour >= self.quiet_until)
        return instant_of(datetime.combine(day, time(self.quiet_until)), self.zone)

    def is_quiet_at(self, hour: int) -> bool:
        """Whether this hour of the day is quiet."""
        start, end = self.quiet_from, self.quiet_until
        if start is None or end is None or start == end:
            return False
        return start <= hour < end if start < end else hour >= start or hour < end


def quiet_hours(person: Person, setting: NoticeSetting | None, settings: Settings) -> QuietHours:
    """By the person's own clock, or the installation's."""
    zone = ZoneInfo(person.time_zone) if person.time_zone else settings.schedule.zone
    return QuietHours(zone, setting.quiet_from, setting.quiet_until) if setting else QuietHours(zone)


def quiet_hours_of(session: Session, person: Person, settings: Settings) -> QuietHours:
    """The same for whoever has the person alone."""
    return quiet_hours(person, session.get(NoticeSetting, person.id), settings)
