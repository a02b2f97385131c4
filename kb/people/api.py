"""People and groups over HTTP, and who the caller is."""

from collections.abc import Sequence
from typing import Annotated

from flask import g
from pydantic import Field
from sqlalchemy.orm import Session

from kb.cards.fields import Email
from kb.errors import Forbidden, NotFound
from kb.people import commands
from kb.people.actor import Actor
from kb.people.budgets import Minutes, set_budget
from kb.people.models import Group, Person, Role
from kb.people.queries import active_people, all_groups, all_people
from kb.people.references import groups_referred, people_referred
from kb.people.shapes import FullGroup, FullPerson, PersonShape, full_group, full_person
from kb.web.api import PREFIX, Api, Reply, sliced
from kb.web.api_models import JsonBody, Listing, Name, NewSlug, PersonRef, RoleName, Shape, Slug
from kb.web.edge import now, reading, writing

api = Api("people_api", "People")
Slugs = Annotated[list[Slug], Field(max_length=100)]
Members = Annotated[list[PersonRef], Field(max_length=1000)]


class NewPerson(JsonBody):
    """Somebody who is to be let in."""

    email: Email
    name: Name
    role: RoleName = "rep"
    groups: Slugs = Field([])


class PersonPatch(JsonBody):
    """What changes. What is left out stays as it is, and so does what is null, except `minutes_per_week`."""

    name: Name | None = None
    role: RoleName | None = None
    groups: Slugs | None = None
    minutes_per_week: Annotated[
        Minutes | None, Field(description="Time for checks; null is the installation's default.")
    ] = None
    active: Annotated[bool | None, Field(description="False ends all access and hands the cards on.")] = None


class NewGroup(JsonBody):
    """A group to be made."""

    name: Name
    slug: NewSlug | None = None
    members: Members = Field([])


class GroupPatch(JsonBody):
    """What changes. What is left out or null stays as it is."""

    name: Name | None = None
    members: Members | None = None


class Me(PersonShape):
    """Who the token belongs to and what it may be used for."""

    role: str
    groups: list[str]
    scopes: list[str]


class People(Shape):
    """A page of people."""

    items: list[FullPerson]
    next_cursor: str | None


class Groups(Shape):
    """A page of groups."""

    items: list[FullGroup]
    next_cursor: str | None


@api.operation("GET", "/me", {200: Me}, scope="lookup")
def who_am_i() -> Me:
    """Ask who the token belongs to. With its scopes."""
    with reading() as (session, actor):
        person = session.get_one(Person, actor.id)
        groups = sorted(group.slug for group in person.groups)
    return Me(
        id=person.id, name=person.name, email=person.email, role=person.role, groups=groups, scopes=list(g.scopes)
    )  # fmt: skip


@api.operation("GET", "/people", {200: People}, scope="read")
def list_people(query: Listing) -> People:
    """List people. Authors see whom they can name; admins see everybody."""
    with reading() as (session, actor):
        _demand_author(actor)
        people = all_people(session) if actor.is_admin else active_people(session)
        rows, cursor = sliced(people, query)
        return People(items=[full_person(person) for person in rows], next_cursor=cursor)


@api.operation("POST", "/people", {201: FullPerson}, scope="admin")
def add_person(body: NewPerson) -> Reply:
    """Add a person. They sign in with a one-time link."""
    with writing() as (session, actor):
        groups = groups_referred(session, body.groups, "groups")
        person = commands.add_person(session, actor, body.email, body.name, Role(body.role), groups, now())
        answer = full_person(person)
    return Reply(answer, 201, {"Location": f"{PREFIX}/people/{answer.id}"})


@api.operation("GET", "/people/<int:person_id>", {200: FullPerson}, scope="read")
def show_person(person_id: int) -> FullPerson:
    """Read a person. Everybody may read themselves."""
    with reading() as (session, actor):
        if actor.id != person_id:
            _demand_author(actor)
        person = _person(session, person_id)
        if not (person.is_active or actor.is_admin):
            raise NotFound("There is no such person.")
        return full_person(person)


@api.operation("PATCH", "/people/<int:person_id>", {200: FullPerson}, scope="admin")
def change_person(person_id: int, body: PersonPatch) -> FullPerson:
    """Change a person. Whoever can no longer check cards hands them on in the same transaction."""
    with writing() as (session, actor):
        if not actor.is_admin:
            raise Forbidden("Only admins may change people and groups.")
        person = _person(session, person_id)
        if body.active is True and not person.is_active:
            commands.reactivate_person(session, actor, person, now())
        if body.name is not None or body.role is not None or body.groups is not None:
            groups = groups_referred(session, body.groups, "groups") if body.groups is not None else person.groups
            role = Role(body.role or person.role)
            commands.change_person(session, actor, person, body.name or person.name, role, groups, now())
        if "minutes_per_week" in body.model_fields_set:
            set_budget(session, actor, person, body.minutes_per_week, now())
        if body.active is False:
            commands.deactivate_person(session, actor, person, now())
        session.flush()
        return full_person(person)


@api.operation("GET", "/groups", {200: Groups}, scope="read")
def list_groups(query: Listing) -> Groups:
    """List groups. Authors and above may."""
    with reading() as (session, actor):
        _demand_author(actor)
        rows, cursor = sliced(all_groups(session), query)
        return Groups(items=[full_group(group) for group in rows], next_cursor=cursor)


@api.operation("POST", "/groups", {201: FullGroup}, scope="admin")
def add_group(body: NewGroup) -> Reply:
    """Make a group. With its members."""
    with writing() as (session, actor):
        group = commands.add_group(session, actor, body.name, now(), slug_=body.slug)
        answer = _with_members(session, actor, group, body.name, people_referred(session, body.members, "members"))
    return Reply(answer, 201, {"Location": f"{PREFIX}/groups/{answer.slug}"})


@api.operation("GET", "/groups/<slug>", {200: FullGroup}, scope="read")
def show_group(slug: str) -> FullGroup:
    """Read a group."""
    with reading() as (session, actor):
        _demand_author(actor)
        return full_group(_group(session, slug))


@api.operation("PATCH", "/groups/<slug>", {200: FullGroup}, scope="admin")
def change_group(slug: str, body: GroupPatch) -> FullGroup:
    """Change a group. `members` is the whole list; whoever leaves hands on what they can no longer check."""
    with writing() as (session, actor):
        if not actor.is_admin:
            raise Forbidden("Only admins may change people and groups.")
        group = _group(session, slug)
        people = people_referred(session, body.members, "members") if body.members is not None else group.people
        return _with_members(session, actor, group, body.name or group.name, people)


@api.operation("DELETE", "/groups/<slug>", {204: None}, scope="admin", errors=(409,))
def remove_group(slug: str) -> Reply:
    """Delete a group that has no members and that no card or collection refers to."""
    with writing() as (session, actor):
        if not actor.is_admin:
            raise Forbidden("Only admins may change people and groups.")
        commands.delete_group(session, actor, _group(session, slug), now())
    return Reply(None, 204)


def _with_members(session: Session, actor: Actor, group: Group, name: str, people: Sequence[Person]) -> FullGroup:
    commands.set_members(session, actor, group, name, list(people), now())
    session.flush()
    return full_group(group)


def _demand_author(actor: Actor) -> None:
    if actor.role.rank < Role.AUTHOR.rank:
        raise Forbidden("Only authors, curators and admins may see people and groups.")


def _person(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person


def _group(session: Session, slug: str) -> Group:
    if "\x00" in slug:
        raise NotFound("There is no such group.")
    return commands.group_named(session, slug)
