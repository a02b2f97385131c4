"""Answer a question by writing the card, in one step."""

from datetime import datetime

from sqlalchemy.orm import Session

from curator.questions.commands import answer_with
from curator.questions.models import Question
from kb.cards.collections import collection_named
from kb.cards.commands import CardPolicy, CardText, create_card, publish_card
from kb.cards.models import Card
from kb.cards.permissions import Right, may, needs_review
from kb.errors import Conflict
from kb.people.actor import Actor
from kb.sentences import shortened
from kb.settings import Settings
from kb.trust.commands import verify
from kb.trust.notes import AS_ANSWER
from kb.trust.policy import Policy
from kb.wording import _


def write_answer(
    session: Session, actor: Actor, question: Question, collection: str, text: CardText, settings: Settings,
    policy: Policy, now: datetime, *, is_checked: bool,
) -> Card:  # fmt: skip
    """Write and publish a card, verify it if its author says it is right and may, and answer the question with it."""
    shelf = collection_named(session, actor, collection)
    card = create_card(session, actor, shelf, text, CardPolicy(), now)
    if needs_review(actor, card):
        raise Conflict(
            _(
                "%(name)s asks for review: write the card there, and answer with it once it is approved.",
                name=shelf.name,
            )
        )
    publish_card(session, actor, card, now)
    if is_checked and may(actor, Right.VERIFY, card):
        note = shortened(AS_ANSWER % {"question": question.text}, 500)
        verify(session, actor, card, card.version, policy, now, note=note)
    answer_with(session, actor, question, card, settings, now)
    return card
