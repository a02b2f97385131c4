"""What a card's page and its editor say about review: to its author where it is, to curators what waits."""

from sqlalchemy.orm import Session

from kb.cards.editing.forms import NO_TEMPLATE, LooseCardForm
from kb.cards.models import Card, Status
from kb.cards.permissions import Right, may, needs_review
from kb.people.actor import Actor
from kb.reviewing.models import Proposal
from kb.reviewing.queries import own_on, waiting_on
from kb.sentences import told
from kb.web.pages import ReviewNote
from kb.wording import _
from kb.words import Words


def review_notes(session: Session, actor: Actor, card: Card, words: Words) -> tuple[ReviewNote, ...]:
    """Lines above the card. Readers get none."""
    notes = []
    if (own := own_on(session, actor, card)) is not None:
        notes.append(_own_note(actor, card, own, words))
    for proposal in waiting_on(session, actor, card):
        if proposal.author_id != actor.id:
            said = (
                _("%(name)s wants to publish this draft: it waits for review since %(day)s.")
                if proposal.publishes
                else _("%(name)s wants to change this card: it waits for review since %(day)s.")
            ) % {"name": author_of(proposal), "day": words.day(proposal.at)}
            notes.append(ReviewNote(said, f"/reviews/{proposal.id}", _("Review")))
    return tuple(notes)


def editor_words(actor: Actor, card: Card | None, own: Proposal | None, words: Words) -> str:
    """What the editor says before anything is saved; "" where nothing waits and nothing has to."""
    if own is not None and own.is_waiting:
        return _(
            "This is your text that waits for review since %(day)s. Another one takes its place.", day=words.day(own.at)
        )
    if own is not None:
        return _("%(name)s sent your text back: %(words)s", name=_decider(own), words=own.words)
    if card is not None and card.status != Status.ARCHIVED and needs_review(actor, card):
        return _("A curator approves what you write here before readers see it.")
    return ""


def typed_from_proposal(typed: LooseCardForm, own: Proposal) -> LooseCardForm:
    """The editor goes on with what its author proposed, from the version that it was drawn from."""
    return typed.model_copy(
        update={
            "title": own.title,
            "body": own.body,
            "version": own.base_version,
            "tags": ", ".join(own.tags),
            "language": own.language if own.language_chosen else "",
            "audience": own.audience[0] if own.audience else "",
            "template": typed.template if own.template is None else own.template or NO_TEMPLATE,
            "what_changed": told(own.note),
            "collection": own.collection.slug if own.collection is not None else typed.collection,
        }
    )


def author_of(proposal: Proposal) -> str:
    """Who wrote it, in words."""
    if proposal.author is None:
        return _("Somebody")
    return proposal.author.name if proposal.author.is_active else _("%(name)s (deactivated)", name=proposal.author.name)


def _own_note(actor: Actor, card: Card, own: Proposal, words: Words) -> ReviewNote:
    edit_url = f"/cards/{card.id}/edit" if may(actor, Right.EDIT, card) else ""
    withdraw = f"/reviews/{own.id}/withdrawal"
    if own.is_waiting:
        what = _("This draft") if own.publishes else _("Your change")
        said = _(
            "%(what)s waits for review since %(day)s. Readers see what was approved last.",
            what=what,
            day=words.day(own.at),
        )
        if own.publishes:
            said = _("%(what)s waits for review since %(day)s.", what=what, day=words.day(own.at))
        return ReviewNote(said, f"/reviews/{own.id}", _("See it"), edit_url, _("Edit"), withdraw, _("Withdraw"))
    said = _("%(name)s sent your text back: %(words)s", name=_decider(own), words=own.words)
    return ReviewNote(
        said, f"/reviews/{own.id}", _("See it"), edit_url, _("Edit again"), withdraw, _("Drop it"), "note-warn"
    )


def _decider(own: Proposal) -> str:
    return own.decided_by.name if own.decided_by is not None else _("A curator")
