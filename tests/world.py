"""The named cast that most tests play with: one installation, five people, two collections, and a clock to turn.

Ada administers. Cora curates. Axel writes and owns cards in Billing. Vera verifies them. Rita is a rep who may read
Billing and Deals. Stan is a rep who may read Billing only: to him, Deals must not exist.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards import commands
from kb.cards.collections import CollectionFields, create_collection
from kb.cards.commands import CardPolicy, CardText
from kb.cards.fields import VerifierRef
from kb.cards.models import Card, Collection
from kb.installation import Installation
from kb.people.actor import Actor, actor_for, system_actor
from kb.people.commands import add_group, add_person, set_members
from kb.people.models import Group, Person, Role
from kb.text.renderer import Renderer
from kb.trust import commands as trust_commands
from kb.trust.models import Flag, FlagKind
from kb.trust.policy import Policy
from kb.trust.queries import trust_of_card
from kb.trust.state import Trust

START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # a Monday morning
CAST = {"ada": Role.ADMIN, "cora": Role.CURATOR, "axel": Role.AUTHOR, "vera": Role.AUTHOR, "rita": Role.REP,
        "stan": Role.REP}  # fmt: skip
_numbers = itertools.count(1)


def email(name: str) -> str:
    """The address of one of the cast."""
    return f"{name}@northwind.example"


class World:
    """An installation with the cast in it. `now` is the instant of the next operation; tests move it."""

    def __init__(self, installation: Installation, renderer: Renderer) -> None:
        self.installation = installation
        self.settings = installation.settings
        self.database = installation.database
        self.policy = Policy.of(installation.settings)
        self.renderer = renderer
        self.now = START
        with self.transaction() as session:
            if session.scalars(select(Person).where(Person.email == email("ada"))).first() is None:
                self._cast(session)

    def _cast(self, session: Session) -> None:
        system = system_actor(session)
        people = {
            name: add_person(session, system, email(name), name.title(), role, [], self.now)
            for name, role in CAST.items()
        }
        deal_desk = add_group(session, system, "Deal desk", self.now)
        experts = add_group(session, system, "Experts", self.now)
        set_members(session, system, deal_desk, "Deal desk", [people["rita"], people["vera"]], self.now)
        set_members(session, system, experts, "Experts", [people["axel"], people["vera"]], self.now)
        create_collection(session, system, CollectionFields("Billing", steward_id=people["cora"].id), self.now)
        create_collection(
            session, system,
            CollectionFields("Deals", is_open=False, reader_ids=(deal_desk.id,), steward_id=people["cora"].id),
            self.now,
        )  # fmt: skip

    def later(self, *, days: float = 0, seconds: float = 0) -> datetime:
        """Turn the clock forward and return the new instant."""
        self.now += timedelta(days=days, seconds=seconds)
        return self.now

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A write transaction, as an edge would open it."""
        with self.database.transaction() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read session."""
        with self.database.read() as session:
            yield session

    def person(self, session: Session, name: str) -> Person:
        """One of the cast, loaded in this session."""
        return session.scalars(select(Person).where(Person.email == email(name))).one()

    def actor(self, session: Session, name: str) -> Actor:
        """One of the cast as an actor; "system" for the installation itself."""
        return system_actor(session) if name == "system" else actor_for(session, self.person(session, name))

    def collection(self, session: Session, slug: str) -> Collection:
        """A collection by its slug: billing or deals."""
        return session.scalars(select(Collection).where(Collection.slug == slug)).one()

    def group(self, session: Session, slug: str) -> Group:
        """A group by its slug: deal-desk or experts."""
        return session.scalars(select(Group).where(Group.slug == slug)).one()

    def text(self, title: str, body: str, *, tags: tuple[str, ...] = (), language: str = "en") -> CardText:
        """A rendered text, ready for a command."""
        return CardText(title, body, self.renderer.render(body), language, tags=tags)

    def card(
        self, title: str = "", body: str = "Full refund within 30 days.", *, collection: str = "billing",
        author: str = "cora", owner: str | None = "axel", verifiers: tuple[str, ...] = ("vera",),
        publish: bool = True, verified: bool = False, interval_days: int | None = None, tags: tuple[str, ...] = (),
        language: str = "en", external_id: str | None = None,
    ) -> int:  # fmt: skip
        """Write a card (published, unverified unless told otherwise) at `now` and return its id.

        Verifiers are names of the cast or slugs of groups.
        """
        text = self.text(title or f"Card {next(_numbers)}", body, tags=tags, language=language)
        with self.transaction() as session:
            actor = self.actor(session, author)
            policy = CardPolicy(
                owner_id=self.person(session, owner).id if owner else None,
                verifiers=tuple(self._verifier(session, name) for name in verifiers),
                interval_days=interval_days,
            )
            shelf = self.collection(session, collection)
            card = commands.create_card(session, actor, shelf, text, policy, self.now, external_id=external_id)
            if owner is None:
                card.owner_id = None
            if publish:
                commands.publish_card(session, actor, card, self.now)
            if verified:
                trust_commands.verify(session, self.actor(session, "cora"), card, 1, self.policy, self.now)
            return card.id

    def _verifier(self, session: Session, name: str) -> VerifierRef:
        if name in CAST:
            return VerifierRef(person_id=self.person(session, name).id)
        return VerifierRef(group_id=self.group(session, name).id)

    def verify(self, card_id: int, by: str = "vera") -> None:
        """Verify a card's current version at `now`."""
        with self.transaction() as session:
            card = session.get_one(Card, card_id)
            trust_commands.verify(session, self.actor(session, by), card, card.version, self.policy, self.now)

    def flag(self, card_id: int, detail: str = "This is wrong now", by: str = "rita") -> int:
        """Report a problem at `now` and return the flag's id."""
        with self.transaction() as session:
            card = session.get_one(Card, card_id)
            flag: Flag = trust_commands.raise_flag(
                session, self.actor(session, by), card, FlagKind.REPORTED, detail, self.now
            )
            return flag.id

    def trust(self, card_id: int) -> Trust:
        """A card's trust at `now`."""
        with self.read() as session:
            return trust_of_card(session, session.get_one(Card, card_id), self.policy, self.now)
