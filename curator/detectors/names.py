"""Names in a text: of tools, which change more often than answers do; of people who left; of people at all."""

import re
from collections.abc import Iterator

from curator.detectors.batch import Batch
from curator.detectors.evidence import Evidence
from curator.detectors.library import Known, Library
from curator.detectors.reading import ReadCard
from curator.detectors.weights import NAMES_LEFT_PERSON, NAMES_PEOPLE, NAMES_TOOL
from kb.sentences import nsentence, sentence
from kb.words import Words

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_NAMED = 6
PEOPLE_FROM = 3


def found(batch: Batch) -> Iterator[Evidence]:
    """The names in these cards."""
    for each in batch.cards:
        yield from _tools(each, batch.library)
        people = people_in(each.text, batch.library)
        yield from _who_left(each, people, Words(batch.now, batch.policy.zone))
        yield from _who_is_here(each, people)


def people_in(text: str, library: Library) -> dict[str, Known]:
    """People of this installation in a text, by the words that name them: a full name or an e-mail address."""
    found: dict[str, Known] = {}
    for mention in library.people.find(text):
        found.setdefault(mention.words, mention.what)
    for match in _EMAIL.finditer(text):
        address = match[0].rstrip(".")
        if person := library.emails.get(address.lower()):
            found.setdefault(address, person)
    return found


def tools_in(text: str, library: Library) -> list[str]:
    """The tools a text names, as it writes them, each once."""
    return list({mention.what: mention.words for mention in library.tools.find(text)}.values())


def _tools(each: ReadCard, library: Library) -> Iterator[Evidence]:
    names = tools_in(each.text, library)
    if names:
        detail = sentence("What is done in a tool changes when the tool does.")
        yield Evidence(each.card.id, NAMES_TOOL, _listed(names), detail, key=" ".join(sorted(names)))


def _who_left(each: ReadCard, people: dict[str, Known], words: Words) -> Iterator[Evidence]:
    for said, person in people.items():
        if person.left_at is not None:
            detail = sentence(
                "%(name)s is not here any more, since %(day)s.",
                name=person.name,
                day=words.calendar_day(person.left_at),
            )
            yield Evidence(each.card.id, NAMES_LEFT_PERSON, said, detail)


def _who_is_here(each: ReadCard, people: dict[str, Known]) -> Iterator[Evidence]:
    here = {person.email: said for said, person in people.items() if person.left_at is None}
    if len(here) >= PEOPLE_FROM:
        detail = nsentence(
            "It names %(num)s person: who does what changes often.",
            "It names %(num)s people: who does what changes often.",
            len(here),
        )
        yield Evidence(each.card.id, NAMES_PEOPLE, _listed(list(here.values())), detail, key=" ".join(sorted(here)))


def _listed(names: list[str]) -> str:
    shown, more = ", ".join(names[:_NAMED]), len(names) - _NAMED
    return (
        nsentence("%(names)s and %(num)s more", "%(names)s and %(num)s more", more, names=shown) if more > 0 else shown
    )
