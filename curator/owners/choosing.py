"""A person chooses an owner, with three names in view; whether one of them was taken is noted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from curator.owners.suggest import MOST_SIMILAR, Suggestion, suggest_owners
from kb.cards import commands
from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.errors import Unavailable
from kb.people import audit
from kb.people.actor import Actor
from search.answers import SearchService


def similar_to(service: SearchService, session: Session, actor: Actor, card: Card, now: datetime) -> list[int]:
    """The cards nearest to this one by its title, as the actor's own search finds them; none while that is broken."""
    try:
        found = service.search(session, actor, card.title, now, limit=MOST_SIMILAR + 1, folds=False).results
    except Unavailable:
        return []
    return [result.card.id for result in found if result.card.id != card.id][:MOST_SIMILAR]


def suggestions(
    service: SearchService, session: Session, actor: Actor, card: Card, now: datetime
) -> tuple[Suggestion, ...]:
    """Who could own the card instead of its owner; for those who may change that."""
    demand(actor, Right.CURATE, card)
    but = (card.owner_id,) if card.owner_id is not None else ()
    return suggest_owners(session, actor, card, similar_to(service, session, actor, card, now), now, but=but)


def choose_owner(
    session: Session, actor: Actor, card: Card, owner_id: int, suggested: Sequence[int], now: datetime
) -> bool:
    """Change the owner; note whom was suggested and whether that was taken. Whether it was."""
    commands.set_owner(session, actor, card, owner_id, now)
    _note(session, actor, card, owner_id, suggested, now)
    return owner_id in suggested


def reject_suggestions(session: Session, actor: Actor, card: Card, suggested: Sequence[int], now: datetime) -> None:
    """Nobody of these fits: nothing changes but the note of it."""
    demand(actor, Right.CURATE, card)
    _note(session, actor, card, None, suggested, now)


def _note(
    session: Session, actor: Actor, card: Card, chosen: int | None, suggested: Sequence[int], now: datetime
) -> None:
    audit.record(
        session, actor, "owner_suggested", "card", card.id, now,
        suggested=list(suggested), chosen=chosen, accepted=chosen is not None and chosen in suggested,
    )  # fmt: skip
