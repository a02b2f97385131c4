"""What the detectors know of the world outside the cards: the registry, and who works here and who left."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.detectors.models import RegistryEntry, RegistryKind
from curator.detectors.phrases import PhraseBook
from curator.detectors.values import Values
from curator.detectors.versions import Versions
from kb.people.models import Person


class Known(NamedTuple):
    """A person as texts name them. `left_at` is None for whoever is still here."""

    name: str
    email: str
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Library:
    """Read once for many cards."""

    tools: PhraseBook[str]
    renamed: PhraseBook[str]
    versions: Versions
    values: Values
    people: PhraseBook[Known]
    emails: dict[str, Known]


def library_of(session: Session) -> Library:
    """The registry and the people of this moment."""
    rows: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for kind, name, current in session.execute(
        select(RegistryEntry.kind, RegistryEntry.name, RegistryEntry.current).order_by(RegistryEntry.id)
    ):
        rows[kind].append((name, current))
    people = _people(session)
    return Library(
        tools=PhraseBook([(name, name) for name, _ in rows[RegistryKind.TOOL]]),
        renamed=PhraseBook(rows[RegistryKind.RENAMED], any_case=True),
        versions=Versions(rows[RegistryKind.VERSION]),
        values=Values(rows[RegistryKind.VALUE]),
        people=PhraseBook([(each.name, each) for each in _by_name(people) if " " in each.name.strip()]),
        emails={each.email.lower(): each for each in people},
    )


def _people(session: Session) -> list[Known]:
    rows = session.execute(select(Person.name, Person.email, Person.deactivated_at).order_by(Person.id))
    return [Known(*row) for row in rows]


def _by_name(people: list[Known]) -> list[Known]:
    """One for each name. Whoever is here stands for a namesake who left: the text means them."""
    found: dict[str, Known] = {}
    for each in people:
        name = " ".join(each.name.split())
        if name not in found or each.left_at is None:
            found[name] = each
    return list(found.values())
