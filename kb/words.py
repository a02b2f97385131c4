"""Dates, durations and numbers in words, in the installation's time zone."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Words:
    """Words as of one instant: years are named only when they differ, days are counted from local midnight."""

    now: datetime
    zone: ZoneInfo

    def day(self, instant: datetime) -> str:
        """ "3 Nov", or "3 Nov 2025" when the year is another."""
        local = instant.astimezone(self.zone)
        year = "" if local.year == self.now.astimezone(self.zone).year else f" {local.year}"
        return f"{local.day} {local:%b}{year}"

    def full_day(self, instant: datetime) -> str:
        """ "3 Nov 2026"."""
        local = instant.astimezone(self.zone)
        return f"{local.day} {local:%b %Y}"

    def ago(self, instant: datetime) -> str:
        """ "just now", "5 minutes ago", "2 days ago"; from a week on the day itself."""
        seconds = (self.now - instant).total_seconds()
        if seconds < 60:
            return "just now"
        if seconds < 3600:
            return f"{count(int(seconds // 60), 'minute')} ago"
        if seconds < 86400:
            return f"{count(int(seconds // 3600), 'hour')} ago"
        if seconds < 7 * 86400:
            return f"{count(int(seconds // 86400), 'day')} ago"
        return self.day(instant)

    def exact(self, instant: datetime) -> str:
        """ "2026-11-03 14:05", for a title or a datetime attribute."""
        return f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def days_until(self, instant: datetime) -> int:
        """Calendar days from today until that day; negative when it is past."""
        return (instant.astimezone(self.zone).date() - self.now.astimezone(self.zone).date()).days


def count(number: int, singular: str, plural: str = "") -> str:
    """ "1 card", "1,204 cards"."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def initials(name: str) -> str:
    """The first letters of the first and the last name."""
    parts = name.split()
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper() or "?"


def first_name(name: str) -> str:
    """How to address somebody on a button."""
    return name.split()[0] if name.split() else name


def joined(words: list[str]) -> str:
    """ "a, b and c"."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" and {words[-1]}" if words else ""
