"""The workload report in words: as a page, as JSON and as CSV."""

import csv
import io
from datetime import date
from typing import Any

from curator.capacity.charts import NARROW, WIDE, Pair, paired_bars
from curator.capacity.forecast import WeekLoad
from curator.capacity.pages import StaffRow, WorkCell, WorkFigure, WorkloadPage, WorkRow
from curator.capacity.staffing import RULE_OF_THUMB, Staffing
from curator.capacity.workload import GroupLoad, PersonLoad, Workload
from kb.wording import N_, _, day_and_month, decimal, ngettext
from kb.words import count, joined

_COLUMNS = ("kind", "name", "week", "checks", "minutes", "report_minutes", "budget_minutes", "is_over")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_LIMITS = N_(
    "Checks are counted on the day they are due and again after each interval, as if each were done "
    "on time; what waits already is work of the first week. Reports are expected as often as in the "
    "last twelve weeks."
)


def workload_page(found: Workload) -> WorkloadPage:
    """The page; with a way to the report of owners for those who may see that."""
    labels = tuple(_day(monday) for monday in found.mondays)
    pairs = [
        Pair(label, week.budget, week.total, _words(week), week.is_over)
        for label, week in zip(labels, found.total, strict=True)
    ]
    description = _("Minutes of checks by week, beside the time there is. %(sentence)s", sentence=_sentence(found))
    return WorkloadPage(
        sentence=_sentence(found),
        figures=_figures(found),
        weeks=labels,
        people=tuple(_row(each, _waiting(each)) for each in found.people),
        groups=tuple(_row(each, count(each.members, "member")) for each in found.groups),
        chart_wide=paired_bars(pairs, description, WIDE),
        chart_narrow=paired_bars(pairs, description, NARROW),
        total=tuple(map(_cell, found.total)),
        total_budget=tuple(decimal(week.budget) for week in found.total),
        limits=_(_LIMITS),
        staffing_words=staffing_words(found.staffing, found.readers_lately),
        staffing=tuple(_staff_row(day, each) for day, each in reversed(found.staffing_trend)),
        csv_url="/reports/workload.csv",
    )  # fmt: skip


def staffing_words(staffing: Staffing, readers_lately: int) -> str:
    """The staffing line as a sentence."""
    line = ngettext(
        "%(num)s person looks after knowledge for %(readers)s; %(lately)s opened a card in the last four weeks.",
        "%(num)s people look after knowledge for %(readers)s; %(lately)s opened a card in the last four weeks.",
        staffing.curators,
        readers=", ".join(filter(None, [count(staffing.readers, "reader"), _ratio(staffing)])),
        lately=decimal(readers_lately),
    )
    if not staffing.readers:
        rule = _("The field's rule of thumb is one for %(most)s customer-facing people.", most=RULE_OF_THUMB)
        return f"{line} {rule}"
    rule = ngettext(
        "The field's rule of thumb is one for %(most)s customer-facing people, which is %(num)s person here.",
        "The field's rule of thumb is one for %(most)s customer-facing people, which is %(num)s people here.",
        staffing.curators_wanted, most=RULE_OF_THUMB,
    )  # fmt: skip
    return f"{line} {rule}"


def as_json(found: Workload) -> dict[str, Any]:
    """The whole report as plain data."""
    return {
        "weeks": [monday.isoformat() for monday in found.mondays],
        "reports_per_week": round(found.reports_per_week, 2),
        "total": [_week(week) for week in found.total],
        "people": [
            {"id": each.person_id, "name": each.name, "waiting": each.waiting, "weeks_over": each.weeks_over,
             "weeks": [_week(week) for week in each.weeks]}
            for each in found.people
        ],
        "groups": [
            {"slug": each.slug, "name": each.name, "members": each.members, "weeks_over": each.weeks_over,
             "weeks": [_week(week) for week in each.weeks]}
            for each in found.groups
        ],
        "staffing": {
            **_staff(found.staffing), "readers_lately": found.readers_lately, "rule_of_thumb": RULE_OF_THUMB,
            "trend": [{"week": day.isoformat(), **_staff(each)} for day, each in found.staffing_trend],
        },
    }  # fmt: skip


def as_csv(found: Workload) -> str:
    """One row for each person and each group in each week. No cell can start a formula in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for kind, rows in (("person", found.people), ("group", found.groups)):
        for each in rows:
            for monday, week in zip(found.mondays, each.weeks, strict=True):
                name = f"'{each.name}" if each.name.startswith(_FORMULA_STARTS) else each.name
                writer.writerow([kind, name, monday.isoformat(), *_week(week).values()])
    return out.getvalue()


def _sentence(found: Workload) -> str:
    over = [person for person in found.people if person.weeks_over]
    if not found.people:
        return _("Nobody has a card to check yet.")
    if not over:
        return _("Everybody has time for the checks of the next twelve weeks.")
    names = [f"{each.name} ({count(each.weeks_over, 'week')})" for each in over[:3]]
    more = len(over) - len(names)
    who = joined(names)
    if more:
        who = _("%(names)s and %(number)s more", names=", ".join(names), number=more)
    return ngettext(
        "%(names)s has more to check than time for it.", "%(names)s have more to check than time for it.", len(over),
        names=who,
    )  # fmt: skip


def _figures(found: Workload) -> tuple[WorkFigure, ...]:
    first, total = found.total[0], sum(week.total for week in found.total)
    time = sum(week.budget for week in found.total)
    over = sum(bool(person.weeks_over) for person in found.people)
    return (
        WorkFigure(
            _("This week"),
            _("%(total)s min", total=decimal(first.total)),
            _("of %(budget)s, with what waits already", budget=decimal(first.budget)),
        ),
        WorkFigure(
            _("Twelve weeks"), _("%(total)s min", total=decimal(total)), _("of %(minutes)s", minutes=decimal(time))
        ),
        WorkFigure(
            _("Over in some week"),
            decimal(over),
            ngettext("of %(num)s person with checks", "of %(num)s people with checks", len(found.people)),
        ),
        WorkFigure(
            _("Readers a curator"),
            f"{found.staffing.readers_per_curator:.0f}" if found.staffing.readers_per_curator is not None else "–",
            _("rule of thumb: %(most)s", most=RULE_OF_THUMB),
        ),
    )


def _waiting(each: PersonLoad) -> str:
    return ngettext("%(num)s card waiting", "%(num)s cards waiting", each.waiting) if each.waiting else ""


def _row(each: PersonLoad | GroupLoad, note: str) -> WorkRow:
    budget = max(week.budget for week in each.weeks)
    over = count(each.weeks_over, "week") if each.weeks_over else ""
    return WorkRow(each.name, note, _("%(budget)s min", budget=decimal(budget)), over, tuple(map(_cell, each.weeks)))


def _cell(week: WeekLoad) -> WorkCell:
    return WorkCell(decimal(week.total), _words(week), week.is_over)


def _words(week: WeekLoad) -> str:
    checks = _("%(checks)s of %(minutes)s", checks=count(week.checks, "check"), minutes=count(week.minutes, "minute"))
    if week.report_minutes:
        reports = decimal(week.report_minutes)
        checks = _("%(checks)s and about %(minutes)s minutes of reports", checks=checks, minutes=reports)
    if not week.is_over:
        return _("%(checks)s; time for %(budget)s", checks=checks, budget=decimal(week.budget))
    over = decimal(week.total - week.budget)
    return _(
        "%(checks)s; time for %(budget)s, %(over)s too many", checks=checks, budget=decimal(week.budget), over=over
    )


def _staff_row(day: date, staffing: Staffing) -> StaffRow:
    return StaffRow(_day(day), decimal(staffing.curators), decimal(staffing.readers), _ratio(staffing) or "–")


def _ratio(staffing: Staffing) -> str:
    ratio = staffing.readers_per_curator
    return _("one for %(number)s", number=f"{ratio:.0f}") if ratio is not None and staffing.readers else ""


def _week(week: WeekLoad) -> dict[str, Any]:
    return {"checks": week.checks, "minutes": week.minutes, "report_minutes": week.report_minutes,
            "budget_minutes": week.budget, "is_over": week.is_over}  # fmt: skip


def _staff(staffing: Staffing) -> dict[str, Any]:
    ratio = staffing.readers_per_curator
    return {"curators": staffing.curators, "readers": staffing.readers,
            "readers_per_curator": round(ratio, 1) if ratio is not None else None}  # fmt: skip


def _day(day: date) -> str:
    return day_and_month(day)
