"""The invariant of ownership: a published card always has one able assignee. Here it is looked for in the database."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.models import Card, Collection, Status
from kb.people.models import Person
from kb.trust.assignee import is_able


def without_assignee(session: Session) -> list[int]:
    """Published cards without an able assignee, by number. Always empty; if it is not, something is broken."""
    pairs = session.execute(
        select(Card.assignee_id, Card.collection_id).where(Card.status == Status.PUBLISHED).distinct()
    ).all()
    found: list[int] = []
    for person_id, shelf_id in pairs:
        person = session.get(Person, person_id) if person_id is not None else None
        if person is None or not is_able(person, session.get_one(Collection, shelf_id)):
            query = select(Card.id).where(
                Card.status == Status.PUBLISHED, Card.collection_id == shelf_id,
                Card.assignee_id.is_not_distinct_from(person_id),
            )  # fmt: skip
            found += session.scalars(query)
    return sorted(found)
