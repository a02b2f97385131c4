"""Which card is meant by a number or by an address that somebody pasted."""

import re

from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.cards.queries import card_visible_to
from kb.errors import NotFound, invalid
from kb.people.actor import Actor
from kb.wording import _

_PATH = re.compile(r"/cards/([0-9]{1,10})(?:[/?#].*)?", re.ASCII)


def card_at(session: Session, actor: Actor, card_id: int | None, address: str, public_url: str) -> Card:
    """The card with this number, or at this address of the installation, that the actor may see; else Invalid."""
    if card_id is None:
        found = _PATH.fullmatch(address.strip().removeprefix(public_url))
        if found is None:
            raise invalid("card_url", _("Paste the address of a card, such as /cards/12."))
        card_id = int(found[1])
    try:
        return card_visible_to(session, actor, card_id)
    except NotFound:
        raise invalid("card_url", _("There is no such card.")) from None
