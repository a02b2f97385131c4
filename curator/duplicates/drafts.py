"""Cards that may say already what somebody is writing: the detector of near-duplicates, and the writer's own search."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from curator.duplicates import sketches
from curator.duplicates.checking import MOST_COMPARED, MOST_WEIGHED
from curator.duplicates.likeness import FOLD_FROM, likeness
from curator.duplicates.reading import Reading, read_card
from kb.cards.models import Card
from kb.cards.permissions import servable_to
from kb.errors import Unavailable
from kb.people.actor import Actor
from kb.web.alike import Draft, Found
from search.answers import SearchService

MOST_SHOWN = 3
_ABOUT_THE_SAME = 0.6
_STEM = 5
_WORD = re.compile(r"[^\W_]+")


def alike(service: SearchService, session: Session, actor: Actor, draft: Draft, now: datetime) -> list[Found]:
    """First what says nearly the same, then what is about the same; only cards that this actor may be served."""
    reading = read_card(draft.title, draft.text)
    same = _near_duplicates(session, actor, draft, reading)
    known = {card.id for card in same} | {draft.card_id}
    about = [card for card in _found(service, session, actor, draft, reading, now) if card.id not in known]
    return [*(Found(card, True) for card in same), *(Found(card, False) for card in about)][:MOST_SHOWN]


def _near_duplicates(session: Session, actor: Actor, draft: Draft, reading: Reading) -> list[Card]:
    hashes = sketches.sketch(reading)
    borne = sketches.bearers(session, hashes)
    near = sketches.candidates(draft.card_id or 0, hashes, borne, MOST_WEIGHED)
    cards = _servable(session, actor, near)
    compared = [cards[card_id] for card_id in near if card_id in cards][:MOST_COMPARED]
    scored = [(likeness(reading, read_card(card.title, card.text)), card) for card in compared]
    return [card for score, card in sorted(scored, key=lambda each: -each[0]) if score >= FOLD_FROM]


def _found(
    service: SearchService, session: Session, actor: Actor, draft: Draft, reading: Reading, now: datetime
) -> Sequence[Card]:
    """What a search for the title finds, if most of what the title names is there."""
    words = _WORD.findall(draft.title)
    if len(words) < 2 or not reading.subject:
        return ()
    try:
        answers = service.search(session, actor, " ".join(words) + " ", now, limit=2 * MOST_SHOWN)
    except Unavailable:
        return ()
    ids = [result.card.id for result in answers.results if result.card.id != draft.card_id]
    cards = _servable(session, actor, ids)
    return [cards[card_id] for card_id in ids if card_id in cards and _is_about(reading.subject, cards[card_id])]


def _is_about(subject: frozenset[str], card: Card) -> bool:
    """Whether the card's title names most of it, by the beginnings of words: endings differ from case to case."""
    named = {word[:_STEM].lower() for word in _WORD.findall(card.title)}
    return sum(word[:_STEM] in named for word in subject) >= _ABOUT_THE_SAME * len(subject)


def _servable(session: Session, actor: Actor, card_ids: Sequence[int]) -> dict[int, Card]:
    rows = session.scalars(
        select(Card).where(Card.id.in_(card_ids), servable_to(actor)).options(joinedload(Card.collection))
    )
    return {card.id: card for card in rows.unique()}
