"""Tell exactly those who saw a wrong version, once; remind them, once; and note who has seen it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.notices.personal import mail_person
from curator.recall.letters import recall_letter
from curator.recall.models import Recall, RecallReceipt
from curator.recall.reach import Wrong, reach_of
from kb.cards.models import Card
from kb.cards.permissions import Right, demand, may
from kb.cards.queries import LARGEST_ID
from kb.db import hold
from kb.errors import Conflict, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor, actor_for
from kb.people.models import Person
from kb.settings import Settings
from kb.wording import _, decimal

WORDS_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Told:
    """What telling did: how many people were told now, and how many can't be any more; `is_new`: it began now."""

    recall: Recall
    told: int
    hidden: int
    is_new: bool


def tell(
    session: Session, actor: Actor, card: Card, wrong: Wrong, words: str, settings: Settings, now: datetime
) -> Told:
    """Tell everybody who saw these versions since then, but for whoever tells it.

    The same again tells only those who came to be known meanwhile, in the words of the first time. Who may not read
    the card any more is counted and told nothing.
    """
    demand(actor, Right.RECALL, hold(session, card))
    _check(card, wrong, now)
    recall = _known(session, card, wrong)
    is_new = recall is None
    if recall is None:
        recall = _begun(session, actor, card, wrong, words, now)
    receipts = set(session.scalars(select(RecallReceipt.person_id).where(RecallReceipt.recall_id == recall.id)))
    reached = [each.person_id for each in reach_of(session, card.id, wrong).people]
    told = hidden = 0
    for person_id in sorted(set(reached) - receipts - {actor.id}):
        person = session.get_one(Person, person_id)
        is_told = can_be_told(session, person, card)
        session.add(RecallReceipt(recall_id=recall.id, person_id=person_id, is_told=is_told, at=now))
        if is_told:
            letter = recall_letter(person, card, recall.words, actor, settings, is_reminder=False)
            mail_person(session, person, "corrected", f"recall:{recall.id}:{person_id}", letter, settings, now)
        told, hidden = told + is_told, hidden + (not is_told)
    if is_new or told or hidden:
        audit.record(session, actor, "recalled", "card", card.id, now, recall=recall.id, told=told, hidden=hidden)
    session.flush()
    return Told(recall, told, hidden, is_new)


def remind(session: Session, actor: Actor, recall_id: int, settings: Settings, now: datetime) -> int:
    """Tell those again who were told and have not seen it: once per recall. Returns how many."""
    recall, card = _for_teller(session, actor, recall_id)
    if recall.reminded_at is not None:
        raise Conflict(_("They were reminded already. A recall reminds once."))
    waiting = select(RecallReceipt.person_id).where(
        RecallReceipt.recall_id == recall.id, RecallReceipt.is_told, RecallReceipt.seen_at.is_(None)
    )
    recall.reminded_at = now
    reminded = 0
    for person_id in session.scalars(waiting.order_by(RecallReceipt.person_id)).all():
        person = session.get_one(Person, person_id)
        if can_be_told(session, person, card):
            letter = recall_letter(person, card, recall.words, actor, settings, is_reminder=True)
            key = f"recall:{recall.id}:{person_id}:reminder"
            reminded += mail_person(session, person, "corrected", key, letter, settings, now)
    audit.record(session, actor, "reminded", "card", card.id, now, recall=recall.id, reminded=reminded)
    return reminded


def acknowledge(session: Session, actor: Actor, recall_id: int, now: datetime) -> RecallReceipt:
    """ "I have seen it". The first time counts. Who was not told finds no such recall."""
    recall = session.get(Recall, recall_id) if 0 < recall_id <= LARGEST_ID else None
    receipt = session.get(RecallReceipt, (recall_id, actor.id), with_for_update=True) if recall is not None else None
    card = session.get(Card, recall.card_id) if recall is not None else None
    if receipt is None or not receipt.is_told or card is None or not may(actor, Right.READ, card):
        raise NotFound(_("There is no such notice."))
    if receipt.seen_at is None:
        receipt.seen_at = now
    return receipt


def recall_of(session: Session, recall_id: int) -> Recall:
    """A recall that is known to be there."""
    return session.get_one(Recall, recall_id)


def can_be_told(session: Session, person: Person, card: Card) -> bool:
    """Whether the person is still here and may read the card."""
    return person.is_active and may(actor_for(session, person), Right.READ, card)


def _check(card: Card, wrong: Wrong, now: datetime) -> None:
    if not 0 < wrong.last_version <= card.version:
        raise invalid("last_version", _("The card has versions 1 to %(version)s.", version=card.version))
    if not 0 < wrong.first_version <= wrong.last_version:
        raise invalid("first_version", _("Name a version from 1 to %(last_version)s.", last_version=wrong.last_version))
    if wrong.since > now:
        raise invalid("since", _("It lies in the future."))


def _known(session: Session, card: Card, wrong: Wrong) -> Recall | None:
    return session.scalars(
        select(Recall).where(
            Recall.card_id == card.id, Recall.first_version == wrong.first_version,
            Recall.last_version == wrong.last_version, Recall.since == wrong.since,
        )
    ).first()  # fmt: skip


def _begun(session: Session, actor: Actor, card: Card, wrong: Wrong, words: str, now: datetime) -> Recall:
    said = words.strip()
    if not said:
        raise invalid("words", _("Say what was wrong and what is right."))
    if len(said) > WORDS_LIMIT:
        raise invalid("words", _("At most %(most)s characters.", most=decimal(WORDS_LIMIT)))
    recall = Recall(
        card_id=card.id, first_version=wrong.first_version, last_version=wrong.last_version, since=wrong.since,
        words=said, by_id=actor.id, at=now,
    )  # fmt: skip
    session.add(recall)
    session.flush()
    return recall


def _for_teller(session: Session, actor: Actor, recall_id: int) -> tuple[Recall, Card]:
    recall = session.get(Recall, recall_id, with_for_update=True) if 0 < recall_id <= LARGEST_ID else None
    card = session.get(Card, recall.card_id) if recall is not None else None
    if recall is None or card is None:
        raise NotFound(_("There is no such recall."))
    demand(actor, Right.RECALL, card)
    return recall, card
