"""Compares cards with the others and keeps the pairs true. Safe to run at any time, for any cards, however often."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.orm import Session

from curator.duplicates import sketches
from curator.duplicates.likeness import FOLD_FROM, likeness
from curator.duplicates.reading import Reading, read_card
from kb.cards.models import Card, Revision, Status
from kb.db import Database, take_turns
from kb.lines.models import NearDuplicate, SketchedCard
from kb.lines.spans import note_pairs

METHOD = 1  # a higher number makes the job compare every card anew
MOST_COMPARED = 10
MOST_WEIGHED = 200
AT_ONCE = 100
_AT_SAVING = 5
_TURN = 7_310_023
_IN_USE = and_(Card.status != Status.ARCHIVED, Card.replaced_by_id.is_(None))
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Text:
    """A card's current text, read for comparing."""

    card_id: int
    version: int
    reading: Reading


def check_cards(session: Session, card_ids: Sequence[int], now: datetime) -> None:
    """Find what these cards look like now: all are sketched first, then each is compared with its nearest.

    Archived and replaced cards are forgotten; what was decided of them waits until they are back.
    """
    take_turns(session, _TURN)  # two at once would not see each other's sketches
    texts = _texts(session, card_ids, _IN_USE)
    gone = [card_id for card_id in card_ids if card_id not in texts]
    sketches.forget(session, gone)
    session.execute(delete(SketchedCard).where(SketchedCard.card_id.in_(card_ids)))
    if not texts:
        return
    drawn = {text.card_id: sketches.sketch(text.reading) for text in texts.values()}
    borne = sketches.put(session, drawn)
    known = _known_pairs(session, texts)
    near = {card_id: _nearest(session, card_id, drawn[card_id], borne) for card_id in texts}
    keys = {_key(card_id, other) for card_id, others in near.items() for other in others} | known.keys()
    missing = {card_id for key in keys for card_id in key} - texts.keys()
    everything = {**texts, **_texts(session, sorted(missing), None)}
    _keep_true(session, keys, known, everything, now)
    done = [{"card_id": text.card_id, "version": text.version, "method": METHOD} for text in texts.values()]
    session.execute(insert(SketchedCard), done)
    note_pairs(session, {card_id for key in keys for card_id in key}, now)


def unchecked(session: Session, limit: int, *, among: Collection[int] | None = None, after: int = 0) -> list[int]:
    """By number, the next cards whose present text was not compared, or that are out of use but still have a sketch."""
    query = (
        select(Card.id)
        .outerjoin(SketchedCard, SketchedCard.card_id == Card.id)
        .where(
            or_(
                and_(
                    _IN_USE,
                    or_(
                        SketchedCard.version.is_distinct_from(Card.version),
                        SketchedCard.method.is_distinct_from(METHOD),
                    ),
                ),
                and_(~_IN_USE, SketchedCard.card_id.is_not(None)),
            )
        )
    )
    if among is not None:
        query = query.where(Card.id.in_(among))
    return list(session.scalars(query.where(Card.id > after).order_by(Card.id).limit(limit)))


def check_saved(database: Database, clock: Callable[[], datetime], card_ids: Collection[int]) -> None:
    """After a save: compare at once what was written, so that its author sees it. Many at once are left to the job."""
    if not 0 < len(card_ids) <= _AT_SAVING:
        return
    with database.read() as session:
        waiting = unchecked(session, _AT_SAVING, among=card_ids)
    if waiting:
        with database.transaction() as session:
            check_cards(session, waiting, clock())


def _texts(session: Session, card_ids: Sequence[int], only: object) -> dict[int, _Text]:
    found = {}
    for start in range(0, len(card_ids), sketches.CHUNK):
        chunk = card_ids[start : start + sketches.CHUNK]
        query = select(Card.id, Card.version, Card.title, Card.text).where(Card.id.in_(chunk))
        if only is not None:
            query = query.where(only)  # type: ignore[arg-type]
        for card_id, version, title, text in session.execute(query):
            found[card_id] = _Text(card_id, version, read_card(title, text))
    return found


def _nearest(session: Session, card_id: int, hashes: Collection[int], borne: Mapping[int, set[int]]) -> list[int]:
    """What to compare with: the nearest of the same collection and the nearest of all others.

    However many copies a closed collection holds, they take no place from the cards whose readers know nothing of it.
    """
    weighed = sketches.candidates(card_id, hashes, borne, MOST_WEIGHED)
    if len(weighed) <= MOST_COMPARED:
        return weighed
    shelves = dict(session.execute(select(Card.id, Card.collection_id).where(Card.id.in_([card_id, *weighed]))).all())
    at_home = [other for other in weighed if shelves.get(other) == shelves.get(card_id)]
    elsewhere = [other for other in weighed if shelves.get(other) != shelves.get(card_id)]
    return at_home[:MOST_COMPARED] + elsewhere[:MOST_COMPARED]


def _known_pairs(session: Session, texts: Mapping[int, _Text]) -> dict[Key, NearDuplicate]:
    table = NearDuplicate
    rows = session.scalars(select(table).where(or_(table.card_id.in_(texts), table.other_id.in_(texts))))
    return {(row.card_id, row.other_id): row for row in rows}


def _keep_true(
    session: Session, keys: Collection[Key], known: Mapping[Key, NearDuplicate], texts: Mapping[int, _Text],
    now: datetime,
) -> None:  # fmt: skip
    for key in sorted(keys):
        if key[0] not in texts or key[1] not in texts:
            continue  # a candidate that was deleted meanwhile
        one, other = texts[key[0]], texts[key[1]]
        score = likeness(one.reading, other.reading)
        pair = known.get(key)
        if score < FOLD_FROM:
            if pair is not None:
                session.delete(pair)
            continue
        if pair is None:
            pair = NearDuplicate(card_id=key[0], other_id=key[1], found_at=now)
            session.add(pair)
        elif _reads_differently(session, pair, one, other):
            pair.found_at, pair.decision, pair.decided_by_id, pair.decided_at = now, None, None, None
        pair.score, pair.card_version, pair.other_version = score, one.version, other.version


def _reads_differently(session: Session, pair: NearDuplicate, one: _Text, other: _Text) -> bool:
    """Whether either text is another than the one the pair was found (and perhaps decided) with."""
    seen = ((one, pair.card_version), (other, pair.other_version))
    return any(text.version != version and not _same_text(session, text, version) for text, version in seen)


def _same_text(session: Session, text: _Text, version: int) -> bool:
    """A new tag or language makes a version too, but no other text."""
    query = select(Revision.title, Revision.body).where(
        Revision.card_id == text.card_id, Revision.number.in_((version, text.version))
    )
    return len(set(map(tuple, session.execute(query)))) == 1


def _key(one: int, other: int) -> Key:
    return min(one, other), max(one, other)
