"""Dates, durations and numbers in words, in the installation's time zone."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from kb import wording
from kb.wording import _, ngettext


@dataclass(frozen=True, slots=True)
class Words:
    """Words as of one instant: years are named only when they differ, days are counted from local midnight."""

    now: datetime
    zone: ZoneInfo

    def day(self, instant: datetime) -> str:
        """ "3 Nov", or "3 Nov 2025" when the year is another."""
        local = instant.astimezone(self.zone)
        is_this_year = local.year == self.now.astimezone(self.zone).year
        return wording.day_and_month(local) if is_this_year else wording.full_day(local)

    def full_day(self, instant: datetime) -> str:
        """ "3 Nov 2026"."""
        return wording.full_day(instant.astimezone(self.zone))

    def ago(self, instant: datetime) -> str:
        """ "just now", "5 minutes ago", "2 days ago"; from a week on the day itself."""
        seconds = (self.now - instant).total_seconds()
        if seconds < 60:
            return _("just now")
        if seconds < 3600:
            return ngettext("%(num)s minute ago", "%(num)s minutes ago", int(seconds // 60))
        if seconds < 86400:
            return ngettext("%(num)s hour ago", "%(num)s hours ago", int(seconds // 3600))
        if seconds < 7 * 86400:
            return ngettext("%(num)s day ago", "%(num)s days ago", int(seconds // 86400))
        return self.day(instant)

    def exact(self, instant: datetime) -> str:
        """ "2026-11-03 14:05", for a title or a datetime attribute."""
        return f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def calendar_day(self, instant: datetime) -> date:
        """The day it is there."""
        return instant.astimezone(self.zone).date()

    def days_until(self, instant: datetime) -> int:
        """Calendar days from today until that day; negative when it is past."""
        return (self.calendar_day(instant) - self.calendar_day(self.now)).days


def count(number: int, singular: str, plural: str = "") -> str:
    """ "1 card", "1,204 cards", standing alone; in a sentence languages bend it: there `ngettext` has the whole."""
    return ngettext(f"%(num)s {singular}", f"%(num)s {plural or singular + 's'}", number)


def span(first: int, last: int, total: int) -> str:
    """ "1 to 50 of 1,204": where in a list a page of it is."""
    return _(
        "%(first)s to %(last)s of %(total)s",
        first=wording.decimal(first), last=wording.decimal(last), total=wording.decimal(total),
    )  # fmt: skip


def uncapitalised(words: str) -> str:
    """A phrase that begins a line, for the middle of one: in English. German nouns, for one, would be wrong small."""
    return words[:1].lower() + words[1:] if wording.language() == wording.ENGLISH else words


def initials(name: str) -> str:
    """The first letters of the first and the last name."""
    parts = name.split()
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper() or "?"


def first_name(name: str) -> str:
    """How to address somebody on a button."""
    return name.split()[0] if name.split() else name


def joined(words: list[str]) -> str:
    """ "a, b and c"."""
    return wording.listed(words)
