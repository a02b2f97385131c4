"""Synonyms over HTTP."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from kb.cards.fields import Line
from kb.web.api import PREFIX, Api, Reply, sliced
from kb.web.api_models import JsonBody, Listing, Shape, Version
from kb.web.edge import now, reading, writing
from search.curating import demand_curator
from search.synonyms import commands
from search.synonyms.commands import TEXT_LIMIT, WORDS_LIMIT
from search.synonyms.models import Synonym
from search.synonyms.queries import all_synonyms
from search.views import search_service

api = Api("synonyms_api", "Synonyms")
Side = Annotated[Line, Field(min_length=1, max_length=TEXT_LIMIT)]
Sides = Annotated[list[Side], Field(min_length=2, max_length=WORDS_LIMIT, description="Words and phrases.")]
OneWay = Annotated[bool, Field(description="The first finds the others too; they don't find it.")]


class NewSynonyms(JsonBody):
    """Words that mean the same."""

    words: Sides
    one_way: OneWay = False


class SynonymsChange(NewSynonyms):
    """What the group is to be; it replaces the whole."""

    version: Version


class SynonymsShape(Shape):
    """A group of words that mean the same."""

    id: int
    words: list[str]
    one_way: bool
    version: int
    updated_at: datetime


class AllSynonyms(Shape):
    """A page of groups, the oldest first."""

    items: list[SynonymsShape]
    next_cursor: str | None


@api.operation("GET", "/synonyms", {200: AllSynonyms}, scope="read")
def list_synonyms(query: Listing) -> AllSynonyms:
    """List the synonyms of search. Curators and admins may."""
    with reading() as (session, actor):
        demand_curator(actor)
        rows, cursor = sliced(all_synonyms(session), query)
        return AllSynonyms(items=[_shape(row) for row in rows], next_cursor=cursor)


@api.operation("POST", "/synonyms", {201: SynonymsShape}, scope="admin")
def make_synonyms(body: NewSynonyms) -> Reply:
    """Make a group of words that mean the same. Curators and admins may."""
    with writing() as (session, actor):
        answer = _shape(commands.add_synonyms(session, actor, body.words, body.one_way, now()))
    search_service().synonyms.forget()
    return Reply(answer, 201, {"Location": f"{PREFIX}/synonyms/{answer.id}"})


@api.operation("PUT", "/synonyms/<int:synonym_id>", {200: SynonymsShape}, scope="admin")
def put_synonyms(synonym_id: int, body: SynonymsChange) -> SynonymsShape:
    """Change a group of synonyms. Needs the version that was read; 409 when somebody else changed it meanwhile."""
    with writing() as (session, actor):
        answer = _shape(
            commands.change_synonyms(session, actor, synonym_id, body.words, body.one_way, body.version, now())
        )
    search_service().synonyms.forget()
    return answer


@api.operation("DELETE", "/synonyms/<int:synonym_id>", {204: None}, scope="admin")
def delete_synonyms(synonym_id: int) -> Reply:
    """Delete a group of synonyms."""
    with writing() as (session, actor):
        commands.remove_synonyms(session, actor, synonym_id, now())
    search_service().synonyms.forget()
    return Reply(None, 204)


def _shape(group: Synonym) -> SynonymsShape:
    return SynonymsShape(
        id=group.id, words=group.words, one_way=group.is_one_way, version=group.version, updated_at=group.updated_at
    )
