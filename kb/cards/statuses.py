"""Which cards of a status somebody may list."""

from sqlalchemy import ColumnElement, and_, or_

from kb.cards.models import Card, Status
from kb.cards.permissions import servable_to, visible_to
from kb.people.actor import Actor
from kb.people.models import Role


def in_status(actor: Actor, status: str) -> ColumnElement[bool]:
    """Published cards without the replaced ones, "replaced", "draft", or archived ones that are theirs to restore."""
    if status == "published":
        return servable_to(actor)
    if status == "replaced":
        return and_(visible_to(actor), Card.status == Status.PUBLISHED, Card.replaced_by_id.is_not(None))
    if status == "draft":
        return and_(visible_to(actor), Card.status == Status.DRAFT)
    curated: ColumnElement[bool] = Card.collection_id.in_(actor.curated)
    if actor.role.rank >= Role.AUTHOR.rank:
        curated = or_(curated, Card.owner_id == actor.id)
    return and_(visible_to(actor), Card.status == Status.ARCHIVED, curated)
