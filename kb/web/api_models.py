"""What API clients may send and what they get: base models, and field types beyond those of cards."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)  # fmt: skip

from kb.cards.fields import Email, Line

LARGEST_ID = 2**31 - 1
_EARLIEST, _LATEST = date(1990, 1, 1), date(2199, 12, 31)
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("contains a NUL character; remove it")
    return value


def _person(value: object) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID:
        return value
    return _email(value, "must be a person's e-mail address or id")


def _person_in_query(value: object) -> str | int:
    is_id = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 10
    return _person(int(str(value)) if is_id else value)


def _verifier(value: object) -> str:
    if isinstance(value, str) and value.lower().startswith("group:"):
        slug = value[len("group:") :].strip().lower()
        if 0 < len(slug) <= 60 and slug.isascii() and slug.isprintable():
            return f"group:{slug}"
    return _email(value, "must be an e-mail address or group:slug")


def _email(value: object, words: str) -> str:
    try:
        return _EMAIL.validate_python(value, strict=True)
    except ValidationError:
        raise ValueError(words) from None


def _day(value: object) -> date:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        day = None
    if day is None or not _EARLIEST <= day <= _LATEST:
        raise ValueError("must be a date such as 2026-11-30")
    return day


def _instant(value: object) -> datetime:
    """An instant, or a day that begins in UTC."""
    try:
        text = str(value).replace(" ", "+")  # a plus sign that was not escaped arrives as a blank
        found = datetime.combine(_day(text), time.min) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be an instant such as 2026-11-30T09:00:00Z, or a date") from None
    if not _EARLIEST <= found.date() <= _LATEST:
        raise ValueError("must lie between 1990 and 2199")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _json(kind: str | list[str], **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **more})


Version = Annotated[int, Field(ge=1, le=LARGEST_ID, description="The version that was read.")]
Words = Annotated[str, AfterValidator(_no_nul), Field(max_length=2000)]
Name = Annotated[Line, Field(min_length=1, max_length=120)]
RoleName = Literal["rep", "author", "curator", "admin"]
Slug = Annotated[Line, Field(min_length=1, max_length=60)]
NewSlug = Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
PersonRef = Annotated[
    str | int, PlainValidator(_person), _json(["string", "integer"], description="A person's e-mail address or id.")
]
PersonParam = Annotated[
    str | int, PlainValidator(_person_in_query), _json("string", description="A person's e-mail address or id.")
]
VerifierName = Annotated[
    str, PlainValidator(_verifier), _json("string", description="An e-mail address or group:slug.")
]
Verifiers = Annotated[list[VerifierName], Field(max_length=10)]
Day = Annotated[date, PlainValidator(_day), _json("string", format="date")]
InstantParam = Annotated[
    datetime, PlainValidator(_instant), _json("string", description="An instant in RFC 3339, or a date.")
]
CardId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Url = Annotated[Line, Field(max_length=500, pattern=r"^https?://[^\s<>\"]+$")]


class JsonBody(BaseModel):
    """Base of all request bodies: unknown fields and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Params(BaseModel):
    """Base of all query strings: unknown parameters are errors, so that a typo never loosens a demand."""

    model_config = ConfigDict(extra="forbid")


class Listing(Params):
    """The query string of every list."""

    limit: Annotated[int, Field(ge=1, le=100, description="How many items at most.")] = 20
    cursor: Annotated[str, Field(max_length=100, description="`next_cursor` of the page before.")] = ""


class Shape(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(extra="forbid")
