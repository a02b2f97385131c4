"""The weekly report as JSON, CSV, plain text and mail."""

import csv
import io
from typing import Any

from curator.mail import letter
from curator.reports.facts import CardFacts
from curator.reports.mail_shown import Delivery, report_mail
from curator.reports.rows import card_link
from curator.reports.weekly import InDoubt, Mix, Numbers, WeeklyReport
from curator.reports.words import headline, meaning
from kb.mail.outbox import Letter
from kb.settings import Settings

_COLUMNS = (
    "id", "title", "url", "collection", "state", "owner", "assignee", "stale_impressions", "days_late", "reports",
    "p_stale", "views_per_week", "expected_stale_per_week",
)  # fmt: skip
NOBODYS = Delivery()
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_letter(report: WeeklyReport, settings: Settings, delivery: Delivery = NOBODYS) -> Letter:
    """The report as a mail: subject, text and HTML."""
    return letter("report", report_mail(report, settings, delivery))


def as_csv(report: WeeklyReport, settings: Settings) -> str:
    """Every card in doubt, one row each, most harmful first. No cell can start a formula in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for row in report.in_doubt:
        values = _row(row, settings).values()
        writer.writerow([_safe(value) if isinstance(value, str) else value for value in values])
    return out.getvalue()


def as_json(report: WeeklyReport, settings: Settings) -> dict[str, Any]:
    """The whole report as plain data."""
    changes = report.changes
    return {
        **numbers_of(report, settings),
        "gaps": [
            {"words": gap.words, "also": list(gap.also), "times": gap.times, "people": gap.people,
             "found_nothing": gap.found_nothing, "rephrased": gap.rephrased}
            for gap in report.gaps
        ],
        "archive_suggestions": [_card(card, settings) for card in report.unread],
        "lateness": [{"days": label, "cards": number} for label, number in report.lateness],
        "fix_first": [_row(row, settings) for row in report.in_doubt],
        "collections": [
            {"slug": shelf.slug, "name": shelf.name, "trust_score": shelf.mix.score,
             "trust_score_last_week": shelf.before.score, **_counts(shelf.mix)}
            for shelf in report.shelves
        ],
        "assignees": [
            {"name": load.name, "waiting": load.waiting, "overdue": load.overdue,
             "stale_impressions": load.stale_impressions}
            for load in report.loads
        ],
        "unowned": [_card(card, settings) for card in report.unowned],
        "changes": {
            "became_overdue": [_card(card, settings) for card in changes.became_overdue],
            "became_flagged": [_card(card, settings) for card in changes.became_flagged],
            "verified_again": [_card(card, settings) for card in changes.verified_again],
            "new": [_card(card, settings) for card in changes.new],
        },
    }  # fmt: skip


def numbers_of(report: WeeklyReport, settings: Settings) -> dict[str, Any]:
    """What the report counts, without naming a card."""
    told = report.reliability
    return {
        "week": report.week.key,
        "about": report.about.words or None,
        "as_of": report.as_of.isoformat().replace("+00:00", "Z"),
        "headline": headline(report, settings.reports),
        "meaning": meaning(report),
        "expected": {
            "stale_impressions": _rounded(report.expected.stale),
            "impressions": _rounded(report.expected.views),
            "share": report.expected.share,
            "target": settings.reports.stale_target / 100,
            "last_week": _rounded(report.expected_before.stale) if report.expected_before else None,
            "trend": [
                {"week": week.key, "stale_impressions": _rounded(found.stale) if found else None}
                for week, found in report.expected_trend
            ],
        },
        "reliability": {"checks": told.checks, "said": round(told.said, 3), "found": round(told.found, 3)}
        if told is not None
        else None,
        "trust_target": settings.reports.trust_target / 100,
        "work": {
            "checks": report.work.checks,
            "found": report.work.found,
            "in_batches": report.work.in_batches,
            "averted_stale_impressions": None if report.work.averted is None else _rounded(report.work.averted),
        },
        "this_week": _numbers(report.numbers),
        "last_week": _numbers(report.before),
        "trend": [{"week": bar.week.key, **_counts(bar.mix)} for bar in report.trend],
    }


def _rounded(number: float) -> float:
    return round(number, 1)


def _numbers(numbers: Numbers) -> dict[str, Any]:
    return {
        "trust_score": numbers.mix.score,
        "impressions": numbers.impressions,
        "stale_impressions": numbers.stale_impressions,
        "stale_share": numbers.stale_share,
        "median_days_to_reverify": numbers.median_days,
        **_counts(numbers.mix),
    }


def _counts(mix: Mix) -> dict[str, int]:
    return {"cards": mix.total, **{state.value: number for state, number in mix.counts.items()}}


def _card(card: CardFacts, settings: Settings) -> dict[str, Any]:
    return {"id": card.id, "title": card.title, "url": settings.public_url + card_link(card).url}


def _row(row: InDoubt, settings: Settings) -> dict[str, Any]:
    return {
        **_card(row.card, settings),
        "collection": row.card.collection,
        "state": row.state.value,
        "owner": row.card.owner or "",
        "assignee": row.card.assignee or "",
        "stale_impressions": row.stale_impressions,
        "days_late": row.days_late,
        "reports": row.reports,
        **_expected(row),
    }


def _expected(row: InDoubt) -> dict[str, Any]:
    known = row.expected
    if known is None:
        return {"p_stale": None, "views_per_week": None, "expected_stale_per_week": None}
    return {"p_stale": round(known.p_stale, 3), "views_per_week": _rounded(known.views),
            "expected_stale_per_week": _rounded(known.stale)}  # fmt: skip


def _safe(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
