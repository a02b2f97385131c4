"""Deliver what is queued, at least once; a message that is sent twice after a crash carries the same name.

A row is leased before it is sent and marked after; a lease that runs out is taken over. Eight tries with growing
pauses, then the delivery is dead, which its webhook's page shows. A webhook at which nothing arrived for days is turned
off, and whoever made it is told.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from curator.mail import letter
from curator.notices.pages import NoticeMail
from curator.webhooks.bodies import Happening, body_of
from curator.webhooks.commands import give_up
from curator.webhooks.models import DeliveryState, Webhook, WebhookDelivery
from curator.webhooks.scope import actor_of, as_seen
from curator.webhooks.signing import secret_of, signature
from kb.db import Database
from kb.installation import secret_key
from kb.mail.outbox import enqueue
from kb.outbound.client import post
from kb.outbound.errors import OutboundError
from kb.people.languages import language_of
from kb.people.models import Person
from kb.sentences import sentence, shortened, told
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.wording import _, speaking
from kb.words import Words, first_name

GIVES_UP_AFTER = timedelta(days=3)
PAUSES = [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 360)]
_LEASE = timedelta(minutes=5)
_BATCH = 50
_GONE = 410
_MOST_BYTES = 4096
_LONGEST = 300  # what went wrong, as it is kept


def send_webhooks(database: Database, settings: Settings, policy: Policy, clock: Callable[[], datetime]) -> int:
    """Send what is due now. Returns how many messages were taken. A webhook that fails waits for the next run."""
    sent, failing = 0, set[int]()
    for _turn in range(_BATCH):
        now = clock()
        with database.transaction() as session:
            row = _lease(session, failing, now)
            parcel = _parcel(session, row, settings, policy, now) if row is not None else None
        if row is None:
            break
        if parcel is None:
            continue
        status, error = _send(*parcel, settings)
        with database.transaction() as session:
            _settle(session, row.id, status, error, settings, policy, clock())
        sent += error is None
        if error is not None:
            failing.add(row.webhook_id)
    return sent


def _lease(session: Session, failing: set[int], now: datetime) -> WebhookDelivery | None:
    is_due = or_(WebhookDelivery.state == DeliveryState.NEW, WebhookDelivery.state == DeliveryState.SENDING)
    row = session.scalars(
        select(WebhookDelivery)
        .where(is_due, WebhookDelivery.next_try_at <= now, WebhookDelivery.webhook_id.not_in(failing))
        .order_by(WebhookDelivery.next_try_at, WebhookDelivery.id).limit(1).with_for_update(skip_locked=True)
    ).first()  # fmt: skip
    if row is not None:
        row.state, row.next_try_at = DeliveryState.SENDING, now + _LEASE
    return row


def _parcel(
    session: Session, row: WebhookDelivery, settings: Settings, policy: Policy, now: datetime
) -> tuple[str, bytes, Mapping[str, str]] | None:
    """Address, body and headers; None, and the row is done with, when the webhook may not see it any more."""
    webhook = session.get_one(Webhook, row.webhook_id)
    actor = actor_of(session, webhook)
    seen = as_seen(session, actor, row.payload, settings.public_url, policy, now) if actor is not None else None
    if seen is None or not webhook.is_on:
        row.state = DeliveryState.SKIPPED
        return None
    happening = Happening(
        row.delivery, row.event, row.created_at.isoformat(), settings.workspace.name, settings.public_url, seen
    )
    body, timestamp = body_of(webhook.form, happening), int(now.timestamp())
    secret = secret_of(secret_key(settings), webhook.salt)
    headers = {
        "Content-Type": "application/json",
        "Vitrine-Delivery": row.delivery,
        "Vitrine-Event": row.event,
        "Vitrine-Timestamp": str(timestamp),
        "Vitrine-Signature": signature(secret, timestamp, body),
    }
    return webhook.url, body, headers


def _send(url: str, body: bytes, headers: Mapping[str, str], settings: Settings) -> tuple[int | None, str | None]:
    """The answer's status, and what was wrong, if anything was."""
    try:
        answer = post(url, body, headers, settings.outbound, most_bytes=_MOST_BYTES)
    except OutboundError as error:
        return None, error.why
    return answer.status, None if answer.is_success else sentence("It answered %(status)s.", status=answer.status)


def _settle(
    session: Session, row_id: int, status: int | None, error: str | None, settings: Settings, policy: Policy,
    now: datetime,
) -> None:  # fmt: skip
    row = session.get(WebhookDelivery, row_id, with_for_update=True)
    webhook = session.get(Webhook, row.webhook_id, with_for_update=True) if row is not None else None
    if row is None or webhook is None:
        return  # it was deleted meanwhile
    row.tries, row.last_status = row.tries + 1, status
    row.last_error = shortened(error, _LONGEST) if error is not None else None
    if error is None:
        row.state, row.sent_at, webhook.failing_since = DeliveryState.SENT, now, None
        return
    webhook.failing_since = webhook.failing_since or now
    row.state = DeliveryState.DEAD if row.tries > len(PAUSES) else DeliveryState.NEW
    row.next_try_at = now + PAUSES[min(row.tries, len(PAUSES)) - 1]
    if status == _GONE or now - webhook.failing_since >= GIVES_UP_AFTER:
        _turn_off(session, webhook, error, settings, policy, now)


def _turn_off(
    session: Session, webhook: Webhook, error: str, settings: Settings, policy: Policy, now: datetime
) -> None:
    since = Words(now, policy.zone).calendar_day(webhook.failing_since or now)
    why = sentence("Nothing arrived since %(day)s. %(problem)s", day=since, problem=error)
    webhook.disabled_at, webhook.disabled_why = now, shortened(why, _LONGEST)
    session.flush()
    give_up(session, webhook, sentence("The webhook was turned off."))
    maker = session.get(Person, webhook.created_by_id) if webhook.created_by_id is not None else None
    if maker is None or not maker.is_active:
        return
    with speaking(language_of(maker, settings)):
        written = letter("digest", _turned_off(webhook, maker, settings))
    enqueue(session, f"webhook-off:{webhook.id}:{now.isoformat()}", maker.email, written, now)


def _turned_off(webhook: Webhook, maker: Person, settings: Settings) -> NoticeMail:
    return NoticeMail(
        workspace_name=settings.workspace.name,
        subject=_("The webhook “%(name)s” was turned off", name=webhook.name),
        greeting=_("Hello %(name)s,", name=first_name(maker.name)),
        sentence=_("%(why)s It is told nothing until somebody resumes it.", why=told(webhook.disabled_why or "")),
        groups=(),
        button=_("Open the webhooks"),
        url=f"{settings.public_url}/admin/webhooks",
        why=_("You get this because you made the webhook."),
        stop=_("Your account"),
        stop_url=f"{settings.public_url}/account",
    )
