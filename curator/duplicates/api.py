"""Near-duplicates over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from curator.duplicates import commands
from curator.duplicates.pending import PairOfCards, pair_of_cards, waiting_pairs
from kb.cards.api import shaper
from kb.cards.shapes import CardAnswer
from kb.errors import Forbidden, invalid
from kb.trust.queries import trust_by_card
from kb.web.api import Api, Reply, cursor_to, position
from kb.web.api_models import CardId, JsonBody, Listing, Shape
from kb.web.edge import now, reading, services, writing

api = Api("duplicates_api", "Upkeep")


class PairShape(Shape):
    """Two cards that look alike, the one edited last first."""

    id: int
    score: float = Field(description="0 to 1; pairs from 0.5 on are listed.")
    found_at: datetime
    cards: list[CardAnswer]


class PairsAnswer(Shape):
    """A page of the pairs, the likest first."""

    items: list[PairShape]
    next_cursor: str | None


class ResolutionBody(JsonBody):
    """What becomes of the two cards."""

    resolution: Annotated[
        Literal["merge", "keep", "replace"],
        Field(
            description="`keep` both; `replace` one by the other; or `merge`: the other's tags and title pass on, too."
        ),
    ]
    survivor_id: Annotated[
        CardId | None, Field(description="The card that stays. Needed to merge; else the one edited last.")
    ] = None


class Resolved(Shape):
    """What was decided. Undo a merge or a replacement with DELETE /cards/{replaced_id}/replacement."""

    resolution: str
    survivor_id: int | None
    replaced_id: int | None


@api.operation("GET", "/duplicates", {200: PairsAnswer}, scope="read")
def list_duplicates(query: Listing) -> PairsAnswer:
    """List cards that look alike. Pairs of which you curate both cards and nobody has decided."""
    start = position(query.cursor)
    with reading() as (session, actor):
        if not actor.curated:
            raise Forbidden("Near-duplicates are for those who curate a collection.")
        found = waiting_pairs(session, actor, query.limit + 1, start)
        cards = [card for pair in found for card in (pair.newer, pair.older)]
        trusts = trust_by_card(session, cards, services().policy, now())
        items = [_shape(pair, *(shaper().answer(card, trusts[card.id]) for card in (pair.newer, pair.older)))
                 for pair in found[: query.limit]]  # fmt: skip
    end = start + query.limit
    return PairsAnswer(items=items, next_cursor=cursor_to(end) if len(found) > query.limit else None)


@api.operation("POST", "/duplicates/<int:pair_id>/resolution", {200: Resolved}, scope="verify")
def resolve_duplicate(pair_id: int, body: ResolutionBody) -> Resolved:
    """Decide about two cards. Keeping both is remembered until one of the texts changes."""
    with writing() as (session, actor):
        if body.resolution == "keep":
            commands.keep_both(session, actor, pair_id, now())
            return Resolved(resolution="keep", survivor_id=None, replaced_id=None)
        if body.resolution == "replace":
            survivor, loser = commands.replace(session, actor, pair_id, body.survivor_id, now())
        elif body.survivor_id is not None:
            survivor, loser = commands.merge(session, actor, pair_id, body.survivor_id, services().policy, now())
        else:
            pair_of_cards(session, actor, pair_id)
            raise invalid("survivor_id", "Say which of the two cards stays.")
        return Resolved(resolution=body.resolution, survivor_id=survivor.id, replaced_id=loser.id)


@api.operation("DELETE", "/duplicates/<int:pair_id>/resolution", {204: None}, scope="verify")
def reopen_duplicate(pair_id: int) -> Reply:
    """Take "keep" back."""
    with writing() as (session, actor):
        commands.reopen(session, actor, pair_id, now())
    return Reply(None, 204)


def _shape(found: PairOfCards, newer: CardAnswer, older: CardAnswer) -> PairShape:
    pair = found.pair
    return PairShape(id=pair.id, score=round(pair.score, 3), found_at=pair.found_at, cards=[newer, older])
