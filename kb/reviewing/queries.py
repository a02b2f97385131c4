"""Read proposals: only their authors and the curators of the card's collection ever load one."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from kb.cards.models import Card, Status
from kb.cards.permissions import visible_to
from kb.cards.queries import LARGEST_ID
from kb.errors import NotFound
from kb.people.actor import Actor
from kb.reviewing.models import Proposal, State
from kb.wording import _

OPEN = (State.WAITING, State.SENT_BACK)


class Scope(StrEnum):
    """Whose proposals: those that wait for this person's word, or their own that are not through."""

    FOR_ME = "for_me"
    MINE = "mine"


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """Proposals on cards that the actor sees and curates, or that they wrote. The query must join `Card`."""
    return and_(visible_to(actor), or_(Card.collection_id.in_(actor.curated), Proposal.author_id == actor.id))


def proposal_seen_by(session: Session, actor: Actor, proposal_id: int) -> Proposal:
    """The proposal if the actor may see it. Missing and invisible are the same NotFound."""
    found = None
    if 0 < proposal_id <= LARGEST_ID:
        query = select(Proposal).join(Card, Card.id == Proposal.card_id)
        found = session.scalars(query.where(Proposal.id == proposal_id, seen_by(actor))).first()
    if found is None:
        raise NotFound(_("There is no such change."))
    return found


def proposals_in(session: Session, actor: Actor, scope: Scope, *, limit: int, offset: int = 0) -> Sequence[Proposal]:
    """Proposals of a scope, the longest wait first."""
    query = (
        select(Proposal)
        .join(Card, Card.id == Proposal.card_id)
        .where(*_clauses(actor, scope))
        .options(joinedload(Proposal.card).joinedload(Card.collection), joinedload(Proposal.author))
        .order_by(Proposal.at, Proposal.id)
        .limit(limit)
        .offset(offset)
    )
    return session.scalars(query).unique().all()


def count_proposals(session: Session, actor: Actor, scope: Scope) -> int:
    """How many there are."""
    if scope is Scope.FOR_ME and not actor.curated:
        return 0
    query = select(func.count()).select_from(Proposal).join(Card, Card.id == Proposal.card_id)
    return session.scalar(query.where(*_clauses(actor, scope))) or 0


def waiting_on(session: Session, actor: Actor, card: Card) -> Sequence[Proposal]:
    """What waits on this card for the actor's word."""
    if card.collection_id not in actor.curated or card.status == Status.ARCHIVED:
        return ()
    query = select(Proposal).where(Proposal.card_id == card.id, Proposal.state == State.WAITING)
    return session.scalars(query.options(joinedload(Proposal.author)).order_by(Proposal.id)).all()


def own_on(session: Session, actor: Actor, card: Card) -> Proposal | None:
    """The actor's last proposal on this card, while it waits or after it was sent back."""
    mine = (Proposal.card_id == card.id, Proposal.author_id == actor.id)
    last = session.scalars(select(Proposal).where(*mine).order_by(Proposal.id.desc()).limit(1)).first()
    return last if last is not None and last.state in OPEN else None


def _clauses(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    if scope is Scope.MINE:
        newer = select(func.max(Proposal.id)).group_by(Proposal.card_id, Proposal.author_id)
        mine = (Proposal.author_id == actor.id, Proposal.state.in_(OPEN), Proposal.id.in_(newer))
        return [visible_to(actor), *mine]
    is_used = Card.status != Status.ARCHIVED
    return [visible_to(actor), Card.collection_id.in_(actor.curated), Proposal.state == State.WAITING, is_used]
