"""Read people and groups."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.people.models import Group, Person, Role


def active_people(session: Session, *, at_least: Role = Role.REP) -> Sequence[Person]:
    """Active people with this role or a higher one, by name."""
    roles = [role for role in Role if role.rank >= at_least.rank]
    return session.scalars(
        select(Person).where(Person.deactivated_at.is_(None), Person.role.in_(roles)).order_by(Person.name, Person.id)
    ).all()


def all_people(session: Session) -> Sequence[Person]:
    """Everybody, active first, by name."""
    return session.scalars(select(Person).order_by(Person.deactivated_at.is_not(None), Person.name, Person.id)).all()


def all_groups(session: Session) -> Sequence[Group]:
    """All groups, by name."""
    return session.scalars(select(Group).order_by(Group.name)).all()
