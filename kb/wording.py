"""What people read, in the language they read it in: sentences from catalogues; dates, numbers and plurals by CLDR.

The language belongs to the context: a request speaks its reader's, a mail its recipient's. Everywhere else, and in the
API, it is English, in which the sentences stand in the code. A sentence is translated whole, with named places for
what varies: `_("%(name)s asked", name=…)`, `ngettext("%(num)s card", "%(num)s cards", 3)`.
"""

import gettext as catalogues
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_skeleton, get_day_names
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

ENGLISH = "en"
# In their own names and in that order, as people look for theirs.
LANGUAGES: dict[str, str] = {"en": "English", "de": "Deutsch", "fi": "Suomi", "pl": "Polski", "ru": "Русский"}
CATALOGUES = Path(__file__).parent / "translations"
_spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)


def language() -> str:
    """The language of this context, one of LANGUAGES."""
    return _spoken.get()


def speak(chosen: str | None) -> Token[str]:
    """Speak that language from now on; English if there is no such."""
    return _spoken.set(chosen if chosen in LANGUAGES else ENGLISH)


@contextmanager
def speaking(chosen: str | None) -> Iterator[None]:
    """Speak that language meanwhile."""
    token = speak(chosen)
    try:
        yield
    finally:
        _spoken.reset(token)


def gettext(message: str, /, **values: object) -> str:
    """The message in the language of the context. Where there are values, a percent sign is doubled, as always."""
    text = found(message)
    return text % values if values else text


_ = gettext


def pgettext(context: str, message: str, /, **values: object) -> str:
    """The same for words that mean two things in English; `context` says which one is meant."""
    text = found(message, context)
    return text % values if values else text


def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
    """The form for that number, which the message takes as %(num)s, with separators."""
    return found_for(singular, plural, number) % {"num": decimal(number), **values}


def N_(message: str) -> str:
    """Mark a message of a table that is made before anybody's language is known; `_` reads it where it is shown."""
    return message


def found(message: str, context: str = "") -> str:
    """The message as the catalogue has it, with its places open."""
    spoken = language()
    if spoken == ENGLISH or not message:
        return message
    return catalogue(spoken).pgettext(context, message) if context else catalogue(spoken).gettext(message)


def found_for(singular: str, plural: str, number: int) -> str:
    """The form for that number as the catalogue has it, with its places open."""
    spoken = language()
    if spoken == ENGLISH:
        return singular if number == 1 else plural
    return catalogue(spoken).ngettext(singular, plural, number)


@cache
def catalogue(chosen: str) -> catalogues.GNUTranslations:
    """A language's catalogue: read from its .po once per process, so that nothing has to be built."""
    with (CATALOGUES / chosen / "LC_MESSAGES" / "messages.po").open("rb") as file:
        read = read_po(file, locale=chosen, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


def decimal(number: float) -> str:
    """ "1,204"; "1.204" in German."""
    return f"{number:,}" if language() == ENGLISH else format_decimal(number, locale=_locale())


def with_one_digit(number: float) -> str:
    """ "4.0"; "4,0" in German."""
    return f"{number:.1f}" if language() == ENGLISH else format_decimal(number, "#,##0.0", locale=_locale())


def percentage(number: float) -> str:
    """ "18%"; "18 %" where there is a space before the sign. Takes percent, not a share."""
    return f"{number:,}%" if language() == ENGLISH else format_percent(number / 100, locale=_locale())


def day_and_month(day: date) -> str:
    """ "3 Nov"."""
    return f"{day.day} {day:%b}" if language() == ENGLISH else format_skeleton("MMMd", day, locale=_locale())


def full_day(day: date) -> str:
    """ "3 Nov 2026"."""
    return f"{day.day} {day:%b %Y}" if language() == ENGLISH else format_skeleton("yMMMd", day, locale=_locale())


def long_day(day: date) -> str:
    """ "3 November 2026"."""
    return f"{day.day} {day:%B %Y}" if language() == ENGLISH else format_date(day, "long", locale=_locale())


def weekday(number: int) -> str:
    """ "Monday" for 0."""
    return str(get_day_names("wide", "stand-alone", locale=_locale())[number])


def month_and_year(day: date) -> str:
    """ "November 2026"."""
    return f"{day:%B %Y}" if language() == ENGLISH else format_date(day, "LLLL y", locale=_locale())


def listed(words: Iterable[str]) -> str:
    """ "a, b and c"."""
    every = list(words)
    if language() != ENGLISH:
        return format_list(every, locale=_locale())
    return every[0] if len(every) == 1 else ", ".join(every[:-1]) + f" and {every[-1]}" if every else ""


@cache
def _parsed(chosen: str) -> Locale:
    return Locale.parse(chosen)


def _locale() -> Locale:
    return _parsed(language())
