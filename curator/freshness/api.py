"""How likely cards are stale, over HTTP."""

from typing import Any, Literal

from pydantic import Field

from curator.freshness.assessing import Assessment, assess_cards
from curator.freshness.estimate import Band
from curator.freshness.expecting import Expected, freshness_report
from curator.freshness.intervals import interval_within
from kb.cards.permissions import Right, demand
from kb.cards.queries import card_visible_to
from kb.web.api import Api
from kb.web.api_models import Shape
from kb.web.edge import now, reading, services

api = Api("freshness_api", "Freshness")
BandName = Literal["likely_current", "worth_a_look", "probably_changed", "treat_as_outdated"]


class CardFreshness(Shape):
    """How likely a card is stale, and why. It orders work; it never changes the card's trust."""

    card_id: int
    p_stale: float = Field(description="How likely a check would find something to correct now, 0 to 1.")
    band: BandName
    reasons: list[str]
    suggested_interval_days: int = Field(
        description="Never longer than what a person set for the card, by rule or for its collection."
    )
    unlimited_interval_days: int = Field(description="What the evidence alone suggests.")
    rate_per_year: float = Field(description="How often a card like this is corrected.")
    days_since_check: float = Field(description="A check in a batch sets it back half the way.")
    views_per_week: float
    stale_per_week: float = Field(description="Impressions a week that are expected to be stale.")
    averted_per_minute: float = Field(description="What a check now is worth; the queue's order.")
    minutes: int = Field(description="An estimate for checking it.")


class ExpectedShape(Shape):
    """Cards, their impressions a week, and how many of those are expected to be stale."""

    cards: int
    views_per_week: float
    stale_per_week: float


class BandShape(ExpectedShape):
    """The cards of one band."""

    band: BandName


class ShelfShape(ExpectedShape):
    """The cards of one collection."""

    collection: str = Field(description="Its slug.")
    name: str


class ReliabilityShape(Shape):
    """What was said of the checked cards of one band just before, and the share that the checks found stale."""

    band: BandName
    checks: int
    said: float
    found: float


class FreshnessAnswer(ExpectedShape):
    """What staleness is expected to cost the readers of the cards you may see."""

    bands: list[BandShape]
    collections: list[ShelfShape] = Field(description="The one that costs most first.")
    reliability: list[ReliabilityShape]
    calibration: float = Field(description="The exponent that the last checks taught; 1 leaves the model as it is.")


@api.operation("GET", "/cards/<int:card_id>/freshness", {200: CardFreshness}, scope="read")
def card_freshness(card_id: int) -> CardFreshness:
    """Get how likely a card is stale, why, and when to check it again. Whoever may verify it may."""
    with reading() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        demand(actor, Right.VERIFY, card)
        judged = assess_cards(session, [card.id], services().settings.freshness, now())[card.id]
        return _shape(judged, interval_within(judged, card, services().policy))


@api.operation("GET", "/reports/freshness", {200: FreshnessAnswer}, scope="read")
def report() -> FreshnessAnswer:
    """Get the impressions a week that are expected to be stale, by band and collection, and whether P is calibrated."""
    with reading() as (session, actor):
        found = freshness_report(session, actor, services().settings.freshness, now())
    expected = found.expected
    return FreshnessAnswer(
        **_numbers(expected.total),
        bands=[BandShape(band=_name(band), **_numbers(each)) for band, each in expected.bands.items()],
        collections=[
            ShelfShape(collection=shelf.slug, name=shelf.name, **_numbers(shelf.expected)) for shelf in expected.shelves
        ],
        reliability=[
            ReliabilityShape(band=_name(row.band), checks=row.checks, said=row.said, found=row.found)
            for row in found.reliability
        ],
        calibration=found.model.calibration,
    )


def _shape(judged: Assessment, interval_days: int) -> CardFreshness:
    return CardFreshness(
        card_id=judged.card_id, p_stale=round(judged.p_stale, 4), band=_name(judged.band),
        reasons=list(judged.reasons), suggested_interval_days=interval_days,
        unlimited_interval_days=judged.free_interval_days, rate_per_year=round(judged.rate_per_year, 3),
        days_since_check=round(judged.days_since_check, 2), views_per_week=round(judged.views_per_week, 2),
        stale_per_week=round(judged.stale_per_week, 2), averted_per_minute=round(judged.averted_per_minute, 4),
        minutes=judged.minutes,
    )  # fmt: skip


def _numbers(expected: Expected) -> dict[str, Any]:
    return {
        "cards": expected.cards,
        "views_per_week": round(expected.views_per_week, 2),
        "stale_per_week": round(expected.stale_per_week, 2),
    }


def _name(band: Band) -> BandName:
    return band.value
