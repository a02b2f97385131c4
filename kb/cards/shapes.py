"""Cards as the API shows them: one shape in answers, and the full card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.answers import AnswerCard
from kb.cards.models import Card, Revision, Status
from kb.cards.permissions import visible_to
from kb.cards.queries import card_path, with_people
from kb.people.actor import Actor
from kb.people.models import Group, Person
from kb.people.shapes import (
    GroupVerifier,
    PersonShape,
    PersonVerifier,
    person_or_none,
    verifier_shape,
)  # fmt: skip
from kb.trust.contract import ANYTHING_GOES, Contract, Standing, standing
from kb.trust.policy import Policy
from kb.trust.queries import trust_of_card
from kb.trust.state import Trust
from kb.web.api_models import Shape

Pieces = Sequence[tuple[str, bool]]
_SNIPPET = 200


class CollectionRef(Shape):
    """The shelf of a card."""

    id: int
    slug: str
    name: str


class ReasonShape(Shape):
    """Why a card is in its state, with the evidence and its time."""

    kind: str
    detail: str
    at: datetime


class TrustShape(Shape):
    """The computed trust of a card at the instant of the answer. There is always a reason."""

    state: str
    reasons: list[ReasonShape]
    verified_at: datetime | None
    verified_by: PersonShape | None
    verify_by: datetime | None


class CardAnswer(Shape):
    """A card in an answer."""

    id: int
    title: str
    url: str
    collection: CollectionRef
    external_id: str | None
    language: str
    tags: list[str]
    audience: list[str]
    version: int
    trust: TrustShape
    owner: PersonShape | None
    updated_at: datetime
    snippet: list[tuple[str, bool]] = Field(description="Pieces of the text, each with whether it matches.")
    warning: str | None = Field(description="Why it is below its collection's freshness contract, or the request's.")
    withheld: bool = Field(description="Whether it must not be given as an answer. Its text is not shown then.")


class ListedCard(CardAnswer):
    """A card in the list of cards."""

    status: str
    template: str | None = Field(description="The slug of its card template.")


class FullCard(CardAnswer):
    """A card with all that whoever may see it may know."""

    body: str
    html: str
    verifiers: list[PersonVerifier | GroupVerifier]
    assignee: PersonShape | None
    interval_days: int | None
    check_on: date | None
    status: str
    template: str | None = Field(description="The slug of its card template.")
    replaced_by: int | None = Field(description="The id of the card that replaces this one.")


class CardAnswers(Shape):
    """A list of cards."""

    items: list[CardAnswer]
    next_cursor: str | None


class ListedCards(Shape):
    """A page of the list of cards."""

    items: list[ListedCard]
    next_cursor: str | None


class RevisionRow(Shape):
    """One revision, without its text."""

    number: int
    title: str
    tags: list[str]
    language: str
    note: str
    is_minor: bool
    author: PersonShape | None
    at: datetime


class FullRevision(RevisionRow):
    """One revision with its text."""

    body: str


class Revisions(Shape):
    """A page of revisions, newest first."""

    items: list[RevisionRow]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Shaper:
    """What shaping a card needs beside the card."""

    policy: Policy
    public_url: str
    now: datetime

    def answer(
        self, card: Card | AnswerCard, trust: Trust, snippet: Pieces | None = None, asked: Contract = ANYTHING_GOES
    ) -> CardAnswer:
        """The card in an answer to a request that asks for so much."""
        fields = self._fields(card, trust, snippet, asked)
        return CardAnswer(**fields | ({"snippet": []} if fields["withheld"] else {}))

    def listed(self, card: Card, trust: Trust) -> ListedCard:
        """The card in the list of cards."""
        return ListedCard(**self._fields(card, trust, None), status=card.status, template=card.template)

    def full(self, session: Session, actor: Actor, card: Card) -> FullCard:
        """The whole card."""
        trust = trust_of_card(session, card, self.policy, self.now)
        return FullCard(
            **self._fields(card, trust, None),
            body=card.body,
            html=card.html,
            verifiers=_verifiers(session, card),
            assignee=person_or_none(card.assignee),
            interval_days=card.interval_days,
            check_on=card.check_on,
            status=card.status,
            template=card.template,
            replaced_by=_visible_replacement(session, actor, card),
        )

    def past(self, card: AnswerCard, trust: Trust, body: str, html: str) -> FullCard:
        """The whole card as it was at this instant, as far as that is known."""
        return FullCard(
            **self._fields(card, trust, None), body=body, html=html, verifiers=[], assignee=None, interval_days=None,
            check_on=None, status=Status.PUBLISHED, template=None, replaced_by=None,
        )  # fmt: skip

    def full_anew(self, session: Session, actor: Actor, card: Card) -> FullCard:
        """The whole card as a command has just left it, for whoever gave that command."""
        session.flush()
        session.expire(card)
        query = select(Card).where(Card.id == card.id).options(*with_people())  # type: ignore[arg-type]
        fresh = session.scalars(query.execution_options(populate_existing=True)).unique().one()
        return self.full(session, actor, fresh)

    def _fields(
        self, card: Card | AnswerCard, trust: Trust, snippet: Pieces | None, asked: Contract = ANYTHING_GOES
    ) -> dict[str, Any]:
        shelf = card.collection
        is_answer = isinstance(card, AnswerCard) or card.is_servable
        stands = standing(shelf, trust, self.now, asked) if is_answer else Standing()
        return {
            "id": card.id,
            "title": card.title,
            "url": f"{self.public_url}{card_path(card)}",
            "collection": CollectionRef(id=shelf.id, slug=shelf.slug, name=shelf.name),
            "external_id": card.external_id,
            "language": card.language,
            "tags": card.tags,
            "audience": card.audience,
            "version": card.version,
            "trust": _trust(card, trust),
            "owner": person_or_none(card.owner),
            "updated_at": card.updated_at,
            "snippet": list(snippet) if snippet is not None else _beginning(card.text),
            "warning": stands.reason or None,
            "withheld": stands.is_withheld,
        }


def revision_row(revision: Revision) -> RevisionRow:
    """A revision in the list of them."""
    return RevisionRow(**_revision_fields(revision))


def full_revision(revision: Revision) -> FullRevision:
    """A revision with its text."""
    return FullRevision(**_revision_fields(revision), body=revision.body)


def _trust(card: Card | AnswerCard, trust: Trust) -> TrustShape:
    return TrustShape(
        state=trust.state.value,
        reasons=[ReasonShape(kind=reason.kind, detail=reason.detail, at=reason.at) for reason in trust.reasons],
        verified_at=trust.verified_at,
        verified_by=person_or_none(card.verified_by),
        verify_by=trust.verify_by,
    )


def _beginning(text: str) -> list[tuple[str, bool]]:
    words = " ".join(text[: 2 * _SNIPPET].split())
    if len(words) > _SNIPPET:
        words = words[:_SNIPPET].rpartition(" ")[0] + "…"
    return [(words, False)] if words else []


def _verifiers(session: Session, card: Card) -> list[PersonVerifier | GroupVerifier]:
    return [
        verifier_shape(
            session.get_one(Person, row.person_id) if row.person_id else session.get_one(Group, row.group_id)
        )
        for row in card.verifiers
    ]


def _visible_replacement(session: Session, actor: Actor, card: Card) -> int | None:
    if card.replaced_by_id is None:
        return None
    return session.scalar(select(Card.id).where(Card.id == card.replaced_by_id, visible_to(actor)))


def _revision_fields(revision: Revision) -> dict[str, Any]:
    names = ("number", "title", "tags", "language", "note", "is_minor", "at")
    return {name: getattr(revision, name) for name in names} | {"author": person_or_none(revision.author)}
