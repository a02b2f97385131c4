"""Who gets the weekly report, at which hour of which day in whose time zone, about what, and by which way."""

from datetime import datetime
from enum import StrEnum
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, and_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kb.db import Base
from kb.schedule.slots import Slot, latest_weekly
from kb.settings import Schedule as Defaults
from kb.settings import Weekday


class Scope(StrEnum):
    """What a report is about, always within what its reader may see."""

    ALL = "all"
    COLLECTION = "collection"
    MINE = "mine"


class Channel(StrEnum):
    """How it arrives."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class ReportSchedule(Base):
    """A person gets the weekly report once a week.

    Without a day, an hour and a zone of its own it goes when the installation's settings say. What fell due before
    `since` is none of its slots: it was made, moved or resumed later. An id is never used again: claims name it.
    """

    __tablename__ = "report_schedule"
    __table_args__ = (
        CheckConstraint("(scope = 'collection') = (collection_id IS NOT NULL)", name="about"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    scope: Mapped[str] = mapped_column(String(10))
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str] = mapped_column(String(10))
    weekday: Mapped[int | None]
    hour: Mapped[int | None]
    time_zone: Mapped[str | None] = mapped_column(String(64))
    since: Mapped[datetime]
    paused_at: Mapped[datetime | None]

    def slot_at(self, now: datetime, defaults: Defaults) -> Slot:
        """Its most recent turn."""
        if self.weekday is None or self.hour is None:
            return latest_weekly(now, weekday_of(defaults), defaults.report_hour, defaults.zone)
        return latest_weekly(now, self.weekday, self.hour, self.zone(defaults))

    def zone(self, defaults: Defaults) -> ZoneInfo:
        """Its time zone; the installation's if it has none or the system has forgotten it."""
        try:
            return ZoneInfo(self.time_zone) if self.time_zone else defaults.zone
        except (ZoneInfoNotFoundError, ValueError):
            return defaults.zone


def weekday_of(defaults: Defaults) -> int:
    """The installation's day for the report as a number; Monday is 0."""
    return get_args(Weekday).index(defaults.report_weekday)


def wants_weekly_report(session: Session, person_id: int) -> bool:
    """Whether any weekly report is mailed to this person."""
    active = select(ReportSchedule.id).where(_mailed(person_id), ReportSchedule.paused_at.is_(None))
    return session.scalars(active).first() is not None


def set_weekly_report(session: Session, person_id: int, wanted: bool, now: datetime) -> None:
    """The one switch for all: off pauses every report mailed to the person, on resumes them or adds the first one."""
    if wanted == wants_weekly_report(session, person_id):
        return
    values = {"paused_at": None, "since": now} if wanted else {"paused_at": now}
    is_other = ReportSchedule.paused_at.is_not(None) if wanted else ReportSchedule.paused_at.is_(None)
    switched = session.execute(update(ReportSchedule).where(_mailed(person_id), is_other).values(**values))
    if wanted and not switched.rowcount:  # type: ignore[attr-defined]
        session.add(ReportSchedule(person_id=person_id, scope=Scope.ALL, channel=Channel.MAIL, since=now))


def _mailed(person_id: int) -> ColumnElement[bool]:
    return and_(ReportSchedule.person_id == person_id, ReportSchedule.channel == Channel.MAIL)
