"""Recalls over HTTP: who saw a wrong version, telling them, and their receipts."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from curator.recall import commands
from curator.recall.reach import Wrong, likely_wrong, reach_of, since_version
from curator.recall.receipts import RecallState, notices_for, recalls_of, state_of_recall
from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.cards.queries import card_visible_to
from kb.errors import Conflict, invalid
from kb.people.shapes import PersonShape, person_or_none
from kb.web.api import Api, Reply, sliced
from kb.web.api_models import InstantParam, JsonBody, Listing, Shape, Version
from kb.web.edge import now, reading, services, writing

api = Api("recall_api", "Proof")


class NewRecall(JsonBody):
    """What was wrong, and what to tell those who saw it."""

    words: Annotated[str, Field(min_length=1, max_length=commands.WORDS_LIMIT)]
    first_version: Annotated[Version | None, Field(description="Wrong since this version was written.")] = None
    last_version: Annotated[
        Version | None, Field(description="The last wrong version; else the one before the last correction.")
    ] = None
    since: Annotated[
        InstantParam | None,
        Field(description="Wrong since this instant; else since `first_version`, or since the last check of it."),
    ] = None


class ReachShape(Shape):
    """How many people saw a wrong version, and in which ways. Forgotten ones are records without a person."""

    people: int
    copied: int
    viewed: int
    shown: int
    forgotten: int


class ReceiptShape(Shape):
    """A person of a recall. Without `is_told` they may not read the card any more."""

    person: PersonShape
    is_told: bool
    at: datetime
    seen_at: datetime | None


class RecallShape(Shape):
    """A recall with its receipts."""

    id: int
    card_id: int
    first_version: int
    last_version: int
    since: datetime
    words: str
    by: str
    at: datetime
    reminded_at: datetime | None
    told: int
    seen: int
    hidden: int
    receipts: list[ReceiptShape]


class Recalls(Shape):
    """A page of a card's recalls, newest first, and whom the next one would reach."""

    items: list[RecallShape]
    next_cursor: str | None
    first_version: int | None
    last_version: int | None
    since: datetime | None
    reach: ReachShape | None


class NoticeShape(Shape):
    """A correction that you were told of."""

    recall_id: int
    card_id: int
    title: str
    words: str
    at: datetime
    seen_at: datetime | None


class Notices(Shape):
    """A page of the corrections that you were told of: unseen ones first."""

    items: list[NoticeShape]
    next_cursor: str | None


@api.operation("GET", "/cards/<int:card_id>/recalls", {200: Recalls}, scope="verify")
def list_recalls(card_id: int, query: Listing) -> Recalls:
    """List a card's recalls. With whom a recall would reach as things stand, in numbers."""
    services().recorder.flush()
    with reading() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        demand(actor, Right.RECALL, card)
        rows, cursor = sliced(recalls_of(session, card.id), query)
        wrong = likely_wrong(session, card)
        return Recalls(
            items=[_recall(row) for row in rows], next_cursor=cursor,
            first_version=wrong.first_version if wrong else None, last_version=wrong.last_version if wrong else None,
            since=wrong.since if wrong else None, reach=_reach(session, card, wrong) if wrong else None,
        )  # fmt: skip


@api.operation("POST", "/cards/<int:card_id>/recalls", {201: RecallShape, 200: RecallShape}, scope="verify")
def tell(card_id: int, body: NewRecall) -> Reply:
    """Tell everybody who saw a wrong version. The same recall again answers 200 and tells only who came to be known
    meanwhile."""
    services().recorder.flush()
    with writing() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        demand(actor, Right.RECALL, card)
        done = commands.tell(session, actor, card, _wrong(session, card, body), body.words, services().settings, now())
        return Reply(_recall(state_of_recall(session, done.recall)), 201 if done.is_new else 200)


@api.operation("POST", "/recalls/<int:recall_id>/reminder", {200: RecallShape}, scope="verify")
def remind(recall_id: int) -> RecallShape:
    """Remind those who have not seen it. Once per recall."""
    with writing() as (session, actor):
        commands.remind(session, actor, recall_id, services().settings, now())
        return _recall(state_of_recall(session, commands.recall_of(session, recall_id)))


@api.operation("GET", "/recalls", {200: Notices}, scope="read")
def list_notices(query: Listing) -> Notices:
    """List the corrections that you were told of. Unseen ones first."""
    with reading() as (session, actor):
        rows, cursor = sliced(notices_for(session, actor), query)
        items = [
            NoticeShape(recall_id=row.recall_id, card_id=row.card.id, title=row.card.title, words=row.words, at=row.at,
                        seen_at=row.seen_at)
            for row in rows
        ]  # fmt: skip
    return Notices(items=items, next_cursor=cursor)


@api.operation("POST", "/recalls/<int:recall_id>/receipt", {204: None}, scope="read")
def acknowledge(recall_id: int) -> Reply:
    """Say that you have seen a correction. The first time counts."""
    with writing() as (session, actor):
        commands.acknowledge(session, actor, recall_id, now())
    return Reply(None, 204)


def _wrong(session: Session, card: Card, body: NewRecall) -> Wrong:
    likely = likely_wrong(session, card)
    last = body.last_version or (likely.last_version if likely else 0)
    if not last:
        raise Conflict("Nothing was corrected yet. Name `last_version` if a version was wrong all the same.")
    named = since_version(session, card, body.first_version or 1, last)
    if named is None:
        raise invalid("first_version", "Name versions that the card has had, the first one first.")
    default = named.since if body.first_version or likely is None else likely.since
    return Wrong(named.first_version, last, body.since or default)


def _reach(session: Session, card: Card, wrong: Wrong) -> ReachShape:
    found = reach_of(session, card.id, wrong)
    return ReachShape(
        people=len(found.people), copied=found.in_way("copy"), viewed=found.in_way("view"),
        shown=found.in_way("shown"), forgotten=found.forgotten,
    )  # fmt: skip


def _recall(state: RecallState) -> RecallShape:
    names = ("id", "card_id", "first_version", "last_version", "since", "words", "at", "reminded_at")
    return RecallShape(
        **{name: getattr(state.recall, name) for name in names}, by=state.by, told=len(state.told), seen=state.seen,
        hidden=state.hidden,
        receipts=[
            ReceiptShape(person=person_or_none(each.person), is_told=each.is_told, at=each.at, seen_at=each.seen_at)
            for each in state.receipts
        ],
    )  # fmt: skip
