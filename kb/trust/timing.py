"""When the next check of a card falls due, computed from plain values: the card's own, the rules', the defaults."""

from calendar import isleap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from kb.trust.rules import About, Clause, Pace, matching

Source = Literal["card", "rule", "collection", "installation"]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a collection says: its interval, if it has one of its own, and its pace."""

    interval_days: int | None = None
    is_adaptive: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """How often a card is checked, and who says so. `interval_days` is the longest that people allow; `own_day` is the
    card's own date, `check_on` the one of a rule."""

    interval_days: int
    source: Source
    own_day: date | None = None
    check_on: date | None = None
    is_yearly: bool = False
    is_adaptive: bool = False

    def due(self, verified_at: datetime, suggested_days: int | None, zone: ZoneInfo) -> datetime:
        """When a card verified at that instant must be checked again: the fixed date if ahead, else an interval."""
        fixed = self._fixed_after(verified_at, zone)
        if fixed is not None:
            return fixed
        days = self.interval_days
        if self.is_adaptive and suggested_days is not None:
            days = max(1, min(days, suggested_days))
        return verified_at + timedelta(days=days)

    def _fixed_after(self, instant: datetime, zone: ZoneInfo) -> datetime | None:
        days = [self.own_day] if self.own_day is not None else []
        if self.check_on is not None and self.is_yearly:
            year = instant.astimezone(zone).year
            days += [_in_year(self.check_on, each) for each in (year, year + 1)]
        elif self.check_on is not None:
            days.append(self.check_on)
        return next((begin for day in days if (begin := begins(day, zone)) > instant), None)


def timing_of(
    card: About, own_days: int | None, own_day: date | None, clauses: Iterable[Clause], shelf: Shelf, default_days: int
) -> Timing:
    """What counts for this card: what it sets itself, then the first rule that says when, then the collection, then the
    installation. A card with an interval of its own is never adaptive: somebody chose it for this very card."""
    if own_days is not None:
        return Timing(own_days, "card", own_day)
    found = matching(clauses, card)
    days, source = _interval(found, shelf, default_days)
    when = next((clause for clause in found if clause.says_when), None)
    pace = next((clause.pace for clause in found if clause.pace is not None), None)
    is_adaptive = shelf.is_adaptive if pace is None else pace is Pace.ADAPTIVE
    if when is not None and when.check_on is not None:
        return Timing(days, "rule", own_day, when.check_on, when.is_yearly, is_adaptive)
    return Timing(days, source, own_day, is_adaptive=is_adaptive)


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a calendar day begins in the zone."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _interval(found: list[Clause], shelf: Shelf, default_days: int) -> tuple[int, Source]:
    ruled = next((clause.interval_days for clause in found if clause.interval_days is not None), None)
    if ruled is not None:
        return ruled, "rule"
    return (shelf.interval_days, "collection") if shelf.interval_days is not None else (default_days, "installation")


def _in_year(day: date, year: int) -> date:
    """The same day of another year; 29 February is the 28th where there is none."""
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)
