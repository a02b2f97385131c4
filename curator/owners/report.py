"""Published cards that are ill owned, by what is wrong; and the invariant, which must always be empty."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload, load_only

from curator.detectors.activity import INACTIVE_AFTER, last_seen
from kb.cards.models import Card, Collection, Status
from kb.cards.permissions import visible_to
from kb.cards.queries import with_people
from kb.errors import Forbidden
from kb.people.actor import Actor
from kb.people.models import Group, Person
from kb.trust.assignee import is_able
from kb.trust.orphans import without_assignee
from kb.wording import _

_COLUMNS = (Card.title, Card.collection_id, Card.owner_id, Card.assignee_id, Card.replaced_by_id, Card.status)


class Fault(StrEnum):
    """What is wrong with whose a card is, gravest first."""

    UNASSIGNED = "unassigned"
    NO_OWNER = "no_owner"
    OWNER_LEFT = "owner_left"
    OWNER_UNABLE = "owner_unable"
    OWNER_INACTIVE = "owner_inactive"
    VERIFIERS_UNABLE = "verifiers_unable"


@dataclass(frozen=True, slots=True)
class IllOwned:
    """A card, its faults, and since when its owner was not seen."""

    card: Card
    faults: tuple[Fault, ...]
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnersReport:
    """The cards that the reader curates. `cards` is how many were looked at."""

    cards: int
    ill: tuple[IllOwned, ...]
    last_seen: Mapping[int, datetime]

    def with_fault(self, fault: Fault) -> tuple[IllOwned, ...]:
        """Those with this fault, by title."""
        return tuple(each for each in self.ill if fault in each.faults)

    @property
    def owners(self) -> tuple[tuple[Person, int], ...]:
        """Owners who left or were not seen, each with the number of cards, most first."""
        found: dict[int, tuple[Person, int]] = {}
        for each in self.ill:
            owner = each.card.owner
            if owner is not None and {Fault.OWNER_LEFT, Fault.OWNER_INACTIVE, Fault.OWNER_UNABLE} & {*each.faults}:
                found[owner.id] = (owner, found.get(owner.id, (owner, 0))[1] + 1)
        return tuple(sorted(found.values(), key=lambda pair: (-pair[1], pair[0].name, pair[0].id)))


def owners_report(session: Session, actor: Actor, now: datetime) -> OwnersReport:
    """The report for this reader; of published cards that no other replaced."""
    if not actor.is_curator:
        raise Forbidden(_("Only curators, stewards and admins may see this report."))
    query = (
        select(Card)
        .where(visible_to(actor), Card.collection_id.in_(actor.curated), Card.status == Status.PUBLISHED)
        .options(*with_people(), load_only(*_COLUMNS), lazyload(Card.tag_rows))  # type: ignore[arg-type]
        .order_by(Card.title, Card.id)
    )
    cards = session.scalars(query).all()
    owners = {card.owner.id: card.owner for card in cards if card.owner is not None}
    seen = last_seen(session, owners.values())
    judge = _judge(session, seen, frozenset(without_assignee(session)), now)
    ill = [
        IllOwned(card, faults, seen.get(card.owner_id) if card.owner_id is not None else None)
        for card in cards
        if (faults := judge(card))
    ]
    return OwnersReport(len(cards), tuple(ill), seen)


def _judge(
    session: Session, seen: Mapping[int, datetime], unassigned: frozenset[int], now: datetime
) -> Callable[[Card], tuple[Fault, ...]]:  # fmt: skip
    able: dict[tuple[int, int], bool] = {}

    def can(person: Person, shelf: Collection) -> bool:
        key = (person.id, shelf.id)
        if key not in able:
            able[key] = is_able(person, shelf)
        return able[key]

    def judge(card: Card) -> tuple[Fault, ...]:
        if card.replaced_by_id is not None:
            return (Fault.UNASSIGNED,) if card.id in unassigned else ()
        faults = [Fault.UNASSIGNED] if card.id in unassigned else []
        faults += _of_owner(card, can, seen, now)
        if card.verifiers and not any(can(person, card.collection) for person in _verifiers(session, card)):
            faults.append(Fault.VERIFIERS_UNABLE)
        return tuple(faults)

    return judge


def _of_owner(
    card: Card, can: Callable[[Person, Collection], bool], seen: Mapping[int, datetime], now: datetime
) -> list[Fault]:  # fmt: skip
    if card.owner is None:
        return [Fault.NO_OWNER]
    if not card.owner.is_active:
        return [Fault.OWNER_LEFT]
    if not can(card.owner, card.collection):
        return [Fault.OWNER_UNABLE]
    return [Fault.OWNER_INACTIVE] if now - seen[card.owner.id] >= INACTIVE_AFTER else []


def _verifiers(session: Session, card: Card) -> Sequence[Person]:
    people: list[Person] = []
    for row in card.verifiers:
        if row.person_id is not None:
            people.append(session.get_one(Person, row.person_id))
        else:
            people += session.get_one(Group, row.group_id).people
    return people
