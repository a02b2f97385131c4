"""One click that asks whoever checks a card."""

from typing import Annotated
from urllib.parse import urlencode

from flask import Blueprint, redirect
from pydantic import Field
from werkzeug.wrappers import Response

from curator.notices.ask import ask_expert
from kb.cards.fields import Line
from kb.cards.queries import card_path, card_visible_to
from kb.errors import Conflict
from kb.web.edge import now, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import say

blueprint = Blueprint("asking", __name__)


class QuestionForm(Form):
    """The words that were searched for, if any."""

    q: Annotated[Line, Field(max_length=2000)] = ""


@blueprint.post("/cards/<int:card_id>/ask")
def ask(card_id: int) -> Response:
    """Mail the question, and go back to where it came from: the search, or else the card."""
    query = read_form(QuestionForm).q
    with writing() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        back = f"/?{urlencode({'q': query})}" if query else card_path(card)
        try:
            asked = ask_expert(session, actor, card, query, services().settings, services().policy, now())
            person, is_new, is_mailed = asked
            said = _said(person.name, is_mailed) if is_new else f"You asked {person.name} today already."
        except Conflict as error:
            said = error.detail
    say(said)
    return redirect(back, 303)


def _said(name: str, is_mailed: bool) -> str:
    if is_mailed and services().settings.mail.enabled:
        return f"{name} was asked by mail."
    return f"{name} was asked, and finds your question among their notices."
