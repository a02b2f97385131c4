"""A sentence that is stored: written once, and read by each reader in their own language.

It is its English text, byte by byte, wherever nobody asks for more: in the API, in proofs, files and fingerprints. It
also remembers the message of the catalogues and the values it was made of, and a `StoredSentence` column keeps those;
`told` puts them into the language of the context. Text that a person wrote, and what was stored before there were
sentences, is told as it is.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Self, Union, cast

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

from kb.wording import ENGLISH, full_day, gettext, language, ngettext, speaking

Value = Union[str, int, date, "Sentence"]
# Nobody can type it: fields drop control characters.
_MARK = "\x1f"
_PLACE = re.compile(r"%\\\((\w+)\\\)s")


class Sentence(str):
    """English text that knows its message (or its singular and plural with their number) and the values in it.

    A day is written out in full in each language; another sentence is told in the same language as the whole.
    """

    __slots__ = ("forms", "number", "values")
    forms: tuple[str, ...]
    values: dict[str, Value]
    number: int

    def __new__(cls, forms: Sequence[str], values: Mapping[str, Value], number: int = 1) -> Self:
        """The message `forms[0]`, or the form of the two that goes with the number."""
        self = super().__new__(cls, _in_english(forms, values, number))
        self.forms, self.values, self.number = tuple(forms), dict(values), number
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.forms, self.values, self.number)


def sentence(message: str, /, **values: Value) -> Sentence:
    """A sentence to store. Like `_`, but a percent sign is doubled only where there are values."""
    return Sentence((message,), values)


def nsentence(singular: str, plural: str, number: int, /, **values: Value) -> Sentence:
    """The same for a number, as `ngettext`."""
    return Sentence((singular, plural), values, number)


def told(text: str) -> str:
    """The text in the language of the context: as it is, unless it is a sentence."""
    if not isinstance(text, Sentence) or language() == ENGLISH:
        return text
    return _said(text.forms, text.values, text.number)


def recognised(text: str, messages: Sequence[str]) -> str:
    """For records that keep nothing but English text, being hashed: a sentence again, if it is one of these messages
    with any words in their places."""
    for message in messages:
        places = _PLACE.sub(r"(?P<\1>.*)", re.escape(message))
        if found := re.fullmatch(places, text, re.DOTALL):
            return Sentence((message,), found.groupdict())
    return text


def trimmed(text: str) -> str:
    """The text without white space around it. A sentence has none."""
    return text if isinstance(text, Sentence) else text.strip()


def shortened(text: str, most: int) -> str:
    """The text in at most so many characters. A sentence that is cut is none any more."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


class StoredSentence(TypeDecorator[str]):
    """A text column that keeps sentences as such; one that is too long for it in that form is kept as English text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What lies in the column."""
        return None if value is None else _stored(value, cast(String, self.impl_instance).length)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The text, or the sentence, that was put there."""
        return _read(value) if value and value.startswith(_MARK) else value

    def compare_values(self, x: Any, y: Any) -> bool:
        """The English text alone is another value than the sentence, which replaces it."""
        return bool(x == y) and isinstance(x, Sentence) == isinstance(y, Sentence)


def is_same(one: str, other: str) -> bool:
    """Whether both would be stored alike."""
    return _stored(one, None) == _stored(other, None)


def _in_english(forms: Sequence[str], values: Mapping[str, Value], number: int) -> str:
    if language() == ENGLISH:
        return _said(forms, values, number)
    with speaking(ENGLISH):
        return _said(forms, values, number)


def _said(forms: Sequence[str], values: Mapping[str, Value], number: int) -> str:
    words = {name: _word(value) for name, value in values.items()}
    return gettext(*forms, **words) if len(forms) == 1 else ngettext(forms[0], forms[1], number, **words)


def _word(value: Value) -> str:
    if isinstance(value, date):
        return full_day(value)
    return told(value) if isinstance(value, str) else str(value)


def _stored(text: str, most: int | None) -> str:
    if not isinstance(text, Sentence):
        return text.lstrip(_MARK)
    kept = f"{_MARK}{json.dumps(_facts(text), ensure_ascii=False, separators=(',', ':'))}"
    return kept if most is None or len(kept) <= most else shortened(str(text), most)


def _facts(said: Sentence) -> list[Any]:
    """[message, values] or [singular, plural, number, values]; a sentence in the values is a list, a day an object."""
    number = [said.number] if len(said.forms) > 1 else []
    return [*said.forms, *number, {name: _fact(value) for name, value in said.values.items()}]


def _fact(value: Value) -> Any:
    if isinstance(value, Sentence):
        return _facts(value)
    return {"day": value.isoformat()} if isinstance(value, date) else value


def _read(kept: str) -> str:
    try:
        return _sentence(json.loads(kept[len(_MARK) :]))
    except (ValueError, KeyError, TypeError, AttributeError):  # changed by hand: better odd than no page
        return kept.lstrip(_MARK)


def _sentence(facts: list[Any]) -> Sentence:
    *forms, values = facts
    number = forms.pop() if len(forms) > 1 else 1
    return Sentence(forms, {name: _value(fact) for name, fact in values.items()}, number)


def _value(fact: Any) -> Value:
    if isinstance(fact, list):
        return _sentence(fact)
    if isinstance(fact, dict):
        return date.fromisoformat(fact["day"])
    if isinstance(fact, (str, int)):
        return fact
    raise TypeError(fact)
