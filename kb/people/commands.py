"""Add, change and deactivate people and groups; whoever loses the ability to check cards hands them on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from kb.cards.models import Card, CardVerifier, Collection, CollectionVerifier
from kb.db import hold
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import ApiToken, Group, Person, Role, SignInLink, WebSession
from kb.text.slugs import slug
from kb.trust import assignee
from kb.wording import _


def add_person(
    session: Session, actor: Actor, email: str, name: str, role: Role, groups: Sequence[Group], now: datetime
) -> Person:
    """Add somebody who can then be sent a one-time link."""
    _demand_admin(actor)
    email = email.strip().lower()
    if session.scalars(select(Person).where(Person.email == email)).first():
        raise invalid("email", _("There is a person with the address %(email)s already.", email=email))
    person = Person(email=email, name=name, role=role, created_at=now, groups=list(groups))
    session.add(person)
    session.flush()
    audit.record(session, actor, "added", "person", person.id, now, email=email, role=role)
    return person


def change_person(
    session: Session, actor: Actor, person: Person, name: str, role: Role, groups: Sequence[Group], now: datetime
) -> list[Card]:
    """Change name, role and groups. Returns the cards that moved to another assignee because of it."""
    _demand_admin(actor)
    assignee.let_nobody_assign(session)
    hold(session, person)
    if Role(person.role) is Role.ADMIN and role is not Role.ADMIN:
        _keep_an_admin(session, person)
    audit.record(
        session, actor, "changed", "person", person.id, now,
        before=[person.role, sorted(g.slug for g in person.groups)], after=[role, sorted(g.slug for g in groups)],
    )  # fmt: skip
    person.name, person.role, person.groups = name, role, list(groups)
    return assignee.succeed(session, person, now)


def deactivate_person(session: Session, actor: Actor, person: Person, now: datetime) -> list[Card]:
    """End the person's sessions and tokens and apply the succession. Returns the cards that moved."""
    _demand_admin(actor)
    assignee.let_nobody_assign(session)
    if not hold(session, person).is_active:
        return []
    if Role(person.role) is Role.ADMIN:
        _keep_an_admin(session, person)
    person.deactivated_at = now
    session.execute(delete(WebSession).where(WebSession.person_id == person.id))
    session.execute(
        update(SignInLink).where(SignInLink.person_id == person.id, SignInLink.used_at.is_(None)).values(used_at=now)
    )
    for token in session.scalars(select(ApiToken).where(ApiToken.person_id == person.id)):
        token.revoked_at = token.revoked_at or now
    moved = assignee.succeed(session, person, now)
    audit.record(session, actor, "deactivated", "person", person.id, now, cards_moved=len(moved))
    return moved


def preview_deactivation(session: Session, person: Person, now: datetime) -> list[tuple[Card, int | None]]:
    """The cards that would move, each with whoever would have it next. Only reads."""
    if Role(person.role) is Role.ADMIN:
        _keep_an_admin(session, person)
    return assignee.foresee_succession(session, person, now)


def reactivate_person(session: Session, actor: Actor, person: Person, now: datetime) -> None:
    """Let the person in again. Cards stay where they went."""
    _demand_admin(actor)
    person.deactivated_at = None
    audit.record(session, actor, "reactivated", "person", person.id, now)


def add_group(session: Session, actor: Actor, name: str, now: datetime, *, slug_: str | None = None) -> Group:
    """Make an empty group."""
    _demand_admin(actor)
    key = slug_ or slug(name)
    if session.scalars(select(Group).where(Group.slug == key)).first():
        raise invalid("name", _("There is a group “%(key)s” already.", key=key))
    group = Group(slug=key, name=name)
    session.add(group)
    session.flush()
    audit.record(session, actor, "added", "group", group.id, now, name=name)
    return group


def delete_group(session: Session, actor: Actor, group: Group, now: datetime) -> None:
    """Remove a group that has no members and that nothing refers to."""
    _demand_admin(actor)
    shelf = session.scalars(
        select(Collection.id).where(
            Collection.readers.any(Group.id == group.id)
            | Collection.authors.any(Group.id == group.id)
            | Collection.verifiers.any(CollectionVerifier.group_id == group.id)
        )
    ).first()
    card = session.scalars(select(CardVerifier.card_id).where(CardVerifier.group_id == group.id)).first()
    if group.people or shelf is not None or card is not None:
        raise Conflict(_("The group has members, verifies cards or belongs to a collection. Remove it there first."))
    audit.record(session, actor, "deleted", "group", group.id, now, name=group.name)
    session.delete(group)


def set_members(
    session: Session, actor: Actor, group: Group, name: str, people: Sequence[Person], now: datetime
) -> list[Card]:
    """Say who belongs to a group. Returns the cards that moved because somebody left it."""
    _demand_admin(actor)
    assignee.let_nobody_assign(session)
    hold(session, group)
    session.refresh(group, ["people"])
    left = [person for person in group.people if person not in people]
    audit.record(
        session, actor, "changed", "group", group.id, now, name=name, people=sorted(person.email for person in people)
    )
    group.name, group.people = name, list(people)
    session.flush()
    for person in left:
        session.refresh(person, ["groups"])
    return [card for person in left for card in assignee.succeed(session, person, now)]


def person_with_email(session: Session, email: str) -> Person:
    """The person with this address; NotFound if there is none."""
    person = session.scalars(select(Person).where(Person.email == email.strip().lower())).first()
    if person is None:
        raise NotFound(_("There is no person with the address %(email)s.", email=email))
    return person


def group_named(session: Session, name: str) -> Group:
    """The group with this slug; NotFound if there is none."""
    group = session.scalars(select(Group).where(Group.slug == name)).first()
    if group is None:
        raise NotFound(_("There is no group “%(name)s”.", name=name))
    return group


def _demand_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise Forbidden(_("Only admins may change people and groups."))


def _keep_an_admin(session: Session, leaving: Person) -> None:
    others = select(func.count()).where(
        Person.role == Role.ADMIN, Person.deactivated_at.is_(None), Person.id != leaving.id
    )
    if not session.scalar(others):
        raise Conflict(_("This is the last active admin. Make somebody else an admin first."))
