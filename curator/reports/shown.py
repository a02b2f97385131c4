"""The weekly report as a page, in ready words."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.reports.about import EVERYTHING, About, about_self
from curator.reports.charts import NARROW, ORDER, WIDE, WeekMix, columns, percent_of, stacked_bars
from curator.reports.figures import figures
from curator.reports.pages import ExpectedChart, Fact, LateBar, ReportPage, WeekRow
from curator.reports.rows import (
    LISTED,
    assignee_rows,
    card_link,
    change_rows,
    fix_first,
    fix_rows,
    gaps_of,
    more,
    shelf_row,
    week_mix,
    work_facts,
)
from curator.reports.weekly import InDoubt, WeeklyReport
from curator.reports.weeks import Week, week_of
from curator.reports.words import headline, meaning
from kb import wording
from kb.cards.models import Collection
from kb.people.actor import Actor
from kb.telling_settings import Reports
from kb.trust.policy import Policy
from kb.trust.state import TrustState
from kb.web.parts import Chip
from kb.wording import _, day_and_month, decimal, ngettext
from kb.words import count, uncapitalised


@dataclass(frozen=True, slots=True)
class Nudges:
    """The cards whose assignee this reader may remind, and those that were reminded today."""

    possible: frozenset[int] = frozenset()
    done: frozenset[int] = frozenset()


def subject_chips(
    session: Session, actor: Actor, about: About, week: Week, path: str = "/reports/weekly"
) -> tuple[Chip, ...]:
    """Everything, one's own cards, and each collection that one may read."""
    shelves = session.scalars(
        select(Collection).where(Collection.id.in_(actor.readable)).order_by(Collection.name)
    ).all()
    every = [(EVERYTHING, _("Everything")), (about_self(actor), _("Your cards"))]
    every += [(About(shelf.id, shelf.name, shelf.slug), shelf.name) for shelf in shelves]
    chips = [Chip(name, each.address(path, week=week.key), each == about) for each, name in every]
    if not any(chip.on for chip in chips):
        chips.append(Chip(about.words[:1].upper() + about.words[1:], about.address(path, week=week.key), True))
    return tuple(chips)


def report_page(
    report: WeeklyReport, policy: Policy, targets: Reports, nudges: Nudges, subjects: tuple[Chip, ...] = (),
    *, is_curator: bool = False,
) -> ReportPage:  # fmt: skip
    """The page. `subjects` are what else this reader may have a report about."""
    bars = [week_mix(day_words(bar.week), bar.mix) for bar in report.trend]
    late = report.numbers.mix.counts[TrustState.OVERDUE]
    longest = max((number for _label, number in report.lateness), default=0)
    changes = change_rows(report)
    following = Week(report.week.monday).before(-1)
    is_last = report.week == week_of(report.as_of, policy)
    return ReportPage(
        kicker=_("Weekly stale report"),
        heading=_("Week of %(day)s", day=long_day(report.week))
        + (f", {report.about.words}" if report.about.words else ""),
        headline=headline(report, targets),
        work=work_facts(report),
        gaps=gaps_of(report),
        unread=tuple(card_link(card) for card in report.unread[:LISTED]),
        unread_more=more(len(report.unread)),
        subjects=subjects,
        expected=_expected_chart(report),
        sentence=meaning(report),
        figures=figures(report, targets),
        chart_wide=stacked_bars(bars, WIDE),
        chart_narrow=stacked_bars(bars, NARROW),
        weeks=tuple(_week_row(bar) for bar in reversed(bars)),
        late_heading=_late_heading(late),
        late=tuple(
            LateBar(_(label), decimal(number), percent_of(number, longest)) for label, number in report.lateness
        ),
        fix_first=fix_rows(fix_first(report), nudgeable=nudges.possible, nudged=nudges.done),
        shelves=tuple(shelf_row(shelf) for shelf in report.shelves),
        assignees=assignee_rows(report, may_open=is_curator),
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
    )


def day_words(week: Week) -> str:
    """The Monday, short: "16 Nov"."""
    return day_and_month(week.monday)


def long_day(week: Week) -> str:
    """ "16 November 2026"."""
    return wording.long_day(week.monday)


def _expected_chart(report: WeeklyReport) -> ExpectedChart:
    weeks = [(day_words(week), found.stale if found else None) for week, found in report.expected_trend]
    rows = tuple(Fact(label, decimal(round(value)) if value is not None else "–") for label, value in reversed(weeks))
    return ExpectedChart(columns(weeks, WIDE), columns(weeks, NARROW), rows)


def _week_row(bar: WeekMix) -> WeekRow:
    return WeekRow(bar.label, *(decimal(bar.count(kind)) for kind in ORDER))


def _late_heading(late: int) -> str:
    if not late:
        return _("Nothing is overdue")
    if late == 1:
        return _("How late is the overdue card")
    return ngettext("How late are the %(num)s overdue cards", "How late are the %(num)s overdue cards", late)


def _oldest_words(oldest: InDoubt | None) -> str:
    if oldest is None:
        return ""
    days = count(oldest.days_late, "day")
    return f", {days}." if oldest.card.is_owned else f", {days}, {uncapitalised(_('No owner'))}."
