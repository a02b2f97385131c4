"""After a handover, where that is chosen: lay the checks out within the time of whoever has the cards now."""

from datetime import datetime

from sqlalchemy.orm import Session

from curator.capacity.layout import move_checks, spread_within_capacity
from curator.owners.handing import Handover
from kb.cards.permissions import Right, may
from kb.people.actor import Actor
from kb.settings import Settings


def level(session: Session, actor: Actor, done: Handover, settings: Settings, now: datetime) -> int:
    """Move checks of these cards to earlier weeks that have room, never to later ones. Returns how many moved.

    Whoever gave away the cards of their own may not move what is no longer theirs to change.
    """
    ids = {each.card.id for each in done.handed if may(actor, Right.CURATE, each.card)}
    laid = spread_within_capacity(session, ids, settings, now) if ids else []
    return move_checks(session, actor, laid, now)
