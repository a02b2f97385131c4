"""Tell who saw a wrong version; and, for those who were told, "I have seen it"."""

from datetime import UTC, datetime
from typing import Annotated

from flask import Blueprint, Flask, Response, redirect, render_template, request
from pydantic import Field as Limits
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.recall import commands
from curator.recall.reach import Wrong, likely_wrong, reach_of, since_version
from curator.recall.receipts import notices_for, recalls_of
from curator.recall.shown import blank_page, notices_page, recall_page
from kb.cards.fields import Line
from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.cards.queries import card_visible_to
from kb.errors import Conflict, Invalid, invalid
from kb.people.actor import Actor
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, parse, read_form
from kb.web.frame import frame, say, tell_with
from kb.web.parts import Field
from kb.wording import _, ngettext
from kb.words import Words

blueprint = Blueprint("recall", __name__)
Version = Annotated[int, Limits(ge=0, le=2**31 - 1)]


class WrongForm(Form):
    """What was wrong: versions, and since when. What is left out follows from the last correction."""

    first: Version = 0
    last: Version = 0
    since: Annotated[Line, Limits(max_length=40)] = ""


class TellForm(WrongForm):
    """The same, and what to say."""

    words: Annotated[str, Limits(max_length=4000)] = ""


def install(app: Flask) -> None:
    """The line on every page of whoever was told of a correction and has not seen it."""
    with app.app_context():
        tell_with(_told)


@blueprint.get("/cards/<int:card_id>/recall")
def show(card_id: int) -> str:
    """Who saw what was wrong, and how earlier recalls stand."""
    return _page(card_id, parse(WrongForm, request.args))


@blueprint.post("/cards/<int:card_id>/recall")
def tell(card_id: int) -> BaseResponse:
    """Tell them. The same again tells only who came to be known meanwhile."""
    form = read_form(TellForm)
    services().recorder.flush()
    try:
        with writing() as (session, actor):
            card = _for_teller(session, actor, card_id)
            wrong = _wrong(session, card, form)
            if wrong is None:
                raise Conflict(_("Nothing was corrected yet, so there is nobody to tell."))
            done = commands.tell(session, actor, card, wrong, form.words, services().settings, now())
    except Invalid as error:
        message = next((each.message for each in error.errors), error.detail)
        return Response(_page(card_id, form, Field(form.words, message)), 422)
    told = ngettext("%(num)s person told.", "%(num)s people told.", done.told)
    hidden = ngettext("%(num)s other can't read it any more.", "%(num)s others can't read it any more.", done.hidden)
    say(" ".join([told if done.told else _("Everybody was told already."), *([hidden] if done.hidden else [])]))
    return redirect(f"/cards/{card_id}/recall", 303)


@blueprint.post("/recalls/<int:recall_id>/reminder")
def remind(recall_id: int) -> BaseResponse:
    """Remind those who have not seen it."""
    with writing() as (session, actor):
        reminded = commands.remind(session, actor, recall_id, services().settings, now())
        card_id = commands.recall_of(session, recall_id).card_id
    say(ngettext("%(num)s person reminded.", "%(num)s people reminded.", reminded))
    return redirect(f"/cards/{card_id}/recall", 303)


@blueprint.get("/recalls")
def notices() -> str:
    """The corrections that the reader was told of."""
    with reading() as (session, actor):
        page = notices_page(notices_for(session, actor), Words(now(), services().policy.zone))
    return render_template("curator/recalls.html", page=page, frame=frame("account"))


@blueprint.post("/recalls/<int:recall_id>/receipt")
def seen(recall_id: int) -> BaseResponse:
    """ "I have seen it"."""
    with writing() as (session, actor):
        commands.acknowledge(session, actor, recall_id, now())
    say(_("Noted. Thank you."))
    return redirect("/recalls", 303)


def _page(card_id: int, form: WrongForm, typed: Field | None = None) -> str:
    services().recorder.flush()
    with reading() as (session, actor):
        card = _for_teller(session, actor, card_id)
        words = Words(now(), services().policy.zone)
        try:
            wrong = _wrong(session, card, form)
        except Invalid:
            if typed is None:
                raise
            wrong = likely_wrong(session, card)
        if wrong is None:
            page = blank_page(session, card, None, words)
        else:
            reach, states = reach_of(session, card.id, wrong), recalls_of(session, card.id)
            page = recall_page(session, actor, card, wrong, reach, states, words, typed)
    return render_template("curator/recall.html", page=page, frame=frame("cards"))


def _for_teller(session: Session, actor: Actor, card_id: int) -> Card:
    card = card_visible_to(session, actor, card_id)
    demand(actor, Right.RECALL, card)
    return card


def _wrong(session: Session, card: Card, form: WrongForm) -> Wrong | None:
    """What the form names; a time that is named counts before that of the first version."""
    likely = likely_wrong(session, card)
    last = form.last or (likely.last_version if likely else card.version)
    if not form.first and not form.since and not form.last:
        return likely
    named = since_version(session, card, form.first or 1, last)
    if named is None:
        raise invalid("first", _("Name versions that the card has had, the first one first."))
    since = likely.since if likely is not None and not form.first else named.since
    return Wrong(named.first_version, last, _instant(form.since) if form.since.strip() else since)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo is not None else found.replace(tzinfo=services().policy.zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid("since", _("Give a day and a time, such as 2026-11-30T09:00.")) from None


def _told(session: Session, actor: Actor) -> str:
    waiting = notices_for(session, actor, unseen_only=True)
    if not waiting:
        return ""
    title, others = waiting[0].card.title, len(waiting) - 1
    if not others:
        return _("“%(title)s” was wrong when you saw it.", title=title)
    return ngettext(
        "“%(title)s” and %(num)s other answer was wrong when you saw it.",
        "“%(title)s” and %(num)s other answers was wrong when you saw it.",
        others, title=title,
    )  # fmt: skip
