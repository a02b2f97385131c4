"""Preview a change of the policy, and apply just what was previewed: in one transaction, once, or not at all.

A preview's token stands for the change, its instant and every date it would move. Applying computes the preview anew on
rows that it holds; another token means that the facts changed since, which is a conflict. A token that was applied
already is done already.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.capacity.layout import SERVABLE, held_cards, rooms_beside
from curator.capacity.time import Calendar
from curator.rules.changes import Change, Kind, Listed, carry_out, demand_change, listed, tried
from curator.rules.simulator import Simulation, When, simulate
from curator.rules.terms import policy_cards, terms_in_force
from curator.rules.words import applied_words
from kb.cards.models import Card
from kb.db import take_turns
from kb.errors import Conflict
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import AuditEntry
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.trust.rules import RuleChange
from kb.wording import N_, _

GOOD_FOR = timedelta(hours=1)
_TURN = 7_310_021
_AGAIN = N_("The rules or the cards changed since this was shown. Look at the effect again; nothing was changed.")


@dataclass(frozen=True, slots=True)
class Preview:
    """A change, what it does, and the token under which it can be applied."""

    change: Change
    simulation: Simulation
    token: str


def preview(
    session: Session, actor: Actor, change: Change, weeks: int, settings: Settings, now: datetime, at: datetime
) -> Preview:
    """What the change would do as of `at`, to cards of collections that the actor curates."""
    demand_change(session, actor, change)
    policy = Policy.of(settings)
    calendar = Calendar.from_next_week(at, policy.zone)
    every = policy_cards(session, SERVABLE, settings.freshness, now)
    cards = [card for card in every if card.collection_id in actor.curated]
    terms, rules = terms_in_force(session, policy), listed(session)
    if change.kind is Kind.CATCH_UP:
        moved = _moved_on_purpose(session)
        cards = [card for card in cards if card.id not in moved]
    before = terms if change.kind is not Kind.CATCH_UP else None
    found = simulate(
        cards, before, tried(change, terms, rules),
        lambda chosen: rooms_beside(session, settings, calendar, [c for c in every if c.id not in chosen], now),
        calendar, weeks, at,
    )  # fmt: skip
    return Preview(change, found, _token(change, found, rules))


def apply(
    session: Session, actor: Actor, change: Change, when: When, weeks: int, settings: Settings, now: datetime, *,
    token: str, at: datetime,
) -> int:  # fmt: skip
    """Carry out what was previewed at `at` under this token. Returns how many checks moved, also when it was applied
    before. Raises Conflict when it is too old or anything differs."""
    take_turns(session, _TURN)
    done = session.get(RuleChange, token)
    if done is not None and done.actor_id == actor.id:
        return done.moved
    if not now - GOOD_FOR <= at <= now:
        raise Conflict(_("This was shown more than an hour ago. Look at the effect again; nothing was changed."))
    before = preview(session, actor, change, weeks, settings, now, at)
    for _held in held_cards(session, [each.card.id for each in before.simulation.touched]):
        pass  # nobody verifies one of them between this last look and the change
    found = preview(session, actor, change, weeks, settings, now, at)
    if found.token != token:
        raise Conflict(_(_AGAIN))
    return _carry_out(session, actor, found, when, now)


def _carry_out(session: Session, actor: Actor, found: Preview, when: When, now: datetime) -> int:
    carry_out(session, actor, found.change, now)
    moves = found.simulation.moves[when]
    for card in held_cards(session, moves):
        due = moves[card.id]
        audit.record(session, actor, "next_check", "card", card.id, now, after=due.isoformat(), policy=found.token[:12])
        card.verify_by = due
    words = applied_words(found.change, when, len(moves))
    session.add(RuleChange(token=found.token, at=now, actor_id=actor.id, words=words, moved=len(moves)))
    session.flush()
    return len(moves)


def _moved_on_purpose(session: Session) -> set[int]:
    """Cards whose pending check somebody gave another day since the last verification."""
    rows = session.execute(
        select(AuditEntry.subject_id)
        .join(Card, Card.id == AuditEntry.subject_id)
        .where(AuditEntry.subject == "card", AuditEntry.action == "next_check", AuditEntry.at >= Card.verified_at)
    )
    return {card_id for (card_id,) in rows if card_id is not None}


def _token(change: Change, found: Simulation, rules: list[Listed]) -> str:
    facts = [
        change.facts(), str(found.at), found.weeks, [[number, repr(clause)] for number, clause in rules],
        [[each.card.id, *map(str, (each.card.verified_at, each.card.verify_by, each.due))] for each in found.touched],
        [[card_id, str(due)] for card_id, due in sorted(found.moves[When.SPREAD].items())],
        [[each.card.id, each.expiry] for each in found.answers],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
