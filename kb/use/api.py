"""Use of cards over HTTP: what readers say about them, and that they were seen."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from kb.cards.fields import Line
from kb.cards.queries import card_visible_to
from kb.trust.queries import trust_of_card
from kb.use.commands import give_feedback, seen_version
from kb.use.recorder import Use, UseKind
from kb.use.searches import as_query_id
from kb.web.api import Api, Reply
from kb.web.api_models import CardId, JsonBody, Shape, Version
from kb.web.edge import now, reading, services, writing

api = Api("use_api", "Use")
_KINDS: dict[str, UseKind] = {"view": "view", "copy": "copy", "lookup_click": "view"}


class Verdict(JsonBody):
    """Whether a card answered the question."""

    helpful: bool
    comment: Annotated[Line, Field(max_length=500)] = ""


class Event(JsonBody):
    """A card was seen in another program."""

    kind: Literal["view", "copy", "lookup_click"]
    card_id: CardId
    version: Annotated[
        Version | None, Field(description="The version that was seen; without one, the current one.")
    ] = None
    query_id: Annotated[
        Annotated[Line, Field(max_length=100)] | None,
        Field(description="`query_id` of your search or lookup that led to the card."),
    ] = None


class FeedbackShape(Shape):
    """Feedback as it was recorded."""

    id: int
    card_id: int
    version: int
    helpful: bool
    comment: str
    at: datetime


@api.operation("POST", "/cards/<int:card_id>/feedback", {201: FeedbackShape}, scope="lookup")
def rate_card(card_id: int, body: Verdict) -> Reply:
    """Say whether a card helped."""
    with writing() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        given = give_feedback(session, actor, card, body.helpful, body.comment, now())
        shape = FeedbackShape(
            id=given.id, card_id=card.id, version=given.version, helpful=given.is_helpful, comment=given.comment,
            at=given.at,
        )  # fmt: skip
    return Reply(shape, 201)


@api.operation("POST", "/events", {204: None}, scope="lookup", errors=(404,))
def note_event(body: Event) -> Reply:
    """Count a view or a copy of a card. What is not an answer now is not counted."""
    with reading() as (session, actor):
        card = card_visible_to(session, actor, body.card_id)
        if card.is_servable:
            trust = trust_of_card(session, card, services().policy, now())
            version = seen_version(card, body.version)
            query_id = as_query_id(body.query_id)
            use = Use(card.id, version, _KINDS[body.kind], not trust.is_good, actor.id, now(), query_id)
            services().recorder.record(use)
    return Reply(None, 204)
