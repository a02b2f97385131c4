"""A world in which pages go stale as they really did: edit histories of a handbook, readers, and checks on a budget.

Every correction is an issue that arose, unseen, between the correction before it and its own day. Half are mended on
that day unasked; the others stay until somebody checks. What a policy may see of it is in `Sight`, and nothing else.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from curator.freshness.evidence import Array, Checks, Edits, Ints, Record

WEEK = 7
VIEWS_A_WEEK = 20.0
USE_WEEKS = 4
RANK_CORRELATION = 0.3
DRIFT = 0.05
MENDED_UNASKED = 0.5
FALSE_REPORTS = 0.1  # of the rate at which readers report what is stale
Mask = NDArray[np.bool_]
Policy = Callable[["Sight"], Array]


@dataclass(frozen=True, slots=True)
class Histories:
    """When each page was born, corrected and removed; days count from 1970."""

    start: int
    end: int
    born: Array
    died: Array
    shelf: Ints
    words: list[list[list[int]]]
    corrected: list[list[int]]
    added_card: Ints  # edits that only added, in no order
    added_day: Array

    def __len__(self) -> int:
        return len(self.born)


def read_histories(path: Path, most: int | None = None) -> Histories:
    """Read a set. Raises OSError when it is missing, ValueError or KeyError when it is something else."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head, pages = json.loads(lines[0]), [json.loads(line) for line in lines[1:] if line.strip()]
    return histories_of(pages[:most], int(head["start"]), int(head["end"]))


def histories_of(pages: list[dict[str, Any]], start: int, end: int) -> Histories:
    """Pages that were there between start and end, as columns."""
    pages = [page for page in pages if page["born"] < end and (page["died"] is None or page["died"] > start)]
    shelves = {name: number for number, name in enumerate(sorted({page["category"] for page in pages}))}
    return Histories(
        start, end,
        np.array([page["born"] for page in pages], dtype=np.float64),
        np.array([end if page["died"] is None else page["died"] for page in pages], dtype=np.float64),
        np.array([shelves[page["category"]] for page in pages], dtype=np.int64),
        [page["words"] for page in pages],
        [[day for day in page["corr"] if day < end] for page in pages],
        np.array([card for card, page in enumerate(pages) for _ in page["minor"]], dtype=np.int64),
        np.array([day for page in pages for day in page["minor"]], dtype=np.float64),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Issues:
    """Everything that becomes wrong from the start on, and how it would end without a check."""

    card: Ints
    onset: Array
    mended: Array
    unasked: Mask


@dataclass(frozen=True, slots=True)
class World:
    """One draw of what histories leave open: onsets, who mends, who reads. The same for every policy."""

    histories: Histories
    issues: Issues
    views: Array  # [week, card], expected
    counted: Array  # [week, card], what the service counts; USE_WEEKS weeks before the start stand first
    words: Array  # [week, card]
    true_rate: Array


def draw_world(histories: Histories, seed: int) -> World:
    """Draw a world."""
    chance = np.random.default_rng(seed)
    issues = _issues(histories, chance)
    corrections = np.array([len(days) for days in histories.corrected], dtype=np.float64)
    true_rate = corrections / np.maximum(np.minimum(histories.died, histories.end) - histories.born, WEEK)
    weeks = (histories.end - histories.start) // WEEK
    views = _views(histories, true_rate, weeks, chance)
    counted = chance.poisson(np.concatenate([np.repeat(views[:1], USE_WEEKS, axis=0), views])).astype(np.float64)
    return World(histories, issues, views, counted, _words(histories, weeks), true_rate)


def _issues(histories: Histories, chance: np.random.Generator) -> Issues:
    rows = []
    for card, days in enumerate(histories.corrected):
        before = histories.born[card]
        for day in days:
            if day >= histories.start:
                rows.append((card, chance.uniform(min(before, day), day), day, chance.random() < MENDED_UNASKED))
            before = day
    columns = [np.array(column) for column in zip(*rows, strict=True)] if rows else [np.zeros(0)] * 4
    return Issues(columns[0].astype(np.int64), columns[1].astype(np.float64), columns[2].astype(np.float64),
                  columns[3].astype(np.bool_))  # fmt: skip


def _views(histories: Histories, true_rate: Array, weeks: int, chance: np.random.Generator) -> Array:
    """Zipf by a rank that leans to what changes often, drifting slowly, with the same number of readers every week."""
    n = len(histories)
    changes = np.argsort(np.argsort(true_rate + 1e-9 * chance.random(n)))
    scores = _normal_scores(changes, n)
    lean = 2 * np.sin(np.pi * RANK_CORRELATION / 6)
    rank = np.argsort(np.argsort(-(lean * scores + np.sqrt(1 - lean**2) * chance.standard_normal(n)))) + 1
    drift = np.exp(np.cumsum(DRIFT * chance.standard_normal((weeks, n)), axis=0))
    days = histories.start + WEEK * np.arange(weeks)[:, None]
    alive = (histories.born <= days) & (days < histories.died)
    weight = alive * drift / rank
    total = VIEWS_A_WEEK * alive.sum(axis=1, keepdims=True)
    views: Array = weight * total / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    return views


def _normal_scores(rank: Ints, n: int) -> Array:
    """Where so-and-so many normal numbers would stand, in order; drawn once, because numpy has no quantiles of it."""
    scores: Array = np.sort(np.random.default_rng(n).standard_normal((200, n)), axis=1).mean(axis=0)[rank]
    return scores / max(float(scores.std()), 1e-9)


def _words(histories: Histories, weeks: int) -> Array:
    words = np.zeros((weeks, len(histories)))
    days = histories.start + WEEK * np.arange(weeks)
    for card, sizes in enumerate(histories.words):
        if sizes:
            place = np.searchsorted([day for day, _ in sizes], days, side="right") - 1
            words[:, card] = np.array([size for _, size in sizes])[np.maximum(place, 0)]
    return words


class Looked(NamedTuple):
    """A check: what it found, what had been said before, and what readers did since the one before it."""

    card: int
    day: float
    found: bool
    flags: float
    views: float
    raw: float
    said: float


@dataclass(slots=True)
class Sight:
    """What a policy sees on the first day of a week, card by card."""

    world: World
    week: int
    now: float
    alive: Mask
    checked: Array  # the day of the last check, or else of birth
    views: Array  # of the last four weeks
    views_since: Array
    flags: Array
    edit_card: Ints
    edit_day: Array
    log: list[Looked] = field(default_factory=list)
    raw: Array | None = None  # what a policy that estimates says of each card, uncalibrated
    said: Array | None = None  # and calibrated

    @property
    def unchecked(self) -> Array:
        """Days since the last check."""
        return self.now - self.checked

    def record(self) -> tuple[Ints, Record]:
        """The cards that are there, and what the product would know of them."""
        cards = np.flatnonzero(self.alive)
        place = np.full(len(self.alive), -1, dtype=np.int64)
        place[cards] = np.arange(len(cards))
        checks = np.array([each.card for each in self.log], dtype=np.int64)
        ago = self.now - np.array([each.day for each in self.log], dtype=np.float64)
        found = np.array([each.found for each in self.log], dtype=np.bool_)
        here = place[checks] >= 0
        return cards, Record(
            age=self.now - self.world.histories.born[cards],
            words=self.world.words[self.week][cards],
            shelf=self.world.histories.shelf[cards],
            edits=self._edits(place),
            checks=Checks(
                place[checks][here], ago[here], found[here], np.zeros(int(here.sum()), dtype=np.bool_)
            ),
            flags=self.flags[cards],
            views_per_day=self.views[cards] / (WEEK * USE_WEEKS),
            views_since_check=self.views_since[cards],
            multiplier=np.ones(len(cards)),
        )  # fmt: skip

    def _edits(self, place: Ints) -> Edits:
        """What was corrected by now, and what was only added to."""
        added = self.world.histories.added_day <= self.now
        card = np.concatenate([self.edit_card, self.world.histories.added_card[added]])
        day = np.concatenate([self.edit_day, self.world.histories.added_day[added]])
        corrects, here = np.arange(len(card)) < len(self.edit_card), place[card] >= 0
        return Edits(place[card][here], self.now - day[here], corrects[here])


def replay(world: World, policy: Policy, budget: float, reports: float, seed: int) -> tuple[float, Sight]:
    """The share of impressions served stale, and what was seen by the end.

    Each week `budget` of the cards are checked, those to which the policy gives the most; below zero it refuses.
    `reports` is how often a reader of a stale card reports it.
    """
    chance = np.random.default_rng(seed)
    issues, histories, sight = world.issues, world.histories, _first_sight(world)
    closed = np.zeros(len(issues.card), dtype=np.bool_)
    gone = np.where(issues.unasked, issues.mended, np.inf)
    purse = stale = shown = 0.0
    for week in range(len(world.views)):
        _look(sight, world, week, closed, gone)
        purse = min(purse + budget * sight.alive.sum(), budget * sight.alive.sum() + 1)
        chosen = _best(policy(sight), sight.alive, int(purse))
        purse -= int(purse)
        _check(sight, issues, closed, gone, chosen)
        days = _stale_days(issues, closed, gone, sight.now, len(histories))
        views = world.views[week]
        stale += float((views * days).sum()) / WEEK
        shown += float(views.sum())
        sight.views_since += world.counted[week + USE_WEEKS]
        if reports:
            rate = reports * views * (days + FALSE_REPORTS * (WEEK - days)) / WEEK
            sight.flags += chance.poisson(rate)
    return stale / max(shown, 1e-9), sight


def _first_sight(world: World) -> Sight:
    histories, n = world.histories, len(world.histories)
    pairs = [(c, day) for c, days in enumerate(histories.corrected) for day in days if day < histories.start]
    cards, days = np.array([c for c, _ in pairs], dtype=np.int64), np.array([day for _, day in pairs], dtype=np.float64)
    alive = np.zeros(n, dtype=np.bool_)
    return Sight(world, 0, 0.0, alive, histories.born.copy(), np.zeros(n), np.zeros(n), np.zeros(n), cards, days)


def _look(sight: Sight, world: World, week: int, closed: Mask, gone: Array) -> None:
    """A new week: who is there, what was read, which issues were mended unasked since the last."""
    sight.week, sight.now = week, float(world.histories.start + WEEK * week)
    sight.alive = (world.histories.born <= sight.now) & (sight.now < world.histories.died)
    sight.views = world.counted[week : week + USE_WEEKS].sum(axis=0)
    seen = ~closed & (gone <= sight.now)
    closed |= seen
    sight.edit_card = np.concatenate([sight.edit_card, world.issues.card[seen]])
    sight.edit_day = np.concatenate([sight.edit_day, gone[seen]])


def _best(score: Array, alive: Mask, number: int) -> Ints:
    score = np.where(alive & (score >= 0), score, -np.inf)
    number = min(number, int(np.isfinite(score).sum()))
    best: Ints = np.argsort(-score, kind="stable")[:number]
    return best


def _check(sight: Sight, issues: Issues, closed: Mask, gone: Array, chosen: Ints) -> None:
    is_open = ~closed & (issues.onset <= sight.now) & (gone > sight.now)
    looked_at = np.zeros(len(sight.alive), dtype=np.bool_)
    looked_at[chosen] = True
    found = np.zeros(len(sight.alive), dtype=np.bool_)
    found[issues.card[is_open]] = True
    closed |= is_open & looked_at[issues.card]
    nothing = np.zeros(len(sight.alive))
    raw, said = (nothing if column is None else column for column in (sight.raw, sight.said))
    columns = (found, sight.flags, sight.views_since, raw, said)
    for card in chosen.tolist():
        sight.log.append(Looked(card, sight.now, *(column[card].item() for column in columns)))
    sight.checked[chosen] = sight.now
    sight.flags[chosen] = sight.views_since[chosen] = 0.0


def _stale_days(issues: Issues, closed: Mask, gone: Array, now: float, n: int) -> Array:
    """On how many of the week's days each card was stale."""
    days = np.zeros(n)
    live = np.flatnonzero(~closed & (issues.onset < now + WEEK))
    for day in range(WEEK):
        middle = now + day + 0.5
        stale = np.zeros(n, dtype=np.bool_)
        stale[issues.card[live][(issues.onset[live] <= middle) & (gone[live] > middle)]] = True
        days += stale
    return days
