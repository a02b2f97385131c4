"""What a webhook may name: what its person may read now, in its collection.

A payload names a card as `{"card_id": 7, …}` and in no other way. When it is sent, each such object gets the card's
title, address, collection and trust as they are then, or is left out if the webhook may not see the card (any more).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.webhooks.models import Webhook
from kb.cards.models import Card
from kb.cards.permissions import published_in
from kb.cards.queries import card_path, with_people
from kb.people.actor import Actor, active_actor
from kb.trust.policy import Policy
from kb.trust.queries import trust_by_card
from kb.trust.state import Trust

CARD = "card_id"
_GONE = object()


def actor_of(session: Session, webhook: Webhook) -> Actor | None:
    """The webhook's person, limited to its collection; None once that person was deactivated."""
    actor = active_actor(session, webhook.person_id)
    if actor is None or webhook.collection_id is None:
        return actor
    only = frozenset({webhook.collection_id})
    return replace(actor, readable=actor.readable & only, writable=actor.writable & only, curated=actor.curated & only)


def as_seen(
    session: Session, actor: Actor, payload: Mapping[str, Any], public_url: str, policy: Policy, now: datetime
) -> dict[str, Any] | None:
    """The payload with its cards filled in, without those the actor may not see; None when it is about such a one."""
    ids = {number for number in _named(payload) if isinstance(number, int)}
    query = select(Card).where(Card.id.in_(ids), published_in(actor.readable)).options(*with_people())  # type: ignore[arg-type]
    cards = list(session.scalars(query).unique()) if ids else []
    trust = trust_by_card(session, cards, policy, now)
    known = {card.id: _facts(card, trust[card.id], public_url) for card in cards}
    filled = _filled(payload, known)
    return None if filled is _GONE else filled


def _named(node: Any) -> Iterator[Any]:
    if isinstance(node, Mapping):
        if CARD in node:
            yield node[CARD]
        for value in node.values():
            yield from _named(value)
    elif _is_list(node):
        for value in node:
            yield from _named(value)


def _filled(node: Any, known: Mapping[int, dict[str, Any]]) -> Any:
    if isinstance(node, Mapping):
        if CARD in node and node[CARD] not in known:
            return _GONE
        pairs = {name: _filled(value, known) for name, value in node.items() if name != CARD}
        kept = {name: value for name, value in pairs.items() if value is not _GONE}
        return {"card": known[node[CARD]], **kept} if CARD in node else kept
    if _is_list(node):
        return [value for value in (_filled(each, known) for each in node) if value is not _GONE]
    return node


def _is_list(node: Any) -> bool:
    return isinstance(node, Iterable) and not isinstance(node, str | bytes | Mapping)


def _facts(card: Card, trust: Trust, public_url: str) -> dict[str, Any]:
    shelf = card.collection
    return {
        "id": card.id,
        "title": card.title,
        "url": public_url + card_path(card),
        "version": card.version,
        "collection": {"id": shelf.id, "slug": shelf.slug, "name": shelf.name},
        "trust": {
            "state": str(trust.state),
            "reasons": [{"kind": r.kind, "detail": r.detail, "at": r.at.isoformat()} for r in trust.reasons],
            "verify_by": trust.verify_by.isoformat() if trust.verify_by else None,
        },
        "owner": card.owner.name if card.owner else None,
        "assignee": card.assignee.name if card.assignee else None,
    }
