"""A card's revisions over HTTP."""

from kb.cards import queries
from kb.cards.api import readable_card
from kb.cards.shapes import FullRevision, Revisions, full_revision, revision_row
from kb.web.api import Api, sliced
from kb.web.api_models import Listing
from kb.web.edge import reading

api = Api("revisions_api", "Cards")


@api.operation("GET", "/cards/<int:card_id>/revisions", {200: Revisions}, scope="read", errors=(410,))
def list_revisions(card_id: int, query: Listing) -> Revisions:
    """List a card's revisions. Newest first."""
    with reading() as (session, actor):
        card = readable_card(session, actor, card_id)
        rows, cursor = sliced(queries.revisions_of(session, card), query)
        return Revisions(items=[revision_row(row) for row in rows], next_cursor=cursor)


@api.operation("GET", "/cards/<int:card_id>/revisions/<int:number>", {200: FullRevision}, scope="read", errors=(410,))
def show_revision(card_id: int, number: int) -> FullRevision:
    """Read one revision of a card."""
    with reading() as (session, actor):
        return full_revision(queries.revision_of(session, readable_card(session, actor, card_id), number))
