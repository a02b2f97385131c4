"""Pages of review: the list, one proposal, and its three ways on."""

from typing import Annotated

from flask import Blueprint, Flask, Response, redirect, render_template, request
from markupsafe import Markup
from pydantic import Field as Limits
from werkzeug.wrappers import Response as BaseResponse

from kb.cards.fields import Line, RowId
from kb.cards.queries import card_path
from kb.errors import Conflict, Forbidden, Invalid
from kb.people.models import Role
from kb.reviewing import commands
from kb.reviewing.models import WORDS_LIMIT
from kb.reviewing.pages import review_page, reviews_page
from kb.reviewing.queries import Scope, count_proposals, proposal_seen_by
from kb.reviewing.rendering import text_of
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import count_reviews_with, frame, say
from kb.web.parts import Problem
from kb.wording import _
from kb.words import Words

blueprint = Blueprint("reviewing", __name__)
_LAST_PAGE = 400


class ApprovalForm(Form):
    """Which version of the card it was compared with, and whether the whole card was checked."""

    version: RowId
    checked: bool = False


class ReturnForm(Form):
    """What should be different."""

    words: Annotated[Line, Limits(max_length=WORDS_LIMIT)] = ""


def install(app: Flask) -> None:
    """Give the frame its number of reviews."""
    with app.app_context():
        count_reviews_with(lambda session, actor: count_proposals(session, actor, Scope.FOR_ME))


@blueprint.get("/reviews")
def show() -> str:
    """What waits for the actor's word; for whoever curates nothing, their own."""
    page = min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)
    with reading() as (session, actor):
        if actor.role is Role.REP:
            raise Forbidden(_("Only authors, curators and admins have anything to review."))
        first = Scope.FOR_ME if actor.curated else Scope.MINE
        wanted = request.args.get("scope", "")
        scope = Scope(wanted) if wanted in list(Scope) and actor.curated else first
        found = reviews_page(session, actor, scope, page, _words())
    return render_template("kb/reviews.html", page=found, frame=frame("verify"))


@blueprint.get("/reviews/<int:proposal_id>")
def read(proposal_id: int) -> str:
    """One proposal beside the card."""
    return _show(proposal_id)


@blueprint.post("/reviews/<int:proposal_id>/approval")
def approve(proposal_id: int) -> BaseResponse:
    """Readers see it from now on."""
    form = read_form(ApprovalForm)
    with reading() as (session, actor):
        proposal = proposal_seen_by(session, actor, proposal_id)
        session.expunge(proposal)
    text = text_of(services().renderer, services().settings.workspace, proposal)
    try:
        with writing() as (session, actor):
            proposal = proposal_seen_by(session, actor, proposal_id)
            card = commands.approve(
                session, actor, proposal, text, form.version, services().policy, services().settings, now(),
                checked=form.checked,
            )  # fmt: skip
            path = card_path(card)
    except (Conflict, Invalid) as error:
        return Response(_show(proposal_id, (Problem("", error.detail),)), error.status)
    say(_("Approved. Readers see it now."))
    return redirect(path, 303)


@blueprint.post("/reviews/<int:proposal_id>/return")
def send_back(proposal_id: int) -> BaseResponse:
    """Its author reads why."""
    typed = request.form.get("words", "")[: 2 * WORDS_LIMIT]
    try:
        form = read_form(ReturnForm)
        with writing() as (session, actor):
            proposal = proposal_seen_by(session, actor, proposal_id)
            commands.send_back(session, actor, proposal, form.words, services().settings, now())
    except Invalid as error:
        message = error.errors[0].message if error.errors else error.detail
        sentence = message if message[:1].isupper() else _("The words %(message)s.", message=message)
        return Response(_show(proposal_id, (Problem("words", sentence),), typed), 422)
    except Conflict as error:
        return Response(_show(proposal_id, (Problem("", error.detail),), typed), 409)
    say(_("Sent back. Its author is told."))
    return redirect("/reviews", 303)


@blueprint.post("/reviews/<int:proposal_id>/withdrawal")
def withdraw(proposal_id: int) -> BaseResponse:
    """Its author doesn't want it any more."""
    with writing() as (session, actor):
        proposal = proposal_seen_by(session, actor, proposal_id)
        commands.withdraw(session, actor, proposal, now())
        path = card_path(proposal.card)
    say(_("Withdrawn. The card stays as it is."))
    return redirect(path, 303)


def _show(proposal_id: int, problems: tuple[Problem, ...] = (), typed: str = "") -> str:
    with reading() as (session, actor):
        body = proposal_seen_by(session, actor, proposal_id).body
    html = Markup(services().renderer.render(body).html)  # noqa: S704  (the renderer sanitises)
    with reading() as (session, actor):
        proposal = proposal_seen_by(session, actor, proposal_id)
        page = review_page(session, actor, proposal, html, _words(), problems, typed)
    return render_template("kb/review.html", page=page, frame=frame("verify"))


def _words() -> Words:
    return Words(now(), services().policy.zone)
