"""The last twelve weeks under other terms: which checks would have been due, and what they would have found earlier.

From the record: checks, corrections (revisions that took back something said) and impressions by day. Assumed: each
replayed check is done on the day it is due; a text that was corrected became wrong at any moment since the check or
correction before it, each as likely as the other. Errors that nobody corrected are in no figure; tags and collections
are today's.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.capacity.time import Calendar
from curator.queue.commands import UNDO
from curator.rules.terms import PolicyCard, Terms
from kb.cards.models import Revision
from kb.trust.models import Verdict, Verification
from kb.use.models import CardUse

WEEKS = 12


@dataclass(frozen=True, slots=True)
class Past:
    """What the record says of one card: when it was checked and corrected, since when it exists, who looked when."""

    card: PolicyCard
    checks: tuple[datetime, ...]
    corrections: tuple[datetime, ...]
    born_at: datetime
    impressions: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class ReplayedWeek:
    """One past week under some terms: checks due, corrections expected to be found earlier, and how many impressions of
    a wrong text that would have spared."""

    due: int = 0
    found_earlier: float = 0.0
    impressions_spared: float = 0.0


@dataclass(frozen=True, slots=True)
class Replay:
    """Twelve past weeks: as they were, under the terms before, and under those after."""

    mondays: tuple[date, ...]
    checks_made: tuple[int, ...]
    corrections: tuple[int, ...]
    before: tuple[ReplayedWeek, ...]
    after: tuple[ReplayedWeek, ...]


def replay(past: Sequence[Past], before: Terms, after: Terms, calendar: Calendar, now: datetime) -> Replay:
    """Both terms over the same history. The calendar's week 0 is the first of the twelve."""
    made, corrections = [0] * WEEKS, [0] * WEEKS
    for each in past:
        for counts, instants in ((made, each.checks), (corrections, each.corrections)):
            for instant in instants:
                if 0 <= (week := calendar.week_of(instant)) < WEEKS:
                    counts[week] += 1
    mondays = tuple(calendar.monday_of(week) for week in range(WEEKS))
    found = (_under(past, terms, calendar, now) for terms in (before, after))
    return Replay(mondays, tuple(made), tuple(corrections), *found)


def due_checks(past: Past, terms: Terms, start: datetime, now: datetime) -> Iterator[datetime]:
    """When this card would have been checked from `start` on. What was overdue by then is checked at once."""
    place = bisect_right(past.checks, start)
    known = past.checks[place - 1 : place] if place else past.checks[:1]
    due = terms.due(past.card, known[0]) if known else None
    while due is not None and due < now:
        yield max(due, start)
        due = terms.due(past.card, max(due, start))


def found_earlier(past: Past, corrected_at: datetime, checks: Sequence[datetime]) -> tuple[float, float]:
    """For one correction: how likely one of these checks had found it, and the impressions of a wrong text that would
    have spared on average."""
    known = [at for at in (past.born_at, *past.checks, *past.corrections) if at < corrected_at]
    since = max(known, default=past.born_at)
    whole = (corrected_at - since).total_seconds()
    likely = spared = 0.0
    for check in checks:
        if since < check < corrected_at and whole > 0:
            share = (check - since).total_seconds() / whole
            likely += share
            spared += share * _impressions(past, check, corrected_at)
            since = check
    return likely, spared


def load_past(session: Session, cards: Sequence[PolicyCard], since: datetime) -> list[Past]:
    """The record of these cards; their use from that instant on."""
    wanted = {card.id for card in cards}
    checks, born, corrections = _checks(session, wanted), *_revisions(session, wanted)
    use: dict[int, dict[date, int]] = defaultdict(dict)
    rows = session.execute(select(CardUse.card_id, CardUse.day, CardUse.impressions).where(CardUse.day >= since.date()))
    for card_id, day, impressions in rows:
        if card_id in wanted:
            use[card_id][day] = impressions
    return [
        Past(card, tuple(checks[card.id]), tuple(corrections[card.id]), born[card.id], use[card.id])
        for card in cards
        if card.id in born
    ]


def _under(past: Iterable[Past], terms: Terms, calendar: Calendar, now: datetime) -> tuple[ReplayedWeek, ...]:
    start = calendar.start_of(calendar.monday)
    due, likely, spared = [0] * WEEKS, [0.0] * WEEKS, [0.0] * WEEKS
    for each in past:
        checks = list(due_checks(each, terms, start, now))
        for check in checks:
            due[min(WEEKS - 1, calendar.week_of(check))] += 1
        for corrected_at in each.corrections:
            if start <= corrected_at < now:
                week = min(WEEKS - 1, calendar.week_of(corrected_at))
                chance, impressions = found_earlier(each, corrected_at, checks)
                likely[week] += chance
                spared[week] += impressions
    return tuple(map(ReplayedWeek, due, likely, spared))


def _impressions(past: Past, start: datetime, end: datetime) -> int:
    """Impressions from the day after `start` to the day before `end`: what surely lay between them."""
    return sum(number for day, number in past.impressions.items() if start.date() < day < end.date())


def _checks(session: Session, wanted: set[int]) -> dict[int, list[datetime]]:
    """Checks that were not undone."""
    found: dict[int, list[datetime]] = defaultdict(list)
    rows = session.execute(
        select(Verification.card_id, Verification.at, Verification.verdict, Verification.basis).order_by(
            Verification.id
        )
    )
    for card_id, at, verdict, basis in rows:
        if card_id in wanted and verdict == Verdict.VERIFIED:
            found[card_id].append(at)
        elif card_id in wanted and basis == UNDO and found[card_id]:
            found[card_id].pop()
    return defaultdict(list, {card_id: sorted(each) for card_id, each in found.items()})


def _revisions(session: Session, wanted: set[int]) -> tuple[dict[int, datetime], dict[int, list[datetime]]]:
    """When each card was written first, and when it was corrected."""
    born: dict[int, datetime] = {}
    corrections: dict[int, list[datetime]] = defaultdict(list)
    rows = session.execute(
        select(Revision.card_id, Revision.number, Revision.at, Revision.corrects)
        .order_by(Revision.card_id, Revision.number)
    )  # fmt: skip
    for card_id, number, at, corrects in rows:
        if card_id in wanted and number == 1:
            born[card_id] = at
        elif card_id in wanted and corrects:
            corrections[card_id].append(at)
    return born, corrections


def since_twelve_weeks(now: datetime, calendar: Calendar) -> Calendar:
    """A calendar whose week 0 began eleven whole weeks before the week of `now`."""
    return Calendar(calendar.monday_of(0) - timedelta(weeks=WEEKS - 1), calendar.zone)
