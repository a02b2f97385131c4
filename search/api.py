"""Search over HTTP: the in-workflow lookup, search with filters, suggestions and similar cards."""

import re
from dataclasses import replace
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.answers import experts
from kb.cards.api import readable_card, shaper
from kb.cards.fields import Tag
from kb.cards.shapes import CardAnswer, CardAnswers
from kb.people.actor import Actor
from kb.people.models import Person
from kb.people.shapes import PersonShape, person_or_none
from kb.trust.state import TrustState
from kb.use.recorder import Use
from kb.web.api import Api, cursor_to, position
from kb.web.api_models import InstantParam, Listing, Params, PersonParam, Shape, Slug, Words
from kb.web.edge import demand_scope, now, person_id, reading, services
from search.answers import Answers, Contract, Filters, Result
from search.as_of.answers import answers_as_of
from search.asking import asked
from search.suggesting import MEDIA_TYPE, Suggestion, spelt, suggestions
from search.views import search_service

api = Api("search_api", "Search")
_LAST_PLACE = 5000
_NOBODY = -1
_NOTHING = "No card answers this."
_FEW_WORDS = "No card has most of these words; the results have some of them."
_SIMILAR = 0.2
"""A card is similar when the title of another says as much of it as this share of what it says of that one."""
State = Literal["verified", "due_soon", "overdue", "flagged", "unverified"]
Code = Annotated[Words, Field(max_length=8)]
Collections = Annotated[list[Slug], Field(max_length=50)]
MinTrust = Annotated[State | None, Field(description="What is less trusted is withheld.")]
MaxAge = Annotated[
    int | None, Field(ge=0, le=36500, description="What was not verified within so many days is withheld.")
]
AsOf = Annotated[
    InstantParam | None,
    Field(description="Answer as at this instant, of what you may read today. Nothing is counted or noted then."),
]
QueryId = Annotated[str | None, Field(description="Send it with `POST /events` when a result is opened or copied.")]


class LookupQuery(Params):
    """What a rep looks up, and what an answer must satisfy."""

    q: Words = ""
    url: Annotated[Words, Field(description="The page the rep works in.")] = ""
    limit: Annotated[int, Field(ge=1, le=20)] = 5
    min_trust: MinTrust = None
    max_age_days: MaxAge = None
    collection: Collections = Field([])
    lang: Code | None = None
    as_of: AsOf = None


class SearchQuery(Listing):
    """Words and filters."""

    q: Words = ""
    collection: Collections = Field([])
    tag: list[Tag] = Field([], max_length=20, description="A card must have all of them.")
    trust: list[State] = Field([], max_length=5)
    owner: PersonParam | None = None
    language: Code | None = None
    updated: Annotated[InstantParam | None, Field(description="Cards updated at or after this instant.")] = None
    min_trust: MinTrust = None
    max_age_days: MaxAge = None
    as_of: AsOf = None
    explain: Annotated[bool, Field(description="Add each score and its parts.")] = False


class SuggestQuery(Params):
    """The beginning of what somebody types."""

    q: Words = ""


class NamedCard(CardAnswer):
    """A card that was found, and whom to ask about it if it comes with a warning or is withheld."""

    ask: PersonShape | None


class LookupAnswer(Shape):
    """The one answer, if the freshness contracts of its collection and of the request accept it, and all that was
    found. What is withheld is named in `results`, without its text."""

    query: str
    answer: NamedCard | None
    results: list[NamedCard]
    hidden: int = Field(description="Older cards that the results have replaced.")
    did_you_mean: str | None
    withheld: int = Field(description="How many of the results are withheld.")
    no_answer: str | None = Field(description="Why `answer` is null.")
    query_id: QueryId
    generation: str
    took_ms: float


class FoundCard(NamedCard):
    """A card that was found; its score and the parts that sum to it only when they were asked for."""

    score: float | None = Field(default=None, exclude_if=lambda value: value is None)
    explain: dict[str, float] | None = Field(default=None, exclude_if=lambda value: value is None)


class SearchAnswer(Shape):
    """A page of what was found, best first."""

    query: str
    items: list[FoundCard]
    total: int
    next_cursor: str | None
    hidden: int
    withheld: int = Field(description="How many of these items are withheld.")
    did_you_mean: str | None
    query_id: QueryId
    generation: str
    took_ms: float


@api.operation("GET", "/lookup", {200: LookupAnswer}, scope="lookup")
def lookup(query: LookupQuery) -> LookupAnswer:
    """Look up the one current answer. There is none when the best card has fewer than half of the words; it is
    withheld when a freshness contract does not accept it: the collection's, or the request's."""
    filters = Filters(collections=tuple(query.collection), language=query.lang)
    with reading() as (session, actor):
        found = _answers(session, actor, query, filters)
        results = _named(session, found, query)
        best = results[0] if results else None
        is_answered = best is not None and not best.withheld and not found.has_few
        if is_answered and query.as_of is None:
            _note_shown(found.results[0], actor)
        query_id = _note_asked(found, actor) if query.as_of is None else None
    return LookupAnswer(
        query=found.query,
        answer=best if is_answered else None,
        results=results,
        hidden=found.hidden,
        did_you_mean=found.did_you_mean,
        withheld=sum(card.withheld for card in results),
        no_answer=None if is_answered else _FEW_WORDS if found.has_few else _why_none(best),
        query_id=query_id,
        generation=found.generation,
        took_ms=round(found.took_ms, 3),
    )


@api.operation("GET", "/search", {200: SearchAnswer}, scope="read")
def search(query: SearchQuery) -> SearchAnswer:
    """Search cards. The same engine as on the search page, with filters and paging."""
    start = position(query.cursor)
    with reading() as (session, actor):
        filters = _filters(session, query)
        found = _answers(session, actor, query, filters, start)
        named = _named(session, found, query)
        items = [_found(card, result, query.explain) for card, result in zip(named, found.results, strict=True)]
        query_id = _note_asked(found, actor) if query.as_of is None else None
    return SearchAnswer(
        query=found.query,
        items=items,
        total=found.total,
        next_cursor=_next(found, start),
        hidden=found.hidden,
        withheld=sum(card.withheld for card in items),
        did_you_mean=found.did_you_mean,
        query_id=query_id,
        generation=found.generation,
        took_ms=round(found.took_ms, 3),
    )


@api.operation("GET", "/suggest", {200: MEDIA_TYPE}, scope=None, errors=(403,))
def suggest(query: SuggestQuery) -> Response:
    """Suggest cards while somebody types. OpenSearch suggestions; without a token there are none."""
    found: list[Suggestion] = []
    if person_id() is not None:
        demand_scope("read")
        with reading() as (session, actor):
            url = services().settings.public_url
            found = suggestions(session, actor, search_service(), query.q, services().policy, url, now())
    return Response(spelt(query.q, found), mimetype=MEDIA_TYPE)


@api.operation("GET", "/cards/<int:card_id>/similar", {200: CardAnswers}, scope="read", errors=(410,))
def similar(card_id: int, query: Listing) -> CardAnswers:
    """List cards that may answer the same. Best first."""
    start = position(query.cursor)
    with reading() as (session, actor):
        card = readable_card(session, actor, card_id)
        words = " ".join(re.findall(r"\w+", card.title)) + " "
        found = search_service().search(session, actor, words, now(), limit=start + query.limit + 2, folds=False)
        best = max((result.score for result in found.results), default=0.0)
        near = [result for result in found.results if result.score >= _SIMILAR * best]
        others = [result for result in near if result.card.id != card.id]
        items = [shaper().answer(each.card, each.trust, each.snippet) for each in others[start : start + query.limit]]
    end = start + query.limit
    return CardAnswers(items=items, next_cursor=cursor_to(end) if end < min(len(others), _LAST_PLACE) else None)


def _contract(query: LookupQuery | SearchQuery) -> Contract:
    return Contract(TrustState(query.min_trust) if query.min_trust else None, query.max_age_days)


def _answers(
    session: Session, actor: Actor, query: LookupQuery | SearchQuery, filters: Filters, start: int = 0
) -> Answers:
    if query.as_of is None:
        return search_service().search(
            session, actor, query.q, now(), filters=filters, limit=query.limit, offset=start
        )  # fmt: skip
    return answers_as_of(
        search_service(), session, actor, query.q, query.as_of, now(), filters=filters, limit=query.limit, offset=start
    )


def _named(session: Session, found: Answers, query: LookupQuery | SearchQuery) -> list[NamedCard]:
    """The cards as answers, judged at the instant of the question; whom to ask is whoever can be asked now."""
    shape, contract = replace(shaper(), now=query.as_of or now()), _contract(query)
    cards = [shape.answer(result.card, result.trust, result.snippet, contract) for result in found.results]
    whom = experts(session, [card.id for card in cards if card.warning])
    return [NamedCard(**dict(card), ask=person_or_none(whom.get(card.id))) for card in cards]


def _why_none(best: NamedCard | None) -> str:
    if best is None:
        return _NOTHING
    ask = f" Ask {best.ask.name}." if best.ask else ""
    return f"“{best.title}” is withheld. {best.warning}{ask}"


def _found(card: NamedCard, result: Result, is_explained: bool) -> FoundCard:
    more: dict[str, Any] = {"score": result.score, "explain": result.parts} if is_explained else {}
    return FoundCard(**dict(card), **more)


def _next(found: Answers, start: int) -> str | None:
    end = start + len(found.results)
    return cursor_to(end) if found.results and end < min(found.total, _LAST_PLACE) else None


def _filters(session: Session, query: SearchQuery) -> Filters:
    owner_id = query.owner
    if isinstance(owner_id, str):
        owner_id = session.scalar(select(Person.id).where(Person.email == owner_id)) or _NOBODY
    return Filters(
        collections=tuple(query.collection),
        tags=tuple(query.tag),
        trust=tuple(TrustState(state) for state in query.trust),
        owner_id=owner_id,
        language=query.language,
        updated_since=query.updated,
    )


def _note_shown(result: Result, actor: Actor) -> None:
    card = result.card
    services().recorder.record(Use(card.id, card.version, "shown", not result.trust.is_good, actor.id, now()))


def _note_asked(found: Answers, actor: Actor) -> str | None:
    noted = asked(services().installation.secret_key, actor, found, now())
    if noted is not None:
        services().recorder.record_search(noted)
    return noted.query_id if noted is not None else None
