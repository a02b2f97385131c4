"""What Whoosh is told of the index: its fields and its one column; and the rules by which an index must be written."""

import unicodedata
from importlib.metadata import version
from typing import Any

import numpy as np
from whoosh import columns, fields, formats

from search import analysis
from search.arrays.batch import FACTS, FIELDS

FACTS_COLUMN = "facts"

# Everything an old index depends on: another stamp means rebuild.
STAMP = " ".join(
    (
        "rules-2",
        "whoosh-" + version("whoosh-reloaded"),
        "snowball-" + version("snowballstemmer"),
        "unicode-" + unicodedata.unidata_version,
        ",".join(analysis.LANGUAGES),
        "facts-" + str(FACTS.itemsize),
    )
)


class Terms(fields.FieldType):  # type: ignore[misc]
    """A field whose postings come as arrays; Whoosh's own analysis has no part in it."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None)

    def to_bytes(self, value: str | bytes) -> bytes:
        """A term as the index holds it."""
        return value if isinstance(value, bytes) else value.encode()

    def from_bytes(self, value: bytes) -> str:
        """A term as people write it."""
        return value.decode()


def card_schema() -> Any:
    """The schema of every index."""
    column = columns.FixedBytesColumn(FACTS.itemsize, default=bytes(np.zeros(1, FACTS).tobytes()))
    return fields.Schema(**{name: Terms() for name in FIELDS}, **{FACTS_COLUMN: fields.COLUMN(column)})
