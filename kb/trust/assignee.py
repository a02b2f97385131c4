"""Exactly one assignee per published card, always, and who comes next when that person no longer can.

Order of succession: the first able verifier (for a group, its able member with the least open work), the owner, the
collection's steward, a curator, an admin. Able means: active, at least an author, and able to read the collection.
One who is away is stood in for, or else passed over; so is one whom an escalation went past. When nobody would be
left, first the escalations and then the absences count for nothing: a card is never without somebody able.
"""

from collections.abc import Collection as Several
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from kb.cards.models import Card, Collection, Status
from kb.db import take_turns
from kb.errors import Conflict
from kb.people.absences import absent, stand_in_for
from kb.people.actor import can_read
from kb.people.models import Group, Person, Role
from kb.trust.duties import Assignment, Escalation, end_escalations, passed_over
from kb.wording import _

_TURN = 7_310_005
_NOBODY: frozenset[int] = frozenset()


class Rank(Enum):
    """As what somebody stands in a card's line."""

    VERIFIER = auto()
    OWNER = auto()
    STEWARD = auto()
    CURATOR = auto()


class Named(Protocol):
    """A verifier: a person or a group."""

    @property
    def person_id(self) -> int | None: ...
    @property
    def group_id(self) -> int | None: ...


class Place(NamedTuple):
    """A place in a card's line: one person, or the several of a group or a role."""

    rank: Rank
    people: Sequence[Person]


class Seat(NamedTuple):
    """Who has a card, and who is away that it is really for."""

    person_id: int | None = None
    instead_of: int | None = None


class _Turn(NamedTuple):
    """What an assignment is decided from beside the line: who has the card, who is away, whom it went past."""

    shelf: Collection
    seat: Seat
    away: Mapping[int, int | None]
    passed: frozenset[int]
    gone: int | None = None

    def can(self, person: Person) -> bool:
        """Whether this person can have the card."""
        return person.id != self.gone and is_able(person, self.shelf)


def let_nobody_assign(session: Session) -> None:
    """Before people, groups or readers change: until this transaction ends, no other gives a card to anybody."""
    take_turns(session, _TURN)


def let_nobody_leave(session: Session) -> None:
    """Before a card is held to be assigned: until this transaction ends, who is able now stays able."""
    take_turns(session, _TURN, shared=True)


def assign(session: Session, card: Card, now: datetime) -> None:
    """Give the card its assignee. One who is still first in line keeps it, so that nothing moves without a cause.

    A card whose assignee was taken away first (None) begins anew: escalations that went before are ended.
    """
    session.flush()
    if card.status != Status.PUBLISHED:
        card.assignee_id = None
        return
    let_nobody_leave(session)
    if card.assignee_id is None:
        end_escalations(session, [card.id], now)
    _assign(session, card, absent(session, now), passed_over(session, [card.id]).get(card.id, _NOBODY), now)


def foresee_succession(session: Session, person: Person, now: datetime) -> list[tuple[Card, int | None]]:
    """The cards that would move were the person gone, each with whoever would have it. Only reads."""
    cards = session.scalars(
        select(Card).where(Card.status == Status.PUBLISHED, _is_with(person)).order_by(Card.id)
    ).all()
    away, passed = absent(session, now), passed_over(session, [card.id for card in cards])
    found = [
        (card, foresee(session, card, card.verifiers, card.owner_id, away, passed.get(card.id, _NOBODY), person.id))
        for card in cards
    ]
    return [(card, taker) for card, taker in found if taker != card.assignee_id]


def succeed(session: Session, person: Person, now: datetime) -> list[Card]:
    """After a person lost a role, a group or their account: hand on what they can no longer do. Returns moved cards."""
    return assign_all(session, _is_with(person), now)


def reassign_collection(session: Session, shelf: Collection, now: datetime) -> None:
    """After a collection's readers, authors or steward changed: re-check every published card in it."""
    assign_all(session, Card.collection_id == shelf.id, now)


def settle(session: Session, now: datetime) -> list[Card]:
    """After somebody went away or came back: every card that is with them, or in their place. Returns moved cards."""
    stood_for = select(Assignment.card_id).where(Assignment.instead_of_id.is_not(None))
    return assign_all(session, or_(Card.assignee_id.in_(absent(session, now)), Card.id.in_(stood_for)), now)


def assign_all(session: Session, clause: ColumnElement[bool], now: datetime) -> list[Card]:
    """Check the assignee of all published cards for which this holds. Returns those that moved.

    All of them are held before the first is changed: otherwise two transactions could wait for each other.
    """
    session.flush()
    let_nobody_leave(session)
    query = select(Card).where(Card.status == Status.PUBLISHED, clause).order_by(Card.id)
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    cards = session.scalars(held).all()
    away, passed = absent(session, now), passed_over(session, [card.id for card in cards])
    return [card for card in cards if _assign(session, card, away, passed.get(card.id, _NOBODY), now)]


def escalate(session: Session, card: Card, now: datetime) -> Escalation | None:
    """Pass the card on to the next in line because nobody acted. None where it stays: with the steward, who is last,
    or whoever takes the steward's place."""
    session.flush()
    let_nobody_leave(session)
    seat = _seat(session, card)
    line = list(line_of(session, card))
    place = next((place for place in line if {*seat} & {person.id for person in place.people}), None)
    if place is not None and place.rank in (Rank.STEWARD, Rank.CURATOR):
        return None
    here = {person.id for person in place.people} if place else set()
    before = passed_over(session, [card.id]).get(card.id, _NOBODY)
    passed = before | here | {person_id for person_id in seat if person_id is not None}
    shelf = session.get_one(Collection, card.collection_id)
    found = _choose(session, line, _Turn(shelf, seat, absent(session, now), passed))
    if found is None or found.person_id in (None, card.assignee_id):
        return None
    made = Escalation(
        card_id=card.id, from_id=card.assignee_id, to_id=found.person_id, passed=sorted(passed), at=now
    )  # fmt: skip
    session.add(made)
    _sit(session, card, found, now)
    return made


def is_able(person: Person, shelf: Collection) -> bool:
    """Whether the person can be given a card of this collection to check."""
    role = Role(person.role)
    groups = frozenset(group.id for group in person.groups)
    return person.is_active and role.rank >= Role.AUTHOR.rank and can_read(shelf, person.id, role, groups)


def _is_with(person: Person) -> ColumnElement[bool]:
    """Cards that the person has, or that somebody has in their place."""
    stands_for = select(Assignment.card_id).where(Assignment.instead_of_id == person.id)
    return or_(Card.assignee_id == person.id, Card.id.in_(stands_for))


def _assign(
    session: Session, card: Card, away: Mapping[int, int | None], passed: frozenset[int], now: datetime
) -> bool:
    """Whether it moved."""
    shelf = session.get_one(Collection, card.collection_id, populate_existing=True)
    seat = _seat(session, card)
    for turn in _turns(shelf, seat, away, passed):
        found = _choose(session, line_of(session, card), turn)
        if found is not None:
            return _sit(session, card, found, now)
    raise Conflict(_("Nobody could check this card: there is no active admin. Add one first."))


def foresee(
    session: Session, card: Card, verifiers: Iterable[Named], owner_id: int | None, away: Mapping[int, int | None],
    passed: frozenset[int] = _NOBODY, gone: int | None = None,
) -> int | None:  # fmt: skip
    """Who would have the card had it these verifiers and this owner, and were one person gone. Only reads."""
    shelf, named = session.get_one(Collection, card.collection_id), list(verifiers)
    for turn in _turns(shelf, _seat(session, card), away, passed):
        line = _line(session, named, owner_id, shelf, fresh=False)
        found = _choose(session, line, turn._replace(gone=gone))
        if found is not None:
            return found.person_id
    return None


def line_of(session: Session, card: Card) -> Iterator[Place]:
    """The card's line, able or not, in the order of succession, as it is at this moment."""
    shelf = session.get_one(Collection, card.collection_id)
    return _line(session, card.verifiers, card.owner_id, shelf, fresh=True)


def _line(
    session: Session, verifiers: Iterable[Named], owner_id: int | None, shelf: Collection, *, fresh: bool
) -> Iterator[Place]:
    for verifier in verifiers:
        if verifier.person_id is not None:
            yield Place(Rank.VERIFIER, [session.get_one(Person, verifier.person_id, populate_existing=fresh)])
        else:
            yield Place(Rank.VERIFIER, session.get_one(Group, verifier.group_id, populate_existing=fresh).people)
    for rank, person_id in ((Rank.OWNER, owner_id), (Rank.STEWARD, shelf.steward_id)):
        if person_id is not None:
            yield Place(rank, [session.get_one(Person, person_id, populate_existing=fresh)])
    for role in (Role.CURATOR, Role.ADMIN):
        active = select(Person).where(Person.role == role, Person.deactivated_at.is_(None)).order_by(Person.id)
        yield Place(Rank.CURATOR, session.scalars(active.execution_options(populate_existing=fresh)).all())


def _turns(
    shelf: Collection, seat: Seat, away: Mapping[int, int | None], passed: frozenset[int]
) -> tuple[_Turn, _Turn, _Turn]:
    """First by the whole rule, then, when nobody was found, without the escalations, then also without the absences."""
    return _Turn(shelf, seat, away, passed), _Turn(shelf, seat, away, _NOBODY), _Turn(shelf, seat, {}, _NOBODY)


def _choose(session: Session, line: Several[Place] | Iterator[Place], turn: _Turn) -> Seat | None:
    skipped: int | None = None
    for place in line:
        passed = turn.passed if place.rank in (Rank.VERIFIER, Rank.OWNER) else _NOBODY
        able = [person for person in place.people if person.id not in passed and turn.can(person)]
        if not able:
            continue
        found = _choose_among(session, able, turn)
        if found.person_id is not None:
            return Seat(found.person_id, found.instead_of or skipped)
        skipped = skipped or found.instead_of
    return None


def _choose_among(session: Session, able: list[Person], turn: _Turn) -> Seat:
    """Who of these gets the card. Where nobody of them is there, only `instead_of` is set: whom to come back to."""
    ids = {person.id for person in able}
    present = [person for person in able if person.id not in turn.away]
    kept = next((one for one in (turn.seat.instead_of, turn.seat.person_id) if one in ids), None)
    if kept is not None and kept not in turn.away:
        return Seat(kept)
    if kept is None and present:
        return Seat(_least_busy(session, present).id)
    missing = [kept] if kept is not None else [person.id for person in able]
    for person_id in missing:
        instead = stand_in_for(person_id, turn.away)
        person = session.get(Person, instead, populate_existing=True) if instead is not None else None
        if person is not None and person.id not in turn.passed and turn.can(person):
            return Seat(person.id, person_id)
    if turn.seat.person_id in {person.id for person in present}:
        return Seat(turn.seat.person_id, missing[0])
    return Seat(_least_busy(session, present).id if present else None, missing[0])


def _seat(session: Session, card: Card) -> Seat:
    held = session.get(Assignment, card.id)
    is_true = held is not None and held.person_id == card.assignee_id
    return Seat(card.assignee_id, held.instead_of_id if held is not None and is_true else None)


def _sit(session: Session, card: Card, seat: Seat, now: datetime) -> bool:
    """Note who has the card, and since when. Whether it is somebody else than before."""
    if seat.person_id is None:
        raise ValueError("a seat is for somebody")
    held = session.get(Assignment, card.id)
    if held is None:
        held = Assignment(card_id=card.id, person_id=seat.person_id, since=now)
        session.add(held)
    if held.person_id != seat.person_id or card.assignee_id != seat.person_id:
        held.person_id, held.since = seat.person_id, now
    held.instead_of_id = seat.instead_of
    has_moved = card.assignee_id != seat.person_id
    card.assignee_id = seat.person_id
    return has_moved


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
