"""The weekly stale report: what was stale, whom it waits for and what it cost, for one ISO week and one reader.

For the current week the states are those of now, for a past week those of its end. The reader sees nothing, not even
in a sum, of cards they may not open.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from statistics import median

from sqlalchemy.orm import Session

from curator.reports.about import EVERYTHING, About
from curator.reports.costs import TREND_WEEKS, Costs
from curator.reports.expected import Expectation, Expected
from curator.reports.facts import CardFacts, Use, load_cards, load_unread, load_use
from curator.reports.gaps import Gap, load_gaps
from curator.reports.history import due_at, open_flags_at, state_at, times_to_verify
from curator.reports.reliability import Reliability, reliability_of
from curator.reports.weeks import Week
from curator.reports.work import Work, work_of
from kb.people.actor import Actor
from kb.settings import Freshness
from kb.trust.policy import Policy
from kb.trust.state import GOOD, TrustState
from kb.wording import N_

UNREAD_DAYS = 90
_DAY = timedelta(days=1)
_BUCKETS = ((N_("1 to 7 days"), 7), (N_("8 to 30 days"), 30), (N_("31 to 90 days"), 90), (N_("Over 90 days"), None))


@dataclass(frozen=True, slots=True)
class Mix:
    """How many cards were in which state at one instant."""

    counts: Mapping[TrustState, int]

    @property
    def total(self) -> int:
        """All cards that were answers."""
        return sum(self.counts.values())

    @property
    def score(self) -> float | None:
        """The share with good trust; None without cards."""
        return sum(self.counts[state] for state in GOOD) / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Numbers:
    """The figures of one week."""

    mix: Mix
    impressions: int
    stale_impressions: int
    median_days: float | None

    @property
    def stale_share(self) -> float | None:
        """Stale impressions as a share of all; None when nothing was shown."""
        return self.stale_impressions / self.impressions if self.impressions else None


@dataclass(frozen=True, slots=True)
class WeekCounts:
    """One bar of the trend."""

    week: Week
    mix: Mix


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A card that is overdue, flagged or not verified, with what it cost in the week."""

    card: CardFacts
    state: TrustState
    stale_impressions: int
    days_late: int
    reports: int
    expected: Expectation | None = None


@dataclass(frozen=True, slots=True)
class ShelfNumbers:
    """A collection: its mix at the end of the week and of the week before."""

    slug: str
    name: str
    mix: Mix
    before: Mix


@dataclass(frozen=True, slots=True)
class Load:
    """How much waits for one assignee."""

    person_id: int
    name: str
    waiting: int
    overdue: int
    stale_impressions: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the end of the week before."""

    became_overdue: tuple[CardFacts, ...]
    became_flagged: tuple[CardFacts, ...]
    verified_again: tuple[CardFacts, ...]
    new: tuple[CardFacts, ...]


@dataclass(frozen=True, slots=True)
class WeeklyReport:
    """Everything the page, the mail and the files say. `in_doubt` is most harmful first: fix these first."""

    week: Week
    about: About
    as_of: datetime
    numbers: Numbers
    before: Numbers
    trend: tuple[WeekCounts, ...]
    lateness: tuple[tuple[str, int], ...]
    in_doubt: tuple[InDoubt, ...]
    shelves: tuple[ShelfNumbers, ...]
    loads: tuple[Load, ...]
    unowned: tuple[CardFacts, ...]
    changes: Changes
    expected: Expected
    expected_before: Expected | None
    expected_trend: tuple[tuple[Week, Expected | None], ...]
    work: Work
    reliability: Reliability | None
    gaps: tuple[Gap, ...]
    unread: tuple[CardFacts, ...]

    @property
    def oldest(self) -> InDoubt | None:
        """The overdue card that has been late the longest."""
        late = [row for row in self.in_doubt if row.state is TrustState.OVERDUE]
        return max(late, key=lambda row: (row.days_late, -row.card.id), default=None)


def weekly_report(
    session: Session, actor: Actor, week: Week, policy: Policy, freshness: Freshness, now: datetime,
    about: About = EVERYTHING,
) -> WeeklyReport:  # fmt: skip
    """The report of one week for this reader."""
    cards = load_cards(session, actor, about)
    as_of, start = min(now, week.end(policy)), week.start(policy)
    soon = timedelta(days=policy.due_soon_days)
    states, before = _states(cards, as_of, soon), _states(cards, start, soon)
    ids = [card.id for card in cards]
    use, use_before = load_use(session, ids, week), load_use(session, ids, week.before())
    served = [card for card in cards if card.id in states]
    costs = Costs.of(session, actor, about, week, [card.id for card in served], policy, freshness, now)
    in_doubt = _in_doubt(cards, states, use, costs, as_of)
    return WeeklyReport(
        week=week,
        about=about,
        as_of=as_of,
        numbers=_numbers(cards, states, use, start, as_of),
        before=_numbers(cards, before, use_before, week.before().start(policy), start),
        trend=_trend(cards, week, as_of, soon, policy),
        lateness=_lateness(in_doubt),
        in_doubt=in_doubt,
        shelves=_shelves(cards, states, before),
        loads=_loads(in_doubt),
        unowned=tuple(card for card in served if not card.is_owned),
        changes=_changes(cards, states, before),
        expected=costs.expected,
        expected_before=costs.before,
        expected_trend=costs.trend,
        work=work_of(cards, start, as_of, costs.cards_before, costs.cards),
        reliability=reliability_of(session, cards, week.before(TREND_WEEKS - 1).start(policy), as_of, policy),
        gaps=load_gaps(session, actor, about, start, as_of),
        unread=_unread(session, served, costs, as_of),
    )


_States = Mapping[int, TrustState]


def _states(cards: Sequence[CardFacts], instant: datetime, soon: timedelta) -> _States:
    found = {card.id: state_at(card.history, instant, soon) for card in cards}
    return {card_id: state for card_id, state in found.items() if state is not None}


def _mix(states: Sequence[TrustState]) -> Mix:
    counted = Counter(states)
    return Mix({state: counted[state] for state in TrustState})


def _numbers(
    cards: Sequence[CardFacts], states: _States, use: Mapping[int, Use], start: datetime, end: datetime
) -> Numbers:
    times = [time / _DAY for card in cards for time in times_to_verify(card.history, start, end)]
    return Numbers(
        mix=_mix(list(states.values())),
        impressions=sum(each.impressions for each in use.values()),
        stale_impressions=sum(each.stale for each in use.values()),
        median_days=median(times) if times else None,
    )


def _trend(
    cards: Sequence[CardFacts], week: Week, as_of: datetime, soon: timedelta, policy: Policy
) -> tuple[WeekCounts, ...]:
    weeks = [week.before(back) for back in range(TREND_WEEKS - 1, -1, -1)]
    instants = [min(as_of, each.end(policy)) for each in weeks]
    return tuple(
        WeekCounts(each, _mix(list(_states(cards, instant, soon).values())))
        for each, instant in zip(weeks, instants, strict=True)
    )


def _in_doubt(
    cards: Sequence[CardFacts], states: _States, use: Mapping[int, Use], costs: Costs, as_of: datetime
) -> tuple[InDoubt, ...]:
    rows = []
    for card in cards:
        state = states.get(card.id)
        if state is None or state in GOOD:
            continue
        stale = use.get(card.id, Use()).stale
        late = _days_late(due_at(card.history, as_of), as_of)
        rows.append(InDoubt(card, state, stale, late, open_flags_at(card.history, as_of), costs.cards.get(card.id)))
    return tuple(sorted(rows, key=lambda row: (-row.stale_impressions, -row.days_late, row.card.id)))


def _days_late(due: datetime | None, as_of: datetime) -> int:
    """The first day late is day 1, from its first second on; 0 is not late."""
    return max(1, ceil((as_of - due) / _DAY)) if due is not None and due <= as_of else 0


def _lateness(in_doubt: Sequence[InDoubt]) -> tuple[tuple[str, int], ...]:
    late = [row.days_late for row in in_doubt if row.state is TrustState.OVERDUE]
    floors = [0, *(top for _, top in _BUCKETS if top is not None)]
    return tuple(
        (label, sum(floor < days and (top is None or days <= top) for days in late))
        for (label, top), floor in zip(_BUCKETS, floors, strict=True)
    )


def _shelves(cards: Sequence[CardFacts], states: _States, before: _States) -> tuple[ShelfNumbers, ...]:
    on_shelf: dict[str, list[CardFacts]] = {}
    for card in sorted(cards, key=lambda card: (card.collection.casefold(), card.collection_slug)):
        on_shelf.setdefault(card.collection_slug, []).append(card)
    shelves = [
        ShelfNumbers(
            slug, found[0].collection,
            _mix([states[card.id] for card in found if card.id in states]),
            _mix([before[card.id] for card in found if card.id in before]),
        )
        for slug, found in on_shelf.items()
    ]  # fmt: skip
    return tuple(shelf for shelf in shelves if shelf.mix.total)


def _loads(in_doubt: Sequence[InDoubt]) -> tuple[Load, ...]:
    waiting: dict[int, list[InDoubt]] = {}
    for row in in_doubt:
        if row.card.assignee_id is not None:
            waiting.setdefault(row.card.assignee_id, []).append(row)
    loads = [
        Load(
            person_id, rows[0].card.assignee or "", len(rows), sum(row.state is TrustState.OVERDUE for row in rows),
            sum(row.stale_impressions for row in rows),
        )
        for person_id, rows in waiting.items()
    ]  # fmt: skip
    return tuple(sorted(loads, key=lambda load: (-load.stale_impressions, -load.waiting, load.name)))


def _unread(session: Session, served: Sequence[CardFacts], costs: Costs, as_of: datetime) -> tuple[CardFacts, ...]:
    """Cards that nobody was shown for a quarter and that hardly change: to archive rather than to check."""
    since = as_of - timedelta(days=UNREAD_DAYS)
    old = [card for card in served if card.history.published_at is not None and card.history.published_at < since]
    unread = load_unread(session, [card.id for card in old], since.date())
    return tuple(card for card in old if card.id in unread and costs.is_calm(card.id))


def _changes(cards: Sequence[CardFacts], states: _States, before: _States) -> Changes:
    def entered(state: TrustState) -> tuple[CardFacts, ...]:
        return tuple(c for c in cards if states.get(c.id) is state and before.get(c.id) not in (None, state))

    return Changes(
        became_overdue=entered(TrustState.OVERDUE),
        became_flagged=entered(TrustState.FLAGGED),
        verified_again=tuple(
            c for c in cards if states.get(c.id) in GOOD and c.id in before and before[c.id] not in GOOD
        ),
        new=tuple(c for c in cards if c.id in states and c.id not in before),
    )
