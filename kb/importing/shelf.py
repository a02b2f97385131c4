"""The collection that an import goes into: the one of that slug or name, or a new one."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from kb.cards.collections import CollectionFields, create_collection
from kb.cards.models import Collection
from kb.errors import invalid
from kb.people.actor import system_actor
from kb.text.slugs import slug


def shelf_for(session: Session, named: str, now: datetime) -> Collection:
    """The collection with this slug or name; made, open to everybody, if there is none."""
    name = " ".join(named.split())
    if not any(character.isalnum() for character in name) or len(name) > 120:
        raise invalid("collection", "Name a collection, in at most 120 characters.")
    query = select(Collection).where(or_(Collection.slug == name, func.lower(Collection.name) == name.lower()))
    found = session.scalars(query.order_by(Collection.id)).first()
    found = found or session.scalars(select(Collection).where(Collection.slug == slug(name))).first()
    if found is not None:
        return found
    title = name.replace("-", " ").replace("_", " ") if name == slug(name) else name
    fields = CollectionFields(title[:1].upper() + title[1:], slug(name))
    return create_collection(session, system_actor(session), fields, now)
