"""A state of the index that was never written: live segments with other facts, and one more held in memory."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.arrays.batch import FACTS, NO_CARD, Batch
from search.backend import CardDoc
from search.boosts import NEVER, microseconds
from search.whoosh_index.segment_snapshot import SegmentSnapshot
from search.whoosh_index.segments import HeldSegment

_HELD = "held"


def held_snapshot(batch: Batch) -> SegmentSnapshot:
    """These cards and nothing else, in memory."""
    return SegmentSnapshot(_HELD, {_HELD: HeldSegment(batch)}, {_HELD: ()})


class OverlaidSnapshot(SegmentSnapshot):
    """The live postings of the cards in `kept`, with the facts given there, and the cards of a batch."""

    def __init__(self, live: SegmentSnapshot, kept: Mapping[int, CardDoc], batch: Batch) -> None:
        self._overlaid: dict[str, NDArray[Any]] = {}
        segments = {**live.segments, _HELD: HeldSegment(batch)}
        ids = np.array(sorted(kept), np.int64)
        is_kept = live.alive & np.isin(live.card_ids, ids)
        sizes = np.cumsum([0, *(segment.size for segment in live.segments.values())]).tolist()
        deleted: dict[str, list[int]] = {_HELD: []}
        for name, start, end in zip(live.segments, sizes, sizes[1:], strict=False):
            deleted[name] = np.flatnonzero(~is_kept[start:end]).tolist()
        rows = [kept[card_id] for card_id in live.card_ids[is_kept].tolist()]
        for name, values in _columns(rows).items():
            column = np.concatenate([live.column(name, FACTS[name]), batch.facts[name]])
            column[: len(is_kept)][is_kept] = values
            self._overlaid[name] = column
        super().__init__(f"{live.generation} overlaid", segments, deleted)

    def column(self, name: str, kind: Any) -> NDArray[Any]:
        """One of the facts of all documents."""
        found = self._overlaid.get(name)
        return found.astype(kind, copy=False) if found is not None else super().column(name, kind)


def _columns(rows: list[CardDoc]) -> dict[str, list[Any]]:
    return {
        "collection_id": [row.collection_id for row in rows],
        "owner_id": [NO_CARD if row.owner_id is None else row.owner_id for row in rows],
        "updated_at": [microseconds(row.updated_at) if row.updated_at else 0 for row in rows],
        "verify_by": [microseconds(row.verify_by) if row.verify_by else NEVER for row in rows],
        "is_verified": [row.is_verified for row in rows],
        "is_flagged": [row.is_flagged for row in rows],
    }
