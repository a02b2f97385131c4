"""The reports beside each other: the same row of tabs on every one, with those that the reader may open."""

from kb.people.actor import Actor
from kb.people.models import Role
from kb.web.parts import Chip


def report_tabs(actor: Actor, here: str) -> tuple[Chip, ...]:
    """The tabs, of which the one of the address `here` is on."""
    tabs = [("Weekly report", "/reports/weekly"), ("Gaps", "/reports/gaps"), ("Freshness", "/reports/freshness")]
    if actor.role.rank >= Role.AUTHOR.rank:
        tabs.append(("Workload", "/reports/workload"))
    if actor.is_curator:
        tabs.append(("Owners", "/reports/owners"))
    if actor.curated:
        tabs.append(("Quick series", "/reports/checks"))
    return tuple(Chip(label, url, url == here) for label, url in tabs)
