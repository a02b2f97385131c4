"""The page on which admins keep webhooks."""

from typing import Annotated

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import Field as Limit
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.webhooks import commands
from curator.webhooks.commands import WebhookFields
from curator.webhooks.events import EVENTS, TEST, words_of
from curator.webhooks.fields import WebhookName, WebhookUrl, masked
from curator.webhooks.models import BodyForm, DeliveryState, Webhook, WebhookDelivery
from curator.webhooks.pages import DeliveryRow, WebhookRow, WebhooksPage
from curator.webhooks.signing import secret_of
from kb.cards.fields import Email, Line, RowId
from kb.cards.models import Collection
from kb.errors import Conflict, FieldError, Invalid, NotFound, invalid
from kb.people.actor import Actor
from kb.people.commands import person_with_email
from kb.sentences import told
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form, read_query
from kb.web.frame import frame, say
from kb.web.parts import Choice, Field, Option, Problem
from kb.wording import N_, _, ngettext
from kb.words import Words

blueprint = Blueprint("webhooks", __name__)
HERE = "/admin/webhooks"
_SHOWN = 8
_FORMS = {
    BodyForm.JSON: (N_("Signed JSON"), N_("For your own programs. Each message carries a signature.")),
    BodyForm.SLACK: (N_("Slack"), N_("An incoming webhook of a channel.")),
    BodyForm.TEAMS: (N_("Teams"), N_("A workflow that posts to a channel.")),
}


class WebhookForm(Form):
    """A new webhook."""

    name: WebhookName
    url: WebhookUrl
    form: BodyForm = BodyForm.JSON
    events: list[Annotated[Line, Limit(max_length=30)]] = Limit(default_factory=list, max_length=50)
    person: Email | None = None
    collection: RowId | None = None
    is_personal: bool = False


class OpenForm(Form):
    """Which webhook's deliveries are shown."""

    open: RowId | None = None


@blueprint.get(HERE)
def show() -> str:
    """All webhooks with their last deliveries, and a form to make one."""
    return _page(open_id=read_query(OpenForm).open)


@blueprint.post(HERE)
def add() -> BaseResponse:
    """Make one; its secret is shown on this answer and never again."""
    try:
        with writing() as (session, actor):
            commands.demand_admin(actor)
            fields = _fields(session, actor, read_form(WebhookForm))
            webhook = commands.add_webhook(session, actor, fields, now())
    except (Invalid, Conflict) as error:
        errors = error.errors or (FieldError("name", error.detail),)
        return Response(_page(errors=errors), error.status)
    return Response(_page(made=webhook), 201)


@blueprint.post(f"{HERE}/<int:webhook_id>/pause")
def pause(webhook_id: int) -> BaseResponse:
    """Tell it nothing."""
    with writing() as (session, actor):
        commands.pause_webhook(session, actor, webhook_id, now())
    say(_("Paused. It is told nothing."))
    return _back(webhook_id)


@blueprint.post(f"{HERE}/<int:webhook_id>/resume")
def resume(webhook_id: int) -> BaseResponse:
    """Tell it again."""
    with writing() as (session, actor):
        commands.resume_webhook(session, actor, webhook_id, now())
    say(_("Resumed. It is told what happens from now on."))
    return _back(webhook_id)


@blueprint.post(f"{HERE}/<int:webhook_id>/test")
def test(webhook_id: int) -> BaseResponse:
    """Queue a test message."""
    with writing() as (session, actor):
        commands.test_webhook(session, actor, webhook_id, now())
    say(_("A test is on its way. Load the page again to see what came of it."))
    return _back(webhook_id)


@blueprint.post(f"{HERE}/<int:webhook_id>/delete")
def delete(webhook_id: int) -> BaseResponse:
    """Delete it."""
    with writing() as (session, actor):
        commands.remove_webhook(session, actor, webhook_id, now())
    say(_("Webhook deleted."))
    return redirect(HERE, 303)


def _back(webhook_id: int) -> BaseResponse:
    return redirect(f"{HERE}?open={webhook_id}#webhook-{webhook_id}", 303)


def _fields(session: Session, actor: Actor, form: WebhookForm) -> WebhookFields:
    person_id = actor.id or 0
    if form.person is not None:
        try:
            person_id = person_with_email(session, form.person).id
        except NotFound as error:
            raise invalid("person", error.detail) from None
    return WebhookFields(form.name, form.url, form.form, form.events, person_id, form.collection, form.is_personal)


def _page(*, open_id: int | None = None, made: Webhook | None = None, errors: tuple[FieldError, ...] = ()) -> str:
    wrong = {error.field.split(".")[0]: _sentence(error) for error in errors}
    typed = request.form if errors else {}
    with reading() as (session, actor):
        rows = commands.all_webhooks(session, actor)
        words = Words(now(), services().policy.zone)
        page = WebhooksPage(
            action=HERE,
            webhooks=tuple(_row(session, row, words, row.id == (made.id if made else open_id)) for row in rows),
            name=Field(typed.get("name", ""), wrong.get("name", "")),
            url=Field(typed.get("url", ""), wrong.get("url", ""), _("It is not shown in full again.")),
            form=_choice(_FORMS, typed.get("form", "json"), wrong.get("form", "")),
            events=_events(wrong.get("events", "")),
            person=Field(
                typed.get("person", actor.email),
                wrong.get("person", ""),
                _("A message names no card they may not read."),
            ),
            collection=_shelves(session, typed.get("collection", ""), wrong.get("collection", "")),
            is_personal=typed.get("is_personal", "") == "1",
            new_secret=secret_of(services().installation.secret_key, made.salt) if made else "",
            new_name=made.name if made else "",
            problems=tuple(Problem(field, message) for field, message in wrong.items()),
        )
    return render_template("curator/admin_webhooks.html", page=page, frame=frame("admin"))


def _row(session: Session, webhook: Webhook, words: Words, is_open: bool) -> WebhookRow:
    here, is_off = f"{HERE}/{webhook.id}", not webhook.is_on
    form = _(_FORMS[BodyForm(webhook.form)][0])
    where = webhook.collection.name if webhook.collection else _("every collection they may read")
    state = told(webhook.disabled_why or "") or (_("Paused") if webhook.paused_at else _("On"))
    failing = _("Failing since %(when)s", when=words.exact(webhook.failing_since)) if webhook.failing_since else ""
    return WebhookRow(
        id=webhook.id,
        name=webhook.name,
        address=masked(webhook.url),
        about=f"{form} · {_('as %(name)s, %(where)s', name=webhook.person.name, where=where)}",
        state=_("Turned off. %(state)s", state=state) if webhook.disabled_at else state if is_off else failing or state,
        is_bad=bool(webhook.disabled_at or webhook.failing_since),
        events=_told(webhook),
        deliveries=tuple(_delivery(each, words) for each in commands.latest_deliveries(session, webhook, _SHOWN)),
        pause_action="" if is_off else f"{here}/pause",
        resume_action=f"{here}/resume" if is_off else "",
        test_action="" if is_off else f"{here}/test",
        delete_action=f"{here}/delete",
        is_open=is_open,
    )


def _told(webhook: Webhook) -> str:
    if webhook.is_personal:
        return _("%(name)s's own notices", name=webhook.person.name)
    return ", ".join(_(words_of(event)) for event in webhook.events)


def _given_up(row: WebhookDelivery) -> str:
    tries = ngettext("Given up after %(num)s try.", "Given up after %(num)s tries.", row.tries)
    return f"{tries} {told(row.last_error or '')}".strip()


def _delivery(row: WebhookDelivery, words: Words) -> DeliveryRow:
    outcome = {
        DeliveryState.SENT: _("Taken, %(status)s", status=row.last_status),
        DeliveryState.SKIPPED: _("Not sent: its person may not see the card"),
        DeliveryState.DEAD: _given_up(row),
        DeliveryState.SENDING: _("On its way"),
    }.get(DeliveryState(row.state))
    waiting = (
        _("%(error)s Next try %(when)s", error=told(row.last_error), when=words.exact(row.next_try_at))
        if row.last_error
        else _("Waits to be sent")
    )
    is_bad = row.state == DeliveryState.DEAD or (row.last_error is not None and row.state != DeliveryState.SENT)
    name = _("Test") if row.event == TEST else _(words_of(row.event))
    return DeliveryRow(name, outcome or waiting, is_bad, words.ago(row.created_at))


def _choice(forms: dict[BodyForm, tuple[str, str]], chosen: str, error: str) -> Choice:
    return Choice(
        tuple(Option(form, _(label), form == chosen, _(hint)) for form, (label, hint) in forms.items()), error
    )


def _events(error: str) -> Choice:
    ticked = request.form.getlist("events") if request.form.get("name") is not None and error != "" else []
    return Choice(tuple(Option(event, _(label), event in ticked) for event, label in EVENTS.items()), error)


def _shelves(session: Session, chosen: str, error: str) -> Choice:
    shelves = session.scalars(select(Collection).order_by(Collection.name, Collection.id))
    everywhere = Option("", _("Every collection they may read"), not chosen)
    options = (Option(str(shelf.id), shelf.name, str(shelf.id) == chosen) for shelf in shelves)
    return Choice((everywhere, *options), error)


def _sentence(error: FieldError) -> str:
    if error.message[:1].isupper():
        return error.message
    names = {"url": "address"}
    field = error.field.split(".")[0]
    return _("%(field)s %(problem)s.", field=_(names.get(field, field).capitalize()), problem=error.message)
