"""Give a card its template, and keep note of which parts its text has."""

from datetime import datetime

from sqlalchemy.orm import Session

from kb.card_templates.completeness import demand_no_loss, demand_whole, template_of
from kb.card_templates.models import CardTemplate
from kb.card_templates.sections import filled_keys, packed
from kb.cards.models import Card
from kb.errors import invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.wording import _


def choose(session: Session, actor: Actor, card: Card, wanted: str | None, now: datetime) -> None:
    """Another template, or ("") none; None leaves the card's. It says nothing about the text: no version is made."""
    if wanted is None or (wanted or None) == card.template:
        return
    chosen = known(session, wanted)
    audit.record(session, actor, "template", "card", card.id, now, before=card.template, after=chosen)
    card.template = chosen
    note_parts(card)


def known(session: Session, wanted: str | None) -> str | None:
    """The slug of a template that exists and stays until this transaction ends. Raises Invalid for any other."""
    if not wanted:
        return None
    held = {"read": True, "key_share": True}  # against whoever would delete it
    if template_of(session, wanted) is None or session.get(CardTemplate, wanted, with_for_update=held) is None:
        raise invalid("template", _("There is no such card template. Choose one from the list."))
    return wanted


def note_parts(card: Card) -> None:
    """After the card got a text or a template."""
    card.written_parts = packed(filled_keys(card.html)) if card.template is not None else ""


def demand_parts(session: Session, card: Card, html: str, *, whole: bool) -> None:
    """Whether a published card may get this text: with all required parts, or at least with those that it had."""
    if whole:
        demand_whole(session, card.template, html)
    else:
        demand_no_loss(session, card.template, card.html, html)
