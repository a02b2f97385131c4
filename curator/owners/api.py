"""Owners over HTTP: the report of what is ill owned, and who could own a card."""

from datetime import date, datetime

from pydantic import Field

from curator.owners.report import Fault, OwnersReport, owners_report
from curator.owners.views import suggested_for
from kb.cards.queries import card_path, card_visible_to
from kb.people.shapes import PersonShape, person_or_none, person_shape
from kb.web.api import Api, sliced
from kb.web.api_models import Listing, Shape
from kb.web.edge import now, reading, services

api = Api("owners_api", "Upkeep")


class IllOwnedCard(Shape):
    """A published card whose owner or verifiers can't look after it."""

    id: int
    title: str
    url: str
    collection: str
    faults: list[str] = Field(description=f"Of: {', '.join(Fault)}.")
    owner: PersonShape | None
    assignee: PersonShape | None
    owner_last_seen: datetime | None


class OwnersAnswer(Shape):
    """A page of the report, by title. `unassigned` must always be 0."""

    items: list[IllOwnedCard]
    next_cursor: str | None
    total: int
    cards: int
    unassigned: int
    counts: dict[str, int]


class SuggestedOwner(Shape):
    """Somebody who could own the card."""

    person: PersonShape
    score: float
    reason: str
    away_until: date | None = Field(description="The last day of their absence, if they are away now.")


class SuggestedOwners(Shape):
    """At most three, best first."""

    items: list[SuggestedOwner]


@api.operation("GET", "/reports/owners", {200: OwnersAnswer}, scope="read")
def ill_owned(query: Listing) -> OwnersAnswer:
    """List published cards that are ill owned. Of the collections you curate."""
    with reading() as (session, actor):
        report = owners_report(session, actor, now())
        rows, cursor = sliced(report.ill, query)
        items = [
            IllOwnedCard(
                id=each.card.id, title=each.card.title, url=services().settings.public_url + card_path(each.card),
                collection=each.card.collection.slug, faults=[fault.value for fault in each.faults],
                owner=person_or_none(each.card.owner), assignee=person_or_none(each.card.assignee),
                owner_last_seen=each.last_seen,
            )
            for each in rows
        ]  # fmt: skip
    counts = _counts(report)
    return OwnersAnswer(
        items=items, next_cursor=cursor, total=len(report.ill), cards=report.cards,
        unassigned=counts[Fault.UNASSIGNED.value], counts=counts,
    )  # fmt: skip


@api.operation("GET", "/cards/<int:card_id>/owner-suggestions", {200: SuggestedOwners}, scope="read")
def owner_suggestions(card_id: int) -> SuggestedOwners:
    """Ask who could own a card. Three names with reasons, for whoever may change its owner; nothing is assigned."""
    with reading() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        found = suggested_for(session, actor, card)
        return SuggestedOwners(
            items=[
                SuggestedOwner(
                    person=person_shape(each.person),
                    score=round(each.score, 4),
                    reason=each.reason,
                    away_until=each.away_until,
                )
                for each in found
            ]
        )


def _counts(report: OwnersReport) -> dict[str, int]:
    return {fault.value: len(report.with_fault(fault)) for fault in Fault}
