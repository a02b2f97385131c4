"""What the sample's curators find beside the cards: rules, checks made at a glance, cards of somebody who left."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from curator.rules.changes import Change, Kind, carry_out
from kb.cards import commands
from kb.cards.models import Breach, Card, Collection
from kb.people.actor import actor_for, system_actor
from kb.people.models import Person
from kb.trust import commands as trust_commands
from kb.trust.policy import Policy
from kb.trust.rules import Clause, Pace

_MADE_DAYS_AGO = 2
_GIVEN_DAYS_AGO = 190
_APART = timedelta(seconds=2)


def add_rules(session: Session, rules: list[dict[str, Any]], shelves: Mapping[str, Collection], now: datetime) -> None:
    """The sample's rules, made lately: they hold from each card's next check on."""
    for about in rules:
        clause = Clause(
            collection_id=shelves[about["collection"]].id if "collection" in about else None,
            tag=about.get("tag"),
            interval_days=about.get("interval_days"),
            check_on=about.get("check_on"),
            is_yearly=about.get("yearly", False),
            pace=Pace(about["pace"]) if "pace" in about else None,
            expiry=Breach(about["expiry"]) if "expiry" in about else None,
        )
        made = now - timedelta(days=_MADE_DAYS_AGO)
        carry_out(session, system_actor(session), Change(Kind.ADD, clause=clause), made)


def check_at_a_glance(
    session: Session, person: Person, about: dict[str, Any], cards: Mapping[str, Card], policy: Policy, now: datetime
) -> None:
    """One check after the other, faster than anybody reads."""
    at = now - timedelta(days=about["days_ago"])
    for external_id in about["cards"]:
        card, at = cards[external_id], at + _APART
        trust_commands.verify(session, actor_for(session, person), card, card.version, policy, at, seconds=1)


def give_before_leaving(
    session: Session, person: Person, owned: list[str], cards: Mapping[str, Card], now: datetime
) -> None:
    """Cards that somebody owned and nobody took over when they left."""
    for external_id in owned:
        given = now - timedelta(days=_GIVEN_DAYS_AGO)
        commands.set_owner(session, system_actor(session), cards[external_id], person.id, given)
