"""What the editor shows beside the text, asked for while somebody writes, or with a button."""

from dataclasses import replace

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from kb.card_templates.completeness import template_of
from kb.cards import queries
from kb.cards.editing.forms import LooseCardForm
from kb.cards.editing.page import EditorState
from kb.cards.editing.views import show_editor
from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.errors import FieldError, Forbidden
from kb.people.actor import Actor
from kb.web.edge import now, reading, services
from kb.web.forms import parse
from kb.wording import _
from kb.writing.aids import InEditor, action_of, checked, rendering, started_from

blueprint = Blueprint("writing", __name__)


@blueprint.post("/cards/writing")
def check() -> str:
    """What would make the text a better card, also with the headings of the template put in (`parts`), or of one to
    start from (`start`). As a fragment that alone, else the whole editor with it."""
    typed = _with_headings(parse(LooseCardForm, request.form))
    rendered, problem = rendering(services().renderer, typed.body)
    with reading() as (session, actor):
        card = _demand_writer(session, actor)
        if request.headers.get("X-Fragment"):
            here = InEditor(typed, card, rendered, problem)
            found = checked(session, actor, here, services().settings.workspace, now())
            if typed.body != request.form.get("body", ""):
                found = replace(found, headed=typed.body)
            return render_template("kb/_writing_checked.html", checked=found, action=action_of(card))
        errors = (FieldError("body", problem),) if problem else ()
        return show_editor(session, actor, EditorState(typed, card, errors, rendered=rendered))


def _demand_writer(session: Session, actor: Actor) -> Card | None:
    """The card that is written on, or None for a new one."""
    card_id = request.args.get("card", type=int)
    if card_id is not None:
        card = queries.card_visible_to(session, actor, card_id)
        demand(actor, Right.EDIT, card)
        return card
    if not actor.writable:
        raise Forbidden(_("There is no collection you may write in. Ask a curator."))
    return None


def _with_headings(typed: LooseCardForm) -> LooseCardForm:
    wanted = request.form.get("start", "")[:40] or (typed.template if request.form.get("parts") else "")
    if not wanted:
        return typed
    rendered = rendering(services().renderer, typed.body)[0]
    with reading() as (session, _actor):
        template = template_of(session, wanted)
    return started_from(template, typed, rendered.html if rendered else "") if template is not None else typed
