"""The last checks, each beside what the model would have said just before it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.freshness.calibration import Said, calibrated
from curator.freshness.estimate import Posterior, p_over_time, p_with_reports, posterior_of
from curator.freshness.evidence import Array, Checks, Edits, Flags, Record, evidence_of
from curator.freshness.facts import CardFacts, Check, Facts
from curator.freshness.recording import days_between, doubts_of
from kb.settings import Freshness
from kb.use.models import CardUse

_SITTING = timedelta(days=1)
_STEP = 10
ShelfRates = Callable[[Sequence[CardFacts]], Array]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The last checks, oldest first: raw P just before each, what it found, what it counts, and the doubts."""

    checks: list[Check]
    posterior: Posterior
    unchecked: Array
    raw: Array
    found: Flags
    weight: Array
    reports: Array


def outcomes_of(facts: Facts, shelf_rate: ShelfRates, median_words: float, settings: Freshness) -> Outcomes:
    """The outcomes of the last checks of these cards, as many as are learnt from."""
    cards = {card.id: card for card in facts.cards}
    checks = sorted((check for of in facts.checks.values() for check in of if check.is_here), key=_when)
    checks = [check for check in checks if check.card_id in cards][-settings.calibration_checks or len(checks) :]
    of_check = [cards[check.card_id] for check in checks]
    record = _before(facts, checks, of_check, settings)
    evidence = evidence_of(record, settings, median_words)
    posterior = posterior_of(evidence, shelf_rate(of_check), record.multiplier, settings)
    return Outcomes(
        checks, posterior, evidence.unchecked, p_over_time(posterior, evidence.unchecked, 1.0),
        np.array([check.found for check in checks], dtype=np.bool_),
        np.array([settings.batch_weight if check.is_batch else 1.0 for check in checks], dtype=np.float64),
        record.flags,
    )  # fmt: skip


def said_and_found(session: Session, facts: Facts, past: Outcomes, settings: Freshness) -> list[Said]:
    """What people would have been shown before each check: calibrated on the checks before it, never on itself."""
    plain = past.reports == 0
    said = np.zeros(len(past.checks))
    for start in range(0, len(said), _STEP):
        known = np.flatnonzero(plain[:start])
        nu = calibrated(past.raw[known], past.found[known], past.weight[known], settings.calibration)
        said[start : start + _STEP] = p_over_time(past.posterior, past.unchecked, nu)[start : start + _STEP]
    views = _views_between(session, facts, past.checks)
    shown = p_with_reports(said, past.reports, views, settings)
    return [Said(float(p), bool(found)) for p, found in zip(shown, past.found, strict=True)]


def _when(check: Check) -> tuple[datetime, int]:
    return check.at, check.card_id


def _before(facts: Facts, checks: Sequence[Check], cards: Sequence[CardFacts], settings: Freshness) -> Record:
    """A card for each check, as it was known just before: without what was edited in the same sitting."""
    edits, earlier = [], []
    for place, check in enumerate(checks):
        cut = check.at - _SITTING
        edits += [(place, days_between(at, check.at)) for at in facts.edits.get(check.card_id, ()) if at < cut]
        earlier += [(place, each) for each in facts.checks[check.card_id] if each.at < check.at]
    ago = np.array([days_between(each.at, checks[place].at) for place, each in earlier], dtype=np.float64)
    age = np.array([days_between(card.since, check.at) for card, check in zip(cards, checks, strict=True)])
    at = np.array([place for place, _ in earlier], dtype=np.int64)
    np.maximum.at(age, at, ago)
    nothing = np.zeros(len(checks))
    return Record(
        age=age.astype(np.float64),
        words=np.array([card.words for card in cards], dtype=np.float64),
        shelf=np.zeros(len(checks), dtype=np.int64),
        edits=Edits(np.array([place for place, _ in edits], dtype=np.int64), np.array([ago for _, ago in edits])),
        checks=Checks(
            at, ago,
            np.array([each.found for _, each in earlier], dtype=np.bool_),
            np.array([each.is_batch for _, each in earlier], dtype=np.bool_),
        ),
        flags=np.array([_doubts(facts, check, settings) for check in checks], dtype=np.float64),
        views_per_day=nothing,
        views_since_check=nothing,
        multiplier=np.ones(len(checks)),
    )  # fmt: skip


def _doubts(facts: Facts, check: Check, settings: Freshness) -> float:
    reports, detections = facts.reports(check.card_id, check.at), facts.detections(check.card_id, check.at)
    return doubts_of(reports, detections, settings)


def _views_between(session: Session, facts: Facts, checks: Sequence[Check]) -> Array:
    """How often each card was opened between a check and the one before it."""
    ids = sorted({check.card_id for check in checks})
    by_card: dict[int, list[tuple[date, int]]] = {card_id: [] for card_id in ids}
    query = select(CardUse.card_id, CardUse.day, CardUse.views + CardUse.copies).where(CardUse.card_id.in_(ids))
    for card_id, day, views in session.execute(query):
        by_card[card_id].append((day, views))
    return np.array([_views(by_card, facts, check) for check in checks], dtype=np.float64)


def _views(by_card: Mapping[int, list[tuple[date, int]]], facts: Facts, check: Check) -> int:
    before = [each.at for each in facts.checks[check.card_id] if each.at < check.at]
    first = max(before).date() if before else date.min
    return sum(views for day, views in by_card[check.card_id] if first < day < check.at.date())
