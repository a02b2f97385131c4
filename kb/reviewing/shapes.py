"""Proposals as the API shows them."""

from datetime import datetime

from pydantic import Field
from sqlalchemy.orm import Session

from kb.people.models import Person
from kb.people.shapes import PersonShape, person_or_none
from kb.reviewing.models import Proposal
from kb.web.api_models import Shape


class ProposalShape(Shape):
    """What somebody wants a card to say. The card stays as it is until a curator approves."""

    id: int
    card_id: int
    base_version: int = Field(description="The version of the card that it was drawn from.")
    card_version: int = Field(description="The card's version now. Another one than `base_version`: it moved on.")
    publishes: bool = Field(description="Whether it asks for a draft to be published.")
    state: str = Field(description="`waiting`, `approved`, `sent_back` or `withdrawn`.")
    title: str
    body: str
    tags: list[str]
    language: str
    audience: list[str]
    template: str | None = Field(description="The card template it asks for; an empty one is none, null as it is.")
    note: str
    words: str = Field(description="What should be different, when it was sent back.")
    author: PersonShape | None
    at: datetime
    decided_by: PersonShape | None
    decided_at: datetime | None


class Proposals(Shape):
    """A page of proposals, the longest wait first."""

    items: list[ProposalShape]
    next_cursor: str | None


def proposal_shape(session: Session, proposal: Proposal) -> ProposalShape:
    """The shape of one."""
    names = ("id", "card_id", "base_version", "publishes", "state", "title", "body", "tags", "language", "audience",
             "template", "note", "words", "at", "decided_at")  # fmt: skip
    return ProposalShape(
        **{name: getattr(proposal, name) for name in names},
        card_version=proposal.card.version,
        author=person_or_none(_person(session, proposal.author_id)),
        decided_by=person_or_none(_person(session, proposal.decided_by_id)),
    )


def _person(session: Session, person_id: int | None) -> Person | None:
    return session.get(Person, person_id) if person_id is not None else None
