"""Cards over HTTP: list, write, read, edit, publish, archive, replace and delete."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from kb.card_templates.completeness import is_incomplete
from kb.cards import commands, queries, replacements
from kb.cards.collections import collection_named
from kb.cards.commands import CardPolicy, CardText, Edit
from kb.cards.editing.drafting import compose
from kb.cards.fields import Body, IntervalDays, Line, Note, Tag, Tags, Title
from kb.cards.models import Card, CardTag, Collection, Status
from kb.cards.permissions import Right, demand, may
from kb.cards.shapes import (
    FullCard,
    ListedCards,
    Shaper,
)  # fmt: skip
from kb.cards.statuses import in_status
from kb.errors import Conflict, Gone, NotFound
from kb.past.instants import demand_known
from kb.past.one_card import card_at
from kb.people.actor import Actor
from kb.people.references import person_referred, verifiers_referred
from kb.reviewing.handing import publish_or_propose, save_or_propose
from kb.reviewing.models import Proposal
from kb.reviewing.shapes import ProposalShape, proposal_shape
from kb.trust.queries import trust_by_card
from kb.web.api import PREFIX, Api, Reply, cursor_to, position, shown
from kb.web.api_models import (
    CardId,
    Day,
    InstantParam,
    JsonBody,
    Listing,
    Params,
    PersonRef,
    Shape,
    Slug,
    Verifiers,
    Version,
)
from kb.web.edge import now, reading, services, writing

api = Api("cards_api", "Cards")
Label = Annotated[Line, Field(min_length=1, max_length=60)]
Language = Annotated[Line, Field(max_length=8)]
TemplateName = Annotated[Line, Field(max_length=40)]


class CardsQuery(Listing):
    """Which cards to list."""

    collection: list[Slug] = Field([], max_length=50, description="Slugs; a card of any of them is listed.")
    tag: list[Tag] = Field([], max_length=20, description="A card must have all of them.")
    template: Annotated[TemplateName | None, Field(description="The slug of a card template.")] = None
    incomplete: Annotated[bool, Field(description="Only cards without a part that their template asks for.")] = False
    status: Annotated[
        Literal["published", "draft", "archived", "replaced"],
        Field(description="`published` leaves out replaced cards; archived ones are listed for those who curate them."),
    ] = "published"


class ShownQuery(Params):
    """Of which instant to show a card."""

    as_of: InstantParam | None = Field(
        None,
        description="Show it as at this instant, if you may read it today. "
        "Who was to check it then, how often, and its template are not known.",
    )


class NewCard(JsonBody):
    """A card to be written."""

    title: Title
    body: Body
    collection: Slug
    tags: Tags = Field([])
    language: Annotated[Language | None, Field(description="Detected from the text unless given.")] = None
    audience: list[Label] = Field([], max_length=20)
    template: Annotated[TemplateName | None, Field(description="The slug of a card template.")] = None
    owner: Annotated[PersonRef | None, Field(description="Whoever writes the card, unless given.")] = None
    verifiers: Annotated[Verifiers | None, Field(description="The collection's, unless given.")] = None
    interval_days: IntervalDays | None = None
    check_on: Day | None = None
    external_id: Annotated[Line, Field(min_length=1, max_length=300)] | None = None
    publish: bool = False


class CardPatch(JsonBody):
    """What changes. What is left out or null stays as it is; a null `language` is detected anew."""

    version: Version
    title: Title | None = None
    body: Body | None = None
    collection: Slug | None = None
    tags: Tags | None = None
    language: Language | None = None
    audience: Annotated[list[Label], Field(max_length=20)] | None = None
    template: Annotated[
        TemplateName | None, Field(description="The slug of a card template; an empty one is none.")
    ] = None
    note: Note = ""
    is_minor: Annotated[bool, Field(description="A curator's word that the meaning did not change.")] = False
    checked: Annotated[bool, Field(description="A verifier's word: I checked the whole card.")] = False


class Publication(JsonBody):
    """Which version to publish; without one, the current one."""

    version: Version | None = None


class ReplacedBy(JsonBody):
    """The card that replaces this one."""

    card_id: CardId


class Moved(Shape):
    """Where a replaced card leads: the head of its answer line."""

    id: int
    replaced_by: int
    url: str


@api.operation("GET", "/cards", {200: ListedCards}, scope="read")
def list_cards(query: CardsQuery) -> ListedCards:
    """List cards. In the order in which they were written."""
    with reading() as (session, actor):
        found = session.scalars(
            select(Card).where(Card.id > position(query.cursor), *_filters(actor, query))
            .options(*queries.with_people()).order_by(Card.id).limit(query.limit + 1)  # type: ignore[arg-type]
        ).unique().all()  # fmt: skip
        cards = found[: query.limit]
        trusts = trust_by_card(session, cards, services().policy, now())
        items = [shaper().listed(card, trusts[card.id]) for card in cards]
    return ListedCards(items=items, next_cursor=cursor_to(cards[-1].id) if len(found) > len(cards) else None)


@api.operation("POST", "/cards", {201: FullCard}, scope="write", errors=(404,))
def create_card(body: NewCard) -> Reply:
    """Write a card. It is a draft unless `publish` is true, and while that waits for review."""
    text = compose(
        services().renderer, services().settings.workspace, body.title, body.body,
        language=body.language, tags=body.tags, audience=body.audience, template=body.template,
    )  # fmt: skip
    with writing() as (session, actor):
        shelf = collection_named(session, actor, body.collection)
        card = commands.create_card(
            session, actor, shelf, text, _policy(session, body), now(), external_id=body.external_id
        )
        if body.publish:
            publish_or_propose(session, actor, card, services().settings, now())
        answer = shaper().full_anew(session, actor, card)
    return Reply(answer, 201, {"Location": f"{PREFIX}/cards/{answer.id}"})


@api.operation("GET", "/cards/<int:card_id>", {200: FullCard, 308: Moved}, scope="lookup", errors=(410,))
def show_card(card_id: int, query: ShownQuery) -> FullCard | Reply:
    """Read a card. A replaced one leads to the head of its answer line; an archived one is gone for readers."""
    if query.as_of is not None:
        return _past(card_id, query.as_of)
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        if card.replaced_by_id is not None:
            head = queries.head_of_line(session, actor, card).head
            if head is not None:
                return _moved(card.id, head.id)
            if not may(actor, Right.ARCHIVE, card):
                raise NotFound("There is no such card.")
        _demand_in_use(actor, card)
        if card.is_servable:
            services().recorder.record_sighting(card.id, card.version, actor.id, now())
        return shaper().full(session, actor, card)


@api.operation("PATCH", "/cards/<int:card_id>", {200: FullCard, 202: ProposalShape}, scope="write")
def edit_card(card_id: int, body: CardPatch) -> FullCard | Reply:
    """Edit a card. A conflict carries the current card in the member `card`.

    202: the collection asks for review. The card stays as it is until a curator approves the proposal.
    """
    with conflict_shows(card_id):
        text = _edited(card_id, body)
        step = Edit(body.version, body.note, body.is_minor, body.checked)
        with writing() as (session, actor):
            card = queries.card_visible_to(session, actor, card_id)
            shelf = collection_named(session, actor, body.collection) if body.collection else None
            at_hand = services()
            done = save_or_propose(
                session, actor, card, text, step, at_hand.policy, at_hand.settings, now(), shelf=shelf
            )
            if isinstance(done, Proposal):
                return _accepted(session, done)
            return shaper().full_anew(session, actor, card)


@api.operation("DELETE", "/cards/<int:card_id>", {204: None}, scope="admin")
def delete_card(card_id: int) -> Reply:
    """Delete an archived card for good. Admins may; its verification records stay."""
    with writing() as (session, actor):
        commands.delete_card(session, actor, queries.card_visible_to(session, actor, card_id), now())
    return Reply(None, 204)


@api.operation("POST", "/cards/<int:card_id>/publication", {200: FullCard, 202: ProposalShape}, scope="write")
def publish_card(card_id: int, body: Publication) -> FullCard | Reply:
    """Publish a draft. 202: the collection asks for review, and it stays a draft until a curator approves."""
    with conflict_shows(card_id), writing() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        if body.version is not None:
            commands.require_version(card, body.version)
        proposal = publish_or_propose(session, actor, card, services().settings, now())
        return _accepted(session, proposal) if proposal else shaper().full_anew(session, actor, card)


@api.operation("POST", "/cards/<int:card_id>/archive", {200: FullCard}, scope="verify")
def archive_card(card_id: int) -> FullCard:
    """Archive a card. It keeps its history."""
    return changed(card_id, lambda session, actor, card: commands.archive_card(session, actor, card, now()))


@api.operation("DELETE", "/cards/<int:card_id>/archive", {200: FullCard}, scope="verify")
def restore_card(card_id: int) -> FullCard:
    """Restore an archived card."""
    return changed(card_id, lambda session, actor, card: commands.restore_card(session, actor, card, now()))


@api.operation("PUT", "/cards/<int:card_id>/replacement", {200: FullCard}, scope="verify")
def replace_card(card_id: int, body: ReplacedBy) -> FullCard:
    """Replace a card by another. From then on it is never an answer, and its address leads to that one."""

    def replace(session: Session, actor: Actor, card: Card) -> None:
        by = queries.card_visible_to(session, actor, body.card_id)
        replacements.replace_card(session, actor, card, by, now())

    return changed(card_id, replace)


@api.operation("DELETE", "/cards/<int:card_id>/replacement", {200: FullCard}, scope="verify")
def undo_replacement(card_id: int) -> FullCard:
    """Let a replaced card stand for itself again."""
    return changed(card_id, lambda session, actor, card: replacements.undo_replacement(session, actor, card, now()))


def _past(card_id: int, instant: datetime) -> FullCard | Reply:
    """Nothing is counted then, and what the actor may read today decides."""
    with reading() as (session, actor):
        demand_known(session, instant, now())
        found = card_at(session, actor, readable_card(session, actor, card_id), instant, services().policy)
    if isinstance(found, int):
        return _moved(card_id, found, f"?as_of={instant.astimezone(UTC).isoformat().replace('+00:00', 'Z')}")
    html = services().renderer.render(found.body).html
    shape = Shaper(services().policy, services().settings.public_url, instant)
    return shape.past(found.card, found.trust, found.body, html)


def _moved(card_id: int, head_id: int, query: str = "") -> Reply:
    url = f"{PREFIX}/cards/{head_id}{query}"
    return Reply(Moved(id=card_id, replaced_by=head_id, url=url), 308, {"Location": url})


def shaper() -> Shaper:
    """Shapes cards for this request."""
    return Shaper(services().policy, services().settings.public_url, now())


def readable_card(session: Session, actor: Actor, card_id: int) -> Card:
    """The card, if the actor may see it and, when it is archived, may restore it."""
    card = queries.card_visible_to(session, actor, card_id)
    _demand_in_use(actor, card)
    return card


def changed(card_id: int, command: Callable[[Session, Actor, Card], object]) -> FullCard:
    """Run one command on a card in one transaction; the answer is the card as it is then."""
    with writing() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        command(session, actor, card)
        return shaper().full_anew(session, actor, card)


@contextmanager
def conflict_shows(card_id: int) -> Iterator[None]:
    """Add the current card to a conflict, so that the client can show both texts."""
    try:
        yield
    except Conflict as error:
        with reading() as (session, actor):
            card = queries.card_visible_to(session, actor, card_id)
            current = shown(shaper().full(session, actor, card))
        raise Conflict(error.detail, extra={"card": current}) from error


def _accepted(session: Session, proposal: Proposal) -> Reply:
    return Reply(proposal_shape(session, proposal), 202, {"Location": f"{PREFIX}/proposals/{proposal.id}"})


def _demand_in_use(actor: Actor, card: Card) -> None:
    if card.status == Status.ARCHIVED and not may(actor, Right.ARCHIVE, card):
        raise Gone("This card is archived.")


def _edited(card_id: int, body: CardPatch) -> CardText:
    """The text after the edit, rendered outside any transaction. The version guards what it was merged with."""
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        demand(actor, Right.EDIT, card)
        commands.require_version(card, body.version)
        kept = card.language if card.language_chosen and "language" not in body.model_fields_set else None
        title, source = body.title or card.title, card.body if body.body is None else body.body
        tags = card.tags if body.tags is None else body.tags
        audience = card.audience if body.audience is None else body.audience
    return compose(
        services().renderer, services().settings.workspace, title, source,
        language=body.language or kept, tags=tags, audience=audience, template=body.template,
    )  # fmt: skip


def _policy(session: Session, body: NewCard) -> CardPolicy:
    owner = person_referred(session, body.owner, "owner").id if body.owner is not None else None
    verifiers = verifiers_referred(session, body.verifiers) if body.verifiers is not None else None
    return CardPolicy(owner, verifiers, body.interval_days, body.check_on)


def _filters(actor: Actor, query: CardsQuery) -> list[ColumnElement[bool]]:
    clauses = [in_status(actor, query.status)]
    if query.collection:
        clauses.append(Card.collection_id.in_(select(Collection.id).where(Collection.slug.in_(query.collection))))
    if query.template:
        clauses.append(Card.template == query.template)
    if query.incomplete:
        clauses.append(is_incomplete())
    return clauses + [Card.id.in_(select(CardTag.card_id).where(CardTag.tag == tag)) for tag in query.tag]
