"""Builds the panel beside a card and the freshness report: words, not decisions, for the templates."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.freshness.assessing import Assessment, assess_card
from curator.freshness.estimate import BANDS, Band
from curator.freshness.expecting import Expected, FreshnessReport, ShelfExpected, freshness_report
from curator.freshness.intervals import interval_within
from curator.freshness.pages import (
    BandRow,
    CostlyRow,
    Figure,
    FreshnessPage,
    FreshnessPanel,
    ReliabilityLine,
    ShelfLine,
)  # fmt: skip
from curator.freshness.reasons import times
from kb.cards.models import Card
from kb.cards.permissions import Right, may
from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.settings import Freshness
from kb.trust.policy import Policy
from kb.web.parts import Link
from kb.words import count

BAND_WORDS = {
    Band.LIKELY_CURRENT: "Likely current",
    Band.WORTH_A_LOOK: "Worth a look",
    Band.PROBABLY_CHANGED: "Probably changed",
    Band.TREAT_AS_OUTDATED: "Treat as outdated",
}
_COSTLY = 10
_LOOKED_AT = 200


def freshness_panel(
    session: Session, actor: Actor, card: Card, settings: Freshness, policy: Policy, now: datetime
) -> FreshnessPanel | None:
    """How likely a card is still right, for whoever may verify it; nothing for anybody else."""
    if not may(actor, Right.VERIFY, card):
        return None
    judged = assess_card(session, card.id, settings, now)
    return panel_of(judged, interval_within(judged, card, policy)) if judged is not None else None


def panel_of(judged: Assessment, interval_days: int) -> FreshnessPanel:
    """An assessment in words, with the interval to suggest."""
    used = round(judged.views_per_week)
    stale = round(judged.stale_per_week)
    return FreshnessPanel(
        band=BAND_WORDS[judged.band],
        sentence=f"{_in_ten(judged.p_stale)} when checked.",
        cost=f"Used {count(used, 'time')} a week, about {stale:,} of them expected to be stale." if used else "",
        reasons=judged.reasons,
        interval=f"Every {interval_days} days",
        rate=_rate(judged.rate_per_year),
        minutes=f"About {count(judged.minutes, 'minute')}",
    )


def freshness_page(session: Session, actor: Actor, settings: Freshness, now: datetime) -> FreshnessPage:
    """The report of all that the actor may be served."""
    report = freshness_report(session, actor, settings, now)
    total = report.expected.total
    return FreshnessPage(
        sentence=_sentence(report),
        figures=(
            Figure("Expected stale impressions", f"{round(total.stale_per_week):,}", "a week, if nothing is checked"),
            Figure("Share of all impressions", f"{total.share:.0%}", f"of {round(total.views_per_week):,} a week"),
            Figure("Cards to look at", f"{_doubtful(report.expected.bands):,}", "probably changed, or worse"),
            Figure("Checks learnt from", f"{report.model.checks:,}", f"calibration {report.model.calibration:.2f}"),
        ),
        bands=_bands(report),
        reliability=tuple(
            ReliabilityLine(BAND_WORDS[row.band], f"{row.said:.0%}", f"{row.found:.0%}", f"{row.checks:,}")
            for row in report.reliability
        ),
        reliability_words=_reliability_words(report),
        shelves=tuple(_shelf(shelf) for shelf in report.expected.shelves),
        costly=_costly(session, actor, report),
    )


def _in_ten(p: float) -> str:
    tenth = max(1, round(10 * p))
    if p < 0.05:
        return "Fewer than 1 in 20 cards like this need a correction"
    if tenth >= 10:
        return "Nearly all cards like this need a correction"
    return f"About {tenth} in 10 cards like this {'needs' if tenth == 1 else 'need'} a correction"


def _rate(per_year: float) -> str:
    if per_year >= 0.95:
        return f"About {times(round(per_year))} a year"
    return f"About once in {count(round(12 / max(per_year, 0.01)), 'month')}"


def _sentence(report: FreshnessReport) -> str:
    total = report.expected.total
    if not total.cards:
        return "There are no cards yet."
    if round(total.stale_per_week) == 0:
        return "Hardly anybody is expected to be shown something stale this week."
    words = f"About {total.share:.0%} of what readers are shown this week is expected to be stale."
    first = report.expected.shelves[0]
    if len(report.expected.shelves) > 1 and total.stale_per_week:
        words += f" {first.name} is behind {first.expected.stale_per_week / total.stale_per_week:.0%} of that."
    return words


def _doubtful(bands: Mapping[Band, Expected]) -> int:
    return bands[Band.PROBABLY_CHANGED].cards + bands[Band.TREAT_AS_OUTDATED].cards


def _bands(report: FreshnessReport) -> tuple[BandRow, ...]:
    limits = [0.0, *(limit for limit, _ in BANDS), 1.0]
    whole = report.expected.total.stale_per_week
    return tuple(
        BandRow(
            band=BAND_WORDS[band],
            meaning=f"{low:.0%} to {high:.0%}",
            cards=f"{found.cards:,}",
            stale=f"{round(found.stale_per_week):,}",
            percent=round(100 * found.stale_per_week / whole) if whole else 0,
        )
        for (band, found), low, high in zip(report.expected.bands.items(), limits, limits[1:], strict=False)
    )


def _reliability_words(report: FreshnessReport) -> str:
    if not report.checks:
        return "Nothing was checked yet that could have gone stale. The table fills with the first checks."
    return (
        f"The last {count(report.checks, 'check')}: what was said of the cards just before, and how many of them the "
        "check found in need of a correction. Close together is good; with few checks, chance plays along."
    )


def _shelf(shelf: ShelfExpected) -> ShelfLine:
    doubtful = shelf.bands[Band.PROBABLY_CHANGED] + shelf.bands[Band.TREAT_AS_OUTDATED]
    return ShelfLine(
        shelf=Link(shelf.name, f"/collections/{shelf.slug}"),
        cards=f"{shelf.expected.cards:,}",
        views=f"{round(shelf.expected.views_per_week):,}",
        stale=f"{round(shelf.expected.stale_per_week):,}",
        share=f"{shelf.expected.share:.0%}",
        doubtful=f"{doubtful:,}",
    )


def _costly(session: Session, actor: Actor, report: FreshnessReport) -> tuple[CostlyRow, ...]:
    """Only cards that the actor may verify: the reasons are theirs to weigh."""
    ranked = sorted(report.expected.assessments.values(), key=lambda each: (-each.averted_per_minute, each.card_id))
    chosen = ranked[:_LOOKED_AT]
    query = select(Card).where(Card.id.in_([each.card_id for each in chosen]))
    cards = {card.id: card for card in session.scalars(query) if may(actor, Right.VERIFY, card)}
    return tuple(
        CostlyRow(
            card=Link(cards[each.card_id].title, card_path(cards[each.card_id])),
            band=BAND_WORDS[each.band],
            stale=f"{each.stale_per_week:,.1f}",
            minutes=f"{each.minutes}",
            why=". ".join(each.reasons[:2]),
        )
        for each in [each for each in chosen if each.card_id in cards][:_COSTLY]
        if each.averted_per_minute > 0
    )
