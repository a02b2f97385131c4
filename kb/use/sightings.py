"""Who saw which version of a card: one row per card, version, person and kind, with the first and the last time.

Collected in memory with the counts of use and written with them. After the term in the settings the person goes and
the row stays as somebody's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kb.use.models import Sighting


class Seen(NamedTuple):
    """What was seen by whom, and how."""

    card_id: int
    version: int
    person_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class Times:
    """When it was seen first and last, and how often."""

    first_at: datetime
    last_at: datetime
    times: int = 1

    def __add__(self, other: "Times") -> "Times":
        first, last = min(self.first_at, other.first_at), max(self.last_at, other.last_at)
        return replace(self, first_at=first, last_at=last, times=self.times + other.times)


Sightings = dict[Seen, Times]


def add(sightings: Sightings, seen: Seen, times: Times) -> None:
    """Count a sighting, whichever came first."""
    known = sightings.get(seen)
    sightings[seen] = known + times if known else times


def write(session: Session, sightings: Mapping[Seen, Times], alive: set[int]) -> None:
    """Add to what is known of these cards, in one statement; those that were deleted meanwhile are left out."""
    rows = [
        {**seen._asdict(), "first_at": times.first_at, "last_at": times.last_at, "times": times.times}
        for seen, times in sorted(sightings.items())
        if seen.card_id in alive
    ]
    if not rows:
        return
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Sighting)
    new = statement.excluded
    merged = {
        "first_at": case((new.first_at < Sighting.first_at, new.first_at), else_=Sighting.first_at),
        "last_at": case((new.last_at > Sighting.last_at, new.last_at), else_=Sighting.last_at),
        "times": Sighting.times + new.times,
    }
    key = ["card_id", "version", "person_id", "kind"]
    session.execute(statement.on_conflict_do_update(index_elements=key, set_=merged), rows)


def forget_persons(session: Session, days: int, now: datetime) -> None:
    """What was seen longer than `days` ago was seen by somebody."""
    is_old = (Sighting.last_at < now - timedelta(days=days)) & Sighting.person_id.is_not(None)
    session.execute(update(Sighting).where(is_old).values(person_id=None).execution_options(synchronize_session=False))
