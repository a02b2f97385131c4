"""Pages of the editor: write, edit, preview, and the conflict that loses neither text."""

from dataclasses import replace

from flask import Blueprint, Response, redirect, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from kb.card_templates.completeness import template_of
from kb.cards import commands, queries
from kb.cards.collections import collection_named, collections_readable_by
from kb.cards.commands import CardPolicy, CardText, Edit
from kb.cards.editing.drafting import compose
from kb.cards.editing.forms import CardForm, LooseCardForm, TagsField, TextPair, demand_author
from kb.cards.editing.page import EditorState, editor_page, typed_for_new, typed_from_card
from kb.cards.history import diff_lines
from kb.cards.models import Card, CardVerifier, Collection
from kb.cards.permissions import Right, demand
from kb.drafts.commands import Place, discard_draft, draft_of
from kb.drafts.pictures import attach_pictures
from kb.drafts.shown import typed_from_draft
from kb.errors import Conflict, FieldError, Forbidden, Invalid
from kb.people.actor import Actor
from kb.reviewing.handing import publish_or_propose, save_or_propose
from kb.reviewing.models import Proposal
from kb.reviewing.queries import own_on
from kb.reviewing.shown import typed_from_proposal
from kb.text.sameness import same_rendering
from kb.trust.queries import open_flags
from kb.trust.reading import read_note, write_note
from kb.web.card_panels import NOTHING_BESIDE, beside_editor
from kb.web.edge import now, reading, services, writing
from kb.web.forms import parse, read_form, validate
from kb.web.frame import frame, say
from kb.web.pages import ConflictPage
from kb.web.targets import safe_next
from kb.wording import N_, _
from kb.words import Words
from kb.writing.aids import rendering, started_from

blueprint = Blueprint("editing", __name__)
_SENT = N_("Sent for review. You see on the card where it is.")


@blueprint.get("/cards/new")
def new() -> BaseResponse | str:
    """An empty editor, or one that begins with a copy of a card or with the words of a search."""
    with reading() as (session, actor):
        shelves = _writable(session, actor)
        if not shelves and actor.is_curator:
            say(_("Cards live in collections: make the first one."))
            return redirect("/admin/collections", 303)
        if not shelves:
            raise Forbidden(_("There is no collection you may write in. Ask a curator."))
        chosen = next((s for s in shelves if s.slug == request.args.get("collection")), shelves[0])
        typed = typed_for_new(actor, chosen, request.args.get("title", "")[:200])
        if (original := request.args.get("copy", type=int)) is not None:
            card = queries.card_visible_to(session, actor, original)
            copied = {"version": 0, "title": _("%(title)s (copy)", title=card.title)[:200], "draft_shelf": chosen.slug}
            typed = typed_from_card(card).model_copy(update=copied)
        elif template := template_of(session, request.args.get("template", "")[:40]):
            typed = started_from(template, typed)
        typed = _continued(session, actor, Place(shelf=chosen), typed)
    rendered = rendering(services().renderer, typed.body)[0]
    with reading() as (session, actor):
        return show_editor(session, actor, EditorState(typed, rendered=rendered))


@blueprint.post("/cards/new")
def create() -> BaseResponse | str:
    """Write a card: a draft, or published at once."""
    try:
        form, text = _read_card_form()
        with writing() as (session, actor):
            demand_author(actor, form.author)
            shelf = collection_named(session, actor, form.collection)
            card = commands.create_card(session, actor, shelf, text, form.policy(), now())
            waits = form.step == "publish" and publish_or_propose(session, actor, card, services().settings, now())
            _settle(session, actor, card, text, _begun_in(session, actor, form.draft_shelf), form.draft)
            path = queries.card_path(card)
    except Invalid as error:
        return _editor_again(error)
    say(_(_SENT) if waits else _("Published.") if form.step == "publish" else _("Draft saved."))
    return redirect(path, 303)


@blueprint.get("/cards/<int:card_id>/edit")
def edit(card_id: int) -> str:
    """The editor with the card in it. Whoever comes from the queue brings what they read there, and goes back to it."""
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        demand(actor, Right.EDIT, card)
        opened = request.args.getlist("opened")[:50]
        note = request.args.get("reading", "")[:8000] or write_note(
            services().installation.secret_key, actor.id, card.id, card.version,
            beside_editor(session, actor, card, opened).pieces, _newest_report(session, card), now(),
        )  # fmt: skip
        brought = {"reading": note, "opened": opened, "back": request.args.get("back", "")[:300]}
        typed, own = typed_from_card(card).model_copy(update=brought), own_on(session, actor, card)
        if own is not None and not own.publishes:
            typed = typed_from_proposal(typed, own)
        return show_editor(session, actor, EditorState(_continued(session, actor, Place(card), typed), card))


@blueprint.post("/cards/<int:card_id>/edit")
def save(card_id: int) -> BaseResponse | str:
    """Save an edit. Somebody else's newer version is never overwritten: both texts are shown."""
    try:
        form, text = _read_card_form()
        done = _save(card_id, form, text)
    except Invalid as error:
        return _editor_again(error, card_id)
    except Conflict:
        return _conflict(card_id)
    say(done)
    return redirect(safe_next(form.back, f"/cards/{card_id}"), 303)


@blueprint.post("/cards/preview")
def preview() -> Response | str:
    """The card as readers will see it; without JavaScript, the whole editor in the asked mode."""
    typed = parse(LooseCardForm, request.form)
    card_id = request.args.get("card", type=int)
    rendered, problem = rendering(services().renderer, typed.body)
    html = Markup(rendered.html) if rendered is not None else None  # noqa: S704  (the renderer sanitises)
    if request.headers.get("X-Fragment"):
        shown = html if html is not None else Markup("<p>{}</p>").format(problem)
        return render_template("kb/_editor_preview.html", title=typed.title, html=shown)
    is_preview = request.form.get("mode") == "preview"
    errors = (FieldError("body", problem),) if problem and is_preview else ()
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id) if card_id is not None else None
        state = EditorState(typed, card, errors, html if is_preview else None, rendered=rendered)
        return show_editor(session, actor, state)


@blueprint.post("/cards/preview/same")
def same() -> str:
    """Do two texts read the same? The rich editor asks before it shows a text that it would write otherwise."""
    renderer = services().renderer
    pair = read_form(TextPair)
    is_same = same_rendering(renderer.render(pair.body).html, renderer.render(pair.again).html)
    return "same" if is_same else "different"


def _read_card_form() -> tuple[CardForm, CardText]:
    errors: list[FieldError] = []
    form: CardForm | None = None
    tags: list[str] = []
    try:
        form = read_form(CardForm)
    except Invalid as error:
        errors += error.errors
    try:
        typed = [tag for tag in request.form.get("tags", "").split(",") if tag.strip()]
        tags = validate(TagsField, {"tags": typed}).tags
    except Invalid as error:
        errors += error.errors
    if chosen := request.form.get("picture", "")[:200]:  # its name alone: another button was pressed than its own
        words = _(
            "“%(name)s” is not in the text: choose it again and press “Add picture”, or save without.", name=chosen
        )
        errors.append(FieldError("picture", words))
    if errors or form is None:
        raise Invalid(_("Some fields need attention."), errors=tuple(errors))
    if form.step == "verify" and not form.whole_card_checked:
        words = _("Tick “I checked the whole card” to verify, or choose Save.")
        raise Invalid(words, errors=(FieldError("whole_card_checked", words),))
    audience = [form.audience] if form.audience else []
    text = compose(
        services().renderer, services().settings.workspace, form.title, form.body,
        language=form.language, tags=tags, audience=audience, template=form.chosen_template,
    )  # fmt: skip
    return form, text


def _save(card_id: int, form: CardForm, text: CardText) -> str:
    checked = form.step == "verify"
    with writing() as (session, actor):
        demand_author(actor, form.author)
        secret = services().installation.secret_key
        seen = read_note(secret, form.reading, form.opened, actor.id, card_id, form.version, now())
        step = Edit(form.version, form.what_changed, form.is_minor and not checked, checked, seen)
        card = queries.card_visible_to(session, actor, card_id)
        shelf = collection_named(session, actor, form.collection)
        settings = services().settings
        outcome = save_or_propose(session, actor, card, text, step, services().policy, settings, now(), shelf=shelf)
        moved = _save_policy(session, actor, card, form.policy())
        waits = form.step == "publish" and publish_or_propose(session, actor, card, settings, now())
        _settle(session, actor, card, text, Place(card), form.draft)
    if waits or isinstance(outcome, Proposal):
        return _(_SENT)
    if form.step == "publish":
        return _("Published.")
    if checked:
        return _("Saved and verified.")
    return _("Saved.") if outcome.changed or moved else _("Nothing changed, so no version was made.")


def _settle(session: Session, actor: Actor, card: Card, text: CardText, place: Place, number: int) -> None:
    """What was on its way has arrived: pictures are the card's, and the draft of it is gone."""
    attach_pictures(session, actor, card, text.rendered.html, now())
    if number:
        discard_draft(session, actor, place, number)


def _begun_in(session: Session, actor: Actor, shelf: str) -> Place:
    return Place(shelf=next((each for each in _writable(session, actor) if each.slug == shelf), None))


def _continued(session: Session, actor: Actor, place: Place, typed: LooseCardForm) -> LooseCardForm:
    """The form, or what the draft made of it where its author asked to go on with that."""
    draft = draft_of(session, actor, place) if request.args.get("draft", type=int) else None
    return typed_from_draft(typed, draft) if draft is not None else typed


def _newest_report(session: Session, card: Card) -> int:
    return max((flag.id for flag in open_flags(session, [card.id]).get(card.id, [])), default=0)


def _save_policy(session: Session, actor: Actor, card: Card, policy: CardPolicy) -> bool:
    """Apply what was changed of owner, verifiers and interval; needs the right only for what did change."""
    moved = False
    if policy.owner_id != card.owner_id:
        commands.set_owner(session, actor, card, policy.owner_id, now())
        moved = True
    refs = policy.verifiers or ()
    if [(r.person_id, r.group_id) for r in refs] != [_pair(row) for row in card.verifiers]:
        commands.set_verifiers(session, actor, card, refs, now())
        moved = True
    if (policy.interval_days, policy.check_on) != (card.interval_days, card.check_on):
        commands.set_interval(session, actor, card, policy.interval_days, policy.check_on, now())
        moved = True
    return moved


def _pair(row: CardVerifier) -> tuple[int | None, int | None]:
    return row.person_id, row.group_id


def show_editor(session: Session, actor: Actor, state: EditorState) -> str:
    """The editor's page in this state, with the draft that its author has and what lies beside the card."""
    shelves = _writable(session, actor)
    place = Place(state.card) if state.card else _begun_in(session, actor, state.typed.draft_shelf)
    state = replace(state, draft=draft_of(session, actor, place))
    if state.card is not None and state.card.collection not in shelves:
        shelves = [*shelves, state.card.collection]
    page = editor_page(session, actor, state, shelves, services().settings.workspace, services().policy, now())
    beside = beside_editor(session, actor, state.card, state.typed.opened) if state.card else NOTHING_BESIDE
    return render_template("kb/editor.html", page=page, beside=beside.html, frame=frame("cards"))


def _editor_again(error: Invalid, card_id: int | None = None) -> Response:
    typed = parse(LooseCardForm, request.form)
    rendered = rendering(services().renderer, typed.body)[0]
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id) if card_id is not None else None
        return Response(show_editor(session, actor, EditorState(typed, card, error.errors, rendered=rendered)), 422)


def _conflict(card_id: int) -> Response:
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        words = Words(now(), services().policy.zone)
        theirs = queries.revision_of(session, card, card.version)
        by = theirs.author.name if theirs.author else _("An import")
        mine = request.form
        left_out = ("csrf_token", "version", "step")
        fields = [(name, value) for name, value in mine.items(multi=True) if name not in left_out]
        page = ConflictPage(
            card_title=card.title,
            theirs_words=_(
                "%(by)s saved version %(version)s %(when)s.", by=by, version=card.version, when=words.ago(theirs.at)
            ),
            theirs_title=card.title,
            theirs_body=card.body,
            mine_title=mine.get("title", ""),
            mine_body=mine.get("body", ""),
            diff=diff_lines(f"{card.title}\n\n{card.body}", f"{mine.get('title', '')}\n\n{mine.get('body', '')}"),
            edit_action=f"/cards/preview?card={card_id}",
            mine_fields=(*fields, ("version", str(card.version)), ("mode", "write")),
            card_url=queries.card_path(card),
        )
    return Response(render_template("kb/conflict.html", page=page, frame=frame("cards")), 409)


def _writable(session: Session, actor: Actor) -> list[Collection]:
    return [shelf for shelf in collections_readable_by(session, actor) if shelf.id in actor.writable]
