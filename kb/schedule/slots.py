"""When scheduled work falls due: days and ISO weeks of the installation's zone, each with its instant in UTC.

Only the most recent due slot counts, so a week of downtime is made up once and not once per missed day.
An hour that the clocks skip is due at the first instant after the gap; one that they repeat, at its first time.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Slot:
    """One turn of a job: its key ("2026-11-21", "2026-W47") and the instant from which it is due."""

    key: str
    due: datetime


def latest_daily(now: datetime, hour: int, zone: ZoneInfo) -> Slot:
    """The most recent day whose `hour` has come."""
    today = now.astimezone(zone).date()
    slot = daily(today, hour, zone)
    return slot if slot.due <= now else daily(today - timedelta(days=1), hour, zone)


def latest_weekly(now: datetime, weekday: int, hour: int, zone: ZoneInfo) -> Slot:
    """The most recent ISO week whose `weekday` (Monday is 0) and `hour` have come."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    slot = weekly(monday, weekday, hour, zone)
    return slot if slot.due <= now else weekly(monday - timedelta(days=7), weekday, hour, zone)


def daily(day: date, hour: int, zone: ZoneInfo) -> Slot:
    """The slot of one calendar day."""
    return Slot(day.isoformat(), instant_of(datetime.combine(day, time(hour)), zone))


def weekly(monday: date, weekday: int, hour: int, zone: ZoneInfo) -> Slot:
    """The slot of the ISO week that begins on this Monday."""
    year, week, _ = monday.isocalendar()
    day = monday + timedelta(days=weekday)
    return Slot(f"{year}-W{week:02}", instant_of(datetime.combine(day, time(hour)), zone))


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which clocks in the zone show `wall` for the first time, or first show a later time."""
    before = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if after >= before:
        return before
    return _first_after_gap(after, before, wall, zone)


def _first_after_gap(early: datetime, late: datetime, wall: datetime, zone: ZoneInfo) -> datetime:
    """In a gap the two readings lie on either side of the change; halve the stretch until the second is found."""
    low, high = int(early.timestamp()), int(late.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
