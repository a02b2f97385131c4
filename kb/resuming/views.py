"""A text that stood in an editor is shown and kept in the page when its form can't be taken as it came.

Because the session ended: one signs in on that very page and is back in the editor. Because somebody else is signed in
now: they read so before the text becomes theirs. Because its token is from before somebody signed out. Only for forms
that this site sent: nobody can lay a text into another's editor from elsewhere.
"""

from typing import Any

from flask import Blueprint, Response, g, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from kb.cards import queries
from kb.cards.editing.forms import LooseCardForm, TypedByAnother
from kb.cards.editing.page import EditorState
from kb.cards.editing.views import blueprint as editing
from kb.cards.editing.views import show_editor
from kb.drafts.views import blueprint as drafts
from kb.errors import SignInNeeded, TooMany, VitrineError
from kb.people.forms import ResumeForm
from kb.people.views import person_let_in, remember
from kb.web import errors, languages
from kb.web.account_pages import KeptPage
from kb.web.edge import person_id, public, reading, services
from kb.web.forms import parse, read_form
from kb.web.frame import frame
from kb.web.parts import Field, Problem
from kb.web.security import FormExpired, is_from_here
from kb.wording import _
from kb.writing.aids import rendering
from kb.writing.views import blueprint as writing

blueprint = Blueprint("resuming", __name__)
_LEFT_OUT = frozenset({"csrf_token", "step", "mode", "email", "password", "picture", "check", "start", "parts"})
_ANOTHERS = frozenset({"author", "draft", "reading", "opened"})
"""What only fits whoever typed the text; it goes when somebody else takes it over."""


@blueprint.post("/cards/resume")
@public
def resume() -> BaseResponse | str:
    """Sign in and go on with the text that came along."""
    typed = parse(LooseCardForm, request.form)
    if person_id() is not None:
        return _editor(typed)
    form = read_form(ResumeForm)
    try:
        person = person_let_in(form.email, form.password)
    except TooMany as error:
        answer = _signed_out(error.detail, form.email, 429)
        answer.headers["Retry-After"] = str(error.extra["retry_after"])
        return answer
    if person is None:
        return _signed_out(_("The e-mail address or the password is wrong."), form.email)
    g.person_id = person.id
    languages.speak_to(person.language, services().settings.interface.language)
    if typed.author not in (0, person.id):
        return remember(person, _typed_by_another())
    return remember(person, _editor(typed))


def _editor(typed: LooseCardForm) -> Response:
    card_id = request.args.get("card", type=int)
    rendered = rendering(services().renderer, typed.body)[0]
    with reading() as (session, actor):
        card = queries.card_visible_to(session, actor, card_id) if card_id is not None else None
        return Response(show_editor(session, actor, EditorState(typed, card, rendered=rendered)))


def _kept(error: VitrineError) -> BaseResponse:
    """The page that keeps the text, where there is one to keep."""
    has_text = request.method == "POST" and not request.headers.get("X-Fragment") and is_from_here()
    if not has_text or "body" not in request.form:
        return errors.expected(error)
    if isinstance(error, SignInNeeded):
        return _signed_out()
    return _typed_by_another() if isinstance(error, TypedByAnother) else _expired()


def _signed_out(wrong: str = "", email: str = "", status: int = 401) -> Response:
    return _page(
        status, "/cards/resume", _("You are signed out"),
        _("Your text is not lost: it is below. Sign in here and you are back in the editor with it."),
        needs_sign_in=True, email=Field(email), problems=(Problem("email", wrong),) if wrong else (),
    )  # fmt: skip


def _typed_by_another() -> Response:
    with reading() as (_session, actor):
        name = actor.name
    return _page(
        409, "/cards/preview", _("Somebody else typed this text"),
        _("You are signed in as %(name)s now. Nothing was saved. If you go on, the text is yours.", name=name),
        left_out=_LEFT_OUT | _ANOTHERS,
    )  # fmt: skip


def _expired() -> Response:
    said = _(
        "Somebody signed out in this browser meanwhile. Nothing was saved, and your text is not lost: it is below."
    )
    return _page(403, "/cards/preview", _("This page is from before you signed in"), said)


def _page(
    status: int, action: str, heading: str, sentence: str, *, left_out: frozenset[str] = _LEFT_OUT, **more: Any
) -> Response:
    card_id = (request.view_args or {}).get("card_id") or request.args.get("card", type=int)
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in left_out]
    page = KeptPage(
        heading=heading,
        sentence=sentence,
        action=f"{action}?card={card_id}" if card_id else action,
        fields=(*fields, ("mode", "write")),
        title=request.form.get("title", ""),
        body=request.form.get("body", ""),
        **more,
    )
    return Response(render_template("kb/kept.html", page=page, frame=frame()), status)


for _room in (blueprint, editing, drafts, writing):
    for _kind in (SignInNeeded, TypedByAnother, FormExpired):
        _room.register_error_handler(_kind, _kept)
