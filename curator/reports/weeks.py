"""ISO weeks: read from an address, counted back, and turned into instants of the installation's zone."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kb.errors import invalid
from kb.trust.policy import Policy
from kb.wording import _

_KEY = re.compile(r"([0-9]{4})-W([0-9]{2})", re.ASCII)
_FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """One ISO week, Monday to Sunday."""

    monday: date

    @property
    def key(self) -> str:
        """ "2026-W47"."""
        year, number, _day = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=6)

    def before(self, weeks: int = 1) -> "Week":
        """The week so many weeks earlier."""
        return Week(self.monday - timedelta(days=7 * weeks))

    def start(self, policy: Policy) -> datetime:
        """The instant at which it begins in the installation's zone."""
        return policy.start_of(self.monday)

    def end(self, policy: Policy) -> datetime:
        """The instant at which the next one begins."""
        return policy.start_of(self.monday + timedelta(days=7))


def week_of(now: datetime, policy: Policy) -> Week:
    """The week that `now` lies in."""
    today = now.astimezone(policy.zone).date()
    return Week(today - timedelta(days=today.weekday()))


def read_week(value: str, now: datetime, policy: Policy) -> Week:
    """The week that an address names; without one, the current week. Raises Invalid for nonsense and for the future."""
    current = week_of(now, policy)
    if not value:
        return current
    found = _KEY.fullmatch(value)
    try:
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        monday = None
    if monday is None or monday.year < _FIRST_YEAR:
        raise invalid("week", _("There is no such week. Write it as 2026-W47."))
    if monday > current.monday:
        raise invalid("week", _("That week has not begun. The current one is %(key)s.", key=current.key))
    return Week(monday)
