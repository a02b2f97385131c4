"""The index as it would have been: what reads as it does today comes from the live one, the rest is indexed in memory.

Facts (trust, owner, collection, age) are those of then for all of them.
"""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from kb.cards.outbox import newest_change
from kb.past.cards import PastCards
from search.arrays.batch import batch_of
from search.arrays.snapshot import Snapshot
from search.backend import CardDoc, SearchBackend
from search.whoosh_index.overlay import held_snapshot


def snapshot_of(backend: SearchBackend, session: Session, past: PastCards) -> Snapshot:
    """All cards that could be served then, and no other."""
    changed = [card_id for card_id in past.states if not past.is_found_alike(card_id)]
    kept = past.states.keys() - set(changed)
    overlaid = backend.overlaid(
        {card_id: _facts(past, card_id) for card_id in kept}, list(_docs(session, past, changed)),
        newest_change(session),
    ) if kept else None  # fmt: skip
    return overlaid if overlaid is not None else held_snapshot(batch_of(_docs(session, past, list(past.states))))


def _docs(session: Session, past: PastCards, card_ids: list[int]) -> Iterator[CardDoc]:
    for card_id, words in past.words(session, card_ids).items():
        facts = _facts(past, card_id)
        yield CardDoc(
            card_id=card_id, collection_id=facts.collection_id, language=words.language, title=words.title,
            headings=words.headings, body=words.text, tags=tuple(words.tags), aliases=words.aliases,
            audience=tuple(words.audience), owner_id=facts.owner_id, updated_at=facts.updated_at,
            is_verified=facts.is_verified, is_flagged=facts.is_flagged, verify_by=facts.verify_by,
        )  # fmt: skip


def _facts(past: PastCards, card_id: int) -> CardDoc:
    """The facts of then without words."""
    then = past.states[card_id]
    return CardDoc(
        card_id=card_id, collection_id=past.shelf_of(card_id).id, language="", title="", headings="", body="", tags=(),
        owner_id=then.owner_id, updated_at=then.updated_at,
        is_verified=then.verified.verified_at is not None and then.verified.unverified_at is None,
        is_flagged=bool(then.doubts), verify_by=then.verified.verify_by,
    )  # fmt: skip
