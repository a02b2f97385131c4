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
from kb.wording import N_, _, decimal, ngettext, percentage, with_one_digit

BAND_WORDS = {
    Band.LIKELY_CURRENT: N_("Likely current"),
    Band.WORTH_A_LOOK: N_("Worth a look"),
    Band.PROBABLY_CHANGED: N_("Probably changed"),
    Band.TREAT_AS_OUTDATED: N_("Treat as outdated"),
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
        band=_(BAND_WORDS[judged.band]),
        sentence=_in_ten(judged.p_stale),
        cost=ngettext(
            "Used %(num)s time a week, about %(stale)s of them expected to be stale.",
            "Used %(num)s times a week, about %(stale)s of them expected to be stale.",
            used,
            stale=decimal(stale),
        )
        if used
        else "",
        reasons=judged.reasons,
        interval=ngettext("Every %(num)s days", "Every %(num)s days", interval_days),
        rate=_rate(judged.rate_per_year),
        minutes=ngettext("About %(num)s minute", "About %(num)s minutes", judged.minutes),
    )


def freshness_page(session: Session, actor: Actor, settings: Freshness, now: datetime) -> FreshnessPage:
    """The report of all that the actor may be served."""
    report = freshness_report(session, actor, settings, now)
    total = report.expected.total
    return FreshnessPage(
        sentence=_sentence(report),
        figures=(
            Figure(
                _("Expected stale impressions"),
                decimal(round(total.stale_per_week)),
                _("a week, if nothing is checked"),
            ),
            Figure(
                _("Share of all impressions"),
                percentage(round(100 * total.share)),
                _("of %(number)s a week", number=decimal(round(total.views_per_week))),
            ),
            Figure(_("Cards to look at"), decimal(_doubtful(report.expected.bands)), _("probably changed, or worse")),
            Figure(
                _("Checks learnt from"),
                decimal(report.model.checks),
                _("calibration %(factor)s", factor=decimal(round(report.model.calibration, 2))),
            ),
        ),
        bands=_bands(report),
        reliability=tuple(
            ReliabilityLine(
                _(BAND_WORDS[row.band]),
                percentage(round(100 * row.said)),
                percentage(round(100 * row.found)),
                decimal(row.checks),
            )
            for row in report.reliability
        ),
        reliability_words=_reliability_words(report),
        shelves=tuple(_shelf(shelf) for shelf in report.expected.shelves),
        costly=_costly(session, actor, report),
    )


def _in_ten(p: float) -> str:
    tenth = max(1, round(10 * p))
    if p < 0.05:
        return _("Fewer than 1 in 20 cards like this need a correction when checked.")
    if tenth >= 10:
        return _("Nearly all cards like this need a correction when checked.")
    return ngettext(
        "About %(num)s in 10 cards like this needs a correction when checked.",
        "About %(num)s in 10 cards like this need a correction when checked.",
        tenth,
    )


def _rate(per_year: float) -> str:
    if per_year >= 0.95:
        return _("About %(times)s a year", times=times(round(per_year)))
    return ngettext("About once in %(num)s month", "About once in %(num)s months", round(12 / max(per_year, 0.01)))


def _sentence(report: FreshnessReport) -> str:
    total = report.expected.total
    if not total.cards:
        return _("There are no cards yet.")
    if round(total.stale_per_week) == 0:
        return _("Hardly anybody is expected to be shown something stale this week.")
    share = percentage(round(100 * total.share))
    words = _("About %(share)s of what readers are shown this week is expected to be stale.", share=share)
    first = report.expected.shelves[0]
    if len(report.expected.shelves) > 1 and total.stale_per_week:
        part = percentage(round(100 * first.expected.stale_per_week / total.stale_per_week))
        words += " " + _("%(name)s is behind %(share)s of that.", name=first.name, share=part)
    return words


def _doubtful(bands: Mapping[Band, Expected]) -> int:
    return bands[Band.PROBABLY_CHANGED].cards + bands[Band.TREAT_AS_OUTDATED].cards


def _bands(report: FreshnessReport) -> tuple[BandRow, ...]:
    limits = [0.0, *(limit for limit, _band in BANDS), 1.0]
    whole = report.expected.total.stale_per_week
    return tuple(
        BandRow(
            band=_(BAND_WORDS[band]),
            meaning=_("%(low)s to %(high)s", low=percentage(round(100 * low)), high=percentage(round(100 * high))),
            cards=decimal(found.cards),
            stale=decimal(round(found.stale_per_week)),
            percent=round(100 * found.stale_per_week / whole) if whole else 0,
        )
        for (band, found), low, high in zip(report.expected.bands.items(), limits, limits[1:], strict=False)
    )


def _reliability_words(report: FreshnessReport) -> str:
    if not report.checks:
        return _("Nothing was checked yet that could have gone stale. The table fills with the first checks.")
    return ngettext(
        "The last %(num)s check: what was said of the cards just before, and how many of them the "
        "check found in need of "
        "a correction. Close together is good; with few checks, chance plays along.",
        "The last %(num)s checks: what was said of the cards just before, and how many of them the "
        "check found in need of "
        "a correction. Close together is good; with few checks, chance plays along.",
        report.checks,
    )


def _shelf(shelf: ShelfExpected) -> ShelfLine:
    doubtful = shelf.bands[Band.PROBABLY_CHANGED] + shelf.bands[Band.TREAT_AS_OUTDATED]
    return ShelfLine(
        shelf=Link(shelf.name, f"/collections/{shelf.slug}"),
        cards=decimal(shelf.expected.cards),
        views=decimal(round(shelf.expected.views_per_week)),
        stale=decimal(round(shelf.expected.stale_per_week)),
        share=percentage(round(100 * shelf.expected.share)),
        doubtful=decimal(doubtful),
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
            band=_(BAND_WORDS[each.band]),
            stale=with_one_digit(each.stale_per_week),
            minutes=f"{each.minutes}",
            why=". ".join(each.reasons[:2]),
        )
        for each in [each for each in chosen if each.card_id in cards][:_COSTLY]
        if each.averted_per_minute > 0
    )
