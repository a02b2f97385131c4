"""The language people choose for pages and mails."""

from kb.people.models import Person
from kb.settings import Settings
from kb.web.parts import Choice, Option
from kb.wording import LANGUAGES, _


def language_of(person: Person, settings: Settings) -> str:
    """What to write to them in, where no browser can be asked."""
    return person.language or settings.interface.language


def language_choice(chosen: str | None) -> Choice:
    """The list, each in its own name; whoever chose none is asked through the browser."""
    first = Option("", _("As the browser asks for"), chosen not in LANGUAGES)
    hint = _("Of pages and mails. Cards stay in the language they are written in.")
    return Choice((first, *(Option(code, name, code == chosen) for code, name in LANGUAGES.items())), hint=hint)
