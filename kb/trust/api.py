"""Keeping a card true over HTTP: verification, flags, owner, verifiers and interval."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards import commands
from kb.cards.api import changed, conflict_shows, readable_card
from kb.cards.fields import IntervalDays, Line, Reason
from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.cards.queries import card_visible_to
from kb.cards.retiring import retire_card
from kb.cards.shapes import FullCard
from kb.errors import invalid
from kb.people.actor import Actor
from kb.people.models import Person
from kb.people.references import person_referred, verifiers_referred
from kb.people.shapes import PersonShape, person_or_none
from kb.trust import commands as trust_commands
from kb.trust.models import Flag, FlagKind, Outcome, Verification
from kb.trust.queries import verifications_of
from kb.trust.reading import LONGEST, Seen
from kb.web.api import Api, Reply, sliced
from kb.web.api_models import Day, JsonBody, Listing, PersonRef, Shape, Url, Verifiers, Version
from kb.web.edge import now, reading, services, writing

api = Api("trust_api", "Trust")


class Check(JsonBody):
    """The version that was read, and what came of it."""

    version: Version
    note: Annotated[Line, Field(max_length=500)] = ""
    outcome: Annotated[
        Literal["still_right", "corrected", "archived"],
        Field(description="`corrected` if the text was changed since the last check; needs `whole_card`."),
    ] = "still_right"
    seconds: Annotated[
        int | None, Field(ge=0, le=86_400, description="Spent on it. Half an hour is the most kept.")
    ] = None
    whole_card: Annotated[bool, Field(description="The word that the whole card was checked.")] = False


class Doubt(JsonBody):
    """Why the card is not known to be true any more."""

    reason: Reason


class Report(JsonBody):
    """A problem with a card."""

    kind: Literal["reported", "dead_link", "date_passed", "source_changed", "duplicate"] = "reported"
    detail: Reason
    url: Url | None = None


class Resolution(JsonBody):
    """What was done about a problem."""

    resolution: Reason


class NewOwner(JsonBody):
    """Who owns the card from now on."""

    owner: PersonRef


class NewVerifiers(JsonBody):
    """Who verifies the card from now on, in order."""

    verifiers: Verifiers


class NewInterval(JsonBody):
    """How often the card is checked; null stands for the collection's interval. No date moves."""

    interval_days: IntervalDays | None
    check_on: Annotated[Day | None, Field(description="A fixed day for the next check.")] = None


class FlagShape(Shape):
    """A flag; it is open until it is resolved."""

    id: int
    card_id: int
    kind: str
    detail: str
    url: str | None
    version: int
    raised_by: PersonShape | None
    raised_at: datetime
    resolved_by: PersonShape | None
    resolved_at: datetime | None
    resolution: str | None


class Flags(Shape):
    """A page of flags, open ones first."""

    items: list[FlagShape]
    next_cursor: str | None


class ShownShape(Shape):
    """A piece of evidence that lay before the person who decided."""

    kind: str
    words: str
    opened: bool


class VerificationShape(Shape):
    """A record of the verification log."""

    id: int
    version: int
    verdict: str
    basis: str
    note: str
    by: PersonShape | None
    actor: str = Field(description="The person's e-mail address at that time.")
    at: datetime
    verify_by: datetime | None
    format: int = Field(description="Which facts the hash covers; 1 knows none of the next five.")
    outcome: Literal["still_right", "corrected", "archived"] | None = Field(description="Null: it is no check.")
    batch_size: int = Field(description="How many cards were checked in one go.")
    seconds: int | None = Field(description="Between page and decision, where it is known.")
    whole_card: bool = Field(description="The tick “I checked the whole card”, which edits ask for.")
    evidence: list[ShownShape]
    text_hash: str
    previous_hash: str
    hash: str


class Verifications(Shape):
    """A page of the verification log of one card, newest first."""

    items: list[VerificationShape]
    next_cursor: str | None


@api.operation("POST", "/cards/<int:card_id>/verification", {200: FullCard}, scope="verify")
def verify_card(card_id: int, body: Check) -> FullCard:
    """State what a check came to: the version is true, or the card is archived. A conflict carries the current card in
    the member `card`."""

    def act(session: Session, actor: Actor, card: Card) -> None:
        outcome = Outcome(body.outcome)
        seconds = None if body.seconds is None else min(body.seconds, int(LONGEST.total_seconds()))
        if outcome is Outcome.ARCHIVED:
            retire_card(session, actor, card, body.version, now(), note=body.note, seen=Seen(seconds))
            return
        if outcome is Outcome.CORRECTED:
            _demand_correction(actor, card, whole_card=body.whole_card)
        trust_commands.verify(
            session, actor, card, body.version, services().policy, now(), note=body.note, outcome=outcome,
            seconds=seconds, whole_card=body.whole_card,
        )  # fmt: skip

    with conflict_shows(card_id):
        return changed(card_id, act)


@api.operation("DELETE", "/cards/<int:card_id>/verification", {200: FullCard}, scope="verify")
def unverify_card(card_id: int, body: Doubt) -> FullCard:
    """Take a verification back. Readers see the reason."""
    return changed(
        card_id, lambda session, actor, card: trust_commands.unverify(session, actor, card, body.reason, now())
    )


@api.operation("GET", "/cards/<int:card_id>/verifications", {200: Verifications}, scope="read", errors=(410,))
def list_verifications(card_id: int, query: Listing) -> Verifications:
    """List a card's verification records. Newest first; `hash` chains them over all cards."""
    with reading() as (session, actor):
        card = readable_card(session, actor, card_id)
        rows, cursor = sliced(verifications_of(session, card.id), query)
        return Verifications(items=[_verification(session, row) for row in rows], next_cursor=cursor)


@api.operation("POST", "/cards/<int:card_id>/flags", {201: FlagShape, 200: FlagShape}, scope="lookup")
def flag_card(card_id: int, body: Report) -> Reply:
    """Report a problem. The same report by the same person again answers 200 and changes nothing."""
    with writing() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        flag = trust_commands.raise_flag(session, actor, card, FlagKind(body.kind), body.detail, now(), url=body.url)
        session.refresh(flag, ["raised_by"])
        return Reply(_flag(session, flag), 201 if flag.raised_at == now() else 200)


@api.operation("GET", "/cards/<int:card_id>/flags", {200: Flags}, scope="read", errors=(410,))
def list_flags(card_id: int, query: Listing) -> Flags:
    """List a card's flags. Open ones first, then the newest."""
    with reading() as (session, actor):
        card = readable_card(session, actor, card_id)
        ordered = select(Flag).where(Flag.card_id == card.id).order_by(Flag.resolved_at.is_not(None), Flag.id.desc())
        rows, cursor = sliced(session.scalars(ordered).all(), query)
        return Flags(items=[_flag(session, row) for row in rows], next_cursor=cursor)


@api.operation("PATCH", "/flags/<int:flag_id>", {200: FlagShape}, scope="verify")
def resolve_flag(flag_id: int, body: Resolution) -> FlagShape:
    """Resolve a flag. A verifier, a curator or whoever raised it may."""
    with writing() as (session, actor):
        return _flag(session, trust_commands.resolve_flag(session, actor, flag_id, body.resolution, now()))


@api.operation("PUT", "/cards/<int:card_id>/owner", {200: FullCard}, scope="verify")
def set_owner(card_id: int, body: NewOwner) -> FullCard:
    """Hand a card to another owner. No verification date moves."""

    def act(session: Session, actor: Actor, card: Card) -> None:
        commands.set_owner(session, actor, card, person_referred(session, body.owner, "owner").id, now())

    return changed(card_id, act)


@api.operation("PUT", "/cards/<int:card_id>/verifiers", {200: FullCard}, scope="verify")
def set_verifiers(card_id: int, body: NewVerifiers) -> FullCard:
    """Say who verifies a card, in order. No verification date moves."""

    def act(session: Session, actor: Actor, card: Card) -> None:
        commands.set_verifiers(session, actor, card, verifiers_referred(session, body.verifiers), now())

    return changed(card_id, act)


@api.operation("PUT", "/cards/<int:card_id>/interval", {200: FullCard}, scope="verify")
def set_interval(card_id: int, body: NewInterval) -> FullCard:
    """Change how often a card is checked, from its next check on. No verification date moves."""
    return changed(
        card_id,
        lambda session, actor, card: commands.set_interval(
            session, actor, card, body.interval_days, body.check_on, now()
        ),
    )


def _demand_correction(actor: Actor, card: Card, *, whole_card: bool) -> None:
    demand(actor, Right.VERIFY, card)
    if trust_commands.outcome_of(card) is not Outcome.CORRECTED:
        raise invalid("outcome", "The text is the one that was checked last: it is still_right. Edit the card first.")
    if not whole_card:
        raise invalid("whole_card", "A correction verifies only with the word that the whole card was checked.")


def _flag(session: Session, flag: Flag) -> FlagShape:
    names = ("id", "card_id", "kind", "detail", "url", "version", "raised_at", "resolved_at", "resolution")
    return FlagShape(
        **{name: getattr(flag, name) for name in names},
        raised_by=person_or_none(flag.raised_by),
        resolved_by=_person(session, flag.resolved_by_id),
    )


def _verification(session: Session, record: Verification) -> VerificationShape:
    names = set(VerificationShape.model_fields) - {"by"}
    return VerificationShape(**{name: getattr(record, name) for name in names}, by=_person(session, record.actor_id))


def _person(session: Session, person_id: int | None) -> PersonShape | None:
    return person_or_none(session.get(Person, person_id) if person_id is not None else None)
