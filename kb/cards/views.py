"""Pages of cards: read, compare, verify, report, archive, replace."""

from collections.abc import Callable

from flask import Blueprint, Response, redirect, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from kb.cards import commands, queries, replacements
from kb.cards.commands import Edit
from kb.cards.editing.drafting import compose
from kb.cards.editing.forms import FlagForm, ReasonForm, VerifyForm, VersionForm
from kb.cards.history import diff_page, history_page
from kb.cards.models import Attachment, Card, Status
from kb.cards.permissions import Right, demand, may, servable_to, visible_to
from kb.cards.shown import card_page
from kb.comments.shown import comments_shown
from kb.drafts.models import Upload
from kb.drafts.pictures import own_upload
from kb.errors import Invalid, NotFound, invalid
from kb.people.actor import Actor
from kb.reviewing.handing import publish_or_propose, save_or_propose
from kb.reviewing.models import Proposal
from kb.sentences import sentence
from kb.trust import commands as trust_commands
from kb.trust.models import FlagKind
from kb.trust.notes import RESTORED
from kb.trust.queries import open_flags, trust_of_card
from kb.use.commands import give_feedback, seen_version
from kb.use.recorder import Use, UseKind
from kb.use.searches import as_query_id
from kb.web.card_panels import card_panels
from kb.web.edge import now, reading, services, writing
from kb.web.forms import read_form
from kb.web.frame import frame, say
from kb.wording import _
from kb.words import Words

blueprint = Blueprint("cards", __name__)
_FOUND = 20
NOTHING_SAID = sentence("No more was said.")  # stored: most kinds of problems say enough by themselves


@blueprint.get("/cards/<int:card_id>")
@blueprint.get("/cards/<int:card_id>/<slug>")
def show(card_id: int, slug: str = "") -> BaseResponse | str:
    """The card; a replaced one leads to the head of its line in one hop."""
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        if card.replaced_by_id is not None:
            return _to_head(session, actor, card)
        page = card_page(
            session, actor, card, services().policy, services().settings.public_url, now(),
            arrived_from=_arrived_from(session, actor), report_open="report" in request.args,
            feedback_given=_("Thank you. The owner sees this.") if "thanks" in request.args else "",
            query_id=_query_id(),
        )  # fmt: skip
        _note_use(session, actor, card, "view", card.version)
        panels = card_panels(session, actor, card)
        words = Words(now(), services().policy.zone)
        talk = comments_shown(session, actor, card, words, is_open="comments" in request.args)
    return render_template("kb/card.html", page=page, panels=panels, talk=talk, frame=frame())


@blueprint.get("/cards/<int:card_id>/history")
def history(card_id: int) -> str:
    """Everything that happened to the card."""
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        page = history_page(session, actor, card, Words(now(), services().policy.zone))
    return render_template("kb/history.html", page=page, frame=frame())


@blueprint.get("/cards/<int:card_id>/diff")
def compare(card_id: int) -> str:
    """Two versions compared; without numbers, the last two."""
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        new_number = request.args.get("to", card.version, type=int)
        old_number = request.args.get("from", max(new_number - 1, 1), type=int)
        old, new_ = (queries.revision_of(session, card, n) for n in sorted((old_number, new_number)))
        page = diff_page(actor, card, old, new_, Words(now(), services().policy.zone))
    return render_template("kb/diff.html", page=page, frame=frame())


@blueprint.post("/cards/<int:card_id>/restore")
def restore_revision(card_id: int) -> BaseResponse:
    """Make an older version's text the current one: a new revision, not a rewritten history."""
    version, number = read_form(VersionForm).version, request.form.get("revision", 0, type=int)
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        old = queries.revision_of(session, card, number)
        audience = card.audience
    text = compose(
        services().renderer, services().settings.workspace, old.title, old.body,
        language=old.language, tags=old.tags, audience=audience,
    )  # fmt: skip
    with writing() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        step = Edit(version, note=sentence(RESTORED, number=number))
        done = save_or_propose(session, actor, card, text, step, services().policy, services().settings, now())
        waits = isinstance(done, Proposal)
    say(
        _("Sent for review. Readers keep what was approved last.")
        if waits
        else _("Version %(number)s restored.", number=number)
    )
    return redirect(f"/cards/{card_id}", 303)


@blueprint.post("/cards/<int:card_id>/verify")
def verify(card_id: int) -> BaseResponse:
    """State that the version that was read is true."""
    form = read_form(VerifyForm)

    def act(session: Session, actor: Actor, card: Card) -> None:
        if trust_commands.said_just_now(session, actor, card, form.version, now()) is not None:
            return
        if open_flags(session, [card.id]) and not form.note.strip():
            raise invalid("note", _("Say what you checked: it answers the open reports."))
        trust_commands.verify(session, actor, card, form.version, services().policy, now(), note=form.note.strip())

    return _act(card_id, act, _("Verified."))


@blueprint.post("/cards/<int:card_id>/unverify")
def unverify(card_id: int) -> BaseResponse:
    """Take the verification back, with a reason."""
    reason = read_form(ReasonForm).reason
    return _act(card_id, lambda s, a, card: trust_commands.unverify(s, a, card, reason, now()), _("Un-verified."))


@blueprint.post("/cards/<int:card_id>/flags")
def flag(card_id: int) -> BaseResponse | str:
    """Report a problem."""
    form = read_form(FlagForm)
    detail = form.detail.strip() or ("" if form.kind == FlagKind.REPORTED else NOTHING_SAID)
    if not detail:
        return _show_report_error(card_id)

    def act(session: Session, actor: Actor, card: Card) -> None:
        trust_commands.raise_flag(session, actor, card, FlagKind(form.kind), detail, now())

    return _act(card_id, act, _("Problem reported. The assignee is told."))


@blueprint.post("/cards/<int:card_id>/publish")
def publish(card_id: int) -> BaseResponse:
    """Make a draft an answer, or send it for review. What it lacks is written in the editor."""
    form = read_form(VersionForm)
    try:
        with writing() as (session, actor):
            card = queries.card_visible_to(session, actor, card_id)
            commands.require_version(card, form.version)
            waits = publish_or_propose(session, actor, card, services().settings, now()) is not None
    except Invalid as error:
        say(error.detail)
        return redirect(f"/cards/{card_id}/edit", 303)
    say(_("Sent for review.") if waits else _("Published."))
    return redirect(f"/cards/{card_id}", 303)


@blueprint.post("/cards/<int:card_id>/archive")
def archive(card_id: int) -> BaseResponse:
    """Take the card out of use."""
    return _act(card_id, lambda s, a, card: commands.archive_card(s, a, card, now()), _("Archived."))


@blueprint.post("/cards/<int:card_id>/unarchive")
def unarchive(card_id: int) -> BaseResponse:
    """Bring the card back."""
    return _act(card_id, lambda s, a, card: commands.restore_card(s, a, card, now()), _("Restored."))


@blueprint.get("/cards/<int:card_id>/replace")
def choose_replacement(card_id: int) -> str:
    """Choose the card that replaces this one."""
    wanted = request.args.get("q", "").replace("\x00", "").strip()[:200]
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        demand(actor, Right.REPLACE, card)
        found = _with_title(session, actor, wanted, card) if wanted else []
        choices = [(other.id, other.title, other.collection.name) for other in found]
        return render_template(
            "kb/replace.html", frame=frame(), card_title=card.title, card_url=queries.card_path(card),
            action=f"/cards/{card_id}/replace", query=wanted, choices=choices,
        )  # fmt: skip


@blueprint.post("/cards/<int:card_id>/replace")
def replace(card_id: int) -> BaseResponse:
    """This card is replaced by the chosen one: from now on its address leads there."""
    other_id = request.form.get("card_id", 0, type=int)

    def act(session: Session, actor: Actor, card: Card) -> None:
        replacements.replace_card(session, actor, card, queries.card_visible_to(session, actor, other_id), now())

    return _act(card_id, act, _("Replaced. Its address leads to this card now."))


@blueprint.post("/cards/<int:card_id>/unreplace")
def unreplace(card_id: int) -> BaseResponse:
    """The card stands for itself again."""
    return _act(
        card_id, lambda s, a, card: replacements.undo_replacement(s, a, card, now()), _("It is an answer again.")
    )


@blueprint.post("/cards/<int:card_id>/copied")
def copied(card_id: int) -> tuple[str, int]:
    """The browser tells that the answer was copied."""
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        if card.is_servable:
            _note_use(session, actor, card, "copy", seen_version(card, request.args.get("version", type=int)))
    return "", 204


@blueprint.post("/cards/<int:card_id>/feedback")
def feedback(card_id: int) -> BaseResponse:
    """Did this answer the question? A no leads on to saying what is wrong."""
    is_helpful = request.form.get("helpful") == "yes"
    with writing() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        give_feedback(session, actor, card, is_helpful, "", now())
    return redirect(f"/cards/{card_id}?{'thanks=1' if is_helpful else 'thanks=1&report=1#report'}", 303)


@blueprint.get("/media/<sha256>.<extension>")
def media(sha256: str, extension: str) -> Response:
    """A picture, if a card that shows it may be seen, or if it is one's own on its way into a card."""
    with reading() as (session, actor):
        found: Attachment | Upload | None = session.scalars(
            select(Attachment).join(Card, Card.id == Attachment.card_id)
            .where(Attachment.sha256 == sha256, visible_to(actor)).limit(1)
        ).first() or own_upload(session, actor, sha256)  # fmt: skip
        if found is None or not found.media_type.endswith(extension.replace("jpg", "jpeg")):
            raise NotFound(_("There is no such picture."))
        response = Response(found.content, mimetype=found.media_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


def _act(card_id: int, command: Callable[[Session, Actor, Card], object], done: str) -> BaseResponse:
    with writing() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        command(session, actor, card)
    say(done)
    return redirect(f"/cards/{card_id}", 303)


def _to_head(session: Session, actor: Actor, card: Card) -> BaseResponse:
    head = queries.head_of_line(session, actor, card).head
    if head is None:
        raise NotFound(_("This card was replaced, and its replacement is not available to you."))
    talk = "&comments=1" if "comments" in request.args else ""
    return redirect(f"{queries.card_path(head)}?replaced={card.id}{talk}", 302)


def _arrived_from(session: Session, actor: Actor) -> str:
    old_id = request.args.get("replaced", type=int)
    if old_id is None:
        return ""
    try:
        old = queries.card_visible_to(session, actor, old_id)
    except NotFound:
        return ""
    return _("You followed a link to “%(title)s”; this is the current answer.", title=old.title)


def _note_use(session: Session, actor: Actor, card: Card, kind: UseKind, version: int) -> None:
    if card.status == Status.PUBLISHED:
        is_stale = not trust_of_card(session, card, services().policy, now()).is_good
        services().recorder.record(Use(card.id, version, kind, is_stale, actor.id, now(), _query_id()))


def _query_id() -> str | None:
    """The search that led here, as its results' links say."""
    return as_query_id(request.args.get("query_id"))


def _show_report_error(card_id: int) -> Response:
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id)
        page = card_page(
            session, actor, card, services().policy, services().settings.public_url, now(),
            report_error=_("Say in a few words what is wrong."),
        )  # fmt: skip
        panels = card_panels(session, actor, card)
        talk = comments_shown(session, actor, card, Words(now(), services().policy.zone))
    return Response(render_template("kb/card.html", page=page, panels=panels, talk=talk, frame=frame()), 422)


def _with_title(session: Session, actor: Actor, words: str, not_this: Card) -> list[Card]:
    pattern = f"%{words.lower().replace('%', '').replace('_', ' ')}%"
    query = select(Card).where(func.lower(Card.title).like(pattern), servable_to(actor), Card.id != not_this.id)
    return [c for c in session.scalars(query.order_by(Card.title).limit(_FOUND)) if may(actor, Right.READ, c)]
