"""Queue an event for every webhook that wants it, in the transaction of what happened."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from curator.webhooks.models import DeliveryState, Webhook, WebhookDelivery
from curator.webhooks.scope import actor_of
from kb.people.actor import Actor
from kb.wording import ENGLISH, speaking

Payload = Mapping[str, Any] | Callable[[Actor], Mapping[str, Any] | None]


def queue_webhook(session: Session, event: str, payload: Payload, now: datetime, *, key: str = "") -> int:
    """Queue the event for each webhook that wants it. Returns how many that is.

    Cards are named as `{"card_id": 7}` only (see `scope`). Where numbers would tell what a webhook may not see, pass a
    function: it is called with each webhook's actor, and says nothing by returning None. With a `key`, a webhook gets
    the same thing once, however often and by however many processes it is queued.
    """
    hooks = session.scalars(
        select(Webhook)
        .where(Webhook.paused_at.is_(None), Webhook.disabled_at.is_(None), Webhook.is_personal.is_(False))
        .order_by(Webhook.id)
    )
    return _queue(session, (hook for hook in hooks.all() if event in hook.events), event, payload, now, key)


def queue_for_person(
    session: Session, person_id: int, event: str, payload: Mapping[str, Any], now: datetime, *, key: str,
    not_before: datetime | None = None,
) -> int:  # fmt: skip
    """Queue one of a person's own notices for their personal webhooks, to be sent not before that instant."""
    hooks = session.scalars(
        select(Webhook).where(
            Webhook.person_id == person_id, Webhook.is_personal, Webhook.paused_at.is_(None),
            Webhook.disabled_at.is_(None),
        )
    ).all()  # fmt: skip
    return _queue(session, hooks, event, payload, now, key, not_before)


def people_with_own(session: Session) -> set[int]:
    """Who has a personal webhook that is on."""
    rows = select(Webhook.person_id).where(
        Webhook.is_personal, Webhook.paused_at.is_(None), Webhook.disabled_at.is_(None)
    )
    return set(session.scalars(rows))


def queue_for(session: Session, webhook: Webhook, event: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Queue something for this very webhook, such as a test."""
    _queue(session, [webhook], event, payload, now, "")


def _queue(
    session: Session, hooks: Iterable[Webhook], event: str, payload: Payload, now: datetime, key: str,
    not_before: datetime | None = None,
) -> int:  # fmt: skip
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    queued = 0
    for hook in hooks:
        told = _told(session, hook, payload)
        if told is None:
            continue
        name = secrets.token_hex(16)
        statement = insert(WebhookDelivery).values(
            webhook_id=hook.id, key=key or name, delivery=name, event=event, payload=told, tries=0,
            state=DeliveryState.NEW.value, next_try_at=not_before or now, created_at=now,
        )  # fmt: skip
        statement = statement.on_conflict_do_nothing(index_elements=["webhook_id", "key"])
        queued += bool(session.execute(statement.returning(WebhookDelivery.id)).first())
    return queued


def _told(session: Session, hook: Webhook, payload: Payload) -> dict[str, Any] | None:
    if isinstance(payload, Mapping):
        return dict(payload)
    actor = actor_of(session, hook)
    with speaking(ENGLISH):  # whatever language whoever caused it reads
        told = payload(actor) if actor is not None else None
    return dict(told) if told is not None else None
