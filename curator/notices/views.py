"""The list of notices, the choices under the account, and the link in mails that ends them."""

from dataclasses import replace
from typing import Annotated, get_args

from flask import Blueprint, Flask, Response, redirect, render_template, request
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.notices.choices import Choice, Manner, held_setting, manner_of, stored
from curator.notices.kinds import EVENTS, Mail
from curator.notices.listing import mark_read, opened, unread_count
from curator.notices.pages import UnsubscribePage
from curator.notices.shown import HERE, SETTINGS, notices_page, settings_page
from kb.cards.fields import RowId
from kb.errors import FieldError, Gone, Invalid
from kb.mail.unsubscribe import AT_ONCE, DIGEST, WEEKLY, read_token
from kb.people.actor import Actor
from kb.people.models import Person
from kb.people.quiet import NoticeSetting
from kb.schedule.subscriptions import set_weekly_report
from kb.web.edge import now, public, reading, services, signed, writing
from kb.web.forms import Form, read_form, read_query
from kb.web.frame import count_notices_with, frame, say
from kb.wording import N_, _

blueprint = Blueprint("notices", __name__)
_SORTS = {
    DIGEST: (N_("the daily digest"), N_("You get no daily digest any more.")),
    AT_ONCE: (N_("mails at once"), N_("You get no mail at once any more; what they told is on the page of notices.")),
    WEEKLY: (N_("the weekly report"), N_("You get no weekly report any more.")),
}


class PageForm(Form):
    """Which page of the list."""

    page: Annotated[int, Field(ge=1, le=10_000)] = 1


class ReadForm(Form):
    """The newest notice that was on the page."""

    last_id: RowId


class QuietForm(Form):
    """Quiet hours, and whether there is a digest."""

    quiet_from: Annotated[int, Field(ge=0, le=23)] | None = None
    quiet_until: Annotated[int, Field(ge=0, le=23)] | None = None
    daily_digest: bool = False
    with_webhook: bool = False


def install(app: Flask) -> None:
    """The number beside the bell on every page."""
    with app.app_context():
        count_notices_with(lambda session, actor: unread_count(session, actor, services().settings))


@blueprint.get(HERE)
def show() -> str:
    """The list, newest first."""
    number = read_query(PageForm).page
    with reading() as (session, actor):
        page = notices_page(session, actor, services().settings, services().policy, now(), number)
    return render_template("curator/notices.html", page=page, frame=frame("notices"))


@blueprint.get(f"{HERE}/<int:notice_id>")
def follow_link(notice_id: int) -> BaseResponse:
    """To the card or the comment; the notice is read by that."""
    with writing() as (session, actor):
        path = opened(session, actor, services().settings, notice_id, now())
    return redirect(path, 303)


@blueprint.post(f"{HERE}/read")
def read_all() -> BaseResponse:
    """Mark as read what was there when the page was opened."""
    last_id = read_form(ReadForm).last_id
    with writing() as (session, actor):
        mark_read(session, actor, last_id, now())
    return redirect(HERE, 303)


@blueprint.get(SETTINGS)
def choose() -> str:
    """The matrix, quiet hours, and what is followed."""
    return _choices()


@blueprint.post(SETTINGS)
def save() -> BaseResponse:
    """Save the matrix and the quiet hours."""
    try:
        form, chosen = read_form(QuietForm), _chosen()
        if (form.quiet_from is None) != (form.quiet_until is None):
            field = "quiet_from" if form.quiet_from is None else "quiet_until"
            raise Invalid(_("quiet hours"), errors=(FieldError(field, _("Quiet hours need a beginning and an end.")),))
    except Invalid as error:
        return Response(_choices(error.errors), 422)
    with writing() as (session, actor):
        setting = held_setting(session, actor.id or 0)
        if not form.with_webhook:  # the column was not there: what was ticked before stays
            kept = _manner(session, actor).choices
            chosen = {name: replace(choice, webhook=kept[name].webhook) for name, choice in chosen.items()}
        setting.choices = stored(chosen)
        setting.quiet_from, setting.quiet_until = form.quiet_from, form.quiet_until
        session.get_one(Person, actor.id).daily_digest = form.daily_digest
    say(_("Saved."))
    return redirect(SETTINGS, 303)


@blueprint.get("/unsubscribe/<token>")
@public
def confirm(token: str) -> str:
    """Ask first: programs that look at links in mails must not end anything."""
    _person_id, sort = _meant(token)
    what = _(_SORTS[sort][0])
    return _unsubscribe_page(
        token,
        _("Stop %(what)s?", what=what),
        _("This ends it for you alone."),
        _("Stop %(what)s", what=what),
        is_done=False,
    )


@blueprint.post("/unsubscribe/<token>")
@signed
def unsubscribe(token: str) -> str:
    """End these mails: by the button on the page, or by one click in a mail program."""
    person_id, sort = _meant(token)
    with services().database.transaction() as session:
        person = session.get(Person, person_id, with_for_update=True)
        if person is not None:
            _stop(session, person, sort)
    return _unsubscribe_page(token, _("Done"), _(_SORTS[sort][1]), "", is_done=True)


def _stop(session: Session, person: Person, sort: str) -> None:
    if sort == DIGEST:
        person.daily_digest = False
    elif sort == WEEKLY:
        set_weekly_report(session, person.id, False, now())
    else:
        setting = held_setting(session, person.id)
        manner = manner_of(person, setting, services().settings)
        quieter: dict[str, Choice] = {
            name: Choice(choice.page, "none" if choice.mail == "at_once" else choice.mail, choice.webhook)
            for name, choice in manner.choices.items()
        }
        setting.choices = stored(quieter)


def _meant(token: str) -> tuple[int, str]:
    found = read_token(services().installation.secret_key, token)
    if found is None:
        raise Gone(_("This link is not complete. Choose what you are told under your account."))
    return found


def _unsubscribe_page(token: str, heading: str, sentence: str, button: str, *, is_done: bool) -> str:
    page = UnsubscribePage(f"/unsubscribe/{token}", heading, sentence, button, is_done, SETTINGS)
    return render_template("curator/unsubscribe.html", page=page, frame=frame())


def _choices(errors: tuple[FieldError, ...] = ()) -> str:
    with reading() as (session, actor):
        page = settings_page(session, actor, _manner(session, actor), services().settings, errors)
    return render_template("curator/notice_settings.html", page=page, frame=frame("account"))


def _manner(session: Session, actor: Actor) -> Manner:
    person = session.get_one(Person, actor.id)
    return manner_of(person, session.get(NoticeSetting, person.id), services().settings)


def _chosen() -> dict[str, Choice]:
    """The matrix as it was posted. A row whose select is missing keeps its default."""
    pages, webhooks = set(request.form.getlist("page")), set(request.form.getlist("webhook"))
    found: dict[str, Choice] = {}
    for name, event in EVENTS.items():
        typed = request.form.get(f"mail_{name}", event.mail)
        mail: Mail | None = next((value for value in get_args(Mail) if value == typed), None)
        if mail is None:
            raise Invalid(
                "mail", errors=(FieldError(f"mail_{name}", _("%(event)s: choose how by mail.", event=_(event.label))),)
            )
        found[name] = Choice(name in pages or not event.kinds, mail, name in webhooks)
    return found
