"""A Whoosh codec whose terms and postings are arrays in one file.

Whoosh keeps schema, segments, column, deletions, lock and table of contents; a segment's terms and postings are ours.
Their file, all little endian:

    arrays, each on a multiple of 8 bytes
    directory   JSON: {field: {array: [type, offset, length]}}
    u64         offset of the directory
    8 bytes     "VITRINE1"

Vitrine reads it through `read_fields`, as views on the mapped file that cost no private memory. Whoosh's own searcher
reads the same file through `ArrayTerms` and `ArrayMatcher`; the tests use it as the oracle.
"""

import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from whoosh.codec import base, whoosh3
from whoosh.matching import LeafMatcher, ReadTooFar
from whoosh.reading import TermInfo, TermNotFound

from search.arrays.batch import IMPACT_SCALE
from search.arrays.postings import FieldPostings

POSTINGS = ".pst"
MAGIC = b"VITRINE1"
TAIL = struct.Struct("<Q8s")


class DamagedPostings(Exception):
    """The postings file is cut off, empty or of another kind."""


def read_fields(data: Any) -> dict[str, FieldPostings]:
    """The fields of a postings file; `data` is anything with the buffer interface, and is kept alive by the views."""
    with memoryview(data) as view:
        if len(view) < TAIL.size:
            raise DamagedPostings("the postings file is too short")
        offset, magic = TAIL.unpack(view[-TAIL.size :])
        if magic != MAGIC or offset > len(view):
            raise DamagedPostings("the postings file has no end mark")
        directory = json.loads(bytes(view[offset : -TAIL.size]))
    return {
        field: FieldPostings(**{name: _array(data, *place) for name, place in arrays.items()})
        for field, arrays in directory.items()
    }


def _array(data: Any, kind: str, offset: int, length: int) -> Any:
    return np.frombuffer(data, kind, length, offset) if length else np.empty(0, kind)


class ArrayCodec(whoosh3.W3Codec):  # type: ignore[misc]
    """Pickled by its name into every segment: moving this class asks for a rebuild."""

    # Lengths are in the impacts already; Whoosh would look for them once per posting.
    length_stats = False

    def field_writer(self, storage: Any, segment: Any) -> "ArrayWriter":
        """What writes the postings file of a segment."""
        return ArrayWriter(segment.create_file(storage, POSTINGS))

    def terms_reader(self, storage: Any, segment: Any) -> "ArrayTerms":
        """What Whoosh's own readers look terms up with."""
        return ArrayTerms(read_fields((Path(storage.folder) / segment.make_filename(POSTINGS)).read_bytes()))


class ArrayWriter(base.FieldWriter):  # type: ignore[misc]
    """Takes whole fields instead of single postings."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.is_closed = False

    def add_postings(self, _schema: Any, _lengths: Any, all_fields: Mapping[str, FieldPostings]) -> None:
        """Write every field, and the directory that finds them."""
        directory = {
            name: {kind: self._write(array) for kind, array in _arrays(postings)}
            for name, postings in sorted(all_fields.items())
        }
        offset = self._file.tell()
        self._file.write(json.dumps(directory).encode())
        self._file.write(TAIL.pack(offset, MAGIC))

    def close(self) -> None:
        """The file is whole."""
        self._file.close()
        self.is_closed = True

    def _write(self, array: Any) -> tuple[str, int, int]:
        self._file.write(b"\0" * (-self._file.tell() % 8))
        offset = self._file.tell()
        self._file.write(array.tobytes())
        return array.dtype.str, offset, len(array)


def _arrays(postings: FieldPostings) -> Iterator[tuple[str, Any]]:
    for kind in fields(FieldPostings):
        array = getattr(postings, kind.name)
        if array is not None:
            yield kind.name, array


class ArrayTerms(base.TermsReader):  # type: ignore[misc]
    """The terms of a segment for Whoosh's own searcher."""

    def __init__(self, segment_fields: Mapping[str, FieldPostings]) -> None:
        self._fields = segment_fields

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return bool(self._postings(*term)[0])

    def cursor(self, fieldname: str, fieldobj: Any) -> Any:
        """Whoosh walks terms with it for wildcards, which are never asked for."""
        raise NotImplementedError

    def terms(self) -> Iterable[tuple[str, bytes]]:
        """Every term of every field."""
        return ((name, term) for name, field in self._fields.items() for term in field.terms.tolist())

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterable[tuple[str, bytes]]:
        """The terms of a field from this one on."""
        field = self._fields[fieldname]
        return ((fieldname, term) for term in field.terms[field.term_range(prefix)[0] :].tolist())

    def items(self) -> Iterable[tuple[tuple[str, bytes], TermInfo]]:
        """Terms with their statistics."""
        return ((term, self.term_info(*term)) for term in self.terms())

    def items_from(self, fieldname: str, prefix: bytes) -> Iterable[tuple[tuple[str, bytes], TermInfo]]:
        """The terms of a field from this one on, with their statistics."""
        return ((term, self.term_info(*term)) for term in self.terms_from(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        """The statistics of one term; TermNotFound if there is no such term."""
        docs, impacts = self._postings(fieldname, text)
        if not docs:
            raise TermNotFound(f"No term {fieldname}:{text!r}")
        best = max(impacts) / IMPACT_SCALE
        return TermInfo(len(docs), len(docs), 1, 1, best, docs[0], docs[-1])

    def frequency(self, fieldname: str, text: bytes) -> int:
        """In how many documents a term stands."""
        return len(self._postings(fieldname, text)[0])

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        """In how many documents a term stands."""
        return len(self._postings(fieldname, text)[0])

    def matcher(self, fieldname: str, text: bytes, _format: Any, scorer: Any = None) -> "ArrayMatcher":
        """What walks the postings of a term."""
        return ArrayMatcher(*self._postings(fieldname, text), (fieldname, text), scorer)

    def indexed_field_names(self) -> Iterable[str]:
        """The names of the fields."""
        return self._fields.keys()

    def close(self) -> None:
        """Nothing is open."""

    def _postings(self, fieldname: str, text: bytes) -> tuple[list[int], list[int]]:
        field = self._fields.get(fieldname)
        start, end = field.extent(text) if field is not None else (0, 0)
        if field is None or start == end:
            return [], []
        impacts = field.impacts[start:end].tolist() if field.impacts is not None else [1] * (end - start)
        return field.docs[start:end].tolist(), impacts


class ArrayMatcher(LeafMatcher):  # type: ignore[misc]
    """What Whoosh's own searcher walks, posting by posting."""

    def __init__(self, docs: list[int], impacts: list[int], term: Any, scorer: Any) -> None:
        self._docs, self._impacts, self._term, self.scorer = docs, impacts, term, scorer
        self._at = 0

    def is_active(self) -> bool:
        """Whether there is a posting left."""
        return self._at < len(self._docs)

    def reset(self) -> None:
        """Back to the first posting."""
        self._at = 0

    def id(self) -> int:
        """The document of the posting."""
        return self._docs[self._at]

    def all_ids(self) -> Iterator[int]:
        """All documents."""
        return iter(self._docs)

    def weight(self) -> float:
        """The impact of the posting."""
        return self._impacts[self._at] / IMPACT_SCALE

    def value(self) -> bytes:
        """Positions are not for Whoosh."""
        return b""

    def next(self) -> bool:
        """On to the next posting; whether there is none."""
        if not self.is_active():
            raise ReadTooFar
        self._at += 1
        return not self.is_active()

    def skip_to(self, doc: int) -> None:
        """On to the first posting of this document or a later one."""
        while self.is_active() and self.id() < doc:
            self._at += 1

    def supports_block_quality(self) -> bool:
        """There are no blocks."""
        return False
