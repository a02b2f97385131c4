"""The reports beside each other: the same row of tabs on every one, with those that the reader may open."""

from kb.people.actor import Actor
from kb.people.models import Role
from kb.web.parts import Chip
from kb.wording import _


def report_tabs(actor: Actor, here: str) -> tuple[Chip, ...]:
    """The tabs, of which the one of the address `here` is on."""
    tabs = [
        (_("Weekly report"), "/reports/weekly"),
        (_("Gaps"), "/reports/gaps"),
        (_("Freshness"), "/reports/freshness"),
    ]
    if actor.role.rank >= Role.AUTHOR.rank:
        tabs.append((_("Workload"), "/reports/workload"))
    if actor.is_curator:
        tabs.append((_("Owners"), "/reports/owners"))
    if actor.curated:
        tabs.append((_("Quick series"), "/reports/checks"))
    return tuple(Chip(label, url, url == here) for label, url in tabs)
