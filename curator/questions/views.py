"""Pages of questions: ask an expert, the lists, one question and its answer."""

from typing import Annotated, cast
from urllib.parse import urlencode

from flask import Blueprint, Flask, current_app, redirect, render_template, request
from pydantic import Field as Limits
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.questions import commands
from curator.questions.answering import write_answer
from curator.questions.commands import question_seen_by
from curator.questions.linked import card_at
from curator.questions.listing import Scope, count_questions
from curator.questions.models import DETAIL_LIMIT, TEXT_LIMIT
from curator.questions.nearest import nearest, worths
from curator.questions.shown import AskPage, Typed, near_cards, question_page, questions_page
from kb.cards.collections import collections_readable_by
from kb.cards.editing.drafting import compose
from kb.cards.fields import Body, Line, Title
from kb.cards.models import Card
from kb.cards.queries import card_path, card_visible_to
from kb.errors import Conflict, Invalid
from kb.people.actor import Actor
from kb.sentences import sentence
from kb.trust.contract import standing
from kb.trust.queries import trust_of_card
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import count_questions_with, frame, say
from kb.web.parts import Field, Link, Problem
from kb.wording import ENGLISH, _, speaking
from kb.words import Words
from search.answers import Result, SearchService

blueprint = Blueprint("questions", __name__)
_EXTENSION = "vitrine.questions.search"
_LAST_PAGE = 400
CardNumber = Annotated[int, Limits(ge=1, le=2**31 - 1)]
Text = Annotated[Line, Limits(min_length=1, max_length=TEXT_LIMIT)]


class AskForm(Form):
    """A question."""

    text: Text
    detail: Annotated[Line, Limits(max_length=DETAIL_LIMIT)] = ""
    card: CardNumber | None = None


class OneClick(Form):
    """The words that were searched for, if any."""

    q: Annotated[Line, Limits(max_length=2000)] = ""


class LinkForm(Form):
    """The card that answers: its number, or its address."""

    card_id: CardNumber | None = None
    card_url: Annotated[Line, Limits(max_length=2000)] = ""


class CardForm(Form):
    """A card that is written as the answer."""

    title: Title
    body: Annotated[Body, Limits(min_length=1)]
    collection: Annotated[Line, Limits(min_length=1, max_length=60)]
    checked: bool = False


class PassForm(Form):
    """To whom."""

    to: Annotated[int, Limits(ge=1, le=2**31 - 1)]


def install(app: Flask, service: SearchService) -> None:
    """Give the app's questions its search, and the frame its number of questions."""
    app.extensions[_EXTENSION] = service
    with app.app_context():
        count_questions_with(lambda session, actor: count_questions(session, actor, Scope.FOR_ME))


def nearest_to(session: Session, actor: Actor, text: str) -> tuple[Result, ...]:
    """The cards nearest to a question that this actor may be served."""
    return nearest(cast(SearchService, current_app.extensions[_EXTENSION]), session, actor, text, now())


@blueprint.get("/questions")
def show() -> str:
    """A list of questions: those that wait for the actor first, else those they asked."""
    page = min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)
    with reading() as (session, actor):
        wanted = request.args.get("scope", "")
        first = Scope.FOR_ME if actor.role.rank and count_questions(session, actor, Scope.FOR_ME) else Scope.MINE
        scope = Scope(wanted) if wanted in list(Scope) else first
        is_open = request.args.get("state") != "closed"
        found = questions_page(session, actor, scope, page, _words(), is_open=is_open)
    return render_template("curator/questions.html", page=found, frame=frame("verify"))


@blueprint.get("/questions/new")
def new() -> str:
    """Ask an expert, with the words of a search filled in, or about a card whoever checks it."""
    text = " ".join(request.args.get("q", "").replace("\x00", "").split())[:TEXT_LIMIT]
    return _ask_page(Field(text), Field(), request.args.get("card", type=int))


@blueprint.post("/questions")
def ask() -> BaseResponse | tuple[str, int]:
    """Put the question to whoever knows most about it."""
    try:
        form = read_form(AskForm)
        with writing() as (session, actor):
            card = card_visible_to(session, actor, form.card) if form.card else None
            near = worths(nearest_to(session, actor, form.text)) if card is None else ()
            asked = commands.ask(
                session, actor, form.text, near, services().settings, now(), detail=form.detail, card=card
            )
            said, path = _said(asked), f"/questions/{asked.question.id}"
    except Invalid as error:
        typed = request.form.get("text", "")[:2000], request.form.get("detail", "")[:4000]
        wrong = {each.field: each.message for each in error.errors}
        problems = tuple(
            Problem(each.field, _("%(field)s %(problem)s", field=_(each.field.capitalize()), problem=each.message))
            for each in error.errors
        )
        fields = (Field(typed[0], wrong.get("text", "")), Field(typed[1], wrong.get("detail", "")))
        return _ask_page(*fields, request.form.get("card", type=int), problems), error.status
    say(said)
    return redirect(path, 303)


@blueprint.post("/cards/<int:card_id>/ask")
def ask_about(card_id: int) -> BaseResponse:
    """One click that asks whoever checks a card, and goes back to where it came from: the search, or else the card."""
    query = read_form(OneClick).q
    with writing() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        back = f"/?{urlencode({'q': query})}" if query else card_path(card)
        try:
            asked = commands.ask(
                session,
                actor,
                query[:TEXT_LIMIT] or sentence("Is “%(title)s” right?", title=card.title),
                (),
                services().settings,
                now(),
                detail=_doubt(session, card),
                card=card,
            )
            said = _said(asked)
        except Conflict as error:
            said = error.detail
    say(said)
    return redirect(back, 303)


@blueprint.get("/questions/<int:question_id>")
def read(question_id: int) -> str:
    """One question."""
    return _show(question_id, Typed())


@blueprint.post("/questions/<int:question_id>/answer")
def link(question_id: int) -> BaseResponse | tuple[str, int]:
    """A card that exists answers it."""
    form = read_form(LinkForm)
    try:
        with writing() as (session, actor):
            question = question_seen_by(session, actor, question_id)
            card = card_at(session, actor, form.card_id, form.card_url, services().settings.public_url)
            commands.answer_with(session, actor, question, card, services().settings, now())
            said = _("Answered with “%(title)s”.", title=card.title)
    except Invalid as error:
        typed = Typed(Field(form.card_url, error.detail), problems=(Problem("card_url", error.detail),))
        return _show(question_id, typed), error.status
    say(said)
    return redirect("/questions", 303)


@blueprint.post("/questions/<int:question_id>/card")
def write(question_id: int) -> BaseResponse | tuple[str, int]:
    """Write the card that answers it: one step that publishes and tells whoever asked."""
    try:
        form = read_form(CardForm)
        text = compose(services().renderer, services().settings.workspace, form.title, form.body)
        with writing() as (session, actor):
            question = question_seen_by(session, actor, question_id)
            card = write_answer(
                session, actor, question, form.collection, text, services().settings, services().policy, now(),
                is_checked=form.checked,
            )  # fmt: skip
            path = card_path(card)
    except Invalid as error:
        return _show(question_id, _typed_again(error)), error.status
    say(_("Published, and whoever asked is told."))
    return redirect(path, 303)


@blueprint.post("/questions/<int:question_id>/assignee")
def hand_on(question_id: int) -> BaseResponse:
    """Somebody else knows better."""
    form = read_form(PassForm)
    with writing() as (session, actor):
        question = question_seen_by(session, actor, question_id)
        person = commands.pass_on(session, actor, question, form.to, services().settings, now())
        said = _("%(name)s is asked now.", name=person.name)
    say(said)
    return redirect("/questions", 303)


@blueprint.post("/questions/<int:question_id>/withdrawal")
def take_back(question_id: int) -> BaseResponse:
    """No answer is needed any more."""
    with writing() as (session, actor):
        commands.withdraw(session, actor, question_seen_by(session, actor, question_id), now())
    say(_("Your question was taken back."))
    return redirect("/questions?scope=mine", 303)


def _show(question_id: int, typed: Typed) -> str:
    with reading() as (session, actor):
        question = question_seen_by(session, actor, question_id)
        shelves = [
            shelf
            for shelf in collections_readable_by(session, actor)
            if shelf.id in actor.writable and (not shelf.is_reviewed or shelf.id in actor.curated)
        ]
        near = nearest_to(session, actor, question.text) if commands.answers(actor, question) else ()
        page = question_page(session, actor, question, near, shelves, _words(), typed)
    return render_template("curator/question.html", page=page, frame=frame("verify"))


def _ask_page(text: Field, detail: Field, card_id: int | None, problems: tuple[Problem, ...] = ()) -> str:
    with reading() as (session, actor):
        card = card_visible_to(session, actor, card_id) if card_id is not None else None
        about = Link(card.title, card_path(card)) if card else None
        is_known = card is None and text.value.strip() != ""
        near = near_cards(nearest_to(session, actor, text.value), _words()) if is_known else ()
    page = AskPage("/questions", text, detail, near[:3], problems, about, card_id)
    return render_template("curator/ask.html", page=page, frame=frame("search"))


def _typed_again(error: Invalid) -> Typed:
    wrong = {each.field: each.message for each in error.errors}
    given = request.form
    return Typed(
        title=Field(given.get("title", "")[:400], wrong.get("title", "")),
        body=Field(given.get("body", ""), wrong.get("body", "")),
        collection=given.get("collection", "")[:60],
        problems=tuple(
            Problem(each.field, _("%(field)s %(problem)s", field=_(each.field.capitalize()), problem=each.message))
            for each in error.errors
        ),
    )


def _said(asked: commands.Asked) -> str:
    name = asked.question.assignee.name
    if asked.is_joined:
        return _("This is asked already; %(name)s has it. You will be told, too.", name=name)
    if not asked.is_new:
        return _("You asked %(name)s already.", name=name)
    if services().settings.mail.enabled:
        return _("%(name)s was asked.", name=name)
    return _("%(name)s was asked, and gets a mail as soon as mail is switched on here.", name=name)


def _doubt(session: Session, card: Card) -> str:
    """Why the card does not do as it is: a sentence, which whoever is asked reads in their language."""
    with speaking(ENGLISH):
        trust = trust_of_card(session, card, services().policy, now())
        return standing(card.collection, trust, now()).reason or trust.reasons[0].detail


def _words() -> Words:
    return Words(now(), services().policy.zone)
