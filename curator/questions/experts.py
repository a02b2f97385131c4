"""Who knows a topic: those who check, own and write the cards that come nearest to it.

A card gives its worth, as search ranks it, to its assignee and verifiers in full, to its owner in full, and to whoever
edited or wrote it by half. Nobody is asked twice in a row while others who know about as much are free, and nobody who
is away while somebody else is there.
"""

from collections.abc import Collection as Several
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from curator.questions.models import Question
from kb.cards.models import Card, Collection
from kb.cards.permissions import servable_to
from kb.people.absences import absent
from kb.people.actor import Actor
from kb.people.models import Group, Person, Role
from kb.sentences import nsentence, sentence, shortened
from kb.trust.assignee import is_able

CHECKS, OWNS, WRITES = 1.0, 1.0, 0.5
ABOUT_AS_MUCH = 0.5
"""So much of the best expert's worth is enough to take turns with them."""


@dataclass(slots=True)
class Expert:
    """A person, how much they know of the topic, and the cards that say so."""

    person: Person
    worth: float = 0.0
    cards: list[Card] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who is asked, why, and the collection the question belongs to, if any card is near it."""

    person: Person
    why: str
    collection_id: int | None


def choose_expert(
    session: Session, actor: Actor, near: Sequence[tuple[int, float]], now: datetime
) -> Chosen | None:  # fmt: skip
    """The person to ask, given the nearest cards with their worth; None where nobody could answer.

    Only cards that the asker may be served count. Without any that has an able expert who is there, the steward of the
    nearest collection is asked, then a curator, then an admin. If everybody is away, absences count for nothing.
    """
    worth = dict(near)
    query = select(Card).where(Card.id.in_(list(worth)), servable_to(actor))
    cards = sorted(session.scalars(query), key=lambda card: (-worth[card.id], card.id))
    shelf = cards[0].collection if cards else None
    shelf_id = shelf.id if shelf else None
    away = absent(session, now)
    known = _experts(session, cards, worth, actor)
    here = [expert for expert in known if expert.person.id not in away]
    if not here:
        person = last_resort(session, actor, shelf, away)
        if person is not None and (person.id not in away or not known):
            return Chosen(person, "", shelf_id)
    if experts := here or known:
        most = max(expert.worth for expert in experts)
        chosen = _whose_turn(session, [expert for expert in experts if expert.worth >= ABOUT_AS_MUCH * most])
        return Chosen(chosen.person, _why(chosen, shelf_id), shelf_id)
    return None


def last_resort(session: Session, actor: Actor, shelf: Collection | None, away: Several[int]) -> Person | None:
    """The collection's steward, else the curator with the fewest open questions, else an admin; never the asker, and
    nobody who is away while another of them is there."""
    steward = [shelf.steward] if shelf is not None and shelf.steward is not None else []
    active = select(Person).where(Person.deactivated_at.is_(None), Person.id != actor.id)
    above = (session.scalars(active.where(Person.role == role)).all() for role in (Role.CURATOR, Role.ADMIN))
    able = [
        [person for person in rank if person.id != actor.id and (shelf is None or is_able(person, shelf))]
        for rank in (steward, *above)
    ]
    here = [[person for person in rank if person.id not in away] for rank in able]
    people = next((rank for rank in (*here, *able) if rank), [])
    return _whose_turn(session, [Expert(person) for person in people]).person if people else None


def _experts(session: Session, cards: Iterable[Card], worth: dict[int, float], actor: Actor) -> list[Expert]:
    found: dict[int, Expert] = {}
    for card in cards:
        for person_id, share in _knowing(session, card).items():
            person = session.get(Person, person_id)
            if person is None or person.id == actor.id or not is_able(person, card.collection):
                continue
            expert = found.setdefault(person_id, Expert(person))
            expert.worth += worth[card.id] * share
            expert.cards.append(card)
    return list(found.values())


def _knowing(session: Session, card: Card) -> dict[int, float]:
    """How much each person has to do with a card."""
    shares: dict[int, float] = {}

    def add(person_id: int | None, share: float) -> None:
        if person_id is not None:
            shares[person_id] = max(shares.get(person_id, 0.0), share)

    add(card.assignee_id, CHECKS)
    for verifier in card.verifiers:
        add(verifier.person_id, CHECKS)
        if verifier.group_id is not None:
            for person in session.get_one(Group, verifier.group_id).people:
                add(person.id, CHECKS)
    add(card.owner_id, OWNS)
    add(card.updated_by_id, WRITES)
    add(card.created_by_id, WRITES)
    return shares


def _whose_turn(session: Session, experts: list[Expert]) -> Expert:
    """Whoever was not the last one asked, then has the fewest open questions, then knows most."""
    ids = [expert.person.id for expert in experts]
    latest = select(Question.assignee_id).order_by(Question.assigned_at.desc(), Question.id.desc()).limit(1)
    last = session.scalar(latest)
    waiting = (
        select(Question.assignee_id, func.count())
        .where(Question.assignee_id.in_(ids), Question.closed_at.is_(None))
        .group_by(Question.assignee_id)
    )
    load: dict[int, int] = dict(session.execute(waiting).all())

    def order(expert: Expert) -> tuple[bool, int, float, int]:
        person_id = expert.person.id
        return person_id == last, load.get(person_id, 0), -expert.worth, person_id

    return min(experts, key=order)


def _why(expert: Expert, shelf_id: int | None) -> str:
    """Only cards of the question's collection are named: who sees the question may read those."""
    titles = [card.title for card in expert.cards if card.collection_id == shelf_id]
    if not titles:
        return sentence("Looks after cards like this")
    shown = shortened(titles[0], 80)
    more = len(titles) - 1
    if not more:
        return sentence("Looks after “%(title)s”", title=shown)
    return nsentence(
        "Looks after “%(title)s” and %(num)s more like it", "Looks after “%(title)s” and %(num)s more like it",
        more, title=shown,
    )  # fmt: skip
