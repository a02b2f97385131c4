"""The minutes of checks that are coming, week by week and person by person. Pure.

A card that waits is work of the current week; every other is due on its date, and again after each interval, as if
every check were done when it is due. Reports come on top, at the rate of the last twelve weeks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from curator.capacity.time import Calendar
from curator.rules.terms import PolicyCard, Terms

WEEKS = 12


@dataclass(frozen=True, slots=True)
class WeekLoad:
    """One week of somebody: checks and their minutes, the minutes that reports will take, and the time there is."""

    checks: int = 0
    minutes: int = 0
    report_minutes: int = 0
    budget: int = 0

    @property
    def total(self) -> int:
        """All minutes of the week."""
        return self.minutes + self.report_minutes

    @property
    def is_over(self) -> bool:
        """Whether there is more to do than time."""
        return self.total > self.budget

    def __add__(self, other: "WeekLoad") -> "WeekLoad":
        return WeekLoad(
            self.checks + other.checks, self.minutes + other.minutes, self.report_minutes + other.report_minutes,
            self.budget + other.budget,
        )  # fmt: skip


Weeks = tuple[WeekLoad, ...]
NOTHING: Weeks = (WeekLoad(),) * WEEKS


def forecast(
    cards: Sequence[PolicyCard], terms: Terms, calendar: Calendar, budgets: Mapping[int, Sequence[int]],
    reports_per_card: float, now: datetime,
) -> dict[int | None, Weeks]:  # fmt: skip
    """Twelve weeks from this one for everybody who has cards or time; None is whatever nobody checks."""
    counts: dict[int | None, list[list[int]]] = {}
    for card in cards:
        mine = counts.setdefault(card.assignee_id, [[0, 0] for _ in range(WEEKS)])
        for week in due_weeks(card, terms, calendar, now):
            mine[week][0] += 1
            mine[week][1] += card.minutes
    reports = expected_report_minutes(cards, reports_per_card)
    return {
        person: _weeks(counts.get(person), reports.get(person, 0), budgets.get(person, ()) if person else ())
        for person in {*counts, *budgets}
    }


def due_weeks(card: PolicyCard, terms: Terms, calendar: Calendar, now: datetime) -> Iterator[int]:
    """The weeks in which this card is to be checked, with repetitions, within the forecast."""
    due = now if is_waiting(card, now) else (card.verify_by or now)
    while (week := max(0, calendar.week_of(due))) < WEEKS:
        yield week
        due = terms.due(card, due)


def is_waiting(card: PolicyCard, now: datetime) -> bool:
    """Whether it is to be checked now: flagged, overdue, doubted, or new without a planned day."""
    if card.is_flagged or card.verify_by is None or card.verify_by <= now:
        return True
    return card.verified_at is not None and not card.is_verified


def expected_report_minutes(cards: Iterable[PolicyCard], reports_per_card: float) -> dict[int | None, int]:
    """Minutes a week that reports will take of each person, if they come as often as lately."""
    minutes: dict[int | None, int] = {}
    for card in cards:
        minutes[card.assignee_id] = minutes.get(card.assignee_id, 0) + card.minutes
    return {person: round(total * reports_per_card) for person, total in minutes.items()}


def summed(each: Iterable[Weeks]) -> Weeks:
    """The same weeks of several people, together."""
    total = NOTHING
    for weeks in each:
        total = tuple(one + other for one, other in zip(total, weeks, strict=True))
    return total


def _weeks(counts: Sequence[Sequence[int]] | None, report_minutes: int, budget: Sequence[int]) -> Weeks:
    found = counts or [[0, 0]] * WEEKS
    time = [budget[min(week, len(budget) - 1)] if budget else 0 for week in range(WEEKS)]
    return tuple(WeekLoad(checks, minutes, report_minutes, time[week]) for week, (checks, minutes) in enumerate(found))
