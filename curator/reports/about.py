"""What a report is about: all that its reader may see, one collection of it, or one person's cards."""

from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from kb.cards.models import Card, Collection
from kb.errors import NotFound
from kb.people.actor import Actor
from kb.people.models import Person
from kb.wording import _

MINE = "me"


@dataclass(frozen=True, slots=True)
class About:
    """The part of all cards that a report counts. `within` are the collections in which a person's cards count."""

    collection_id: int | None = None
    collection: str = ""
    slug: str = ""
    person_id: int | None = None
    person: str = ""
    is_self: bool = False
    within: frozenset[int] = frozenset()

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self.collection_id is None and self.person_id is None

    @property
    def words(self) -> str:
        """ "Billing", "your cards", "cards of Vera"; empty for everything."""
        if self.person_id is not None:
            return _("your cards") if self.is_self else _("cards of %(person)s", person=self.person)
        return self.collection

    @property
    def query(self) -> dict[str, str]:
        """The same as an address says it."""
        if self.person_id is not None:
            return {"person": MINE if self.is_self else str(self.person_id)}
        return {"collection": self.slug} if self.slug else {}

    def address(self, path: str, **more: str) -> str:
        """The path with this and more behind its question mark."""
        query = {**more, **self.query}
        return f"{path}?{urlencode(query)}" if query else path

    def clause(self) -> ColumnElement[bool]:
        """The cards it counts, to be joined with what the reader may see."""
        if self.person_id is not None:
            is_theirs = or_(Card.assignee_id == self.person_id, Card.owner_id == self.person_id)
            return and_(is_theirs, Card.collection_id.in_(self.within))
        return Card.collection_id == self.collection_id if self.collection_id is not None else true()


EVERYTHING = About()


def about_collection(session: Session, actor: Actor, slug: str) -> About:
    """One collection; NotFound unless the actor may read it."""
    shelf = session.scalars(select(Collection).where(Collection.slug == slug)).first()
    if shelf is None or shelf.id not in actor.readable:
        raise NotFound(_("There is no such collection."))
    return About(collection_id=shelf.id, collection=shelf.name, slug=shelf.slug)


def about_self(actor: Actor) -> About:
    """The cards that the actor owns or checks."""
    return About(person_id=actor.id, person=actor.name, is_self=True, within=actor.readable)


def about_person(session: Session, actor: Actor, person: str) -> About:
    """ "me" or a person's number. Of others one sees the cards in the collections that one curates, else nothing."""
    if actor.id is not None and person in (MINE, str(actor.id)):
        return about_self(actor)
    found = session.get(Person, int(person)) if person.isascii() and person.isdigit() and len(person) < 10 else None
    if found is None or not actor.curated:
        raise NotFound(_("There is no such person, or you curate none of their cards."))
    return About(person_id=found.id, person=found.name, within=actor.curated)


def about_asked(session: Session, actor: Actor, collection: str, person: str) -> About:
    """What an address asks for; a person goes before a collection."""
    if person:
        return about_person(session, actor, person)
    return about_collection(session, actor, collection) if collection else EVERYTHING
