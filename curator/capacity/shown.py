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
from kb.words import count, joined

_COLUMNS = ("kind", "name", "week", "checks", "minutes", "report_minutes", "budget_minutes", "is_over")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_LIMITS = (
    "Checks are counted on the day they are due and again after each interval, as if each were done on time; what "
    "waits already is work of the first week. Reports are expected as often as in the last twelve weeks."
)


def workload_page(found: Workload) -> WorkloadPage:
    """The page; with a way to the report of owners for those who may see that."""
    labels = tuple(_day(monday) for monday in found.mondays)
    pairs = [
        Pair(label, week.budget, week.total, _words(week), week.is_over)
        for label, week in zip(labels, found.total, strict=True)
    ]
    description = f"Minutes of checks by week, beside the time there is. {_sentence(found)}"
    return WorkloadPage(
        sentence=_sentence(found),
        figures=_figures(found),
        weeks=labels,
        people=tuple(_row(each, _waiting(each)) for each in found.people),
        groups=tuple(_row(each, count(each.members, "member")) for each in found.groups),
        chart_wide=paired_bars(pairs, description, WIDE),
        chart_narrow=paired_bars(pairs, description, NARROW),
        total=tuple(map(_cell, found.total)),
        total_budget=tuple(f"{week.budget:,}" for week in found.total),
        limits=_LIMITS,
        staffing_words=staffing_words(found.staffing, found.readers_lately),
        staffing=tuple(_staff_row(day, each) for day, each in reversed(found.staffing_trend)),
        csv_url="/reports/workload.csv",
    )  # fmt: skip


def staffing_words(staffing: Staffing, readers_lately: int) -> str:
    """The staffing line as a sentence."""
    people = f"{count(staffing.curators, 'person looks', 'people look')} after knowledge"
    readers = count(staffing.readers, "reader")
    lately = f"{readers_lately:,} opened a card in the last four weeks"
    ratio = _ratio(staffing)
    line = f"{people} for {readers}" + (f", {ratio}" if ratio else "") + f"; {lately}."
    wanted = staffing.curators_wanted
    rule = f"The field's rule of thumb is one for {RULE_OF_THUMB} customer-facing people"
    enough = f", which is {count(wanted, 'person', 'people')} here." if staffing.readers else "."
    return f"{line} {rule}{enough}"


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
        return "Nobody has a card to check yet."
    if not over:
        return "Everybody has time for the checks of the next twelve weeks."
    names = [f"{each.name} ({count(each.weeks_over, 'week')})" for each in over[:3]]
    more = len(over) - len(names)
    rest = f" and {more} more" if more else ""
    verb = "has" if len(over) == 1 else "have"
    return f"{joined(names) if not more else ', '.join(names)}{rest} {verb} more to check than time for it."


def _figures(found: Workload) -> tuple[WorkFigure, ...]:
    first, total = found.total[0], sum(week.total for week in found.total)
    time = sum(week.budget for week in found.total)
    over = sum(bool(person.weeks_over) for person in found.people)
    return (
        WorkFigure("This week", f"{first.total:,} min", f"of {first.budget:,}, with what waits already"),
        WorkFigure("Twelve weeks", f"{total:,} min", f"of {time:,}"),
        WorkFigure("Over in some week", f"{over:,}", f"of {count(len(found.people), 'person', 'people')} with checks"),
        WorkFigure("Readers a curator", f"{found.staffing.readers_per_curator:.0f}"
                   if found.staffing.readers_per_curator is not None else "–", f"rule of thumb: {RULE_OF_THUMB}"),
    )  # fmt: skip


def _waiting(each: PersonLoad) -> str:
    return f"{count(each.waiting, 'card')} waiting" if each.waiting else ""


def _row(each: PersonLoad | GroupLoad, note: str) -> WorkRow:
    budget = max(week.budget for week in each.weeks)
    over = count(each.weeks_over, "week") if each.weeks_over else ""
    return WorkRow(each.name, note, f"{budget:,} min", over, tuple(map(_cell, each.weeks)))


def _cell(week: WeekLoad) -> WorkCell:
    return WorkCell(f"{week.total:,}", _words(week), week.is_over)


def _words(week: WeekLoad) -> str:
    reports = f" and about {week.report_minutes:,} minutes of reports" if week.report_minutes else ""
    checks = f"{count(week.checks, 'check')} of {count(week.minutes, 'minute')}{reports}"
    over = f", {week.total - week.budget:,} too many" if week.is_over else ""
    return f"{checks}; time for {week.budget:,}{over}"


def _staff_row(day: date, staffing: Staffing) -> StaffRow:
    return StaffRow(_day(day), f"{staffing.curators:,}", f"{staffing.readers:,}", _ratio(staffing) or "–")


def _ratio(staffing: Staffing) -> str:
    ratio = staffing.readers_per_curator
    return f"one for {ratio:.0f}" if ratio is not None and staffing.readers else ""


def _week(week: WeekLoad) -> dict[str, Any]:
    return {"checks": week.checks, "minutes": week.minutes, "report_minutes": week.report_minutes,
            "budget_minutes": week.budget, "is_over": week.is_over}  # fmt: skip


def _staff(staffing: Staffing) -> dict[str, Any]:
    ratio = staffing.readers_per_curator
    return {"curators": staffing.curators, "readers": staffing.readers,
            "readers_per_curator": round(ratio, 1) if ratio is not None else None}  # fmt: skip


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
