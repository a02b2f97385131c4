"""Hand cards over: what one person owns, verifies or both goes to others, in one transaction. No check moves its date.

The cards are laid out among the takers by the minutes they take, each to whoever was given least so far and is able.
What a person verifies through a group stays with the group. Doing it again finds nothing left to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from curator.absences.away import tell
from curator.freshness.estimate import minutes_for
from curator.freshness.facts import CHARACTERS_A_WORD
from kb.cards.fields import VerifierRef
from kb.cards.models import Card, CardVerifier, Collection, Status
from kb.cards.permissions import Right, may, visible_to
from kb.cards.queries import with_people
from kb.errors import Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import Person, Role
from kb.settings import Freshness, Settings
from kb.trust.assignee import assign_all, is_able, let_nobody_leave
from kb.trust.duties import end_escalations
from kb.trust.policy import Policy
from kb.wording import _

MOST_TAKERS = 10


class Duty(StrEnum):
    """What is handed over."""

    BOTH = "both"
    OWNING = "owning"
    VERIFYING = "verifying"

    @property
    def owns(self) -> bool:
        """Whether ownership goes."""
        return self is not Duty.VERIFYING

    @property
    def verifies(self) -> bool:
        """Whether the verifier's place goes."""
        return self is not Duty.OWNING


class Why(StrEnum):
    """Why a card stays."""

    NOT_ALLOWED = "not_allowed"
    NOBODY_ABLE = "nobody_able"


@dataclass(frozen=True, slots=True)
class Order:
    """From whom, what, to whom, and of which collection (None: of all)."""

    giver: Person
    duty: Duty
    takers: tuple[Person, ...] = ()
    shelf: Collection | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """A card, who takes it, and what of it."""

    card: Card
    taker: Person
    owns: bool
    verifies: bool


@dataclass(frozen=True, slots=True)
class Handover:
    """What an order means: the cards that go and those that stay, each group with its reason."""

    order: Order
    handed: tuple[Handed, ...]
    stays: dict[Why, tuple[Card, ...]]


def may_hand_over(actor: Actor, giver_id: int) -> None:
    """Curators, stewards and admins may, card by card; and everybody may give their own cards away."""
    if actor.role.rank < Role.AUTHOR.rank or not (actor.is_curator or actor.id == giver_id):
        raise Forbidden(_("Only curators, stewards, admins and the person may hand somebody's cards over."))


def read_order(
    session: Session, actor: Actor, giver_id: int, duty: Duty, taker_ids: Sequence[int], shelf_slug: str
) -> Order:  # fmt: skip
    """The order, checked. Raises Invalid that names the field."""
    may_hand_over(actor, giver_id)
    giver = session.get(Person, giver_id) if 0 < giver_id < 2**31 else None
    if giver is None:
        raise NotFound(_("There is no such person."))
    shelf = session.scalars(
        select(Collection).where(Collection.slug == shelf_slug, Collection.id.in_(actor.readable))
    ).first()
    if shelf_slug and shelf is None:
        raise invalid("collection", _("There is no such collection."))
    if len(set(taker_ids)) > MOST_TAKERS:
        raise invalid("to", _("Choose at most %(most)s people.", most=MOST_TAKERS))
    return Order(giver, duty, tuple(_taker(session, giver, number) for number in dict.fromkeys(taker_ids)), shelf)


def plan(session: Session, actor: Actor, order: Order, freshness: Freshness) -> Handover:
    """What the order means now; for as long as nothing changes, always the same."""
    stays: dict[Why, list[Card]] = {}
    handed: list[Handed] = []
    given = dict.fromkeys((taker.id for taker in order.takers), 0)
    held = held_by(session, actor, order)
    minutes = {card.id: minutes_for(len(card.text) // CHARACTERS_A_WORD, freshness) for card in held}
    cards = sorted(held, key=lambda card: (-minutes[card.id], card.id))
    for card in cards:
        able = [taker for taker in order.takers if is_able(taker, card.collection)]
        if not may(actor, Right.CURATE, card):
            stays.setdefault(Why.NOT_ALLOWED, []).append(card)
        elif not able:
            stays.setdefault(Why.NOBODY_ABLE, []).append(card)
        else:
            taker = min(able, key=lambda person: given[person.id])
            given[taker.id] += minutes[card.id]
            owns = order.duty.owns and card.owner_id == order.giver.id
            handed.append(Handed(card, taker, owns, order.duty.verifies and _verifies(card, order.giver)))
    handed.sort(key=lambda each: (each.card.title.lower(), each.card.id))
    return Handover(order, tuple(handed), {why: tuple(found) for why, found in stays.items()})


def hand_over(session: Session, actor: Actor, order: Order, settings: Settings, now: datetime) -> Handover:
    """Do it: owners and verifiers change, and the cards go by their new lines. Whoever gets doubted ones is told."""
    if not order.takers:
        raise invalid("to", _("Choose who takes the cards."))
    let_nobody_leave(session)
    ids = sorted(card.id for card in held_by(session, actor, order))
    held = select(Card).where(Card.id.in_(ids)).order_by(Card.id).with_for_update(of=Card, key_share=True)
    session.scalars(held.execution_options(populate_existing=True)).all()
    done = plan(session, actor, order, settings.freshness)
    anew = []
    for each in done.handed:
        if each.owns:
            _note(session, actor, each, "owner", now, before=each.card.owner_id, after=each.taker.id)
            each.card.owner_id = each.taker.id
        if each.verifies:
            _put_verifiers(session, each.card, verifiers_after(each.card, order.giver.id, each.taker.id))
            after = [[row.person_id, row.group_id] for row in each.card.verifiers]
            _note(session, actor, each, "verifiers", now, after=after)
        if each.card.assignee_id == order.giver.id:
            anew.append(each.card.id)
    end_escalations(session, anew, now)
    session.flush()
    given = [each.card.id for each in done.handed]
    moved = assign_all(session, Card.id.in_(given), now)
    session.flush()
    tell(session, actor, moved, Policy.of(settings), now)
    for each in done.handed:
        session.refresh(each.card, ["owner", "assignee"])
    if given:
        audit.record(
            session, actor, "handed_over", "person", order.giver.id, now, duty=order.duty.value,
            to=[taker.id for taker in order.takers], cards=len(given),
        )  # fmt: skip
    return done


def held_by(session: Session, actor: Actor, order: Order) -> Sequence[Card]:
    """The cards that the giver owns or verifies by name, as far as the actor may see them. Archived ones stay."""
    is_theirs: list[ColumnElement[bool]] = []
    if order.duty.owns:
        is_theirs.append(Card.owner_id == order.giver.id)
    if order.duty.verifies:
        named = (CardVerifier.card_id == Card.id, CardVerifier.person_id == order.giver.id)
        is_theirs.append(exists(select(CardVerifier.card_id).where(*named)))
    query = select(Card).where(visible_to(actor), Card.status != Status.ARCHIVED, or_(*is_theirs))
    if order.shelf is not None:
        query = query.where(Card.collection_id == order.shelf.id)
    return session.scalars(query.options(*with_people()).order_by(Card.id)).all()  # type: ignore[arg-type]


def verifiers_after(card: Card, giver_id: int, taker_id: int) -> tuple[VerifierRef, ...]:
    """The card's verifiers with the taker in the giver's place; one who is named already is not named twice."""
    places = [
        VerifierRef(taker_id if row.person_id == giver_id else row.person_id, row.group_id) for row in card.verifiers
    ]
    return tuple(dict.fromkeys(places))


def _taker(session: Session, giver: Person, person_id: int) -> Person:
    taker = session.get(Person, person_id) if 0 < person_id < 2**31 else None
    if taker is None or not taker.is_active or Role(taker.role).rank < Role.AUTHOR.rank:
        raise invalid("to", _("Choose active authors, curators or admins."))
    if taker.id == giver.id:
        raise invalid("to", _("%(name)s has the cards already. Choose somebody else.", name=giver.name))
    return taker


def _verifies(card: Card, giver: Person) -> bool:
    return any(row.person_id == giver.id for row in card.verifiers)


def _put_verifiers(session: Session, card: Card, refs: Sequence[VerifierRef]) -> None:
    card.verifiers.clear()
    session.flush()  # a position is part of the key: the old rows must be gone before the new ones come
    for position, ref in enumerate(refs):
        card.verifiers.append(CardVerifier(position=position, person_id=ref.person_id, group_id=ref.group_id))


def _note(session: Session, actor: Actor, each: Handed, action: str, now: datetime, **detail: object) -> None:
    audit.record(session, actor, action, "card", each.card.id, now, **detail)
