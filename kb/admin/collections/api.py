"""Collections over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from kb.cards.collections import (
    CollectionFields,
    change_collection,
    collection_named,
    collections_readable_by,
    create_collection,
    delete_collection,
    demand_curate,
)  # fmt: skip
from kb.cards.fields import EscalateDays, IntervalDays, Line, VerifierRef
from kb.cards.models import Breach, Collection, CollectionVerifier
from kb.errors import NotFound
from kb.people.actor import Actor
from kb.people.models import Group, Person
from kb.people.references import groups_referred, person_referred, verifiers_referred
from kb.people.shapes import (
    GroupRef,
    GroupVerifier,
    PersonShape,
    PersonVerifier,
    person_or_none,
    verifier_shape,
)  # fmt: skip
from kb.trust.state import TrustState
from kb.web.api import PREFIX, Api, Reply, sliced
from kb.web.api_models import JsonBody, Listing, Name, NewSlug, PersonRef, Shape, Slug, Verifiers
from kb.web.edge import now, reading, writing

api = Api("collections_api", "Collections")
Slugs = Annotated[list[Slug], Field(max_length=100)]
Description = Annotated[Line, Field(max_length=500)]
Below = Annotated[
    Literal["serve", "warn", "withhold"],
    Field(description="What happens to an answer that is below `min_trust` or older than `max_age_days`."),
]
MinTrust = Annotated[
    Literal["verified", "due_soon", "overdue", "flagged", "unverified"] | None,
    Field(description="Answers must be at least this well trusted."),
]
Adaptive = Annotated[bool, Field(description="Whether a card is checked earlier where its history suggests it.")]
MaxAge = Annotated[int | None, Field(ge=1, le=3650, description="Answers must have been checked within so many days.")]

Escalate = Annotated[
    EscalateDays | None,
    Field(
        description="Overdue or flagged so long with nobody acting moves on to the next in line; 0 is never, null as "
        "the installation."
    ),
]

StaleTarget = Annotated[
    float | None,
    Field(ge=0.01, le=0.9, description="The P(stale) at which a check is suggested; null: the installation's."),
]

Review = Annotated[
    bool, Field(description="Whether what others than its curators write waits until one of those approves it.")
]


class NewCollection(JsonBody):
    """A collection to be made."""

    name: Name
    slug: Annotated[NewSlug | None, Field(description="Made from the name unless given.")] = None
    description: Description = ""
    is_open: Annotated[bool, Field(description="Whether everybody may read it; otherwise `readers` may.")] = True
    readers: Annotated[Slugs, Field(description="Slugs of groups.")] = Field([])
    authors: Annotated[Slugs, Field(description="Slugs of groups; without any, every author may write.")] = Field([])
    steward: Annotated[PersonRef | None, Field(description="Whoever makes it, unless given.")] = None
    interval_days: IntervalDays | None = None
    adaptive: Adaptive = False
    verifiers: Verifiers = Field([])
    contract: Below = "serve"
    min_trust: MinTrust = None
    max_age_days: MaxAge = None
    escalate_days: Escalate = None
    stale_target: StaleTarget = None
    review: Review = False


class CollectionPatch(JsonBody):
    """What changes. What is left out stays as it is; a null `steward`, `interval_days`, `min_trust`, `max_age_days`,
    `escalate_days` or `stale_target` takes it away."""

    name: Name | None = None
    description: Description | None = None
    is_open: bool | None = None
    readers: Slugs | None = None
    authors: Slugs | None = None
    steward: PersonRef | None = None
    interval_days: IntervalDays | None = None
    adaptive: Adaptive | None = None
    verifiers: Verifiers | None = None
    contract: Below | None = None
    min_trust: MinTrust = None
    max_age_days: MaxAge = None
    escalate_days: Escalate = None
    stale_target: StaleTarget = None
    review: Review | None = None


class CollectionShape(Shape):
    """A collection with its policy."""

    id: int
    slug: str
    name: str
    description: str
    is_open: bool
    readers: list[GroupRef]
    authors: list[GroupRef]
    steward: PersonShape | None
    interval_days: int | None
    adaptive: bool
    verifiers: list[PersonVerifier | GroupVerifier]
    contract: str
    min_trust: str | None
    max_age_days: int | None
    escalate_days: int | None
    stale_target: float | None
    review: bool
    created_at: datetime


class Collections(Shape):
    """A page of collections, by name."""

    items: list[CollectionShape]
    next_cursor: str | None


@api.operation("GET", "/collections", {200: Collections}, scope="read")
def list_collections(query: Listing) -> Collections:
    """List the collections you may read. By name."""
    with reading() as (session, actor):
        rows, cursor = sliced(collections_readable_by(session, actor), query)
        return Collections(items=[_shape(session, shelf) for shelf in rows], next_cursor=cursor)


@api.operation("POST", "/collections", {201: CollectionShape}, scope="admin")
def make_collection(body: NewCollection) -> Reply:
    """Make a collection. Curators and admins may."""
    with writing() as (session, actor):
        fields = CollectionFields(
            name=body.name, slug=body.slug, description=body.description, is_open=body.is_open,
            reader_ids=_ids(groups_referred(session, body.readers, "readers")),
            author_ids=_ids(groups_referred(session, body.authors, "authors")),
            steward_id=person_referred(session, body.steward, "steward").id if body.steward is not None else None,
            interval_days=body.interval_days, is_adaptive=body.adaptive,
            verifiers=verifiers_referred(session, body.verifiers),
            contract=Breach(body.contract), min_trust=_state(body.min_trust), max_age_days=body.max_age_days,
            escalate_days=body.escalate_days, stale_target=body.stale_target, is_reviewed=body.review,
        )  # fmt: skip
        answer = _anew(session, create_collection(session, actor, fields, now()))
    return Reply(answer, 201, {"Location": f"{PREFIX}/collections/{answer.slug}"})


@api.operation("GET", "/collections/<slug>", {200: CollectionShape}, scope="read")
def show_collection(slug: str) -> CollectionShape:
    """Read a collection."""
    with reading() as (session, actor):
        return _shape(session, _named(session, actor, slug))


@api.operation("PATCH", "/collections/<slug>", {200: CollectionShape}, scope="admin")
def edit_collection(slug: str, body: CollectionPatch) -> CollectionShape:
    """Change a collection. No verification date moves; who can no longer read it hands their cards on."""
    with writing() as (session, actor):
        shelf = _named(session, actor, slug)
        demand_curate(actor, shelf)
        change_collection(session, actor, shelf, _changed(session, shelf, body), now())
        return _anew(session, shelf)


@api.operation("DELETE", "/collections/<slug>", {204: None}, scope="admin")
def remove_collection(slug: str) -> Reply:
    """Delete a collection. It must hold no cards."""
    with writing() as (session, actor):
        delete_collection(session, actor, _named(session, actor, slug), now())
    return Reply(None, 204)


def _changed(session: Session, shelf: Collection, body: CollectionPatch) -> CollectionFields:
    given = body.model_fields_set
    steward_id = shelf.steward_id
    if "steward" in given:
        steward_id = person_referred(session, body.steward, "steward").id if body.steward is not None else None
    readers = shelf.readers if body.readers is None else groups_referred(session, body.readers, "readers")
    authors = shelf.authors if body.authors is None else groups_referred(session, body.authors, "authors")
    kept = tuple(VerifierRef(row.person_id, row.group_id) for row in shelf.verifiers)
    return CollectionFields(
        name=body.name or shelf.name,
        description=shelf.description if body.description is None else body.description,
        is_open=shelf.is_open if body.is_open is None else body.is_open,
        reader_ids=_ids(readers),
        author_ids=_ids(authors),
        steward_id=steward_id,
        interval_days=body.interval_days if "interval_days" in given else shelf.interval_days,
        is_adaptive=shelf.is_adaptive if body.adaptive is None else body.adaptive,
        verifiers=kept if body.verifiers is None else verifiers_referred(session, body.verifiers),
        contract=Breach(body.contract or shelf.contract),
        min_trust=_state(body.min_trust if "min_trust" in given else shelf.min_trust),
        max_age_days=body.max_age_days if "max_age_days" in given else shelf.max_age_days,
        escalate_days=body.escalate_days if "escalate_days" in given else shelf.escalate_days,
        stale_target=body.stale_target if "stale_target" in given else shelf.stale_target,
        is_reviewed=shelf.is_reviewed if body.review is None else body.review,
    )


def _anew(session: Session, shelf: Collection) -> CollectionShape:
    session.flush()
    session.refresh(shelf)
    return _shape(session, shelf)


def _shape(session: Session, shelf: Collection) -> CollectionShape:
    names = ("id", "slug", "name", "description", "is_open", "interval_days", "contract", "min_trust", "max_age_days",
             "escalate_days", "stale_target", "created_at")  # fmt: skip
    return CollectionShape(
        **{name: getattr(shelf, name) for name in names},
        adaptive=shelf.is_adaptive,
        review=shelf.is_reviewed,
        readers=_groups(shelf.readers),
        authors=_groups(shelf.authors),
        steward=person_or_none(shelf.steward),
        verifiers=[_verifier(session, row) for row in shelf.verifiers],
    )


def _groups(groups: Sequence[Group]) -> list[GroupRef]:
    return [GroupRef(id=group.id, slug=group.slug, name=group.name) for group in groups]


def _verifier(session: Session, row: CollectionVerifier) -> PersonVerifier | GroupVerifier:
    return verifier_shape(
        session.get_one(Person, row.person_id) if row.person_id else session.get_one(Group, row.group_id)
    )


def _state(name: str | None) -> TrustState | None:
    return TrustState(name) if name else None


def _ids(groups: Sequence[Group]) -> tuple[int, ...]:
    return tuple(group.id for group in groups)


def _named(session: Session, actor: Actor, slug: str) -> Collection:
    if "\x00" in slug:
        raise NotFound("There is no such collection.")
    return collection_named(session, actor, slug)
