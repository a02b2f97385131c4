"""The page behind a link in a mail. Looking never verifies: mail programs follow links by themselves."""

from typing import Annotated

from flask import Blueprint, Response, render_template
from pydantic import Field as Limits
from werkzeug.wrappers import Response as BaseResponse

from curator.reports.mailed.commands import LinkState, follow, verify_by_link
from curator.reports.mailed.links import read
from curator.reports.mailed.pages import CheckPage
from curator.reports.mailed.shown import Visit, check_page, done_page
from kb.cards.fields import Line
from kb.cards.models import Card
from kb.errors import Gone, Invalid
from kb.trust.reading import read_note
from kb.web.edge import now, public, services
from kb.web.forms import Form, read_form
from kb.web.frame import frame
from kb.web.parts import Field

blueprint = Blueprint("mailed", __name__)


class StillCorrect(Form):
    """What the button sends."""

    note: Annotated[Line, Limits(max_length=500)] = ""
    reading: Annotated[str, Limits(max_length=8000)] = ""


@blueprint.get("/check/<signed>")
@public
def show(signed: str) -> BaseResponse:
    """The card, with the button; or why the link does not hold any more."""
    return _page(signed, Field())


@blueprint.post("/check/<signed>")
@public
def still_correct(signed: str) -> BaseResponse:
    """Verify the version that the link names, as the person it was sent to."""
    secret, note = services().installation.secret_key, ""
    link = read(secret, signed)
    try:
        form = read_form(StillCorrect)
        note, seen = form.note, read_note(secret, form.reading, (), link.person_id, link.card_id, link.version, now())
        with services().database.transaction() as session:
            record = verify_by_link(session, link, note, services().policy, now(), seen)
            page = done_page(session.get_one(Card, link.card_id), record.verify_by, services().policy, now())
        return _rendered(page, 200)
    except Invalid as error:
        return _page(signed, Field(note, error.detail), error.status)
    except Gone:
        return _page(signed, Field())


def _page(signed: str, note: Field, status: int = 200) -> BaseResponse:
    secret = services().installation.secret_key
    visit = Visit(signed, read(secret, signed), secret, note)
    with services().database.read() as session:
        followed = follow(session, visit.link, now())
        page = check_page(session, visit, followed, services().policy, now())
    return _rendered(page, status if followed.state is LinkState.OPEN else Gone.status)


def _rendered(page: CheckPage, status: int) -> BaseResponse:
    response = Response(render_template("curator/check.html", page=page, frame=frame()), status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
