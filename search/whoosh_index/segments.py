"""One immutable segment of the index: its postings as views on the mapped file, its facts in memory.

Nothing here is ever changed once it is open, so any number of threads read it. Whoosh's own readers, whose files have
one position each, have no part in it.
"""

import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.arrays.batch import FACTS, Batch
from search.arrays.postings import FieldPostings
from search.whoosh_index.codec import POSTINGS, DamagedPostings, read_fields
from search.whoosh_index.schema import FACTS_COLUMN

_PLACES_KEPT = 20_000
_Places = dict[tuple[str, str], tuple[int, int]]


class Segment:
    """`folder` holds the files; `segment` is Whoosh's record of it."""

    def __init__(self, folder: Path, segment: Any) -> None:
        self.size: int = segment.doc_count_all()
        # The mapping lives as long as a view on it; the file may be unlinked meanwhile.
        self.fields: dict[str, FieldPostings] = read_fields(_mapped(folder / segment.make_filename(POSTINGS)))
        self.facts = _read_facts(folder / segment.make_filename(f".{FACTS_COLUMN}.col"), self.size)
        self._places: _Places = {}
        self._ranges: _Places = {}

    def extent(self, field: str, term: str) -> tuple[int, int]:
        """Where the term's postings begin and end in the arrays of the field."""
        key = (field, term)
        return self._places.get(key) or _kept(self._places, key, self.fields[field].extent(term.encode()))

    def terms_from(self, field: str, beginning: str) -> tuple[int, int]:
        """The places of the first term of the field that begins so and of the first after them."""
        key = (field, beginning)
        return self._ranges.get(key) or _kept(self._ranges, key, self.fields[field].term_range(beginning.encode()))


class HeldSegment(Segment):
    """The same of cards that were never written: for the one question that it is made for."""

    def __init__(self, batch: Batch) -> None:
        self.size = len(batch.facts)
        self.fields = dict(batch.fields)
        self.facts = batch.facts
        self._places, self._ranges = {}, {}


def _kept(places: _Places, key: tuple[str, str], found: tuple[int, int]) -> tuple[int, int]:
    if len(places) >= _PLACES_KEPT:
        places.clear()
    places[key] = found
    return found


def _mapped(path: Path) -> mmap.mmap | bytes:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""


def _read_facts(path: Path, size: int) -> NDArray[Any]:
    rows = np.fromfile(path, FACTS)
    if len(rows) < size:
        raise DamagedPostings(f"{path.name} is too short")
    return rows[:size]
