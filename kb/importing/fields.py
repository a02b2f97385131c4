"""From whatever a file says to the fields of a card: what is too long is cut, what is odd is left out, both named.

Only a title or a text that can't be one makes an item bad.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from kb.cards.fields import Body, Email, IntervalDays, Line, Tag, Title
from kb.importing.parsed import BadItem, Notice, NoticeKind, ParsedCard
from kb.settings import KNOWN_LANGUAGES
from kb.text.slugs import slug

T = TypeVar("T")

KNOWN = frozenset(
    ("external_id", "id", "title", "body", "tags", "audience", "language", "template", "owner", "verifiers",
     "interval_days", "replaced_by", "updated_at", "verified_at", "verified_by", "author", "collection")
)  # fmt: skip
LONGEST_ID = 300

_TITLE: TypeAdapter[str] = TypeAdapter(Title)
_LINE: TypeAdapter[str] = TypeAdapter(Line)
_BODY: TypeAdapter[str] = TypeAdapter(Body)
_TAG: TypeAdapter[str] = TypeAdapter(Tag)
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)
_DAYS: TypeAdapter[int] = TypeAdapter(IntervalDays)
_INSTANT: TypeAdapter[datetime] = TypeAdapter(datetime)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LONGEST_TITLE, _LONGEST_TAG, _MOST_TAGS, _MOST_VERIFIERS = 200, 60, 20, 10


def parsed_card(
    where: str, external_id: str, title: object, body: str, values: Mapping[str, Any],
    *, more_tags: Iterable[str] = (), headline: str | None = None, notices: Iterable[Notice] = (),
) -> ParsedCard:  # fmt: skip
    """The card that these raw values describe. Raises BadItem."""
    reader = _Reader(where, values, list(notices))
    return ParsedCard(
        where=where,
        external_id=reader.identity(external_id),
        title=reader.title(title),
        body=reader.body(body),
        headline=headline,
        tags=reader.labels("tags", more_tags),
        audience=reader.labels("audience"),
        language=reader.language(),
        template=reader.soft("template", lambda value: slug(_LINE.validate_python(value), limit=40)),
        owner=reader.email("owner"),
        verifiers=reader.verifiers(),
        interval_days=reader.soft("interval_days", _DAYS.validate_python),
        replaced_by=reader.soft("replaced_by", lambda value: _LINE.validate_python(value)[:LONGEST_ID]),
        updated_at=reader.soft("updated_at", _instant),
        verified_at=reader.soft("verified_at", _instant),
        verified_by=reader.email("verified_by"),
        extra={key: value for key, value in values.items() if key not in KNOWN},
        notices=tuple(reader.notices),
    )


def message_of(error: ValidationError) -> str:
    """The first complaint, in words."""
    return str(error.errors(include_input=False, include_url=False)[0]["msg"]).removeprefix("Value error, ")


class _Reader:
    """Reads the values of one item and collects what it had to leave out."""

    def __init__(self, where: str, values: Mapping[str, Any], notices: list[Notice]) -> None:
        self._where, self._values, self.notices = where, values, notices

    def identity(self, external_id: str) -> str:
        found = self._hard("external_id", lambda: _LINE.validate_python(external_id))
        if not 0 < len(found) <= LONGEST_ID:
            raise BadItem(self._where, f"its external_id is {len(found)} characters long; 1 to {LONGEST_ID} work")
        return found

    def title(self, raw: object) -> str:
        text = self._hard("title", lambda: _LINE.validate_python(_as_text(raw)))
        if len(text) > _LONGEST_TITLE:
            self._cut(f"The title has {len(text)} characters; it was cut to {_LONGEST_TITLE}.")
            text = text[: _LONGEST_TITLE - 1].rstrip() + "…"
        return self._hard("title", lambda: _TITLE.validate_python(text))

    def body(self, raw: object) -> str:
        text = self._hard("body", lambda: _BODY.validate_python(raw))
        if not text.strip():
            raise BadItem(self._where, "it is empty: there is no text below its title")
        return text

    def labels(self, field: str, more: Iterable[str] = ()) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for raw in (*_as_list(self._values.get(field)), *more):
            tag = self._soft_value(field, raw[:400], lambda text: _TAG.validate_python(self._short_tag(text)))
            if tag is not None:
                found[tag] = None
        if len(found) > _MOST_TAGS:
            self._cut(f"It has {len(found)} {field}; the first {_MOST_TAGS} were kept.")
        return tuple(found)[:_MOST_TAGS]

    def language(self) -> str | None:
        code = self.soft("language", lambda value: _LINE.validate_python(value).lower())
        if code is not None and code[:2] in KNOWN_LANGUAGES and not code[2:3].isalpha():
            return code[:2]
        if code:
            self._left_out("language", f"“{code[:20]}” is none of {', '.join(KNOWN_LANGUAGES)}")
        return None

    def email(self, field: str) -> str | None:
        value = self._values.get(field)
        if isinstance(value, Mapping):  # as the API answers
            value = value.get("email")
        return self._soft_value(field, value, _EMAIL.validate_python) if value else None

    def verifiers(self) -> tuple[str, ...] | None:
        if self._values.get("verifiers") is None:
            return None
        named = (self._soft_value("verifiers", raw, _verifier) for raw in _as_list(self._values["verifiers"]))
        found = tuple(dict.fromkeys(name for name in named if name is not None))
        if len(found) > _MOST_VERIFIERS:
            self._cut(f"It has {len(found)} verifiers; the first {_MOST_VERIFIERS} were kept.")
        return found[:_MOST_VERIFIERS]

    def soft(self, field: str, read: Callable[[Any], T]) -> T | None:
        return self._soft_value(field, self._values.get(field), read)

    def _soft_value(self, field: str, value: Any, read: Callable[[Any], T]) -> T | None:
        if value is None or value == "":
            return None
        try:
            return read(value)
        except ValidationError as error:
            self._left_out(field, message_of(error))
        except (ValueError, OverflowError) as error:
            self._left_out(field, str(error))
        return None

    def _hard(self, field: str, read: Callable[[], str]) -> str:
        try:
            return read()
        except ValidationError as error:
            raise BadItem(self._where, f"its {field} can't be used: {message_of(error)}") from error

    def _short_tag(self, tag: str) -> str:
        line = " ".join(tag.split())
        if len(line) > _LONGEST_TAG:
            self._cut(f"The tag “{line[:30]}…” was cut to {_LONGEST_TAG} characters.")
        return line[:_LONGEST_TAG].strip()

    def _left_out(self, field: str, reason: str) -> None:
        self.notices.append(Notice(NoticeKind.FIELD, f"{field} was left out: {reason[:200]}"))

    def _cut(self, detail: str) -> None:
        self.notices.append(Notice(NoticeKind.CUT, detail))


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float | date) else value


def _as_list(value: object) -> list[str]:
    """Labels come as a list or as one string with commas or semicolons."""
    if isinstance(value, str):
        value = value.replace(";", ",").split(",")
    if not isinstance(value, list | tuple):
        return []
    return [text for item in value if (text := _label(item))]


def _label(item: object) -> str:
    if isinstance(item, Mapping):  # as the API answers: a person or a group
        item = item.get("email") or (f"group:{item['slug']}" if item.get("slug") else "")
    return str(item).strip() if isinstance(item, str | int | float | date) else ""


def _verifier(name: str) -> str:
    if name.lower().startswith("group:"):
        return "group:" + _LINE.validate_python(name[len("group:") :]).strip().lower()[:60]
    return _EMAIL.validate_python(name)


def _instant(value: object) -> datetime:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    instant = _INSTANT.validate_python(value)
    instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    if instant < _EARLIEST:
        raise ValueError("it lies before 1990")
    return instant
