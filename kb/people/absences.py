"""Who is away, from when to when, and who stands in: the table, and the picture of one instant.

Days are days of the installation's zone; the instants at which they begin and end are stored beside them, so that
"away now" is one comparison. `state` says how far the assignments have followed: the clock decides who is away.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from kb.db import Base
from kb.people.models import Person

LONGEST = timedelta(days=366)


class AbsenceState(StrEnum):
    """How far the assignments have followed an absence."""

    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"


class Absence(Base):
    """A person is away from the first to the last day; whoever stands in is given their cards meanwhile."""

    __tablename__ = "absence"
    __table_args__ = (Index("ix_absence_state_starts_at_ends_at", "state", "starts_at", "ends_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(10), default=AbsenceState.PLANNED)
    created_at: Mapped[datetime]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    stand_in: Mapped[Person | None] = relationship(foreign_keys=[stand_in_id])


def absent(session: Session, now: datetime) -> dict[int, int | None]:
    """Everybody who is away at `now`, each with the person who stands in, if any."""
    rows = session.execute(
        select(Absence.person_id, Absence.stand_in_id)
        .where(Absence.starts_at <= now, Absence.ends_at > now)
        .order_by(Absence.id)
    )
    return dict(rows.all())


def stand_in_for(person_id: int, away: Mapping[int, int | None]) -> int | None:
    """Who is there in place of somebody who is away. One who is away too is stood in for in turn; a ring is nobody."""
    seen = {person_id}
    found = away.get(person_id)
    while found is not None and found in away:
        if found in seen:
            return None
        seen.add(found)
        found = away[found]
    return found


def absences_of(session: Session, person_id: int, now: datetime) -> Sequence[Absence]:
    """The person's absences that are not over, the next one first."""
    query = select(Absence).where(Absence.person_id == person_id, Absence.ends_at > now)
    return session.scalars(query.order_by(Absence.starts_at, Absence.id)).all()


def next_turn(session: Session) -> datetime | None:
    """The earliest instant at which an absence begins or ends and the assignments have not followed yet."""
    starts = session.scalar(select(func.min(Absence.starts_at)).where(Absence.state == AbsenceState.PLANNED))
    ends = session.scalar(select(func.min(Absence.ends_at)).where(Absence.state == AbsenceState.RUNNING))
    return min((instant for instant in (starts, ends) if instant is not None), default=None)


def follow_clock(session: Session, now: datetime) -> int:
    """Note which absences have begun and ended by `now`. Returns for how many that is news."""
    return sum(
        len(session.scalars(update(Absence).where(is_it).values(state=state).returning(Absence.id)).all())
        for is_it, state in ((_over(now), AbsenceState.OVER), (_begun(now), AbsenceState.RUNNING))
    )


def _over(now: datetime) -> ColumnElement[bool]:
    return and_(Absence.state != AbsenceState.OVER, Absence.ends_at <= now)


def _begun(now: datetime) -> ColumnElement[bool]:
    return and_(Absence.state == AbsenceState.PLANNED, Absence.starts_at <= now, Absence.ends_at > now)


def overlapping(
    session: Session, person_id: int, first_day: date, last_day: date, *, but: int | None = None
) -> Absence | None:
    """Another absence of the person that shares a day with these."""
    shares = and_(Absence.first_day <= last_day, Absence.last_day >= first_day)
    query = select(Absence).where(Absence.person_id == person_id, shares, Absence.id != (but or 0))
    return session.scalars(query.order_by(Absence.first_day)).first()
