"""The weekly report as a mail to one reader: the same words as the page, whole addresses, links to check cards."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from curator.reports.figures import figures
from curator.reports.pages import ChangeRow, ReportMail
from curator.reports.rows import (
    LISTED,
    assignee_rows,
    card_link,
    change_rows,
    fix_first,
    fix_rows,
    gaps_of,
    shelf_row,
    work_facts,
)
from curator.reports.shown import long_day
from curator.reports.weekly import InDoubt, WeeklyReport
from curator.reports.words import headline, meaning
from kb.settings import Settings
from kb.web.parts import Link
from kb.wording import _


@dataclass(frozen=True, slots=True)
class Delivery:
    """To whom a mail goes and how often, and where they may check which card."""

    person_id: int | None = None
    when: str = ""
    checks: Mapping[int, str] = field(default_factory=dict)


def mailed_cards(report: WeeklyReport, person_id: int | None) -> set[int]:
    """The cards in doubt that a mail to this person names."""
    return {row.card.id for row in (*fix_first(report), *_yours(report, person_id))}


def report_mail(report: WeeklyReport, settings: Settings, delivery: Delivery) -> ReportMail:
    """The mail."""
    about = f", {report.about.words}" if report.about.words else ""
    heading = _("Week of %(day)s", day=long_day(report.week))
    base, checks = settings.public_url, delivery.checks
    return ReportMail(
        workspace_name=settings.workspace.name,
        subject=_(
            "%(workspace)s: weekly stale report%(about)s, week of %(day)s",
            workspace=settings.workspace.name,
            about=about,
            day=long_day(report.week),
        ),
        heading=heading + about,
        headline=headline(report, settings.reports),
        sentence=meaning(report),
        work=work_facts(report),
        gaps=gaps_of(report, base=base),
        unread=tuple(_absolute(card_link(card), base) for card in report.unread[:LISTED]),
        figures=figures(report, settings.reports),
        fix_first=fix_rows(fix_first(report), base=base, checks=checks),
        yours=fix_rows(_yours(report, delivery.person_id), base=base, checks=checks),
        shelves=tuple(shelf_row(shelf) for shelf in report.shelves),
        assignees=assignee_rows(report),
        unowned=tuple(_absolute(card_link(card), base) for card in report.unowned[:LISTED]),
        changes=tuple(
            ChangeRow(_absolute(row.card, base), row.words, row.tone) for row in change_rows(report)[:LISTED]
        ),
        url=base + report.about.address("/reports/weekly", week=report.week.key),
        when=delivery.when or _("once a week"),
        stop_url=f"{base}/reports/schedules",
    )


def _yours(report: WeeklyReport, person_id: int | None) -> list[InDoubt]:
    """What waits for the reader's own check and is not among the first anyway."""
    first = {row.card.id for row in fix_first(report)}
    waiting = [row for row in report.in_doubt if row.card.assignee_id == person_id is not None]
    return [row for row in waiting if row.card.id not in first][:LISTED]


def _absolute(link: Link, base: str) -> Link:
    return Link(link.label, base + link.url)
