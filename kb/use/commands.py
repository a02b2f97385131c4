"""What readers say about cards, and which version they saw."""

from datetime import datetime

from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.errors import Conflict
from kb.people.actor import Actor
from kb.use.models import Feedback
from kb.wording import _


def give_feedback(
    session: Session, actor: Actor, card: Card, is_helpful: bool, comment: str, now: datetime
) -> Feedback:
    """Record whether the card answered the question."""
    demand(actor, Right.READ, card)
    if not card.is_servable:
        raise Conflict(_("The card is not an answer now, so there is nothing to rate."))
    feedback = Feedback(
        card_id=card.id, person_id=actor.id, version=card.version, is_helpful=is_helpful, comment=comment, at=now
    )
    session.add(feedback)
    session.flush()
    return feedback


def seen_version(card: Card, told: int | None) -> int:
    """The version that a client says it showed, if the card has had it; else the current one."""
    return told if told is not None and 0 < told <= card.version else card.version
