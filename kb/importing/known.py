"""What the installation has already: the collection, its imported cards, the people, and numbers for new cards."""

from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from kb.card_templates.models import CardTemplate
from kb.cards.fields import VerifierRef
from kb.cards.models import Card, Collection, Status
from kb.errors import invalid
from kb.importing.models import ImportedSource
from kb.importing.parsed import Notice, NoticeKind
from kb.importing.targets import Anchors
from kb.people.models import Group, Person


@dataclass(frozen=True, slots=True)
class Hashes:
    """What one import compares with the one before."""

    text: str
    links: str
    policy: str


@dataclass(frozen=True, slots=True)
class LastSeen:
    """A source as the last import saw it, and the version of the card that it left."""

    version: int
    hashes: Hashes


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A card of the collection that has an external id, and its source as last imported, if it was."""

    card_id: int
    version: int
    is_archived: bool
    headings: str
    seen: LastSeen | None

    @property
    def anchors(self) -> Anchors:
        """Its sections, for links from other cards."""
        return Anchors(self.headings.split("\n") if self.headings else ())


def known_cards(session: Session, shelf: Collection) -> dict[str, KnownCard]:
    """The collection's cards by external id."""
    rows = session.execute(
        select(Card.external_id, Card.id, Card.version, Card.status, Card.headings, ImportedSource)
        .outerjoin(ImportedSource, ImportedSource.card_id == Card.id)
        .where(Card.collection_id == shelf.id, Card.external_id.is_not(None))
    )
    return {
        external_id: KnownCard(card_id, version, status == Status.ARCHIVED, headings, last_seen(source))
        for external_id, card_id, version, status, headings, source in rows
        if external_id is not None
    }


def last_seen(source: ImportedSource | None) -> LastSeen | None:
    """A stored source as a value that outlives its session."""
    if source is None:
        return None
    return LastSeen(source.version, Hashes(source.text_hash, source.links_hash, source.policy_hash))


def reserve_card_ids(session: Session, count: int) -> list[int]:
    """Numbers for new cards, ascending, so that links to a card can be written before the card is.

    PostgreSQL's sequence never gives them out again. SQLite gives the number after the highest: so the card with the
    highest reserved number has to be saved first, and then the ones below it are safe.
    """
    if not count:
        return []
    if session.get_bind().dialect.name == "postgresql":
        query = text("SELECT nextval(pg_get_serial_sequence('card', 'id')) FROM generate_series(1, :count)")
        return sorted(session.scalars(query, {"count": count}))
    highest = session.scalar(select(func.max(Card.id))) or 0
    return list(range(highest + 1, highest + 1 + count))


class Directory:
    """The people and groups that sources may name: active people by e-mail address, groups by slug."""

    def __init__(self, session: Session) -> None:
        active = select(Person.email, Person.id).where(Person.deactivated_at.is_(None))
        self._people: dict[str, int] = {row.email: row.id for row in session.execute(active)}
        self._templates = set(session.scalars(select(CardTemplate.slug)))
        self._groups: dict[str, int] = {row.slug: row.id for row in session.execute(select(Group.slug, Group.id))}

    def demanded_person(self, email: str | None) -> int | None:
        """The person whom the command names; Invalid if there is none."""
        if email is None:
            return None
        person_id = self._people.get(email.strip().lower())
        if person_id is None:
            raise invalid("owner", f"There is no active person with the e-mail address {email}.")
        return person_id

    def person(self, field: str, email: str | None, notices: list[Notice]) -> int | None:
        """The person whom an item names, or a warning."""
        if email is None:
            return None
        if email not in self._people:
            notices.append(Notice(NoticeKind.PERSON, f"{field} was left out: there is no active person {email}."))
        return self._people.get(email)

    def template(self, name: str | None, notices: list[Notice]) -> str | None:
        """The card template that an item names, or a warning; None leaves the card's."""
        if name is not None and name not in self._templates:
            notices.append(Notice(NoticeKind.FIELD, f"template was left out: there is no card template {name}."))
            return None
        return name

    def verifiers(self, names: tuple[str, ...] | None, notices: list[Notice]) -> tuple[VerifierRef, ...] | None:
        """The verifiers whom an item names, without those that don't exist; None leaves the collection's."""
        if names is None:
            return None
        found = []
        for name in names:
            group_id = self._groups.get(name.removeprefix("group:")) if name.startswith("group:") else None
            person_id = None if name.startswith("group:") else self._people.get(name)
            if group_id is None and person_id is None:
                notices.append(Notice(NoticeKind.PERSON, f"The verifier {name} was left out: there is none."))
            else:
                found.append(VerifierRef(person_id, group_id))
        return tuple(found) or None
