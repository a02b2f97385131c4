"""Exactly one assignee per published card, always, and who comes next when that person no longer can.

Order of succession: the first able verifier (for a group, its able member with the least open work), the owner, the
collection's steward, a curator, an admin. Able means: active, at least an author, and able to read the collection.
"""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from kb.cards.models import Card, Collection, Status
from kb.db import take_turns
from kb.errors import Conflict
from kb.people.actor import can_read
from kb.people.models import Group, Person, Role

_TURN = 7_310_005


def let_nobody_assign(session: Session) -> None:
    """Before people, groups or readers change: until this transaction ends, no other gives a card to anybody."""
    take_turns(session, _TURN)


def let_nobody_leave(session: Session) -> None:
    """Before a card is held to be assigned: until this transaction ends, who is able now stays able."""
    take_turns(session, _TURN, shared=True)


def assign(session: Session, card: Card) -> None:
    """Give the card its assignee. One who is still first in line keeps it, so that nothing moves without a cause."""
    session.flush()
    if card.status != Status.PUBLISHED:
        card.assignee_id = None
        return
    let_nobody_leave(session)
    shelf = session.get_one(Collection, card.collection_id, populate_existing=True)
    for candidates in _line(session, card, shelf):
        able = [person for person in candidates if is_able(person, shelf)]
        if any(person.id == card.assignee_id for person in able):
            return
        if able:
            card.assignee_id = _least_busy(session, able).id
            return
    raise Conflict("Nobody could check this card: there is no active admin. Add one first.")


def succeed(session: Session, person: Person) -> list[Card]:
    """After a person lost a role, a group or their account: hand on what they can no longer do. Returns moved cards."""
    session.flush()
    moved = []
    for card in _held(session, Card.assignee_id == person.id):
        assign(session, card)
        if card.assignee_id != person.id:
            moved.append(card)
    return moved


def reassign_collection(session: Session, shelf: Collection) -> None:
    """After a collection's readers, authors or steward changed: re-check every published card in it."""
    for card in _held(session, and_(Card.collection_id == shelf.id, Card.status == Status.PUBLISHED)):
        assign(session, card)


def is_able(person: Person, shelf: Collection) -> bool:
    """Whether the person can be given a card of this collection to check."""
    role = Role(person.role)
    groups = frozenset(group.id for group in person.groups)
    return person.is_active and role.rank >= Role.AUTHOR.rank and can_read(shelf, person.id, role, groups)


def _held(session: Session, clause: ColumnElement[bool]) -> Sequence[Card]:
    """All of them before the first is changed: otherwise this and another transaction could wait for each other."""
    cards = select(Card).where(clause).order_by(Card.id).with_for_update()
    return session.scalars(cards.execution_options(populate_existing=True)).all()


def _line(session: Session, card: Card, shelf: Collection) -> Iterator[Iterable[Person]]:
    for verifier in card.verifiers:
        if verifier.person_id is not None:
            yield [session.get_one(Person, verifier.person_id, populate_existing=True)]
        else:
            yield session.get_one(Group, verifier.group_id, populate_existing=True).people
    for person_id in (card.owner_id, shelf.steward_id):
        if person_id is not None:
            yield [session.get_one(Person, person_id, populate_existing=True)]
    for role in (Role.CURATOR, Role.ADMIN):
        active = select(Person).where(Person.role == role, Person.deactivated_at.is_(None)).order_by(Person.id)
        yield session.scalars(active.execution_options(populate_existing=True))


def _least_busy(session: Session, people: list[Person]) -> Person:
    if len(people) == 1:
        return people[0]
    rows = session.execute(
        select(Card.assignee_id, func.count())
        .where(Card.assignee_id.in_([person.id for person in people]), Card.status == Status.PUBLISHED)
        .group_by(Card.assignee_id)
    )
    load = dict(rows.all())
    return min(people, key=lambda person: (load.get(person.id, 0), person.id))
