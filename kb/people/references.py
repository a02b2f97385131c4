"""Finds the people and groups that a client names: by e-mail address, id or slug; what is unknown names its field."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.fields import VerifierRef
from kb.errors import invalid
from kb.people.models import Group, Person
from kb.wording import _


def person_referred(session: Session, reference: str | int, field: str) -> Person:
    """The active person with this address or id. Raises Invalid."""
    is_meant = Person.id == reference if isinstance(reference, int) else Person.email == reference
    person = session.scalars(select(Person).where(is_meant, Person.deactivated_at.is_(None))).first()
    if person is None:
        raise invalid(field, _("There is no active person with this e-mail address or id."))
    return person


def people_referred(session: Session, references: Sequence[str | int], field: str) -> list[Person]:
    """The active people with these addresses or ids, each once. Raises Invalid."""
    people = [person_referred(session, reference, f"{field}.{at}") for at, reference in enumerate(references)]
    return list(dict.fromkeys(people))


def verifiers_referred(session: Session, names: Sequence[str]) -> tuple[VerifierRef, ...]:
    """Verifiers in order, each an address or `group:slug`; one named twice counts once. Raises Invalid."""
    return tuple(dict.fromkeys(_verifier(session, name, f"verifiers.{at}") for at, name in enumerate(names)))


def groups_referred(session: Session, slugs: Sequence[str], field: str) -> list[Group]:
    """The groups with these slugs, each once. Raises Invalid."""
    groups = [_group(session, slug, f"{field}.{at}") for at, slug in enumerate(slugs)]
    return list(dict.fromkeys(groups))


def _verifier(session: Session, name: str, field: str) -> VerifierRef:
    kind, _, slug = name.partition(":")
    if kind == "group" and slug:
        return VerifierRef(group_id=_group(session, slug, field).id)
    return VerifierRef(person_id=person_referred(session, name, field).id)


def _group(session: Session, slug: str, field: str) -> Group:
    group = session.scalars(select(Group).where(Group.slug == slug)).first()
    if group is None:
        raise invalid(field, _("There is no such group."))
    return group
