"""What an editor sends while somebody writes: its draft, and pictures. The answers are for its script, in words."""

import re
from contextlib import closing

from flask import Blueprint, jsonify, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from kb.cards import queries
from kb.cards.collections import collection_named
from kb.cards.editing.forms import LooseCardForm, TypedByAnother, demand_author
from kb.cards.editing.page import EditorState
from kb.cards.editing.views import show_editor
from kb.cards.pictures import MAX_PICTURE_BYTES, Picture, reencode
from kb.drafts.commands import Overtaken, Place, discard_draft, keep_draft
from kb.drafts.pictures import keep_upload
from kb.drafts.shown import fields_of, overtaken_words, saved_words
from kb.errors import FieldError, Invalid, invalid
from kb.people.actor import Actor
from kb.web.edge import now, reading, services, writing
from kb.web.forms import parse
from kb.web.frame import say
from kb.web.security import with_file
from kb.web.targets import safe_next
from kb.wording import _
from kb.words import Words
from kb.writing.aids import rendering

blueprint = Blueprint("drafts", __name__)
_MARKS = re.compile(r"[\[\]\\<>`]")


@blueprint.post("/cards/new/draft")
@blueprint.post("/cards/<int:card_id>/draft")
def keep(card_id: int | None = None) -> tuple[BaseResponse, int]:
    """Write down what stands in the editor, for its author alone."""
    typed = parse(LooseCardForm, request.form)
    words = Words(now(), services().policy.zone)
    try:
        with writing() as (session, actor):
            demand_author(actor, typed.author)
            place = _place(session, actor, card_id, typed.draft_shelf)
            version = typed.version if card_id is not None else 0
            draft = keep_draft(session, actor, place, fields_of(typed, place), version, typed.draft, now())
            return jsonify(number=draft.number, said=saved_words(draft, words)), 200
    except Overtaken as error:
        if not request.headers.get("X-Fragment"):
            raise
        return jsonify(number=error.number, said=overtaken_words(error.saved_at, words)), 409
    except TypedByAnother as error:
        if not request.headers.get("X-Fragment"):
            raise
        return jsonify(said=error.detail), 403


@blueprint.post("/cards/new/draft/discard")
@blueprint.post("/cards/<int:card_id>/draft/discard")
def discard(card_id: int | None = None) -> BaseResponse:
    """Throw the draft away: the one that the window knows, or the one it was offered (`number`)."""
    typed = parse(LooseCardForm, request.form)
    number = request.args.get("number", default=typed.draft, type=int)
    with writing() as (session, actor):
        place = _place(session, actor, card_id, typed.draft_shelf)
        gone = discard_draft(session, actor, place, number)
    if gone:
        say(_("Draft discarded."))
    target = f"/cards/{card_id}" if card_id is not None else "/"
    return redirect(safe_next(request.args.get("next", ""), target), 303)


@blueprint.post("/pictures")
def add_picture() -> tuple[BaseResponse, int]:
    """Take a picture: written anew, so that nothing hidden is kept, and the sender's alone until a card shows it."""
    try:
        picture, _name = _taken()
    except Invalid as error:
        if not request.headers.get("X-Fragment"):
            raise
        return jsonify(said=error.errors[0].message if error.errors else error.detail), 422
    return jsonify(path=picture.path, width=picture.width, height=picture.height), 201


@blueprint.post("/cards/picture")
@with_file
def add_picture_plainly() -> tuple[str, int]:
    """The same without a script: the whole form comes, and comes back with the picture at the end of the text, or with
    what is wrong with it."""
    typed = parse(LooseCardForm, request.form)
    errors: tuple[FieldError, ...] = ()
    card_id = request.args.get("card", type=int)
    try:
        picture, name = _taken()
        typed.body = f"{typed.body.rstrip()}\n\n![{name}]({picture.path})\n".lstrip("\n")
        say(_("The picture is at the end of the text. Move it to where it belongs."))
    except Invalid as error:
        errors = error.errors
    rendered = rendering(services().renderer, typed.body)[0]
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id) if card_id is not None else None
        return show_editor(session, actor, EditorState(typed, card, errors, rendered=rendered)), 422 if errors else 200


def _taken() -> tuple[Picture, str]:
    """The picture that was sent, kept, and what to call it in a text."""
    upload = request.files.get("picture")
    if upload is None or not upload.filename:
        raise invalid("picture", _("Choose a picture."))
    with closing(upload):
        picture = reencode(upload.stream.read(MAX_PICTURE_BYTES + 1))
    with writing() as (session, actor):
        kept = keep_upload(session, actor, picture, upload.filename, now())
        return picture, _MARKS.sub("", kept.file_name.rpartition(".")[0] or kept.file_name)


def _place(session: Session, actor: Actor, card_id: int | None, shelf: str) -> Place:
    if card_id is not None:
        return Place(card=queries.card_visible_to(session, actor, card_id))
    return Place(shelf=collection_named(session, actor, shelf))
