"""Make, pause, resume, test and delete webhooks. Admins only: a webhook tells the outside what its person may see."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from curator.webhooks.events import EVENTS, TEST
from curator.webhooks.models import BodyForm, DeliveryState, Webhook, WebhookDelivery
from curator.webhooks.outbox import queue_for
from kb.cards.models import Collection
from kb.db import take_turns
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import Person
from kb.sentences import sentence
from kb.wording import _

MOST_WEBHOOKS = 100
_LARGEST_ID = 2**31 - 1
_TURN = 7_310_041
WAITING = (DeliveryState.NEW, DeliveryState.SENDING)


@dataclass(frozen=True, slots=True)
class WebhookFields:
    """A webhook as it is asked for. Without a collection it is told of all that its person may read."""

    name: str
    url: str
    form: BodyForm
    events: Sequence[str]
    person_id: int
    collection_id: int | None = None
    is_personal: bool = False


def add_webhook(session: Session, actor: Actor, fields: WebhookFields, now: datetime) -> Webhook:
    """Make one. Its secret can be worked out from what is returned, and is to be shown this once."""
    demand_admin(actor)
    take_turns(session, _TURN)
    if (session.scalar(select(func.count()).select_from(Webhook)) or 0) >= MOST_WEBHOOKS:
        raise Conflict(_("There are %(most)s webhooks already. Delete one that nobody needs.", most=MOST_WEBHOOKS))
    events = [event for event in EVENTS if event in fields.events]
    if unknown := sorted(set(fields.events) - set(EVENTS)):
        raise invalid(
            "events",
            _("Choose from %(words)s; not %(value)s.", words=", ".join(EVENTS), value=", ".join(unknown)[:100]),
        )
    if not events and not fields.is_personal:
        raise invalid("events", _("Choose at least one event."))
    person = session.get(Person, fields.person_id)
    if person is None or not person.is_active:
        raise invalid("person", _("Choose an active person, whose eyes it has."))
    if fields.collection_id is not None and session.get(Collection, fields.collection_id) is None:
        raise invalid("collection", _("There is no such collection."))
    webhook = Webhook(
        name=fields.name, url=fields.url, form=fields.form.value, events=[] if fields.is_personal else events,
        person_id=person.id, collection_id=fields.collection_id, is_personal=fields.is_personal,
        salt=secrets.token_urlsafe(24), created_at=now, created_by_id=actor.id,
    )  # fmt: skip
    session.add(webhook)
    session.flush()
    audit.record(
        session, actor, "created", "webhook", webhook.id, now, name=fields.name, events=webhook.events,
        person=person.id, collection=fields.collection_id,
    )  # fmt: skip
    return webhook


def remove_webhook(session: Session, actor: Actor, webhook_id: int, now: datetime) -> None:
    """Delete one, and what waits for it."""
    webhook = webhook_numbered(session, actor, webhook_id)
    audit.record(session, actor, "deleted", "webhook", webhook.id, now, name=webhook.name)
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id))
    session.delete(webhook)
    session.flush()


def pause_webhook(session: Session, actor: Actor, webhook_id: int, now: datetime) -> None:
    """Tell it nothing from now on. What waits for it is given up."""
    webhook = webhook_numbered(session, actor, webhook_id)
    if webhook.paused_at is None:
        webhook.paused_at = now
        give_up(session, webhook, sentence("The webhook was paused."))
        audit.record(session, actor, "paused", "webhook", webhook.id, now)


def resume_webhook(session: Session, actor: Actor, webhook_id: int, now: datetime) -> None:
    """Tell it again what happens from now on, whether it was paused or turned off by itself."""
    webhook = webhook_numbered(session, actor, webhook_id)
    webhook.paused_at = webhook.failing_since = webhook.disabled_at = webhook.disabled_why = None
    audit.record(session, actor, "resumed", "webhook", webhook.id, now)


def test_webhook(session: Session, actor: Actor, webhook_id: int, now: datetime) -> Webhook:
    """Queue a test message; what came of it stands in the webhook's list of deliveries within moments."""
    webhook = webhook_numbered(session, actor, webhook_id)
    if not webhook.is_on:
        raise Conflict(_("The webhook is off. Resume it first."))
    queue_for(session, webhook, TEST, {}, now)
    return webhook


def give_up(session: Session, webhook: Webhook, why: str) -> None:
    """Mark what waits for this webhook as not delivered."""
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.state.in_(WAITING))
        .values(state=DeliveryState.DEAD.value, last_error=why)
        .execution_options(synchronize_session=False)
    )


def all_webhooks(session: Session, actor: Actor) -> Sequence[Webhook]:
    """Every webhook, the oldest first."""
    demand_admin(actor)
    people = (joinedload(Webhook.person), joinedload(Webhook.collection))
    return session.scalars(select(Webhook).options(*people).order_by(Webhook.id)).all()


def webhook_numbered(session: Session, actor: Actor, webhook_id: int) -> Webhook:
    """One webhook; NotFound if there is none."""
    demand_admin(actor)
    webhook = session.get(Webhook, webhook_id, with_for_update=True) if 0 < webhook_id <= _LARGEST_ID else None
    if webhook is None:
        raise NotFound(_("There is no such webhook."))
    return webhook


def latest_deliveries(session: Session, webhook: Webhook, most: int) -> Sequence[WebhookDelivery]:
    """What a webhook was told last, newest first."""
    return session.scalars(
        select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)
        .order_by(WebhookDelivery.id.desc()).limit(most)
    ).all()  # fmt: skip


def demand_admin(actor: Actor) -> None:
    """Raise Forbidden unless the actor is an admin."""
    if not actor.is_admin:
        raise Forbidden(_("Only admins may see and change webhooks."))
