"""Findings, watched sources and the registry over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from curator.detectors import commands
from curator.detectors import registry as registry_commands
from curator.detectors.findings import findings_of
from curator.detectors.models import Finding, RegistryEntry, RegistryKind, WatchedSource
from curator.detectors.sources import sources_of, unwatch, watch
from kb.cards.fields import Line, Reason
from kb.cards.permissions import Right, demand
from kb.cards.queries import card_visible_to
from kb.web.api import PREFIX, Api, Reply, sliced
from kb.web.api_models import JsonBody, Listing, Shape, Version
from kb.web.edge import now, reading, services, writing

api = Api("detectors_api", "Evidence")
Kind = Literal["tool", "version", "value", "renamed"]
Name = Annotated[Line, Field(min_length=2, max_length=registry_commands.LONGEST)]
Current = Annotated[
    Line,
    Field(max_length=registry_commands.LONGEST, description="The current version, value or name; empty for a tool."),
]


class Dismissed(Shape):
    """Who said that a finding is no reason to doubt the card, and why."""

    at: datetime
    by: str | None
    reason: str


class FindingShape(Shape):
    """Something that speaks against a card. `words` are those of the card it points to."""

    id: int
    card_id: int
    detector: str
    words: str
    detail: str
    url: str | None
    found_at: datetime
    dismissed: Dismissed | None


class FindingsAnswer(Shape):
    """A page of findings, the open ones first."""

    items: list[FindingShape]
    next_cursor: str | None


class Dismissal(JsonBody):
    """Why it is no reason to doubt the card."""

    reason: Reason


class SourceShape(Shape):
    """A watched source. `changed_at`: since when it says something else than at the card's last check."""

    id: int
    place: str
    added_at: datetime
    tried_at: datetime | None
    trouble: str
    changed_at: datetime | None


class SourcesAnswer(Shape):
    """A page of a card's sources."""

    items: list[SourceShape]
    next_cursor: str | None


class NewSource(JsonBody):
    """What to watch."""

    place: Annotated[Line, Field(min_length=1, max_length=500, description="An address, or the whole path of a file.")]


class EntryShape(Shape):
    """An entry of the registry."""

    id: int
    kind: Kind
    name: str
    current: str
    version: int
    updated_at: datetime


class RegistryAnswer(Shape):
    """A page of the registry."""

    items: list[EntryShape]
    next_cursor: str | None


class NewEntry(JsonBody):
    """What the detectors are to know."""

    kind: Kind
    name: Name
    current: Current = ""


class EntryChange(JsonBody):
    """What an entry is to be."""

    name: Name
    current: Current = ""
    version: Version


@api.operation("GET", "/cards/<int:card_id>/findings", {200: FindingsAnswer}, scope="read")
def list_findings(card_id: int, query: Listing) -> FindingsAnswer:
    """List what speaks against a card. Whoever may verify it may; dismissed findings follow the open ones."""
    with reading() as (session, actor):
        rows, cursor = sliced(findings_of(session, actor, card_id), query)
        return FindingsAnswer(items=[_finding(row) for row in rows], next_cursor=cursor)


@api.operation("POST", "/findings/<int:finding_id>/dismissal", {200: FindingShape}, scope="verify")
def dismiss_finding(finding_id: int, body: Dismissal) -> FindingShape:
    """Say why a finding is no reason to doubt the card. It stays silent until those words change."""
    with writing() as (session, actor):
        finding = commands.dismiss(session, actor, finding_id, body.reason, now())
        session.refresh(finding, ["dismissed_by"])
        return _finding(finding)


@api.operation("DELETE", "/findings/<int:finding_id>/dismissal", {204: None}, scope="verify")
def restore_finding(finding_id: int) -> Reply:
    """Take a dismissal back."""
    with writing() as (session, actor):
        commands.restore(session, actor, finding_id, now())
    return Reply(None, 204)


@api.operation("GET", "/cards/<int:card_id>/sources", {200: SourcesAnswer}, scope="read")
def list_sources(card_id: int, query: Listing) -> SourcesAnswer:
    """List a card's watched sources. Whoever may verify it may."""
    with reading() as (session, actor):
        demand(actor, Right.VERIFY, card_visible_to(session, actor, card_id))
        rows, cursor = sliced(sources_of(session, card_id), query)
        return SourcesAnswer(items=[_source(row) for row in rows], next_cursor=cursor)


@api.operation("POST", "/cards/<int:card_id>/sources", {201: SourceShape}, scope="verify")
def add_source(card_id: int, body: NewSource) -> Reply:
    """Watch an address or a file for a card: when it says something else, the card is flagged."""
    with writing() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        source = watch(session, actor, card, body.place, services().settings.outbound, now())
        answer = _source(source)
    return Reply(answer, 201, {"Location": f"{PREFIX}/cards/{card_id}/sources"})


@api.operation("DELETE", "/sources/<int:source_id>", {204: None}, scope="verify")
def remove_source(source_id: int) -> Reply:
    """Watch a source no longer."""
    with writing() as (session, actor):
        unwatch(session, actor, source_id, now())
    return Reply(None, 204)


@api.operation("GET", "/registry", {200: RegistryAnswer}, scope="read")
def list_registry(query: Listing) -> RegistryAnswer:
    """List the names, versions and values the detectors know. Curators and admins may."""
    with reading() as (session, actor):
        registry_commands.demand_keeper(actor)
        rows, cursor = sliced(registry_commands.registry(session), query)
        return RegistryAnswer(items=[_entry(row) for row in rows], next_cursor=cursor)


@api.operation("POST", "/registry", {201: EntryShape}, scope="admin")
def add_registry_entry(body: NewEntry) -> Reply:
    """Tell the detectors of a tool, a product's version, a price or limit, or a new name. Curators and admins may."""
    with writing() as (session, actor):
        kind = RegistryKind(body.kind)
        answer = _entry(registry_commands.add_entry(session, actor, kind, body.name, body.current, now()))
    return Reply(answer, 201, {"Location": f"{PREFIX}/registry"})


@api.operation("PUT", "/registry/<int:entry_id>", {200: EntryShape}, scope="admin")
def change_registry_entry(entry_id: int, body: EntryChange) -> EntryShape:
    """Change an entry. Needs the version that was read; 409 when somebody else changed it meanwhile."""
    with writing() as (session, actor):
        return _entry(
            registry_commands.change_entry(session, actor, entry_id, body.name, body.current, body.version, now())
        )


@api.operation("DELETE", "/registry/<int:entry_id>", {204: None}, scope="admin")
def remove_registry_entry(entry_id: int) -> Reply:
    """Delete an entry."""
    with writing() as (session, actor):
        registry_commands.remove_entry(session, actor, entry_id, now())
    return Reply(None, 204)


def _finding(row: Finding) -> FindingShape:
    dismissed = None
    if row.dismissed_at is not None:
        by = row.dismissed_by.name if row.dismissed_by else None
        dismissed = Dismissed(at=row.dismissed_at, by=by, reason=row.dismissal or "")
    return FindingShape(
        id=row.id, card_id=row.card_id, detector=row.detector, words=row.words, detail=row.detail, url=row.url,
        found_at=row.found_at, dismissed=dismissed,
    )  # fmt: skip


def _source(row: WatchedSource) -> SourceShape:
    return SourceShape(
        id=row.id, place=row.place, added_at=row.added_at, tried_at=row.tried_at, trouble=row.trouble,
        changed_at=row.changed_at,
    )  # fmt: skip


def _entry(row: RegistryEntry) -> EntryShape:
    kind: Kind = RegistryKind(row.kind).value
    return EntryShape(
        id=row.id, kind=kind, name=row.name, current=row.current, version=row.version, updated_at=row.updated_at
    )
