"""Propose, approve, send back and withdraw. A card changes in `approve` only, by the command that edits every card."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.card_templates import choosing
from kb.card_templates.completeness import demand_no_loss, demand_whole
from kb.cards.commands import CardText, Edit, edit_card, publish_card, require_version
from kb.cards.models import Card, Collection, Status
from kb.cards.permissions import Right, demand
from kb.db import hold
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.reviewing import mails
from kb.reviewing.models import Proposal, State
from kb.settings import Settings
from kb.trust import assignee
from kb.trust.commands import verify
from kb.trust.policy import Policy
from kb.wording import N_, _

_DECIDED = {
    State.APPROVED: N_("was approved already"),
    State.SENT_BACK: N_("was sent back already"),
    State.WITHDRAWN: N_("was withdrawn or replaced by its author; look at what waits now"),
}


def propose(
    session: Session, actor: Actor, card: Card, text: CardText, edit: Edit, settings: Settings, now: datetime, *,
    shelf: Collection | None = None, publishes: bool = False,
) -> Proposal:  # fmt: skip
    """Let a text wait beside the card, which stays as it is. It takes the place of what this author had waiting.

    Raises Conflict when the card has moved on since `edit.version`.
    """
    demand(actor, Right.PUBLISH if publishes else Right.EDIT, hold(session, card))
    require_version(card, edit.version)
    if publishes and not text.body.strip():
        raise invalid("body", _("Write the answer before you send it for review."))
    chosen = card.template if text.template is None else choosing.known(session, text.template)
    if publishes:
        demand_whole(session, chosen, text.rendered.html)
    else:
        demand_no_loss(session, chosen, card.html, text.rendered.html)
    is_moved = shelf is not None and shelf.id != card.collection_id
    if shelf is not None and is_moved:
        _demand_place(actor, shelf)
    mine = (Proposal.card_id == card.id, Proposal.author_id == actor.id, Proposal.state == State.WAITING)
    for earlier in session.scalars(select(Proposal).where(*mine)):
        _decide(session, actor, earlier, State.WITHDRAWN, now)
    proposal = Proposal(
        card_id=card.id, base_version=card.version, publishes=publishes, title=text.title, body=text.body,
        collection_id=shelf.id if shelf is not None and is_moved else None, tags=sorted(set(text.tags)),
        language=text.language, language_chosen=text.language_chosen, audience=sorted(set(text.audience)),
        template=text.template, note=edit.note, author_id=actor.id, at=now, state=State.WAITING, words="",
    )  # fmt: skip
    session.add(proposal)
    session.flush()
    audit.record(session, actor, "proposed", "proposal", proposal.id, now, card=card.id, base=card.version)
    mails.tell_approvers(session, proposal, settings, now)
    return proposal


def approve(
    session: Session, actor: Actor, proposal: Proposal, text: CardText, version: int, policy: Policy,
    settings: Settings, now: datetime, *, checked: bool = False,
) -> Card:  # fmt: skip
    """Make the proposal the card's next revision, by its author; the approver stands in the audit log.

    `text` is what it renders to. `version` is the card's that it was compared with: raises Conflict when the card, or
    the proposal, moved on since. With `checked` the approver verifies the card, too.
    """
    assignee.let_nobody_leave(session)  # before the card is held, in the order of the commands that are called below
    card = _demand_waiting(session, actor, proposal)
    demand(actor, Right.APPROVE, card)
    require_version(card, version)
    _decide(session, actor, proposal, State.APPROVED, now)
    is_published = card.status == Status.PUBLISHED
    step = Edit(version, proposal.note, checked=checked and is_published, author_id=proposal.author_id)
    shelf = session.get(Collection, proposal.collection_id) if proposal.collection_id is not None else None
    edit_card(session, actor, card, text, step, policy, now, shelf=shelf)
    if proposal.publishes and not is_published:
        publish_card(session, actor, card, now)
        if checked:
            verify(session, actor, card, card.version, policy, now, note=proposal.note, whole_card=True)
    audit.record(
        session, actor, "approved", "card", card.id, now,
        version=card.version, proposal=proposal.id, author=proposal.author_id,
    )  # fmt: skip
    mails.tell_author(session, proposal, actor, settings, now)
    return card


def send_back(
    session: Session, actor: Actor, proposal: Proposal, words: str, settings: Settings, now: datetime
) -> None:
    """Not like this: the words tell the author what to change."""
    card = _demand_waiting(session, actor, proposal)
    if card.collection_id not in actor.curated:
        raise Forbidden(_("Only the curators of the collection send a change back."))
    if not words.strip():
        raise invalid("words", _("Say what should be different."))
    _decide(session, actor, proposal, State.SENT_BACK, now, words.strip())
    audit.record(session, actor, "sent back", "proposal", proposal.id, now, card=card.id)
    mails.tell_author(session, proposal, actor, settings, now)


def withdraw(session: Session, actor: Actor, proposal: Proposal, now: datetime) -> None:
    """Its author does not want it any more, whether it waits or was sent back."""
    hold(session, proposal)
    if proposal.author_id != actor.id:
        raise Forbidden(_("Only its author withdraws a change."))
    if proposal.state == State.WITHDRAWN:
        return
    if proposal.state == State.APPROVED:
        raise Conflict(_("This change was approved already."))
    _decide(session, actor, proposal, State.WITHDRAWN, now, proposal.words)
    audit.record(session, actor, "withdrawn", "proposal", proposal.id, now, card=proposal.card_id)


def _demand_waiting(session: Session, actor: Actor, proposal: Proposal) -> Card:
    """The card, held before the proposal as `propose` does: of two who decide at once, one finds it decided."""
    card = hold(session, proposal.card)
    demand(actor, Right.READ, card)
    hold(session, proposal)
    if not proposal.is_waiting:
        by = f" ({proposal.decided_by.name})" if proposal.decided_by is not None else ""
        raise Conflict(_("This change %(outcome)s%(by)s.", outcome=_(_DECIDED[State(proposal.state)]), by=by))
    return card


def _demand_place(actor: Actor, shelf: Collection) -> None:
    if shelf.id not in actor.readable:
        raise NotFound(_("There is no such collection."))
    if shelf.id not in actor.writable:
        raise Forbidden(_("You may not write cards in %(name)s.", name=shelf.name))


def _decide(session: Session, actor: Actor, proposal: Proposal, state: State, now: datetime, words: str = "") -> None:
    mails.take_back(session, proposal)
    proposal.state, proposal.words = state, words
    proposal.decided_by_id, proposal.decided_at = actor.id, now
