"""What a change of the policy does to the checks that are pending, before it is done. Pure.

Only checks whose date the change would set otherwise are touched. A card that is overdue already keeps its date,
whatever the new terms say: only a check makes it good. Spreading never puts a check later than it is due today.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from curator.capacity.forecast import WEEKS, due_weeks
from curator.capacity.layout import check_of, dated
from curator.capacity.spreading import Rooms, lay_out, shared_evenly
from curator.capacity.time import Calendar
from curator.rules.terms import PolicyCard, Terms
from kb.cards.models import Breach
from kb.trust.rules import expiry_of

DEFAULT_WEEKS, MOST_WEEKS = 4, 12


class When(StrEnum):
    """From when the change counts: from each card's next check on, spread over weeks, or at once."""

    NEXT = "next"
    SPREAD = "spread"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Touched:
    """A card whose check the new terms would set on another day, `due`."""

    card: PolicyCard
    due: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """An overdue card whose answer will be treated otherwise from now on; None leaves it to the collection."""

    card: PolicyCard
    expiry: Breach | None


@dataclass(frozen=True, slots=True)
class WeekOfChecks:
    """How many checks a week has, and their minutes."""

    checks: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """The effect of a change as of `at`. `moves` says for each way of applying it where each check goes; `overdue` are
    the cards that would be overdue at once; `kept` those that are overdue already and stay so."""

    at: datetime
    weeks: int
    touched: tuple[Touched, ...]
    overdue: tuple[PolicyCard, ...]
    kept: tuple[PolicyCard, ...]
    answers: tuple[Answer, ...]
    moves: Mapping[When, Mapping[int, datetime]]
    loads: Mapping[When | None, tuple[WeekOfChecks, ...]]

    @property
    def is_plain(self) -> bool:
        """Whether no pending check could move at all."""
        return not self.moves[When.NOW]


def simulate(
    cards: Sequence[PolicyCard], before: Terms | None, after: Terms, rooms: Callable[[frozenset[int]], Rooms],
    calendar: Calendar, weeks: int, at: datetime,
) -> Simulation:  # fmt: skip
    """Try the change out. Without `before` a check is touched where its date is not what `after` says. `rooms` gives
    everybody's free weeks beside some cards; the calendar begins with the next week."""
    touched = _touched(cards, before, after)
    kept = [each.card for each in touched if _is_overdue(each.card, at)]
    open_ = [each for each in touched if not _is_overdue(each.card, at)]
    late = [each.card for each in open_ if each.due <= at]
    planned = {each.card.id: each.due for each in open_}
    spread = _spread(late, rooms, calendar, weeks)
    ahead = {card_id: due for card_id, due in planned.items() if due > at}
    moves: dict[When, dict[int, datetime]] = {When.NEXT: {}, When.SPREAD: ahead | spread, When.NOW: planned}
    this_week = Calendar(calendar.monday_of(-1), calendar.zone)
    loads: dict[When | None, tuple[WeekOfChecks, ...]] = {
        when: _loads(cards, moved, after, this_week, at) for when, moved in moves.items()
    }
    loads[None] = _loads(cards, {}, before or after, this_week, at)
    answers = _answers(cards, before, after, at) if before is not None else ()
    return Simulation(at, weeks, tuple(touched), tuple(late), tuple(kept), answers, moves, loads)


def _touched(cards: Sequence[PolicyCard], before: Terms | None, after: Terms) -> list[Touched]:
    found = []
    for card in cards:
        if not card.is_verified or card.verified_at is None or card.verify_by is None:
            continue
        due = after.due(card, card.verified_at)
        was = before.due(card, card.verified_at) if before is not None else card.verify_by
        if due not in (was, card.verify_by):
            found.append(Touched(card, due))
    return found


def _is_overdue(card: PolicyCard, at: datetime) -> bool:
    return card.verify_by is not None and card.verify_by <= at


def _spread(
    late: Sequence[PolicyCard], rooms: Callable[[frozenset[int]], Rooms], calendar: Calendar, weeks: int
) -> dict[int, datetime]:
    """A day within the weeks for each card that would be overdue: even, within people's time, the most used first, and
    never later than it is due today. What is due before the first of these weeks stays."""
    last = {card.id: min(weeks - 1, calendar.week_of(card.verify_by)) for card in late if card.verify_by is not None}
    movable = [card for card in late if last.get(card.id, -1) >= 0]
    checks = [replace(check_of(card), latest=last[card.id]) for card in movable]
    if not checks:
        return {}
    shares = shared_evenly(checks, rooms(frozenset(card.id for card in movable)), weeks)
    laid = dated(movable, lay_out(checks, shares), calendar)
    return {each.card_id: min(each.after, each.before or each.after) for each in laid}


def _loads(
    cards: Sequence[PolicyCard], moved: Mapping[int, datetime], terms: Terms, this_week: Calendar, at: datetime
) -> tuple[WeekOfChecks, ...]:
    """Twelve weeks of checks from this one, with repetitions."""
    counts = [[0, 0] for _ in range(WEEKS)]
    for card in cards:
        shifted = replace(card, verify_by=moved[card.id]) if card.id in moved else card
        for week in due_weeks(shifted, terms, this_week, at):
            counts[week][0] += 1
            counts[week][1] += card.minutes
    return tuple(WeekOfChecks(checks, minutes) for checks, minutes in counts)


def _answers(cards: Sequence[PolicyCard], before: Terms, after: Terms, at: datetime) -> tuple[Answer, ...]:
    late = [card for card in cards if card.is_verified and _is_overdue(card, at)]
    now = [(card, expiry_of(before.clauses, card.about), expiry_of(after.clauses, card.about)) for card in late]
    return tuple(Answer(card, new) for card, old, new in now if old is not new)
