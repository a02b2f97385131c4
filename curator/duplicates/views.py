"""Pages of near-duplicates: the pairs that wait, two cards side by side, and what is decided about them."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from flask import Blueprint, Flask, redirect, render_template, request
from pydantic import Field as Limits
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.duplicates import commands, drafts
from curator.duplicates.pending import pair_of_cards
from curator.duplicates.shown import pair_page, pairs_page
from kb.errors import Conflict, Forbidden, invalid
from kb.people.actor import Actor
from kb.web.alike import find_alike_with
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import frame, say
from kb.wording import _
from kb.words import Words
from search.answers import SearchService

blueprint = Blueprint("duplicates", __name__)
Said = tuple[str, str]
_LAST_PAGE = 400


def install(app: Flask, service: SearchService) -> None:
    """Whoever writes a card is shown what says the same already."""
    find_alike_with(app, partial(drafts.alike, service))


class Resolution(Form):
    """What the buttons send."""

    resolution: Literal["keep", "merge", "replace"]
    survivor_id: Annotated[int, Limits(ge=1, le=2**31 - 1)] | None = None


@blueprint.get("/duplicates")
def show() -> str:
    """The pairs that wait for this curator."""
    page = min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)
    with reading() as (session, actor):
        if not actor.curated:
            raise Forbidden(_("Near-duplicates are for those who curate a collection."))
        found = pairs_page(session, actor, page)
    return render_template("curator/duplicates.html", page=found, frame=frame("verify"))


@blueprint.get("/duplicates/<int:pair_id>")
def compare(pair_id: int) -> str:
    """Two cards side by side."""
    with reading() as (session, actor):
        found = pair_of_cards(session, actor, pair_id)
        page = pair_page(session, actor, found, services().policy, Words(now(), services().policy.zone))
    return render_template("curator/pair.html", page=page, frame=frame("verify"))


@blueprint.post("/duplicates/<int:pair_id>")
def resolve(pair_id: int) -> BaseResponse:
    """Keep both, merge, or replace."""
    form = read_form(Resolution)

    def act(session: Session, actor: Actor) -> Said:
        if form.resolution == "keep":
            commands.keep_both(session, actor, pair_id, now())
            return _("Both cards are kept."), f"/duplicates/{pair_id}/reopen"
        if form.resolution == "replace":
            survivor, loser = commands.replace(session, actor, pair_id, form.survivor_id, now())
            return _(
                "“%(title)s” was replaced by “%(other)s”.", title=loser.title, other=survivor.title
            ), f"/cards/{loser.id}/unreplace"
        if form.survivor_id is None:
            raise invalid("survivor_id", _("Say which of the two cards stays."))
        survivor, loser = commands.merge(session, actor, pair_id, form.survivor_id, services().policy, now())
        return _(
            "“%(title)s” was merged into “%(other)s”.", title=loser.title, other=survivor.title
        ), f"/cards/{loser.id}/unreplace"

    return _act(act)


@blueprint.post("/duplicates/<int:pair_id>/reopen")
def reopen(pair_id: int) -> BaseResponse:
    """Take "keep both" back."""

    def act(session: Session, actor: Actor) -> Said:
        commands.reopen(session, actor, pair_id, now())
        return _("The two cards wait for a decision again."), ""

    return _act(act)


def _act(command: Callable[[Session, Actor], Said]) -> BaseResponse:
    """Do it, say so, and go on to the next pair; what somebody else did first is said, too."""
    try:
        with writing() as (session, actor):
            said, undo_url = command(session, actor)
    except Conflict as error:
        said, undo_url = error.detail, ""
    say(said, undo_url=undo_url)
    return redirect("/duplicates", 303)
