"""The road by which people's edits go: straight into the card, or, where the collection asks for it, to review."""

from datetime import datetime

from sqlalchemy.orm import Session

from kb.cards.commands import CardText, Edit, EditOutcome, differences, edit_card, publish_card
from kb.cards.models import Card, Collection, Status
from kb.cards.permissions import Right, demand, needs_review
from kb.people.actor import Actor
from kb.reviewing.commands import propose
from kb.reviewing.models import Proposal
from kb.settings import Settings
from kb.text.markdown import Rendered
from kb.trust.policy import Policy


def save_or_propose(
    session: Session, actor: Actor, card: Card, text: CardText, edit: Edit, policy: Policy, settings: Settings,
    now: datetime, *, shelf: Collection | None = None,
) -> EditOutcome | Proposal:  # fmt: skip
    """Edit the card, or leave a proposal where what changes in a published card waits for a curator."""
    demand(actor, Right.EDIT, card)
    waits = card.status == Status.PUBLISHED and needs_review(actor, card, shelf)
    if waits and differences(card, text, shelf):
        return propose(session, actor, card, text, edit, settings, now, shelf=shelf)
    return edit_card(session, actor, card, text, edit, policy, now, shelf=shelf)


def publish_or_propose(
    session: Session, actor: Actor, card: Card, settings: Settings, now: datetime
) -> Proposal | None:
    """Publish the draft, or (the proposal) let it wait for a curator."""
    demand(actor, Right.READ, card)
    if card.status != Status.DRAFT or not needs_review(actor, card):
        publish_card(session, actor, card, now)
        return None
    return propose(session, actor, card, _text_of(card), Edit(card.version), settings, now, publishes=True)


def _text_of(card: Card) -> CardText:
    rendered = Rendered(card.html, card.text, card.headings.splitlines(), [], 0)
    return CardText(
        card.title, card.body, rendered, card.language, card.language_chosen, tuple(card.tags), tuple(card.audience)
    )
