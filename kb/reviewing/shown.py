"""What a card's page and its editor say about review: to its author where it is, to curators what waits."""

from sqlalchemy.orm import Session

from kb.cards.editing.forms import NO_TEMPLATE, LooseCardForm
from kb.cards.models import Card, Status
from kb.cards.permissions import Right, may, needs_review
from kb.people.actor import Actor
from kb.reviewing.models import Proposal
from kb.reviewing.queries import own_on, waiting_on
from kb.web.pages import ReviewNote
from kb.words import Words


def review_notes(session: Session, actor: Actor, card: Card, words: Words) -> tuple[ReviewNote, ...]:
    """Lines above the card. Readers get none."""
    notes = []
    if (own := own_on(session, actor, card)) is not None:
        notes.append(_own_note(actor, card, own, words))
    for proposal in waiting_on(session, actor, card):
        if proposal.author_id != actor.id:
            what = "wants to publish this draft" if proposal.publishes else "wants to change this card"
            said = f"{author_of(proposal)} {what}: it waits for review since {words.day(proposal.at)}."
            notes.append(ReviewNote(said, f"/reviews/{proposal.id}", "Review"))
    return tuple(notes)


def editor_words(actor: Actor, card: Card | None, own: Proposal | None, words: Words) -> str:
    """What the editor says before anything is saved; "" where nothing waits and nothing has to."""
    if own is not None and own.is_waiting:
        return f"This is your text that waits for review since {words.day(own.at)}. Another one takes its place."
    if own is not None:
        return f"{_decider(own)} sent your text back: {own.words}"
    if card is not None and card.status != Status.ARCHIVED and needs_review(actor, card):
        return "A curator approves what you write here before readers see it."
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
            "what_changed": own.note,
            "collection": own.collection.slug if own.collection is not None else typed.collection,
        }
    )


def author_of(proposal: Proposal) -> str:
    """Who wrote it, in words."""
    if proposal.author is None:
        return "Somebody"
    return proposal.author.name if proposal.author.is_active else f"{proposal.author.name} (deactivated)"


def _own_note(actor: Actor, card: Card, own: Proposal, words: Words) -> ReviewNote:
    edit_url = f"/cards/{card.id}/edit" if may(actor, Right.EDIT, card) else ""
    withdraw = f"/reviews/{own.id}/withdrawal"
    if own.is_waiting:
        what = "This draft" if own.publishes else "Your change"
        said = f"{what} waits for review since {words.day(own.at)}. Readers see what was approved last."
        if own.publishes:
            said = f"{what} waits for review since {words.day(own.at)}."
        return ReviewNote(said, f"/reviews/{own.id}", "See it", edit_url, "Edit", withdraw, "Withdraw")
    said = f"{_decider(own)} sent your text back: {own.words}"
    return ReviewNote(said, f"/reviews/{own.id}", "See it", edit_url, "Edit again", withdraw, "Drop it", "note-warn")


def _decider(own: Proposal) -> str:
    return own.decided_by.name if own.decided_by is not None else "A curator"
