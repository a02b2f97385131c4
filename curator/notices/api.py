"""Notices over HTTP: what a person is told, and that they read it. One's own alone."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from curator.notices.kinds import EVENT_OF, HEADINGS
from curator.notices.listing import Listed, mark_one_read, mark_read, notices_of, unread_count
from curator.notices.talk import path_of
from kb.cards.queries import card_path
from kb.web.api import Api, Reply, cursor_to, position
from kb.web.api_models import CardId, JsonBody, Listing, Shape
from kb.web.edge import now, reading, services, writing

api = Api("notices_api", "Notices")
_FURTHEST = 1_000_000


class NoticesQuery(Listing):
    """Which of them."""

    unread: Annotated[bool, Field(description="Only what you have not read.")] = False


class ReadUpTo(JsonBody):
    """Up to where one read."""

    last_id: Annotated[CardId, Field(description="The newest notice that you saw.")]


class NoticedCard(Shape):
    """The card that a notice is about."""

    id: int
    title: str
    url: str


class OwnNotice(Shape):
    """Something that happened to a card."""

    id: int
    kind: str
    event: str = Field(description="The row under Account, Notices, by which you choose how you are told of it.")
    heading: str
    words: str
    card: NoticedCard
    comment_id: int | None = Field(description="The comment that it is about.")
    url: str = Field(description="Where it leads: to the card, or to the comment.")
    at: datetime
    read_at: datetime | None


class OwnNotices(Shape):
    """A page of your notices, and how many of all are unread."""

    items: list[OwnNotice]
    unread: int
    next_cursor: str | None


@api.operation("GET", "/notices", {200: OwnNotices}, scope="read")
def list_own_notices(query: NoticesQuery) -> OwnNotices:
    """List your notices. The newest first, of cards that you may read now and events that you want on the page."""
    start, settings = min(position(query.cursor), _FURTHEST), services().settings
    with reading() as (session, actor):
        listed, total = notices_of(
            session, actor, settings, services().policy, now(), limit=query.limit, offset=start, unread=query.unread
        )
        unread = unread_count(session, actor, settings)
    end = start + query.limit
    cursor = cursor_to(end) if end < min(total, _FURTHEST) else None
    return OwnNotices(items=[_shape(each) for each in listed], unread=unread, next_cursor=cursor)


@api.operation("POST", "/notices/read", {204: None}, scope="read")
def read_up_to(body: ReadUpTo) -> Reply:
    """Mark as read what was there up to a notice, as the button on the page does."""
    with writing() as (session, actor):
        mark_read(session, actor, body.last_id, now())
    return Reply(None, 204)


@api.operation("PUT", "/notices/<int:notice_id>/read", {204: None}, scope="read")
def read_one(notice_id: int) -> Reply:
    """Mark one notice as read."""
    with writing() as (session, actor):
        mark_one_read(session, actor, services().settings, notice_id, now())
    return Reply(None, 204)


def _shape(each: Listed) -> OwnNotice:
    notice, base = each.notice, services().settings.public_url
    return OwnNotice(
        id=notice.id,
        kind=notice.kind,
        event=EVENT_OF[notice.kind],
        heading=HEADINGS[notice.kind],
        words=each.words,
        card=NoticedCard(id=each.card.id, title=each.card.title, url=base + card_path(each.card)),
        comment_id=notice.comment_id,
        url=base + path_of(notice, each.card),
        at=notice.at,
        read_at=notice.read_at,
    )
