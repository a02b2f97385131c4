"""The time zones people choose from: places, without the historical aliases."""

from functools import cache
from zoneinfo import available_timezones

from kb.web.parts import Choice, Option
from kb.wording import _

_REGIONS = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/",
    "Pacific/",
)  # fmt: skip


@cache
def time_zones() -> tuple[str, ...]:
    """UTC, then every place by name."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(_REGIONS) and len(name) <= 40))


def zone_choice(chosen: str | None, default: str) -> Choice:
    """The list, with the installation's zone for whoever chose none."""
    hint = _("When digests come and when your quiet hours are.")
    first = Option("", _("As the installation (%(default)s)", default=default), chosen is None)
    return Choice((first, *(Option(name, name.replace("_", " "), name == chosen) for name in time_zones())), hint=hint)
