"""Lays checks out over weeks so that nobody's week holds more minutes than they have. Pure.

Earliest due first, then the most used: each goes into the first week of its assignee that has room for it and is not
after its `latest`. A check that is longer than a whole week gets one to itself. What fits nowhere (nobody to do it, no
time at all, no room before its `latest`) goes where most room is left within twelve weeks: a week is only ever overfull
when it could not be helped.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

HORIZON = 520
LEVELLED = 12
_WORKING_DAYS = 5


@dataclass(frozen=True, slots=True)
class Check:
    """A check that needs a week. `due` is the week it is due in, if there is one; `latest` the last it may go to."""

    card_id: int
    person_id: int | None
    minutes: int
    use: int = 0
    due: int | None = None
    latest: int | None = None


@dataclass(slots=True)
class Rooms:
    """The minutes that people have left, week by week; after the last week given each further one is like it."""

    budgets: Mapping[int, Sequence[int]]
    taken: dict[tuple[int | None, int], int] = field(default_factory=dict)

    def take(self, person_id: int | None, week: int, minutes: int) -> None:
        """These minutes of that week are spoken for."""
        self.taken[person_id, week] = self.taken.get((person_id, week), 0) + minutes

    def left(self, person_id: int | None, week: int) -> int:
        """What is left of the week; negative if it holds too much already."""
        return self.budget(person_id, week) - self.taken.get((person_id, week), 0)

    def budget(self, person_id: int | None, week: int) -> int:
        """The minutes that the person has in that week."""
        weeks = self.budgets.get(person_id, ()) if person_id is not None else ()
        return weeks[min(week, len(weeks) - 1)] if weeks else 0

    def work_off(self, person_id: int | None, minutes: int) -> None:
        """A backlog takes the first room there is, week after week."""
        for week in range(HORIZON):
            if minutes <= 0:
                return
            part = min(minutes, max(0, self.left(person_id, week)))
            self.take(person_id, week, part)
            minutes -= part


def lay_out(checks: Iterable[Check], rooms: Rooms) -> dict[int, int]:
    """The week of each card, counted from the first; the rooms are filled as it goes."""
    found: dict[int, int] = {}
    full_until: dict[int | None, int] = {}
    for check in sorted(checks, key=_order):
        first = _first_open(check.person_id, rooms, full_until)
        week = _week_for(check, rooms, first)
        rooms.take(check.person_id, week, check.minutes)
        found[check.card_id] = week
    return found


def settle(checks: Iterable[Check], rooms: Rooms) -> dict[int, int]:
    """The week of each card that has one already, as near to it as there is room: the same week, else one before it,
    and one after it only as far as `latest`. What fits nowhere stays. The least used are settled first, near their
    weeks; the most used come earlier rather than later."""
    found: dict[int, int] = {}
    for check in sorted(checks, key=lambda check: (check.use, -check.card_id)):
        due = check.due or 0
        last = due if check.latest is None else check.latest
        weeks = [*range(due, -1, -1), *range(due + 1, last + 1)]
        week = next((week for week in weeks if rooms.left(check.person_id, week) >= check.minutes), due)
        rooms.take(check.person_id, week, check.minutes)
        found[check.card_id] = week
    return found


def shared_evenly(checks: Sequence[Check], rooms: Rooms, weeks: int) -> Rooms:
    """Rooms for so many weeks that hold no more of these checks than an even share of each person's, so that "spread
    over four weeks" means four."""
    total: dict[int | None, int] = {}
    longest: dict[int | None, int] = {}
    for check in checks:
        total[check.person_id] = total.get(check.person_id, 0) + check.minutes
        longest[check.person_id] = max(longest.get(check.person_id, 0), check.minutes)
    shares = {
        person: [min(rooms.left(person, week), max(longest[person], -(-minutes // weeks))) for week in range(weeks)]
        for person, minutes in total.items()
        if person is not None
    }
    return Rooms(shares)


def days_of_week(monday: date, checks: Sequence[Check]) -> dict[int, date]:
    """The working day of each check of a week of one person, in the given order, about as many minutes each day."""
    total = sum(check.minutes for check in checks)
    found, before = {}, 0
    for check in checks:
        place = min(_WORKING_DAYS - 1, before * _WORKING_DAYS // total) if total else 0
        found[check.card_id] = monday + timedelta(days=place)
        before += check.minutes
    return found


def in_order(checks: Iterable[Check]) -> list[Check]:
    """Earliest due first, then the most used."""
    return sorted(checks, key=_order)


def _order(check: Check) -> tuple[int, int, int]:
    return (check.due if check.due is not None else 0, -check.use, check.card_id)


def _first_open(person_id: int | None, rooms: Rooms, full_until: dict[int | None, int]) -> int:
    """The first week with any room at all: full weeks are passed once, not once per check."""
    week = full_until.get(person_id, 0)
    while week < HORIZON and rooms.left(person_id, week) <= 0 and rooms.budget(person_id, HORIZON) > 0:
        week += 1
    full_until[person_id] = week
    return week


def _week_for(check: Check, rooms: Rooms, first: int) -> int:
    last = HORIZON if check.latest is None else check.latest
    for week in range(first, last + 1):
        left = rooms.left(check.person_id, week)
        if left >= check.minutes or 0 < left == rooms.budget(check.person_id, HORIZON):
            return week  # the second: a check that is longer than a whole week gets one to itself
    return max(range(min(last, LEVELLED - 1) + 1), key=lambda week: (rooms.left(check.person_id, week), -week))
