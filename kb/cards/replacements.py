"""Replace cards: an old answer leads to the one that supersedes it, in a line that never closes to a circle."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.models import Card, Replacement, Status
from kb.cards.permissions import Right, demand
from kb.db import hold, take_turns
from kb.errors import Conflict, invalid
from kb.people.actor import Actor
from kb.wording import _

_TURN = 7_310_003


def replace_card(session: Session, actor: Actor, card: Card, by: Card, now: datetime) -> None:
    """`card` is replaced by `by`: it redirects there and is never served again. Cycles are refused."""
    let_nobody_replace(session)
    demand(actor, Right.REPLACE, hold(session, card))
    demand(actor, Right.READ, hold(session, by))
    if by.status != Status.PUBLISHED:
        raise invalid("card_id", _("The card that replaces this one must be published."))
    if card.id in _line_from(session, by.id):
        raise invalid("card_id", _("That card is itself replaced by this one; a card can't replace itself."))
    point(session, actor, card, by.id, now)


def undo_replacement(session: Session, actor: Actor, card: Card, now: datetime) -> None:
    """The card stands for itself again."""
    demand(actor, Right.REPLACE, hold(session, card))
    if card.replaced_by_id is None:
        raise Conflict(_("The card is not replaced by another."))
    point(session, actor, card, None, now)


def point(session: Session, actor: Actor, card: Card, by_id: int | None, now: datetime) -> None:
    """Set what supersedes the card, with its record. The caller has decided that the actor may."""
    card.replaced_by_id, card.updated_at = by_id, now
    record = Replacement(card_id=card.id, replaced_by_id=by_id, actor_id=actor.id, at=now, is_undone=by_id is None)
    session.add(record)


def let_nobody_replace(session: Session) -> None:
    """Until this transaction ends: two replacements at once could close a circle that neither of them sees."""
    take_turns(session, _TURN)


def _line_from(session: Session, card_id: int | None) -> set[int]:
    """The card and all that supersede it, as the database knows them now, whatever this session read before."""
    line: set[int] = set()
    while card_id is not None and card_id not in line:
        line.add(card_id)
        card_id = session.scalar(select(Card.replaced_by_id).where(Card.id == card_id))
    return line
