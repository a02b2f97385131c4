"""Who is acting: an immutable picture of a person with the collections they may read, write and curate.

It is loaded once per transaction, so every permission decided from it is decided on that transaction's facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kb.cards.models import Collection, CollectionAuthor, CollectionReader
from kb.errors import NotFound
from kb.people.models import Group, Membership, Person, Role
from kb.prepared import Prepared
from kb.wording import _


@dataclass(frozen=True, slots=True)
class Actor:
    """The acting person. `id` is None for the system itself (jobs, the command line), which may do everything."""

    id: int | None
    name: str
    email: str
    role: Role
    group_ids: frozenset[int]
    readable: frozenset[int]
    writable: frozenset[int]
    curated: frozenset[int]
    group_slugs: frozenset[str] = frozenset()

    @property
    def is_admin(self) -> bool:
        """Whether the person administers the installation."""
        return self.role is Role.ADMIN

    @property
    def is_curator(self) -> bool:
        """Whether the person curates at least one collection."""
        return bool(self.curated) or self.role.rank >= Role.CURATOR.rank


def actor_for(session: Session, person: Person) -> Actor:
    """The person as an actor, with what they may reach as of this transaction."""
    found = active_actor(session, person.id, must_be_active=False)
    if found is None:
        raise NotFound(_("There is no such person."))
    return found


def active_actor(session: Session, person_id: int, *, must_be_active: bool = True) -> Actor | None:
    """The same by number, for every request: five small rows are read and nothing is loaded to be changed."""
    session.flush()
    person = next(iter(_PEOPLE.rows(session, ids=[person_id])), None)
    if person is None or (must_be_active and person[-1] is not None):
        return None
    _, name, email, role_name, _ = person
    memberships = _MEMBERSHIPS.rows(session, ids=[person_id])
    groups, role = frozenset(group_id for group_id, _ in memberships), Role(role_name)
    shelves = [shelf for shelf in _shelves(session) if _may_read(shelf, person_id, role, groups)]
    return Actor(
        person_id, name, email, role, groups,
        readable=frozenset(shelf.id for shelf in shelves),
        writable=frozenset(shelf.id for shelf in shelves if _may_write(shelf, person_id, role, groups)),
        curated=frozenset(shelf.id for shelf in shelves if _curates(shelf, person_id, role)),
        group_slugs=frozenset(slug for _, slug in memberships),
    )  # fmt: skip


def system_actor(session: Session) -> Actor:
    """The installation acting by itself: jobs and the command line."""
    every = frozenset(session.scalars(select(Collection.id)))
    return Actor(None, "Vitrine", "system", Role.ADMIN, frozenset(), every, every, every)


def can_read(shelf: Collection, person_id: int, role: Role, groups: frozenset[int]) -> bool:
    """Whether a person with this role and these groups may read a collection."""
    reading, writing = ({group.id for group in named} for named in (shelf.readers, shelf.authors))
    return _may_read(_Shelf(shelf.id, shelf.is_open, shelf.steward_id, reading, writing), person_id, role, groups)


class _Shelf(NamedTuple):
    """What decides who may do what with a collection."""

    id: int
    is_open: bool
    steward_id: int | None
    readers: set[int]
    authors: set[int]


def _shelves(session: Session) -> list[_Shelf]:
    readers, authors = _by_collection(_READERS.rows(session)), _by_collection(_AUTHORS.rows(session))
    return [
        _Shelf(shelf_id, is_open, steward_id, readers.get(shelf_id, set()), authors.get(shelf_id, set()))
        for shelf_id, is_open, steward_id in _SHELVES.rows(session)
    ]


def _by_collection(rows: Sequence[Sequence[int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for collection_id, group_id in rows:
        found.setdefault(collection_id, set()).add(group_id)
    return found


def _may_read(shelf: _Shelf, person_id: int, role: Role, groups: frozenset[int]) -> bool:
    if role is Role.ADMIN or shelf.is_open or shelf.steward_id == person_id:
        return True
    return not groups.isdisjoint(shelf.readers | shelf.authors)


def _may_write(shelf: _Shelf, person_id: int, role: Role, groups: frozenset[int]) -> bool:
    if role.rank < Role.AUTHOR.rank:
        return False
    if role.rank >= Role.CURATOR.rank or shelf.steward_id == person_id or not shelf.authors:
        return True
    return not groups.isdisjoint(shelf.authors)


def _curates(shelf: _Shelf, person_id: int, role: Role) -> bool:
    return role.rank >= Role.CURATOR.rank or (shelf.steward_id == person_id and role.rank >= Role.AUTHOR.rank)


_PEOPLE = Prepared(
    select(Person.id, Person.name, Person.email, Person.role, Person.deactivated_at).where(
        Person.id.in_(bindparam("ids", expanding=True))
    )
)
_MEMBERSHIPS = Prepared(
    select(Group.id, Group.slug)
    .join(Membership, Membership.group_id == Group.id)
    .where(Membership.person_id.in_(bindparam("ids", expanding=True)))
)
_SHELVES = Prepared(select(Collection.id, Collection.is_open, Collection.steward_id))
_READERS = Prepared(select(CollectionReader.collection_id, CollectionReader.group_id))
_AUTHORS = Prepared(select(CollectionAuthor.collection_id, CollectionAuthor.group_id))
