"""The weekly report as a page, in ready words."""

from curator.reports.charts import NARROW, ORDER, WIDE, WeekMix, percent_of, stacked_bars
from curator.reports.figures import figures
from curator.reports.pages import LateBar, ReportPage, WeekRow
from curator.reports.rows import (
    LISTED,
    assignee_rows,
    card_link,
    change_rows,
    fix_first,
    fix_rows,
    more,
    shelf_row,
    week_mix,
)
from curator.reports.weekly import InDoubt, WeeklyReport
from curator.reports.weeks import Week, week_of
from curator.reports.words import meaning
from kb.telling_settings import Reports
from kb.trust.policy import Policy
from kb.trust.state import TrustState
from kb.web.parts import Link
from kb.words import count

_TABS = (Link("Weekly report", "/reports/weekly"), Link("Freshness", "/reports/freshness"))


def report_page(
    report: WeeklyReport, policy: Policy, targets: Reports, nudgeable: frozenset[int], nudged: frozenset[int]
) -> ReportPage:
    """The page. `nudgeable` are cards whose assignee this reader may remind, `nudged` those reminded today."""
    bars = [week_mix(day_words(bar.week), bar.mix) for bar in report.trend]
    late = report.numbers.mix.counts[TrustState.OVERDUE]
    longest = max((number for _, number in report.lateness), default=0)
    changes = change_rows(report)
    following = Week(report.week.monday).before(-1)
    is_last = report.week == week_of(report.as_of, policy)
    return ReportPage(
        kicker="Weekly stale report",
        heading=f"Week of {long_day(report.week)}",
        sentence=meaning(report),
        figures=figures(report, targets),
        chart_wide=stacked_bars(bars, WIDE),
        chart_narrow=stacked_bars(bars, NARROW),
        weeks=tuple(_week_row(bar) for bar in reversed(bars)),
        late_heading=_late_heading(late),
        late=tuple(LateBar(label, f"{number:,}", percent_of(number, longest)) for label, number in report.lateness),
        fix_first=fix_rows(fix_first(report), nudgeable=nudgeable, nudged=nudged),
        shelves=tuple(shelf_row(shelf) for shelf in report.shelves),
        assignees=assignee_rows(report),
        unowned=tuple(card_link(card) for card in report.unowned[:LISTED]),
        changes=changes[:LISTED],
        csv_url=report.about.address("/reports/weekly.csv", week=report.week.key),
        oldest=card_link(report.oldest.card) if report.oldest else None,
        oldest_words=_oldest_words(report.oldest),
        unowned_more=more(len(report.unowned)),
        changes_more=more(len(changes)),
        previous_url=report.about.address("/reports/weekly", week=report.week.before().key),
        next_url="" if is_last else report.about.address("/reports/weekly", week=following.key),
        readers_url="/reports/schedules",
        tabs=_TABS,
    )


def day_words(week: Week) -> str:
    """The Monday, short: "16 Nov"."""
    return f"{week.monday.day} {week.monday:%b}"


def long_day(week: Week) -> str:
    """ "16 November 2026"."""
    return f"{week.monday.day} {week.monday:%B %Y}"


def _week_row(bar: WeekMix) -> WeekRow:
    return WeekRow(bar.label, *(f"{bar.count(kind):,}" for kind in ORDER))


def _late_heading(late: int) -> str:
    if not late:
        return "Nothing is overdue"
    return "How late is the overdue card" if late == 1 else f"How late are the {late:,} overdue cards"


def _oldest_words(oldest: InDoubt | None) -> str:
    if oldest is None:
        return ""
    return f", {count(oldest.days_late, 'day')}" + ("" if oldest.card.is_owned else ", no owner") + "."
