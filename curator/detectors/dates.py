"""Dates in a text, as people write them: 2026-12-31, 31 Dec 2026, Dec 31 2026, Dec 2026, 31/12/2026, 31.12.2026, Q4.

Month names in English and German, only with a capital. An example, a version and a part of an address are no dates.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {
    "january": 1, "jan": 1, "januar": 1, "jänner": 1, "february": 2, "feb": 2, "februar": 2, "march": 3, "mar": 3,
    "märz": 3, "maerz": 3, "mär": 3, "april": 4, "apr": 4, "may": 5, "mai": 5, "june": 6, "jun": 6, "juni": 6,
    "july": 7, "jul": 7, "juli": 7, "august": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9, "october": 10,
    "oct": 10, "oktober": 10, "okt": 10, "november": 11, "nov": 11, "december": 12, "dec": 12, "dezember": 12,
    "dez": 12,
}  # fmt: skip
_NAMES = "|".join(sorted((name.title() for name in _MONTHS), key=len, reverse=True))
_MONTH = rf"(?P<month>(?:{_NAMES}|{_NAMES.upper()}))\.?"
_YEAR = r"(?P<year>20\d\d)"
_DAY = r"(?P<day>[0-3]?\d)"
_END = r"(?![\w/]|[.,-]\d|-\w)"
# The first that fits at a place wins, so the more exact ones stand first.
_PATTERNS = tuple(
    re.compile(pattern + _END)
    for pattern in (
        r"(?<![\w/.:-])(?P<year>20\d\d)-(?P<number>[01]\d)-(?P<day>[0-3]\d)(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?",
        rf"(?<![\w/.]){_DAY}(?:st|nd|rd|th|\.)? ?(?:of )?{_MONTH},? {_YEAR}",
        rf"(?<![\w/.-]){_MONTH} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}",
        rf"(?<![\w/.-]){_MONTH},? {_YEAR}",
        rf"(?<![\w/.:-])(?P<day>[0-3]?\d)(?P<dot>[./])(?P<number>[0-3]?\d)(?P=dot){_YEAR}",
        rf"(?<![\w/.-])(?P<quarter>Q[1-4])[ /]{_YEAR}",
        rf"(?<![\w/.-]){_YEAR}[ /-]?(?P<quarter>Q[1-4])",
    )
)
_UNTIL = r"until|till|through|valid to|expires on|expires|ends on|ends|bis zum|bis einschließlich|bis"
_FROM = r"from|starting on|starting|as of|effective|on|by|before|ab dem|ab|zum|am|vor dem|seit|since"
_CUE = re.compile(rf"(?:(?P<until>{_UNTIL})|(?:{_FROM}))(?: the| end of| Ende)?:? $", re.IGNORECASE)
# "e.g. 2027-01-31" shows how a date is written; "release 1.2.2027" is no date.
_EXAMPLE = re.compile(
    r"(?:\be\.g\.|\bfor example|\bfor instance|\bexample|\bsuch as|\bz\. ?B\.|\bzum Beispiel|\bBeispiel|\bformat)"
    r"[^.!?;\n]{0,24}$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:\bversions?|\breleases?|\bbuild|\bfirmware|\bsection|\bchapter|\bAbschnitt|\bKapitel|\bv|§) ?$", re.IGNORECASE
)
_LOOK_BACK = 60


@dataclass(frozen=True, slots=True)
class DateInText:
    """A date or a period as it stands there. `words` begin with "until" and the like where that stands before it."""

    words: str
    start: int
    end: int
    first: date
    last: date
    is_until: bool

    @property
    def due_on(self) -> date:
        """When to look again: on the day itself; on the one after a period, and after what is valid until then."""
        return self.last + timedelta(days=1) if self.is_until or self.last > self.first else self.first


def dates_in(text: str) -> list[DateInText]:
    """All dates of a text, in order."""
    taken = bytearray(len(text))
    found: list[DateInText] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(taken[start:end]):
                continue
            taken[start:end] = b"\1" * (end - start)
            found += _read(text, match)
    return sorted(found, key=lambda each: each.start)


def _read(text: str, match: re.Match[str]) -> Iterator[DateInText]:
    before = text[max(match.start() - _LOOK_BACK, 0) : match.start()]
    period = _period(match.groupdict())
    if period is None or _EXAMPLE.search(before) or ("." in match[0][:3] and _NUMBERED.search(before)):
        return
    cue = _CUE.search(before)
    is_word = cue is not None and (cue.start() == 0 or not before[cue.start() - 1].isalnum())
    start = match.start() - (len(before) - cue.start()) if cue and is_word else match.start()
    yield DateInText(
        text[start : match.end()], start, match.end(), *period, is_until=bool(cue and is_word and cue["until"])
    )


def _period(parts: dict[str, str | None]) -> tuple[date, date] | None:
    year = int(parts["year"] or 0)
    if parts.get("quarter"):
        last_month = int(str(parts["quarter"])[1]) * 3
        return date(year, last_month - 2, 1), _month_end(year, last_month)
    month = int(parts["number"] or 0) if parts.get("number") else _MONTHS[str(parts["month"]).lower()]
    if parts.get("day") is None:
        return date(year, month, 1), _month_end(year, month)
    day = int(parts["day"] or 0)
    if month > 12 >= day and parts.get("dot") == "/":  # as it is written in America
        day, month = month, day
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found, found


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
