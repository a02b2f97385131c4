"""From facts to arrays: what is known of each card, in days before an instant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import log, prod

import numpy as np

from curator.detectors.weights import multiplier_of
from curator.freshness.evidence import Array, Checks, Edits, Ints, Record
from curator.freshness.facts import USE_DAYS, CardFacts, Check, EditFact, Facts, Use
from kb.settings import Freshness

SECONDS_A_DAY = 86_400.0


def record_of(facts: Facts, settings: Freshness, now: datetime) -> Record:
    """The record of all cards of these facts, in their order."""
    place = {card.id: number for number, card in enumerate(facts.cards)}
    edits, checks = edits_of(facts.edits, place, now), checks_of(facts.checks, place, now)
    age = np.array([days_between(card.since, now) for card in facts.cards], dtype=np.float64)
    np.maximum.at(age, checks.card, checks.ago)  # an imported card was checked before it came here
    use = [facts.use.get(card.id, Use()) for card in facts.cards]
    return Record(
        age=age,
        words=np.array([card.words for card in facts.cards], dtype=np.float64),
        shelf=shelf_numbers(facts.cards),
        edits=edits,
        checks=checks,
        flags=np.array([_doubts(facts, card, settings, now) for card in facts.cards], dtype=np.float64),
        views_per_day=np.array([each.impressions / USE_DAYS for each in use], dtype=np.float64),
        views_since_check=np.array([each.views_since_check for each in use], dtype=np.float64),
        multiplier=np.array([_multiplier(facts, card.id) for card in facts.cards], dtype=np.float64),
    )


def shelf_numbers(cards: Sequence[CardFacts]) -> Ints:
    """Collections numbered from zero, by their id."""
    ids = np.array([card.collection_id for card in cards], dtype=np.int64)
    return np.unique(ids, return_inverse=True)[1].reshape(-1).astype(np.int64)


def doubts_of(reports: int, detections: int, settings: Freshness) -> float:
    """Reports, and what detectors found, in reports that weigh as much."""
    a_detection = log(settings.detector_odds) / log(settings.report_odds) if settings.report_odds > 1 else 0.0
    return reports + a_detection * detections


def edits_of(edits: Mapping[int, Sequence[EditFact]], place: Mapping[int, int], now: datetime) -> Edits:
    """The edits of the cards that have a place."""
    rows = [(place[card], edit) for card, of_card in edits.items() if card in place for edit in of_card]
    return Edits(
        card=_ints([at for at, _ in rows]),
        ago=_array([days_between(edit.at, now) for _, edit in rows]),
        corrects=np.array([edit.corrects for _, edit in rows], dtype=np.bool_),
    )


def checks_of(checks: Mapping[int, Sequence[Check]], place: Mapping[int, int], now: datetime) -> Checks:
    """The checks of the cards that have a place."""
    all_of_them = [check for card, of_card in checks.items() if card in place for check in of_card]
    return Checks(
        card=_ints([place[check.card_id] for check in all_of_them]),
        ago=_array([days_between(check.at, now) for check in all_of_them]),
        found=np.array([check.found for check in all_of_them], dtype=np.bool_),
        batch=np.array([check.is_batch for check in all_of_them], dtype=np.bool_),
    )


def days_between(earlier: datetime, later: datetime) -> float:
    """Days, never fewer than none."""
    return max(0.0, (later - earlier).total_seconds() / SECONDS_A_DAY)


def _doubts(facts: Facts, card: CardFacts, settings: Freshness, now: datetime) -> float:
    """A verifier who took the verification back doubts the card as much as one who reports it."""
    reports = facts.reports(card.id, now) + card.is_taken_back
    return doubts_of(reports, facts.detections(card.id, now), settings)


def _multiplier(facts: Facts, card_id: int) -> float:
    """How much more often cards with such findings change; each detector counts once."""
    return prod(multiplier_of(name) for name in {told.detector for told in facts.findings.get(card_id, ())})


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def _array(values: list[float]) -> Array:
    return np.array(values, dtype=np.float64)
