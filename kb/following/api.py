"""Following over HTTP: what one hears about, one's own alone."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.fields import Tag
from kb.cards.models import Collection
from kb.errors import NotFound, invalid
from kb.following import commands
from kb.following.commands import Followed
from kb.following.queries import FollowedThing, follow_of, followed_by
from kb.people.actor import Actor
from kb.web.api import Api, Reply, sliced
from kb.web.api_models import CardId, JsonBody, Listing, Shape, Slug
from kb.web.edge import now, reading, services, writing

api = Api("following_api", "Notices")


class NewFollow(JsonBody):
    """Exactly one of the three."""

    card_id: CardId | None = None
    tag: Annotated[Tag | None, Field(description="Any word; of tagged cards you hear only what you may read.")] = None
    collection: Annotated[Slug | None, Field(description="The slug of a collection.")] = None


class FollowShape(Shape):
    """Something that you follow."""

    id: int
    kind: Literal["card", "tag", "collection"]
    name: str
    url: str
    card_id: int | None
    tag: str | None
    collection: str | None = Field(description="The slug of the collection.")
    since: datetime


class Follows(Shape):
    """A page of what you follow."""

    items: list[FollowShape]
    next_cursor: str | None


@api.operation("GET", "/follows", {200: Follows}, scope="read")
def list_follows(query: Listing) -> Follows:
    """List what you follow. Collections first, then tags, then cards; what you may no longer see is left out."""
    with reading() as (session, actor):
        things, cursor = sliced(followed_by(session, actor), query)
        return Follows(items=[_shape(thing) for thing in things], next_cursor=cursor)


@api.operation("POST", "/follows", {201: FollowShape, 200: FollowShape}, scope="read", errors=(404,))
def follow(body: NewFollow) -> Reply:
    """Follow a card, a tag or a collection. What is followed already answers 200."""
    if sum(each is not None for each in (body.card_id, body.tag, body.collection)) != 1:
        raise invalid("card_id", "Name one card, tag or collection.")
    with writing() as (session, actor):
        shelf_id = _shelf_id(session, actor, body.collection) if body.collection is not None else None
        what = Followed(body.card_id, body.tag, shelf_id)
        is_new = commands.follow(session, actor, what, now())
        shape = next(_shape(thing) for thing in followed_by(session, actor) if thing.what == what)
        return Reply(shape, 201 if is_new else 200)


@api.operation("DELETE", "/follows/<int:follow_id>", {204: None}, scope="read")
def unfollow(follow_id: int) -> Reply:
    """Stop following, by the number in the list."""
    with writing() as (session, actor):
        session.delete(follow_of(session, actor, follow_id))
    return Reply(None, 204)


def _shelf_id(session: Session, actor: Actor, slug: str) -> int:
    shelf_id = session.scalar(select(Collection.id).where(Collection.slug == slug))
    if shelf_id is None or shelf_id not in actor.readable:
        raise NotFound("There is no such collection.")
    return shelf_id


def _shape(thing: FollowedThing) -> FollowShape:
    return FollowShape(
        id=thing.follow.id,
        kind=thing.kind,
        name=thing.name,
        url=services().settings.public_url + thing.path,
        card_id=thing.follow.card_id,
        tag=thing.follow.tag,
        collection=thing.slug or None,
        since=thing.follow.at,
    )
