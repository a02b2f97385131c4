"""Golden queries over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from kb.cards.fields import Line
from kb.cards.queries import card_path
from kb.errors import NotFound, invalid
from kb.people.actor import Actor
from kb.use.searches import WORDS_LIMIT
from kb.web.api import PREFIX, Api, Reply, sliced
from kb.web.api_models import CardId, JsonBody, Listing, Shape
from kb.web.edge import now, reading, services, writing
from search.curating import demand_curator
from search.golden.commands import add_golden_query, remove_golden_query
from search.golden.models import GoldenQuery
from search.golden.queries import Golden, golden_queries

api = Api("golden_api", "Golden queries")
Grade = Annotated[Literal[1, 2], Field(description="2: the card is the answer; 1: it helps, too.")]


class NewGoldenQuery(JsonBody):
    """Words that should find a card."""

    words: Annotated[Line, Field(min_length=1, max_length=WORDS_LIMIT)]
    card_id: CardId
    grade: Grade = 2


class GoldenCard(Shape):
    """The card that should be found."""

    id: int
    title: str
    url: str


class GoldenShape(Shape):
    """A golden query."""

    id: int
    words: str
    card: GoldenCard
    grade: Grade
    origin: Literal["click", "hand"]
    at: datetime


class GoldenQueries(Shape):
    """A page of golden queries, by their words."""

    items: list[GoldenShape]
    next_cursor: str | None


@api.operation("GET", "/golden-queries", {200: GoldenQueries}, scope="read")
def list_golden_queries(query: Listing) -> GoldenQueries:
    """List the golden queries of the cards you may see. Curators and admins may."""
    with reading() as (session, actor):
        demand_curator(actor)
        rows, cursor = sliced(golden_queries(session, actor), query)
        return GoldenQueries(items=[_shape(row) for row in rows], next_cursor=cursor)


@api.operation("POST", "/golden-queries", {201: GoldenShape}, scope="admin")
def make_golden_query(body: NewGoldenQuery) -> Reply:
    """Add a golden query; one that exists takes the grade. Curators and admins may."""
    with writing() as (session, actor):
        demand_curator(actor)
        answer = _shape(_anew(session, actor, _added(session, actor, body)))
    return Reply(answer, 201, {"Location": f"{PREFIX}/golden-queries"})


@api.operation("DELETE", "/golden-queries/<int:golden_id>", {204: None}, scope="admin")
def delete_golden_query(golden_id: int) -> Reply:
    """Remove a golden query."""
    with writing() as (session, actor):
        remove_golden_query(session, actor, golden_id, now())
    return Reply(None, 204)


def _added(session: Session, actor: Actor, body: NewGoldenQuery) -> GoldenQuery:
    try:
        return add_golden_query(session, actor, body.words, body.card_id, body.grade, now())
    except NotFound as error:
        raise invalid("card_id", error.detail) from error


def _anew(session: Session, actor: Actor, added: GoldenQuery) -> Golden:
    return next(golden for golden in golden_queries(session, actor) if golden.query.id == added.id)


def _shape(golden: Golden) -> GoldenShape:
    query, card = golden.query, golden.card
    url = f"{services().settings.public_url}{card_path(card)}"
    return GoldenShape(
        id=query.id, words=query.words, card=GoldenCard(id=card.id, title=card.title, url=url),
        grade=2 if query.grade == 2 else 1, origin="click" if query.is_from_click else "hand", at=query.at,
    )  # fmt: skip
