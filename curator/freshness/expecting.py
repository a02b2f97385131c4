"""What staleness costs: the impressions a week that are expected to be stale, by band and by collection.

Only of cards that the actor may be served, so that nobody's figures tell of what they may not see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.freshness.assessing import Assessment, Judgement, assess_cards
from curator.freshness.calibration import ReliabilityRow, reliability
from curator.freshness.estimate import Band
from curator.freshness.facts import load_facts
from curator.freshness.learning import Model, learnt
from curator.freshness.outcomes import outcomes_of, said_and_found
from kb.cards.models import Card, Collection
from kb.cards.permissions import servable_to
from kb.people.actor import Actor
from kb.settings import Freshness


@dataclass(frozen=True, slots=True)
class Expected:
    """Of some cards: how many, how often they are used a week, how often of that they are expected to be stale."""

    cards: int
    views_per_week: float
    stale_per_week: float

    @property
    def share(self) -> float:
        """The share of impressions that are expected to be stale."""
        return self.stale_per_week / self.views_per_week if self.views_per_week else 0.0


@dataclass(frozen=True, slots=True)
class ShelfExpected:
    """The same of one collection, and how many of its cards stand in each band."""

    collection_id: int
    name: str
    slug: str
    expected: Expected
    bands: dict[Band, int]


@dataclass(frozen=True, slots=True)
class ExpectedStale:
    """All that the actor may be served: in all, by band, by collection; the collection that costs most comes first."""

    total: Expected
    bands: dict[Band, Expected]
    shelves: tuple[ShelfExpected, ...]
    assessments: dict[int, Assessment]


@dataclass(frozen=True, slots=True)
class FreshnessReport:
    """What staleness is expected to cost, and whether what was said before checks is what they found."""

    expected: ExpectedStale
    reliability: tuple[ReliabilityRow, ...]
    checks: int
    model: Model


def expected_stale(
    session: Session, actor: Actor, settings: Freshness, now: datetime,
    *, assessed: Mapping[int, Assessment] | None = None,
) -> ExpectedStale:  # fmt: skip
    """What staleness is expected to cost the cards' readers a week. `assessed`, if it is at hand, is of all cards."""
    judged = assess_cards(session, None, settings, now) if assessed is None else assessed
    shelf_of = _served(session, actor)
    seen = {card_id: each for card_id, each in judged.items() if card_id in shelf_of}
    by_shelf: dict[int, list[Assessment]] = {}
    for card_id, each in seen.items():
        by_shelf.setdefault(shelf_of[card_id], []).append(each)
    shelves = [
        ShelfExpected(shelf_id, name, slug, _sum(by_shelf[shelf_id]), _count(by_shelf[shelf_id]))
        for shelf_id, name, slug in session.execute(select(Collection.id, Collection.name, Collection.slug))
        if shelf_id in by_shelf
    ]
    shelves.sort(key=lambda shelf: (-shelf.expected.stale_per_week, shelf.name))
    bands = {band: _sum([each for each in seen.values() if each.band is band]) for band in Band}
    return ExpectedStale(_sum(list(seen.values())), bands, tuple(shelves), seen)


def freshness_report(session: Session, actor: Actor, settings: Freshness, now: datetime) -> FreshnessReport:
    """The report. The facts are read once for all of it."""
    facts = load_facts(session, None, now)
    model = learnt(session, settings, now, facts)
    expected = expected_stale(
        session, actor, settings, now, assessed=Judgement(facts, model, settings, now).assessments()
    )
    seen = expected.assessments
    visible = replace(
        facts,
        cards=[card for card in facts.cards if card.id in seen],
        checks={card_id: checks for card_id, checks in facts.checks.items() if card_id in seen},
    )
    past = outcomes_of(session, visible, model.shelf_rate, model.median_words, settings)
    said = said_and_found(past, model.report_rate, settings)
    return FreshnessReport(expected, reliability(said), len(said), model)


def _served(session: Session, actor: Actor) -> dict[int, int]:
    """The collection of each card that the actor may be served."""
    rows = session.execute(select(Card.id, Card.collection_id).where(servable_to(actor)))
    return {row.id: row.collection_id for row in rows}


def _sum(judged: list[Assessment]) -> Expected:
    views, stale = sum(each.views_per_week for each in judged), sum(each.stale_per_week for each in judged)
    return Expected(len(judged), views, stale)


def _count(judged: list[Assessment]) -> dict[Band, int]:
    return {band: sum(each.band is band for each in judged) for band in Band}
