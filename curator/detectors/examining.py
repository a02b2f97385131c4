"""Examines cards: reads some of them and asks every detector, then writes down what is new and what is gone.

Reading and thinking happen outside of the write transaction. A card that was changed in between is left for the next
round. Safe to run at any time, for any cards, however often.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from curator.detectors import (
    activity,
    due_dates,
    linked_cards,
    links,
    names,
    near_duplicates,
    readers,
    registry_words,
    sources,
    young_cards,
)
from curator.detectors.batch import Batch
from curator.detectors.evidence import Evidence
from curator.detectors.library import Library, library_of
from curator.detectors.look_again import IS_ANSWER
from curator.detectors.models import ExaminedCard
from curator.detectors.reading import read_card
from curator.detectors.reconciling import reconcile
from kb.cards.models import Card
from kb.db import Database, take_turns
from kb.people.actor import system_actor
from kb.trust.policy import Policy

DETECTORS: tuple[Callable[[Batch], Iterator[Evidence]], ...] = (
    linked_cards.found,
    names.found,
    young_cards.found,
    activity.found,
    links.found,
    sources.found,
    due_dates.found,
    registry_words.found,
    readers.found,
    near_duplicates.found,
)
AT_ONCE = 100
_TURN = 7_310_022
Facts = tuple[int, datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Examiner:
    """Everything a round of detection needs."""

    database: Database
    policy: Policy
    public_url: str

    def library(self) -> Library:
        """What the detectors know, read once for a round."""
        with self.database.read() as session:
            return library_of(session)

    def examine(self, card_ids: Sequence[int], library: Library, now: datetime) -> int:
        """Look at these cards. Returns how many findings are new."""
        with self.database.read() as session:
            looked = self._look(session, card_ids, library, now)
        with self.database.transaction() as session:
            take_turns(session, _TURN)
            return self._write(session, card_ids, looked, now)

    def _look(self, session: Session, card_ids: Sequence[int], library: Library, now: datetime) -> "_Looked":
        cards = session.scalars(select(Card).where(Card.id.in_(card_ids), IS_ANSWER).order_by(Card.id)).all()
        batch = Batch(session, [read_card(card) for card in cards], library, self.policy, self.public_url, now)
        evidence = [each for detector in DETECTORS for each in detector(batch)]
        ahead = {each.card.id: due_dates.dates_ahead(each, self.policy, now) for each in batch.cards}
        return _Looked(
            evidence,
            facts={card.id: _facts(card) for card in cards},
            next_due={card_id: dates[0].due_at if dates else None for card_id, dates in ahead.items()},
            urls={each.card.id: links.elsewhere(each, self.public_url) for each in batch.cards},
        )

    def _write(self, session: Session, card_ids: Sequence[int], looked: "_Looked", now: datetime) -> int:
        robot = system_actor(session)
        cards = session.scalars(select(Card).where(Card.id.in_(card_ids)).order_by(Card.id)).all()
        answers = [card for card in cards if looked.facts.get(card.id) == _facts(card)]
        others = [card for card in cards if not card.is_servable]
        fresh = reconcile(session, robot, answers + others, looked.evidence, now)
        known = {
            row.card_id: row for row in session.scalars(select(ExaminedCard).where(ExaminedCard.card_id.in_(card_ids)))
        }
        new_text = {
            card.id: looked.urls[card.id]
            for card in answers
            if card.id not in known or known[card.id].card_version != card.version
        }
        links.note_links(session, {**new_text, **{card.id: [] for card in others}}, now)
        sources.accept_checked(session, [card.id for card in answers])
        session.execute(delete(ExaminedCard).where(ExaminedCard.card_id.in_([card.id for card in others])))
        for card in answers:
            row = known.get(card.id) or ExaminedCard(card_id=card.id)
            row.examined_at, row.next_due_at = now, looked.next_due[card.id]
            row.card_version, row.card_updated_at, row.card_verified_at = _facts(card)
            session.add(row)
        return fresh


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was read: the evidence, and of each card the state in which it was read."""

    evidence: list[Evidence]
    facts: dict[int, Facts]
    next_due: dict[int, datetime | None]
    urls: dict[int, list[str]]


def _facts(card: Card) -> Facts:
    return card.version, card.updated_at, card.verified_at
