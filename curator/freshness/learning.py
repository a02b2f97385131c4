"""What is learnt from all cards together: how often cards change, here and on each shelf, and how P is calibrated.

A job learns it every night, so that one card can be judged without reading all the others. Before its first run
it is learnt on the spot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from curator.freshness.calibration import calibrated, reports_per_stale_view
from curator.freshness.estimate import shelf_rates
from curator.freshness.evidence import Array, evidence_of
from curator.freshness.facts import CardFacts, Facts, load_facts
from curator.freshness.models import Learnt, ShelfRate
from curator.freshness.outcomes import outcomes_of
from curator.freshness.recording import record_of
from kb.cards.models import Collection
from kb.settings import Freshness


@dataclass(frozen=True, slots=True)
class Model:
    """What all cards say about one: the calibration, the usual length, the usual rates of change."""

    calibration: float
    report_rate: float
    checks: int
    median_words: float
    rate_per_day: float
    by_shelf: dict[int, float]

    def shelf_rate(self, cards: Sequence[CardFacts]) -> Array:
        """What is usual on the shelf of each of these cards."""
        rates = [self.by_shelf.get(card.collection_id, self.rate_per_day) for card in cards]
        return np.array(rates, dtype=np.float64)


def learnt(session: Session, settings: Freshness, now: datetime, everything: Facts | None = None) -> Model:
    """What the last night's job learnt, or else what it would learn now (from `everything`, if that is loaded)."""
    row = session.get(Learnt, 1)
    if row is None:
        if everything is None:
            everything = load_facts(session, None, now)
        return model_of(session, everything, settings, now)
    by_shelf = {row.collection_id: row.rate_per_day for row in session.scalars(select(ShelfRate))}
    return Model(row.calibration, row.report_rate, row.checks, row.median_words, row.rate_per_day, by_shelf)


def learn(session: Session, settings: Freshness, now: datetime) -> Model:
    """What all cards teach now. It only reads: `keep` writes, so that nobody waits for a write lock meanwhile."""
    return model_of(session, load_facts(session, None, now), settings, now)


def keep(session: Session, model: Model, now: datetime) -> None:
    """Put what was learnt in the place of what was learnt before."""
    session.execute(delete(ShelfRate))
    session.execute(delete(Learnt))
    session.add(Learnt(
        id=1, calibration=model.calibration, report_rate=model.report_rate, checks=model.checks,
        median_words=model.median_words, rate_per_day=model.rate_per_day, at=now,
    ))  # fmt: skip
    still_there = set(session.scalars(select(Collection.id)))
    session.add_all(
        ShelfRate(collection_id=shelf, rate_per_day=rate)
        for shelf, rate in model.by_shelf.items()
        if shelf in still_there
    )
    session.flush()


def model_of(session: Session, facts: Facts, settings: Freshness, now: datetime) -> Model:
    """What these facts, of all cards, teach."""
    record = record_of(facts, settings, now)
    median = float(np.median(record.words)) if facts.cards else 0.0
    rates = shelf_rates(evidence_of(record, settings, median), record.shelf, settings)
    shelves = sorted({card.collection_id for card in facts.cards})
    by_shelf = {shelf: float(rate) for shelf, rate in zip(shelves, rates.by_shelf, strict=True)}
    model = Model(settings.calibration, settings.reports_per_stale_view, 0, median, rates.overall, by_shelf)
    past = outcomes_of(session, facts, model.shelf_rate, median, settings)
    plain = past.doubts == 0  # whoever looks because of a report finds more
    return replace(
        model,
        calibration=calibrated(past.raw[plain], past.found[plain], past.weight[plain], settings),
        report_rate=reports_per_stale_view(past.doubts, past.views, past.found, settings),
        checks=len(past.raw),
    )
