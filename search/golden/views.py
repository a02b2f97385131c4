"""The page on which curators keep golden queries and see how search serves them."""

import re
from typing import Annotated
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import Field as Limit
from werkzeug.wrappers import Response as BaseResponse

from kb.cards.fields import Line
from kb.cards.queries import card_path
from kb.errors import Conflict, FieldError, Invalid, NotFound, invalid
from kb.use.searches import WORDS_LIMIT
from kb.web.edge import now, reading, writing
from kb.web.forms import Form, read_form
from kb.web.frame import frame, say
from kb.web.parts import Choice, Field, Link, Option, Problem
from kb.wording import _
from kb.words import count
from search.curating import demand_curator
from search.golden.commands import GRADES, add_golden_query, remove_golden_query
from search.golden.measuring import Placed, Quality, search_quality
from search.golden.pages import ClickRow, GoldenPage, GoldenRow
from search.golden.queries import Clicked, most_clicked
from search.views import search_service

blueprint = Blueprint("golden", __name__)
HERE = "/admin/golden-queries"
_CARD_ADDRESS = re.compile(r"(?:^|/cards/)(\d{1,10})(?:[/?#]|$)")


class GoldenForm(Form):
    """A golden query as it is typed, or as a click gave it."""

    words: Annotated[Line, Limit(min_length=1, max_length=WORDS_LIMIT)]
    card_id: Annotated[Line, Limit(min_length=1, max_length=400)]
    grade: Annotated[int, Limit(ge=min(GRADES), le=max(GRADES))] = max(GRADES)

    def card_number(self) -> int:
        """The card's number, from itself or from the card's address."""
        found = _CARD_ADDRESS.search(self.card_id)
        if found is None:
            raise invalid("card_id", _("Give the card's number or its address."))
        return int(found[1])


@blueprint.get(HERE)
def show() -> str:
    """All golden queries with the present rank of their cards, and what people click most."""
    return _page()


@blueprint.post(HERE)
def add() -> BaseResponse:
    """Add a golden query: typed, or from a real click."""
    try:
        form = read_form(GoldenForm)
        with writing() as (session, actor):
            demand_curator(actor)
            add_golden_query(session, actor, form.words, form.card_number(), form.grade, now())
    except (Invalid, Conflict) as error:
        return Response(_page(error.errors or (FieldError("words", error.detail),)), error.status)
    except NotFound as error:
        return Response(_page((FieldError("card_id", error.detail),)), 422)
    say(_("Golden query added."))
    return redirect(HERE, 303)


@blueprint.post(f"{HERE}/<int:golden_id>/delete")
def remove(golden_id: int) -> BaseResponse:
    """Remove a golden query."""
    with writing() as (session, actor):
        remove_golden_query(session, actor, golden_id, now())
    say(_("Golden query removed."))
    return redirect(HERE, 303)


def _page(errors: tuple[FieldError, ...] = ()) -> str:
    wrong = {error.field: _sentence(error.message) for error in errors}
    with reading() as (session, actor):
        demand_curator(actor)
        quality = search_quality(session, actor, search_service(), now())
        page = GoldenPage(
            action=HERE,
            figures=_figures(quality),
            queries=tuple(_row(placed) for placed in quality.placed),
            clicks=tuple(_click(clicked) for clicked in most_clicked(session, actor)),
            words=Field(_typed("words", errors), wrong.get("words", "")),
            card=Field(_typed("card_id", errors), wrong.get("card_id", ""), _("Its number or its address.")),
            grade=Choice(tuple(Option(str(grade), _(GRADES[grade])) for grade in sorted(GRADES, reverse=True))),
            problems=tuple(Problem(field, message) for field, message in wrong.items()),
        )
    return render_template("search/admin_golden.html", page=page, frame=frame("admin"))


def _figures(quality: Quality) -> tuple[tuple[str, str], ...]:
    if not quality.queries:
        return ()
    return ((_("Queries"), f"{quality.queries}"), ("nDCG@10", f"{quality.ndcg:.3f}"), ("MRR", f"{quality.mrr:.3f}"))


def _row(placed: Placed) -> GoldenRow:
    query, card = placed.golden.query, placed.golden.card
    place = f"{placed.rank}" if placed.rank else _("Not in the first ten")
    return GoldenRow(
        words=query.words,
        search_url=f"/?{urlencode({'q': query.words})}",
        card=Link(card.title, card_path(card)),
        grade=_(GRADES.get(query.grade, str(query.grade))),
        rank=place if placed.is_answer else _("No answer any longer"),
        origin=_("From a click") if query.is_from_click else _("By hand"),
        remove_action=f"{HERE}/{query.id}/delete",
    )


def _click(clicked: Clicked) -> ClickRow:
    link = Link(clicked.card.title, card_path(clicked.card))
    return ClickRow(clicked.words, link, clicked.card.id, count(clicked.times, "time"))


def _typed(name: str, errors: tuple[FieldError, ...]) -> str:
    """What was typed stays in its field while something is wrong."""
    return request.form.get(name, "").replace("\x00", "")[:WORDS_LIMIT] if errors else ""


def _sentence(message: str) -> str:
    return message if message[:1].isupper() else _("This field %(message)s.", message=message)
