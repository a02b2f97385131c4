"""Reviews over HTTP: what waits, and approving, sending back and withdrawing it."""

from typing import Annotated, Literal

from pydantic import Field

from kb.cards.api import conflict_shows, shaper
from kb.cards.fields import Line
from kb.cards.shapes import FullCard
from kb.reviewing import commands
from kb.reviewing.models import WORDS_LIMIT
from kb.reviewing.queries import Scope, proposal_seen_by, proposals_in
from kb.reviewing.rendering import text_of
from kb.reviewing.shapes import Proposals, ProposalShape, proposal_shape
from kb.web.api import Api, Reply, cursor_to, position
from kb.web.api_models import JsonBody, Listing, Version
from kb.web.edge import now, reading, services, writing
from kb.wording import N_

api = Api("reviewing_api", N_("Reviews"))
_FURTHEST = 1_000_000


class ReviewsQuery(Listing):
    """Whose proposals."""

    scope: Annotated[
        Literal["for_me", "mine"],
        Field(description="`for_me` wait for your word; `mine` are yours that wait or were sent back."),
    ] = "for_me"


class Approval(JsonBody):
    """What was read before approving."""

    version: Annotated[
        Version | None, Field(description="The card's version it was compared with; its `base_version` unless given.")
    ] = None
    checked: Annotated[bool, Field(description="Your word: I checked the whole card. It is verified, too.")] = False


class SentBack(JsonBody):
    """What should be different."""

    words: Annotated[Line, Field(min_length=1, max_length=WORDS_LIMIT)]


@api.operation("GET", "/reviews", {200: Proposals}, scope="read")
def list_reviews(query: ReviewsQuery) -> Proposals:
    """List what waits for review. The longest wait first."""
    start = min(position(query.cursor), _FURTHEST)
    with reading() as (session, actor):
        found = proposals_in(session, actor, Scope(query.scope), limit=query.limit + 1, offset=start)
        items = [proposal_shape(session, proposal) for proposal in found[: query.limit]]
    return Proposals(items=items, next_cursor=cursor_to(start + query.limit) if len(found) > query.limit else None)


@api.operation("GET", "/proposals/<int:proposal_id>", {200: ProposalShape}, scope="read")
def show_proposal(proposal_id: int) -> ProposalShape:
    """Read a proposal. Its author and the curators of the card's collection may."""
    with reading() as (session, actor):
        return proposal_shape(session, proposal_seen_by(session, actor, proposal_id))


@api.operation("POST", "/proposals/<int:proposal_id>/approval", {200: FullCard}, scope="verify")
def approve_proposal(proposal_id: int, body: Approval) -> FullCard:
    """Approve a proposal: it becomes the card's next revision. A conflict carries the current card."""
    with reading() as (session, actor):
        proposal = proposal_seen_by(session, actor, proposal_id)
        card_id, version = proposal.card_id, body.version or proposal.base_version
        session.expunge(proposal)
    text = text_of(services().renderer, services().settings.workspace, proposal)
    with conflict_shows(card_id), writing() as (session, actor):
        proposal = proposal_seen_by(session, actor, proposal_id)
        card = commands.approve(
            session, actor, proposal, text, version, services().policy, services().settings, now(),
            checked=body.checked,
        )  # fmt: skip
        return shaper().full_anew(session, actor, card)


@api.operation("POST", "/proposals/<int:proposal_id>/return", {200: ProposalShape}, scope="verify")
def send_back(proposal_id: int, body: SentBack) -> ProposalShape:
    """Send a proposal back. The words tell its author what should be different."""
    with writing() as (session, actor):
        proposal = proposal_seen_by(session, actor, proposal_id)
        commands.send_back(session, actor, proposal, body.words, services().settings, now())
        return proposal_shape(session, proposal)


@api.operation("DELETE", "/proposals/<int:proposal_id>", {204: None}, scope="write")
def withdraw_proposal(proposal_id: int) -> Reply:
    """Withdraw a proposal of yours. The card stays as it is."""
    with writing() as (session, actor):
        commands.withdraw(session, actor, proposal_seen_by(session, actor, proposal_id), now())
    return Reply(None, 204)
