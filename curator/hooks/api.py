"""The address that other programs tell of changes: signed, and safe to repeat."""

from typing import Annotated

from flask import request
from pydantic import Field

from curator.hooks.commands import Message, deliver
from curator.hooks.proof import SIGNATURE, TIMESTAMP
from curator.hooks.touched import Change
from kb.cards.fields import Line, Reason, Tags
from kb.web.api import Api
from kb.web.api_models import JsonBody, Params, Shape, Slug, Url
from kb.web.edge import now, services

api = Api("hooks_api", "Evidence")


class Delivery(JsonBody):
    """A change elsewhere. Every tag, the collection, the term and the source narrow the cards; give at least one."""

    delivery_id: Annotated[
        str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$", description="Another one for each change.")
    ]
    reason: Reason
    tags: Tags = Field(default_factory=list)
    collection: Slug | None = None
    term: Annotated[Line, Field(min_length=2, max_length=120, description="Words in the title or text.")] | None = None
    source_url: Annotated[Url, Field(description="Cards that watch it, or link to it or below.")] | None = None


class HookQuery(Params):
    """How to carry it out."""

    dry_run: Annotated[bool, Field(description="Only say which cards it touches.")] = False


class TouchedCard(Shape):
    """A card that the change touches; `is_new` unless it was flagged for the same reason already."""

    id: int
    is_new: bool


class HookAnswer(Shape):
    """What a delivery did. `repeated`: it was carried out before, this is the answer of then."""

    dry_run: bool
    repeated: bool
    flagged: int
    cards: list[TouchedCard]


@api.operation("POST", "/hooks/<name>", {200: HookAnswer}, scope=None, errors=(401,))
def receive_hook(name: str, body: Delivery, query: HookQuery) -> HookAnswer:
    """Flag the cards that a change touches. Signed with the hook's secret instead of a token.

    `Vitrine-Timestamp` is the time in seconds since 1970, at most five minutes off; `Vitrine-Signature` is
    `v1=` and the HMAC-SHA256, in hex, of the timestamp, a dot and the body. The same `delivery_id` again
    changes nothing.
    """
    message = Message(
        body.delivery_id, request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, ""), request.get_data()
    )
    change = Change(body.reason, tuple(body.tags), body.collection, body.term, body.source_url)
    key = services().installation.secret_key
    with services().database.transaction() as session:
        return HookAnswer.model_validate(deliver(session, name, message, change, key, now(), dry_run=query.dry_run))
