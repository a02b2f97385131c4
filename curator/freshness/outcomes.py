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
_INSTANT = timedelta(microseconds=1)
_STEP = 10
ShelfRates = Callable[[Sequence[CardFacts]], Array]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The last checks, oldest first: raw P just before each, what it found, what it counts, the doubts and readers."""

    posterior: Posterior
    unchecked: Array
    raw: Array
    found: Flags
    weight: Array
    doubts: Array
    views: Array


def outcomes_of(
    session: Session, facts: Facts, shelf_rate: ShelfRates, median_words: float, settings: Freshness
) -> Outcomes:
    """The outcomes of the last checks of these cards, as many as are learnt from."""
    cards = {card.id: card for card in facts.cards}
    checks = _last_checks(facts, cards, settings)
    of_check = [cards[check.card_id] for check in checks]
    record = _before(facts, checks, of_check, settings, _views_between(session, facts, checks))
    evidence = evidence_of(record, settings, median_words)
    posterior = posterior_of(evidence, shelf_rate(of_check), record.multiplier, settings)
    return Outcomes(
        posterior=posterior,
        unchecked=evidence.unchecked,
        raw=p_over_time(posterior, evidence.unchecked, 1.0, settings),
        found=np.array([check.found for check in checks], dtype=np.bool_),
        weight=np.array([settings.batch_weight if check.is_batch else 1.0 for check in checks], dtype=np.float64),
        doubts=record.flags,
        views=record.views_since_check,
    )


def said_and_found(past: Outcomes, report_rate: float, settings: Freshness) -> list[Said]:
    """What people would have been shown before each check: calibrated on the checks before it, never on itself."""
    plain = past.doubts == 0  # whoever looks because of a report finds more
    said = np.zeros(len(past.raw))
    for start in range(0, len(said), _STEP):
        known = np.flatnonzero(plain[:start])
        nu = calibrated(past.raw[known], past.found[known], past.weight[known], settings)
        said[start : start + _STEP] = 1.0 - (1.0 - past.raw[start : start + _STEP]) ** nu
    shown = p_with_reports(said, past.doubts, past.views, report_rate, settings)
    return [Said(float(p), bool(found)) for p, found in zip(shown, past.found, strict=True)]


def _last_checks(facts: Facts, cards: Mapping[int, CardFacts], settings: Freshness) -> list[Check]:
    """The last checks that could have found something: not the first look at a card that was just published."""
    checks = []
    for card_id, of_card in facts.checks.items():
        before = cards[card_id].since
        for check in of_card:
            if check.is_here and check.at - before > _SITTING:
                checks.append(check)
            before = check.at
    checks.sort(key=_when)
    return checks[max(0, len(checks) - settings.calibration_checks) :]


def _when(check: Check) -> tuple[datetime, int]:
    return check.at, check.card_id


def _before(
    facts: Facts, checks: Sequence[Check], cards: Sequence[CardFacts], settings: Freshness, views: Array
) -> Record:
    """A card for each check, as it was known just before: without what was edited in the same sitting."""
    edits, earlier = [], []
    for place, check in enumerate(checks):
        cut = check.at - _SITTING
        edits += [(place, edit) for edit in facts.edits.get(check.card_id, ()) if edit.at < cut]
        earlier += [(place, each) for each in facts.checks[check.card_id] if each.at < check.at]
    ago = np.array([days_between(each.at, checks[place].at) for place, each in earlier], dtype=np.float64)
    age = np.array([days_between(card.since, check.at) for card, check in zip(cards, checks, strict=True)])
    at = np.array([place for place, _ in earlier], dtype=np.int64)
    np.maximum.at(age, at, ago)
    return Record(
        age=age.astype(np.float64),
        words=np.array([card.words for card in cards], dtype=np.float64),
        shelf=np.zeros(len(checks), dtype=np.int64),
        edits=Edits(
            np.array([place for place, _ in edits], dtype=np.int64),
            np.array([days_between(edit.at, checks[place].at) for place, edit in edits], dtype=np.float64),
            np.array([edit.corrects for _, edit in edits], dtype=np.bool_),
        ),
        checks=Checks(
            at, ago,
            np.array([each.found for _, each in earlier], dtype=np.bool_),
            np.array([each.is_batch for _, each in earlier], dtype=np.bool_),
        ),
        flags=np.array([_doubts(facts, check, settings) for check in checks], dtype=np.float64),
        views_per_day=np.zeros(len(checks)),
        views_since_check=views,
        multiplier=np.ones(len(checks)),
    )  # fmt: skip


def _doubts(facts: Facts, check: Check, settings: Freshness) -> float:
    before = check.at - _INSTANT  # the check itself resolves what it answers
    return doubts_of(facts.reports(check.card_id, before), facts.detections(check.card_id, before), settings)


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
