"""Prices, limits and deadlines that differ from what a curator says is current.

A value is compared only with one of its own kind: euros with euros, days with days, a price a month with one a month.
What is said of the past or is a difference ("€10 cheaper") contradicts nothing, nor does a sentence that names the
current value as well.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from curator.detectors.phrases import Mention, PhraseBook

_CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "zł": "PLN", "euro": "EUR", "euros": "EUR"}
_CURRENCY = r"(?:€|\$|£|¥|zł|EUR|USD|GBP|CHF|PLN|SEK|JPY|[Ee]uros?\b)"
_NUMBER = r"\d{1,3}(?:[ .,’']\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?"
_PER = (
    r"(?: ?(?:/|per|a|pro|je|im) ?(?P<per>month|mo|year|yr|annum|week|day|user|seat|Monat|Jahr|Woche|Tag|Nutzer)\b"
    r"|,? (?P<ly>monthly|yearly|annually|monatlich|jährlich)\b)?"
)
_VALUE = re.compile(
    rf"(?<![\w.,])(?:(?P<before>{_CURRENCY}) ?(?P<a>{_NUMBER})|(?P<b>{_NUMBER})(?: ?(?P<after>{_CURRENCY})|"
    rf" ?(?P<percent>%|percent\b|Prozent\b)|[ -](?P<unit>[A-Za-zÄÖÜäöüß]{{2,20}}\b))?){_PER}"
)
_PERIODS = {
    "mo": "month", "monat": "month", "monthly": "month", "monatlich": "month", "yr": "year", "annum": "year",
    "jahr": "year", "yearly": "year", "annually": "year", "jährlich": "year", "woche": "week", "tag": "day",
    "nutzer": "user", "seat": "user",
}  # fmt: skip
_SENTENCE_END = re.compile(r"\n|(?<=[.!?;])\s+(?=[A-ZÄÖÜ0-9“\"])")
_OF_THE_PAST = re.compile(
    r"\b(?:was|were|used to|formerly|previously|before|until|old|instead of|rather than|not|no longer|früher|bisher|"
    r"war|waren|vorher|statt|nicht)\b",
    re.IGNORECASE,
)
_A_DIFFERENCE = re.compile(
    r"[ -](?:cheaper|more|less|off|discount|extra|additional|higher|lower|credit|refund|günstiger|mehr|weniger|teurer|"
    r"Rabatt|Aufpreis|Gutschrift)\b",
    re.IGNORECASE,
)
_SAVING = re.compile(
    r"\b(?:saves?|saving|discount of|reduced by|raised by|increased by|up by|spart|um) (?:you )?$", re.I
)
_FOR = re.compile(r"^ (?:for|per|für|beim|im|with|on) (?:the |a |an |each |our |den |die |das |dem |einen )?$", re.I)
_REACH = 80
_LONGEST = 1000
_LOOK_BACK = 30


@dataclass(frozen=True, slots=True)
class Value:
    """An amount and what it is an amount of."""

    amount: Decimal
    unit: str
    per: str = ""

    def is_like(self, other: "Value") -> bool:
        """Whether the two can be compared at all."""
        return self.unit == other.unit and (not self.per or not other.per or self.per == other.per)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A sentence that says another value of something than the current one."""

    words: str
    name: str
    said: str
    current: str


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    current: str
    value: Value


class Values:
    """What a curator says things cost, last or hold at present."""

    def __init__(self, known: Iterable[tuple[str, str]]) -> None:
        rows = [(name, current, as_value(current)) for name, current in known]
        self._things = PhraseBook(
            [(name, _Known(name, current, value)) for name, current, value in rows if value], any_case=True
        )

    def find(self, text: str) -> Iterator[Contradiction]:
        """The contradictions of a text, at most one for each thing in a sentence."""
        if not self._things:
            return
        for sentence in _sentences(text):
            said = [(match, _value(match)) for match in _VALUE.finditer(sentence)]
            told: set[str] = set()
            for mention in self._things.find(sentence) if said else ():
                if mention.what.name not in told and (found := _look(sentence, mention, said)):
                    told.add(mention.what.name)
                    yield found


def _sentences(text: str) -> Iterator[str]:
    """Without the endless ones that only a machine writes: each costs the square of its length."""
    for sentence in _SENTENCE_END.split(text):
        yield from (sentence[start : start + _LONGEST] for start in range(0, len(sentence), _LONGEST))


def as_value(text: str) -> Value | None:
    """What a curator typed as a value; None if it has no number or more than one."""
    found = list(_VALUE.finditer(text))
    return _value(found[0]) if len(found) == 1 else None


def _look(sentence: str, mention: Mention[_Known], said: list[tuple[re.Match[str], Value]]) -> Contradiction | None:
    current = mention.what.value
    alike = [(match, value) for match, value in said if value.is_like(current) and not _overlaps(match, mention)]
    if any(value.amount == current.amount for _, value in alike):
        return None
    for match, _ in alike:
        between = sentence[mention.end : match.start()]
        if match.start() >= mention.end and len(between) <= _REACH:
            if _OF_THE_PAST.search(between) or _is_difference(sentence, match):
                continue
            is_in_brackets = "(" in between and sentence[match.end() : match.end() + 1] == ")"
            return _contradiction(sentence[mention.start : match.end() + is_in_brackets], match, mention.what)
        if match.end() <= mention.start and _FOR.match(sentence[match.end() : mention.start]):
            lead = sentence[max(match.start() - _LOOK_BACK, 0) : match.start()]
            if not _OF_THE_PAST.search(lead) and not _is_difference(sentence, match):
                return _contradiction(sentence[match.start() : mention.end], match, mention.what)
    return None


def _contradiction(words: str, match: re.Match[str], known: _Known) -> Contradiction:
    return Contradiction(words, known.name, match[0].strip(), known.current)


def _overlaps(match: re.Match[str], mention: Mention[_Known]) -> bool:
    return match.start() < mention.end and mention.start < match.end()


def _is_difference(sentence: str, match: re.Match[str]) -> bool:
    return bool(_A_DIFFERENCE.match(sentence, match.end())) or bool(
        _SAVING.search(sentence[max(match.start() - _LOOK_BACK, 0) : match.start()])
    )


def _value(match: re.Match[str]) -> Value:
    amount = _amount(match["a"] or match["b"])
    currency, period = match["before"] or match["after"], (match["per"] or match["ly"] or "").lower()
    per = _PERIODS.get(period, period)
    if currency:
        return Value(amount, _CURRENCIES.get(currency.lower(), currency.upper()), per)
    if match["percent"]:
        return Value(amount, "%", per)
    return Value(amount, _stem(match["unit"] or ""), per)


def _stem(unit: str) -> str:
    """Day and days, Tag and Tage and Tagen are one unit."""
    folded = unit.casefold()
    for ending in ("en", "e", "s", "n"):
        if folded.endswith(ending) and len(folded) - len(ending) >= 3:
            return folded[: -len(ending)]
    return folded


def _amount(text: str) -> Decimal:
    """1,200.50 and 1.200,50 and 1 200 alike: a last part of one or two digits is a fraction, of three a thousand."""
    plain = re.sub(r"[ ’']", "", text)
    whole, separator, fraction = plain, "", ""
    found = re.fullmatch(r"(.*)([.,])(\d+)", plain)
    if found and (len(found[3]) != 3 or found[1] in ("", "0")):
        whole, separator, fraction = found.groups()
    digits = re.sub(r"[.,]", "", whole)
    return Decimal(f"{digits}.{fraction}" if separator else digits)
