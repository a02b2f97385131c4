"""The permission table: one line per right, decided here for writes and, as a clause, in queries for reads."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, func, or_

from kb.cards.models import Card, Collection, Status
from kb.errors import Forbidden, NotFound
from kb.people.actor import Actor
from kb.people.models import Role
from kb.wording import N_, _


class Right(StrEnum):
    """What can be done with a card."""

    READ = N_("read the card")
    EDIT = N_("edit the card")
    PUBLISH = N_("publish the card")
    VERIFY = N_("verify the card")
    APPROVE = N_("approve what others write into the card")
    CURATE = N_("change the card's owner, verifiers or interval")
    ARCHIVE = N_("archive or restore the card")
    REPLACE = N_("replace the card")
    FLAG = N_("report a problem with the card")
    COMMENT = N_("comment on the card")
    SETTLE = N_("resolve what others commented")
    AUDIT = N_("read the card's audit")
    RECALL = N_("tell who saw a wrong version of the card")
    DELETE = N_("delete the card")


def _is_author(actor: Actor) -> bool:
    return actor.role.rank >= Role.AUTHOR.rank


def _writes(actor: Actor, card: Card) -> bool:
    return card.collection_id in actor.writable or (_is_author(actor) and _owns(actor, card))


def _owns(actor: Actor, card: Card) -> bool:
    return actor.id is not None and actor.id == card.owner_id


def _curates(actor: Actor, card: Card) -> bool:
    return card.collection_id in actor.curated or (_is_author(actor) and _owns(actor, card))


def _is_verifier(actor: Actor, card: Card) -> bool:
    named = any(v.person_id == actor.id or v.group_id in actor.group_ids for v in card.verifiers)
    return _is_author(actor) and (named or actor.id in (card.owner_id, card.assignee_id))


def _reads(actor: Actor, card: Card) -> bool:
    if card.collection_id not in actor.readable:
        return False
    return _was_published(card) or _writes(actor, card) or card.created_by_id == actor.id


def _was_published(card: Card) -> bool:
    return card.status == Status.PUBLISHED or (card.status == Status.ARCHIVED and card.published_at is not None)


CARD_RIGHTS: dict[Right, Callable[[Actor, Card], bool]] = {
    Right.READ: _reads,
    Right.EDIT: lambda actor, card: card.status != Status.ARCHIVED and _writes(actor, card),
    Right.PUBLISH: lambda actor, card: card.status == Status.DRAFT and _writes(actor, card),
    Right.VERIFY: lambda actor, card: (
        card.is_servable and (_is_verifier(actor, card) or card.collection_id in actor.curated)
    ),
    Right.APPROVE: lambda actor, card: card.status != Status.ARCHIVED and card.collection_id in actor.curated,
    Right.CURATE: lambda actor, card: card.status != Status.ARCHIVED and _curates(actor, card),
    Right.ARCHIVE: _curates,
    Right.REPLACE: lambda actor, card: card.status == Status.PUBLISHED and _curates(actor, card),
    Right.FLAG: lambda actor, card: card.status == Status.PUBLISHED,
    Right.COMMENT: lambda actor, card: card.status != Status.ARCHIVED and card.replaced_by_id is None,
    Right.SETTLE: lambda actor, card: (
        card.status != Status.ARCHIVED and (_is_verifier(actor, card) or card.collection_id in actor.curated)
    ),
    Right.AUDIT: lambda actor, card: _is_verifier(actor, card) or card.collection_id in actor.curated,
    Right.RECALL: lambda actor, card: _was_published(card) and _curates(actor, card),
    Right.DELETE: lambda actor, card: card.status == Status.ARCHIVED and actor.is_admin,
}


def may(actor: Actor, right: Right, card: Card) -> bool:
    """Whether the actor has this right on this card now. Nobody may do anything with what they can't read."""
    return _reads(actor, card) and CARD_RIGHTS[right](actor, card)


def demand(actor: Actor, right: Right, card: Card) -> None:
    """Raise NotFound if the card is invisible to the actor, Forbidden if it is visible but the right is missing."""
    if not _reads(actor, card):
        raise NotFound(_("There is no such card."))
    if not CARD_RIGHTS[right](actor, card):
        raise Forbidden(_("You may not %(right)s%(because)s.", right=_(right), because=_because(right, card)))


def needs_review(actor: Actor, card: Card, shelf: Collection | None = None) -> bool:
    """Whether what this actor writes into the card, or its move to `shelf`, waits for a curator's word."""
    shelves = (card.collection,) if shelf is None else (card.collection, shelf)
    return any(each.is_reviewed and each.id not in actor.curated for each in shelves)


def demand_approved(actor: Actor, card: Card, shelf: Collection | None = None) -> None:
    """Raise Forbidden where readers would see what no curator approved: the one gate for every road to a card."""
    if needs_review(actor, card, shelf):
        raise Forbidden(_("This collection asks for review: a curator approves before readers see it."))


def _because(right: Right, card: Card) -> str:
    if card.status == Status.ARCHIVED and right is not Right.DELETE:
        return _(": it is archived")
    if card.status == Status.DRAFT and right in (Right.VERIFY, Right.FLAG, Right.REPLACE):
        return _(": it is a draft. Publish it first")
    if right is Right.DELETE:
        return _(": only admins delete, and only archived cards")
    return ""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """`Right.READ` as a clause: every query for cards goes through it."""
    own_draft = or_(Card.created_by_id == actor.id, Card.collection_id.in_(actor.writable))
    if _is_author(actor) and actor.id is not None:
        own_draft = or_(own_draft, Card.owner_id == actor.id)
    return and_(Card.collection_id.in_(actor.readable), or_(_published_once(), own_draft))


def published_in(readable: Iterable[int] | BindParameter[Any]) -> ColumnElement[bool]:
    """`Right.READ` for cards that were published, as everything is that was ever replaced: for any reader of these
    collections."""
    return and_(Card.collection_id.in_(readable), _published_once())


def _published_once() -> ColumnElement[bool]:
    return or_(Card.status == Status.PUBLISHED, and_(Card.status == Status.ARCHIVED, Card.published_at.is_not(None)))


def servable_to(actor: Actor) -> ColumnElement[bool]:
    """What this actor may be shown as an answer: published, not replaced, in a collection they can read."""
    return servable_in(actor.readable)


def servable_in(readable: Iterable[int] | BindParameter[Any]) -> ColumnElement[bool]:
    """The same for any reader of these collections; a parameter makes it a clause that is built once."""
    # Nearly every card is published: without the function SQLite walks the index of all that are, for any ten of them.
    is_published = func.coalesce(Card.status, "") == Status.PUBLISHED
    return and_(Card.collection_id.in_(readable), is_published, Card.replaced_by_id.is_(None))
