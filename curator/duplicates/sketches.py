"""Sketches: a sample of the hashes of a text's runs, by which cards worth comparing are found among very many.

A hash that `MOST_CARDS` cards have already is boilerplate: it still leads to those, but is written for no further one,
so that no lookup ever walks a long list.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from curator.duplicates.reading import Reading
from kb.lines.models import CardSketch

EVERY = 8
FEWEST, MOST = 24, 400
MOST_CARDS = 64
CHUNK = 500
_ENOUGH = 2


def sketch(reading: Reading) -> frozenset[int]:
    """The hashes of one text: an eighth of them, of a short text the smallest; below zero, that of its title."""
    hashes = sorted(map(_hash, reading.runs))
    sampled = [value for value in hashes if value % EVERY == 0]
    kept = sampled[:MOST] if len(sampled) >= FEWEST else hashes[:FEWEST]
    title = [-_hash("title: " + " ".join(sorted(reading.subject)))] if reading.subject else []
    return frozenset(kept + title)


def bearers(session: Session, hashes: Collection[int]) -> dict[int, set[int]]:
    """Which cards have each of these hashes."""
    found: dict[int, set[int]] = defaultdict(set)
    for chunk in _chunks(sorted(hashes)):
        query = select(CardSketch.hash, CardSketch.card_id).where(CardSketch.hash.in_(chunk))
        for value, card_id in session.execute(query):
            found[value].add(card_id)
    return found


def put(session: Session, sketches: Mapping[int, frozenset[int]]) -> dict[int, set[int]]:
    """Write these cards' sketches in place of their former ones. Returns who has each of their hashes now."""
    forget(session, list(sketches))
    borne = bearers(session, frozenset().union(*sketches.values()))
    rows = []
    for card_id, hashes in sketches.items():
        for value in hashes:
            if len(borne[value]) < MOST_CARDS:
                borne[value].add(card_id)
                rows.append({"hash": value, "card_id": card_id})
    if rows:
        session.execute(insert(CardSketch), rows)
    return borne


def forget(session: Session, card_ids: Sequence[int]) -> None:
    """These cards have no sketch any more."""
    for chunk in _chunks(card_ids):
        session.execute(delete(CardSketch).where(CardSketch.card_id.in_(chunk)))


def candidates(card_id: int, hashes: Iterable[int], borne: Mapping[int, set[int]], most: int) -> list[int]:
    """The cards that share most with this one, its title or two runs at least; what few cards have weighs more."""
    weights: dict[int, float] = defaultdict(float)
    shared: dict[int, int] = defaultdict(int)
    for value in hashes:
        others = borne.get(value, set()) - {card_id}
        for other in others:
            weights[other] += 1 / len(others)
            shared[other] += 1 if value >= 0 else _ENOUGH
    enough = [other for other, number in shared.items() if number >= _ENOUGH]
    best = sorted(enough, key=lambda other: (-weights[other], other))
    return best[:most]


def _hash(words: str) -> int:
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=7).digest(), "big")


def _chunks(values: Sequence[int]) -> Iterator[Sequence[int]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
