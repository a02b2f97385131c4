"""Ask whoever checks a card about it, by mail: once per person, card and day."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from curator.mail import letter
from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.cards.queries import card_path
from kb.errors import Conflict
from kb.mail.outbox import enqueue
from kb.people.actor import Actor
from kb.people.models import Person
from kb.settings import Settings
from kb.trust.contract import standing
from kb.trust.policy import Policy
from kb.trust.queries import trust_of_card
from kb.words import first_name

QUESTION_LIMIT = 200


@dataclass(frozen=True, slots=True)
class QuestionMail:
    """Somebody needs an answer that a card may not give as it is."""

    workspace_name: str
    subject: str
    greeting: str
    sentence: str
    query: str
    card: str
    card_url: str
    reason: str
    asker: str
    asker_address: str
    url: str


def ask_expert(
    session: Session, actor: Actor, card: Card, query: str, settings: Settings, policy: Policy, now: datetime
) -> tuple[Person, bool]:
    """Queue a mail to the card's assignee (else its owner), who is returned; and whether it is the first of the day."""
    demand(actor, Right.READ, card)
    expert = card.assignee or card.owner
    asker = session.get(Person, actor.id) if actor.id is not None else None
    if not card.is_servable or expert is None or asker is None:
        raise Conflict("Nobody answers for this card: it is a draft, archived or replaced.")
    if expert.id == asker.id:
        raise Conflict("You are the one who checks this card.")
    trust = trust_of_card(session, card, policy, now)
    mail = QuestionMail(
        workspace_name=settings.workspace.name,
        subject=f"{asker.name} asks you about “{card.title}”",
        greeting=f"Hello {first_name(expert.name)},",
        sentence=f"{asker.name} needs this answer and can't rely on it. Check the card, or answer {asker.email}.",
        query=" ".join(query.split())[:QUESTION_LIMIT],
        card=card.title,
        card_url=settings.public_url + card_path(card),
        reason=standing(card.collection, trust, now).reason or trust.reasons[0].detail,
        asker=asker.name,
        asker_address=asker.email,
        url=f"{settings.public_url}/verify?card={card.id}",
    )
    day = now.astimezone(policy.zone).date().isoformat()
    return expert, enqueue(session, f"ask:{card.id}:{asker.id}:{day}", expert.email, letter("question", mail), now)
