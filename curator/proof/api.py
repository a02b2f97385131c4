"""The audit of a card over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import select

from curator.proof.shown import SCOPES
from curator.proof.timeline import Entry, Kind, Wanted, timeline
from kb.cards.permissions import Right, demand
from kb.cards.queries import card_visible_to
from kb.people.models import Person
from kb.people.shapes import PersonShape, person_or_none
from kb.web.api import Api, sliced
from kb.web.api_models import InstantParam, Listing, PersonParam, Shape
from kb.web.edge import reading, services

api = Api("proof_api", "Proof")
_NOBODY = "\n"


class AuditQuery(Listing):
    """Which entries of the audit."""

    person: Annotated[PersonParam | None, Field(description="Entries of this person.")] = None
    since: Annotated[InstantParam | None, Field(description="Entries that reach beyond this instant.")] = None
    until: Annotated[InstantParam | None, Field(description="Entries that began before this instant.")] = None
    scope: Annotated[
        Literal["seen", "done"] | None, Field(description="Who saw the card, or what was done to it; else both.")
    ] = None


class CheckShape(Shape):
    """A record of the verification log, as an audit names it."""

    record: int
    verdict: str
    basis: str
    note: str
    outcome: str | None
    batch_size: int
    seconds: int | None
    whole_card: bool
    evidence: list[dict[str, Any]]
    text_hash: str
    hash: str


class SightingShape(Shape):
    """How often a version was seen in one way, and how trusted the card was at the first and the last time."""

    seen: Literal["shown", "view", "copy"]
    first_at: datetime
    last_at: datetime
    times: int
    trust_first: str | None
    trust_last: str | None


class AuditShape(Shape):
    """One entry: something that was done to the card, or somebody who saw it."""

    at: datetime
    kind: Kind
    words: str
    person: PersonShape | None = Field(
        description="Null for the installation itself, and where the person is forgotten."
    )
    version: int | None
    check: CheckShape | None
    sighting: SightingShape | None


class Audit(Shape):
    """A page of a card's audit, newest first."""

    items: list[AuditShape]
    next_cursor: str | None


@api.operation("GET", "/cards/<int:card_id>/audit", {200: Audit}, scope="verify")
def audit(card_id: int, query: AuditQuery) -> Audit:
    """Read a card's audit. Who saw which version when, how trusted it was then, and what was done to it."""
    services().recorder.flush()
    with reading() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        demand(actor, Right.AUDIT, card)
        person = query.person
        if isinstance(person, int):
            person = session.scalar(select(Person.email).where(Person.id == person)) or _NOBODY
        wanted = Wanted("", person or "", query.since, query.until, SCOPES[query.scope or ""])
        rows, cursor = sliced(timeline(session, card, services().policy, wanted), query)
        return Audit(items=[_shape(row) for row in rows], next_cursor=cursor)


def _shape(entry: Entry) -> AuditShape:
    return AuditShape(
        at=entry.at, kind=entry.kind, words=entry.words, person=person_or_none(entry.person), version=entry.version,
        check=_check(entry) if entry.kind is Kind.VERIFICATION else None,
        sighting=_sighting(entry) if entry.kind is Kind.SIGHTING else None,
    )  # fmt: skip


def _check(entry: Entry) -> CheckShape:
    names = set(CheckShape.model_fields) - {"record"}
    return CheckShape(record=entry.detail["id"], **{name: entry.detail[name] for name in names})


def _sighting(entry: Entry) -> SightingShape:
    detail = entry.detail
    return SightingShape(
        seen=detail["seen"], first_at=detail["first_at"], last_at=entry.at, times=detail["times"],
        trust_first=detail["trust_first"], trust_last=entry.trust,
    )  # fmt: skip
