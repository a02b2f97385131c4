"""What is known about many cards at one instant, and what is left of it once it has faded.

Pure: arrays in, arrays out, one number per card. Everything is told in days before now, so that nothing here knows
the clock. Old evidence counts less (half-life), days nobody looked count half, and a check done in a batch counts half:
it lifts half of the silence before it and sets the clock half the way back (measured: such checks find a third to a
half as much). A correction is evidence of change, an addition a little; no edit is a check, and none sets the clock.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.settings import Freshness

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_SAME_EVENT_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Edits:
    """Edits of all cards: whose, how many days ago, and whether they took something back or only added."""

    card: Ints
    ago: Array
    corrects: Flags


@dataclass(frozen=True, slots=True)
class Checks:
    """Checks of all cards: whose, how many days ago, whether something was wrong, whether it was one of a batch."""

    card: Ints
    ago: Array
    found: Flags
    batch: Flags


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that is known of n cards. `shelf` numbers their collections from zero."""

    age: Array
    words: Array
    shelf: Ints
    edits: Edits
    checks: Checks
    flags: Array
    views_per_day: Array
    views_since_check: Array
    multiplier: Array

    def __len__(self) -> int:
        return len(self.age)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What counts, per card: faded corrections, faded days watched, days since the check, relative size."""

    corrections: Array
    watched: Array
    unchecked: Array
    size: Array


def evidence_of(record: Record, settings: Freshness, median_words: float | None = None) -> Evidence:
    """The faded evidence of each card. Lengths are told against `median_words`, or the median of these cards."""
    fading = np.log(2.0) / settings.half_life_days
    counts = np.where(record.edits.corrects, 1.0, settings.addition_weight)
    corrections = _summed(record.edits.card, counts * np.exp(-fading * record.edits.ago), len(record))
    alone = record.checks.found & ~_has_edit_beside(record)
    faded = np.exp(-fading * record.checks.ago)
    corrections += _summed(record.checks.card[alone], faded[alone], len(record))
    unchecked = unchecked_days(record, settings)
    size = _size(record.words, settings, median_words)
    return Evidence(corrections, _watched(record, settings, fading), unchecked, size)


def unchecked_days(record: Record, settings: Freshness) -> Array:
    """Days since the last check, or since the card's first day. A batch check sets it back half the way."""
    checks, n = record.checks, len(record)
    order = np.lexsort((-checks.ago, checks.card))
    card, ago, batch = checks.card[order], np.minimum(checks.ago, record.age[checks.card])[order], checks.batch[order]
    number = np.bincount(card, minlength=n)
    rank = np.arange(len(card)) - (np.cumsum(number) - number)[card]
    last_full = np.full(n, -1, dtype=np.int64)
    np.maximum.at(last_full, card[~batch], rank[~batch])
    counts = rank >= last_full[card]  # before the last check on its own nothing matters
    left = 1.0 - settings.batch_weight
    weight = np.where(batch, settings.batch_weight, 1.0) * left ** (number[card] - 1 - rank)
    moved = _summed(card[counts], (weight * ago)[counts], n)
    return np.where(last_full < 0, moved + record.age * left**number, moved)


def _watched(record: Record, settings: Freshness, fading: float) -> Array:
    """Faded days under watch: all the card's days, the silent ones at the end only in part."""
    own = ~record.checks.batch
    any_look = _latest(record.age, (record.edits.card, record.edits.ago), (record.checks.card, record.checks.ago))
    own_look = _latest(
        record.age, (record.edits.card, record.edits.ago), (record.checks.card[own], record.checks.ago[own])
    )
    share = settings.batch_weight
    silent = share * _faded_days(any_look, fading) + (1 - share) * _faded_days(own_look, fading)
    return np.maximum(_faded_days(record.age, fading) - (1 - settings.silence_weight) * silent, 1e-6)


def _faded_days(days: Array, fading: float) -> Array:
    faded: Array = (1.0 - np.exp(-fading * np.maximum(days, 0.0))) / fading
    return faded


def _latest(age: Array, *looks: tuple[Ints, Array]) -> Array:
    latest = age.copy()
    for card, ago in looks:
        np.minimum.at(latest, card, ago)
    return latest


def _has_edit_beside(record: Record) -> Flags:
    """Which checks stand within a week of a corrective edit of the same card: one event, told twice."""
    edits, checks = record.edits, record.checks
    card, ago = edits.card[edits.corrects], edits.ago[edits.corrects]
    if not len(card) or not len(checks.card):
        return np.zeros(len(checks.card), dtype=np.bool_)
    span = 4.0 * (1.0 + max(float(ago.max()), float(checks.ago.max()), _SAME_EVENT_DAYS))
    places = np.sort(card * span + ago)
    wanted = checks.card * span + checks.ago
    after = np.searchsorted(places, wanted - _SAME_EVENT_DAYS)
    beside: Flags = places[np.minimum(after, len(places) - 1)] <= wanted + _SAME_EVENT_DAYS
    return beside & (after < len(places))


def _size(words: Array, settings: Freshness, median_words: float | None) -> Array:
    """Longer cards have more to go wrong: a gentle power of the length against the median, within bounds."""
    if not len(words):
        return words.copy()
    median = float(np.median(words)) if median_words is None else median_words
    relative = (words + 20.0) / (median + 20.0)
    size: Array = np.clip(relative**settings.size_exponent, 0.4, 2.5)
    return size


def _summed(card: Ints, weights: Array, n: int) -> Array:
    summed: Array = np.bincount(card, weights=weights, minlength=n).astype(np.float64)
    return summed
