"""The page that asks what a rep would have been told."""

from datetime import datetime
from typing import Annotated

from flask import Blueprint, render_template, request
from markupsafe import Markup
from pydantic import Field as Limits

from kb.cards.fields import Line
from kb.errors import Invalid
from kb.web.edge import now, reading, services
from kb.web.forms import Form, parse
from kb.web.frame import frame
from kb.web.parts import Field
from kb.wording import _
from kb.words import Words
from search.as_of.answers import answers_as_of
from search.as_of.shown import PastPage, given, hidden_words, past_rows, sentence_of, text_then
from search.views import search_service

blueprint = Blueprint("as_of", __name__)
_RESULTS = 5


class AsOfForm(Form):
    """Words and an instant, in the installation's time zone unless it names its own."""

    q: Annotated[Line, Limits(max_length=200)] = ""
    at: Annotated[Line, Limits(max_length=40)] = ""


@blueprint.get("/as-of")
def show() -> tuple[str, int]:
    """What the search would have answered at that instant, of what the reader may see today."""
    form = parse(AsOfForm, request.args)
    page, status = _page(form)
    return render_template("search/as_of.html", page=page, frame=frame()), status


def _page(form: AsOfForm) -> tuple[PastPage, int]:
    zone = services().policy.zone
    asked = PastPage(Field(form.q), Field(form.at or f"{now().astimezone(zone):%Y-%m-%dT%H:%M}"), zone.key)
    if not form.q.strip() or not form.at.strip():
        return asked, 200
    try:
        return _answered(form, asked), 200
    except Invalid as error:
        problem = next((each.message for each in error.errors), error.detail)
        return PastPage(asked.query, Field(form.at, problem), zone.key), 422


def _answered(form: AsOfForm, asked: PastPage) -> PastPage:
    instant, words = _instant(form.at), Words(now(), services().policy.zone)
    with reading() as (session, actor):
        found = answers_as_of(search_service(), session, actor, form.q, instant, now(), limit=_RESULTS)
        rows, best = past_rows(session, found, instant, words), given(found, instant)
        source = text_then(session, best) if best is not None else ""
    html = services().renderer.render(source).html if source else ""
    return PastPage(
        asked.query, asked.at, asked.zone, sentence_of(found, instant, words), rows,
        Markup(html), hidden_words(found),  # noqa: S704  (the renderer sanitises)
    )  # fmt: skip


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(_("Give a day and a time, such as 2026-11-30T09:00.")) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=services().policy.zone)
