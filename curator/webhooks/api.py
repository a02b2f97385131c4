"""Webhooks over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from curator.webhooks import commands
from curator.webhooks.commands import WebhookFields
from curator.webhooks.events import EVENTS
from curator.webhooks.fields import WebhookName, WebhookUrl, masked
from curator.webhooks.models import BodyForm, Webhook, WebhookDelivery
from curator.webhooks.signing import secret_of
from kb.cards.collections import collection_named
from kb.people.actor import Actor
from kb.people.models import Person
from kb.people.references import person_referred
from kb.people.shapes import PersonShape, person_shape
from kb.web.api import PREFIX, Api, Reply, sliced
from kb.web.api_models import JsonBody, Listing, PersonRef, Shape, Slug
from kb.web.edge import now, reading, services, writing

api = Api("webhooks_api", "Webhooks")
MOST_SHOWN = 100
EventName = Annotated[str, Field(max_length=30, description=f"One of {', '.join(EVENTS)}.")]


class NewWebhook(JsonBody):
    """A webhook to be made."""

    name: WebhookName
    url: Annotated[WebhookUrl, Field(description="Where messages are posted. It is never shown in full again.")]
    form: Annotated[
        Literal["json", "slack", "teams"], Field(description="Signed JSON, or what Slack or Teams take.")
    ] = "json"
    events: Annotated[list[EventName], Field(max_length=len(EVENTS))] = Field([])
    person: Annotated[PersonRef | None, Field(description="Whose eyes it has; yours, unless given.")] = None
    collection: Annotated[Slug | None, Field(description="Only cards of this collection.")] = None
    is_personal: Annotated[bool, Field(description="Only the person's own notices, as they choose them.")] = False


class WebhookChange(JsonBody):
    """Whether it is told anything."""

    is_on: bool


class WebhookShape(Shape):
    """A webhook. `url` is shown in part; `problem` says why it turned itself off."""

    id: int
    name: str
    url: str
    form: str
    events: list[str]
    person: PersonShape
    collection: str | None
    is_personal: bool
    is_on: bool
    problem: str | None
    created_at: datetime


class MadeWebhook(WebhookShape):
    """A new webhook with its secret, which is shown this once."""

    secret: str


class Webhooks(Shape):
    """A page of webhooks, the oldest first."""

    items: list[WebhookShape]
    next_cursor: str | None


class DeliveryShape(Shape):
    """A message: new, sending, sent, dead (given up) or skipped (its scope may not see the card any more)."""

    id: str
    event: str
    state: str
    tries: int
    created_at: datetime
    sent_at: datetime | None
    last_status: int | None
    last_error: str | None


class Deliveries(Shape):
    """A page of a webhook's deliveries, newest first."""

    items: list[DeliveryShape]
    next_cursor: str | None


@api.operation("GET", "/webhooks", {200: Webhooks}, scope="admin")
def list_webhooks(query: Listing) -> Webhooks:
    """List the webhooks. Admins may."""
    with reading() as (session, actor):
        rows, cursor = sliced(commands.all_webhooks(session, actor), query)
        return Webhooks(items=[_shape(row) for row in rows], next_cursor=cursor)


@api.operation("POST", "/webhooks", {201: MadeWebhook}, scope="admin")
def make_webhook(body: NewWebhook) -> Reply:
    """Make a webhook. Its secret is in the answer and never again. Admins may."""
    with writing() as (session, actor):
        commands.demand_admin(actor)
        webhook = commands.add_webhook(session, actor, _fields(session, actor, body), now())
        secret = secret_of(services().installation.secret_key, webhook.salt)
        made = MadeWebhook(**_shape(webhook).model_dump(), secret=secret)
    return Reply(made, 201, {"Location": f"{PREFIX}/webhooks/{made.id}"})


@api.operation("PATCH", "/webhooks/<int:webhook_id>", {200: WebhookShape}, scope="admin")
def patch_webhook(webhook_id: int, body: WebhookChange) -> WebhookShape:
    """Pause a webhook, or resume one that was paused or turned itself off."""
    act = commands.resume_webhook if body.is_on else commands.pause_webhook
    with writing() as (session, actor):
        act(session, actor, webhook_id, now())
        return _shape(commands.webhook_numbered(session, actor, webhook_id))


@api.operation("DELETE", "/webhooks/<int:webhook_id>", {204: None}, scope="admin")
def delete_webhook(webhook_id: int) -> Reply:
    """Delete a webhook and what waits for it."""
    with writing() as (session, actor):
        commands.remove_webhook(session, actor, webhook_id, now())
    return Reply(None, 204)


@api.operation("POST", "/webhooks/<int:webhook_id>/test", {202: None}, scope="admin")
def send_test(webhook_id: int) -> Reply:
    """Queue a test message. What came of it is in the list of deliveries within moments."""
    with writing() as (session, actor):
        commands.test_webhook(session, actor, webhook_id, now())
    return Reply(None, 202)


@api.operation("GET", "/webhooks/<int:webhook_id>/deliveries", {200: Deliveries}, scope="admin")
def list_deliveries(webhook_id: int, query: Listing) -> Deliveries:
    """List a webhook's last deliveries. Newest first; they are kept for two weeks."""
    with reading() as (session, actor):
        webhook = commands.webhook_numbered(session, actor, webhook_id)
        rows, cursor = sliced(commands.latest_deliveries(session, webhook, MOST_SHOWN), query)
        return Deliveries(items=[_delivery(row) for row in rows], next_cursor=cursor)


def _fields(session: Session, actor: Actor, body: NewWebhook) -> WebhookFields:
    person_id = person_referred(session, body.person, "person").id if body.person is not None else actor.id or 0
    shelf = collection_named(session, actor, body.collection) if body.collection else None
    return WebhookFields(
        body.name, body.url, BodyForm(body.form), body.events, person_id, shelf.id if shelf else None, body.is_personal
    )


def _shape(webhook: Webhook) -> WebhookShape:
    person: Person = webhook.person
    return WebhookShape(
        id=webhook.id,
        name=webhook.name,
        url=masked(webhook.url),
        form=webhook.form,
        events=webhook.events,
        person=person_shape(person),
        collection=webhook.collection.slug if webhook.collection else None,
        is_personal=webhook.is_personal,
        is_on=webhook.is_on,
        problem=webhook.disabled_why,
        created_at=webhook.created_at,
    )


def _delivery(row: WebhookDelivery) -> DeliveryShape:
    return DeliveryShape(
        id=row.delivery, event=row.event, state=row.state, tries=row.tries, created_at=row.created_at,
        sent_at=row.sent_at, last_status=row.last_status, last_error=row.last_error,
    )  # fmt: skip
