"""Ask whoever checks a card about it: once per person, card and day, told as that person wants to be told."""

from datetime import datetime

from sqlalchemy.orm import Session

from curator.notices.telling import tell_at_once
from curator.notices.transitions import ASKED, Transition, write
from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.errors import Conflict
from kb.people.actor import Actor
from kb.people.models import Person
from kb.settings import Settings
from kb.trust.policy import Policy

QUESTION_LIMIT = 200


def ask_expert(
    session: Session, actor: Actor, card: Card, query: str, settings: Settings, policy: Policy, now: datetime
) -> tuple[Person, bool, bool]:
    """Ask the card's assignee (else its owner), who is returned; whether it is the first time that day; whether by
    mail."""
    demand(actor, Right.READ, card)
    expert = card.assignee or card.owner
    if not card.is_servable or expert is None or actor.id is None:
        raise Conflict("Nobody answers for this card: it is a draft, archived or replaced.")
    if expert.id == actor.id:
        raise Conflict("You are the one who checks this card.")
    day = now.astimezone(policy.zone).date().isoformat()
    asked = " ".join(query.split())[:QUESTION_LIMIT]
    question = Transition(card.id, expert.id, ASKED, f"{actor.id}:{day}", actor.id, asked)
    is_new = bool(write(session, [question], now))
    return expert, is_new, is_new and bool(tell_at_once(session, expert.id, settings, policy, now))
