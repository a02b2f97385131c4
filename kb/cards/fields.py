"""What people may type: field types with limits and messages, shared by forms, the API and imports."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from kb.wording import _

BODY_LIMIT = 256 * 1024
_SURROGATE = re.compile("[\ud800-\udfff]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean_line(value: str) -> str:
    """One line: NFC, no control or direction-changing characters, runs of white space become a blank."""
    if "\x00" in value:
        raise ValueError(_("contains a NUL character; remove it"))
    return " ".join(_CONTROL.sub(" ", _BIDI.sub("", unicodedata.normalize("NFC", value))).split())


def clean_text(value: str) -> str:
    """Many lines: NFC, line feeds only, no control or direction-changing characters."""
    if "\x00" in value:
        raise ValueError(_("contains a NUL character; remove it"))
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", _BIDI.sub("", text))


def _no_surrogates(value: object) -> object:
    if isinstance(value, str) and _SURROGATE.search(value):
        raise ValueError(_("contains broken characters; type them again"))
    return value


def _within_bytes(value: str) -> str:
    if len(value.encode()) > BODY_LIMIT:
        raise ValueError(
            _("is %(size)s KB long; the limit is 256 KB. Split the card", size=len(value.encode()) // 1024)
        )
    return value


def _tag(value: str) -> str:
    tag = clean_line(value).lower()
    if not tag or "," in tag:
        raise ValueError(_("a tag needs at least one character and no comma"))
    return tag


Line = Annotated[str, BeforeValidator(_no_surrogates), AfterValidator(clean_line)]
Text = Annotated[str, BeforeValidator(_no_surrogates), AfterValidator(clean_text)]
Title = Annotated[Line, Field(min_length=1, max_length=200)]
Note = Annotated[Line, Field(max_length=300)]
Reason = Annotated[Line, Field(min_length=1, max_length=500)]
Body = Annotated[str, BeforeValidator(_no_surrogates), AfterValidator(clean_text), AfterValidator(_within_bytes)]
Tag = Annotated[str, BeforeValidator(_no_surrogates), AfterValidator(_tag), Field(max_length=60)]
Tags = Annotated[list[Tag], Field(max_length=20)]
Email = Annotated[
    str, BeforeValidator(_no_surrogates), AfterValidator(lambda v: clean_line(v).lower()),
    Field(max_length=254, pattern=r"^\s*[^@\s<>,;\"]+@[^@\s<>,;\"]+\s*$"),
]  # fmt: skip
IntervalDays = Annotated[int, Field(ge=1, le=3650)]
EscalateDays = Annotated[int, Field(ge=0, le=365)]
RowId = Annotated[int, Field(ge=1, le=2**31 - 1)]


@dataclass(frozen=True, slots=True)
class VerifierRef:
    """A verifier as commands take it: exactly one of a person's or a group's id."""

    person_id: int | None = None
    group_id: int | None = None
