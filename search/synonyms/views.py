"""The page on which curators keep synonyms and take up what searches suggest."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import Field as Limit
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from kb.cards.fields import Line, RowId
from kb.cards.queries import card_path, servable_cards
from kb.errors import Conflict, FieldError, Invalid
from kb.people.actor import Actor
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form, read_query
from kb.web.frame import frame, say
from kb.web.parts import Field, Link, Paging, Problem
from kb.wording import N_, _
from kb.words import Words, count, span
from search.analysis import fold
from search.curating import demand_curator
from search.synonyms import commands
from search.synonyms.models import Synonym
from search.synonyms.pages import SuggestedPair, SynonymRow, SynonymsPage
from search.synonyms.queries import all_synonyms, thesaurus
from search.synonyms.suggestions import Suggestion, suggestions
from search.views import search_service

blueprint = Blueprint("synonyms", __name__)
HERE = "/admin/synonyms"
_PAGE = 50
_TYPED_LIMIT = 2_000
_HINT = N_("Each word or phrase on its own line, as people type it.")


class WordsForm(Form):
    """A group as it is typed: a line for each word or phrase."""

    words: Annotated[str, Limit(max_length=_TYPED_LIMIT)] = ""
    is_one_way: bool = False
    version: RowId = 1


class PairForm(Form):
    """A suggestion that is refused."""

    asked: Annotated[Line, Limit(min_length=1, max_length=commands.TEXT_LIMIT)]
    meant: Annotated[Line, Limit(min_length=1, max_length=commands.TEXT_LIMIT)]


class ListForm(Form):
    """Which groups are shown."""

    q: Annotated[Line, Limit(max_length=100)] = ""
    page: Annotated[int, Limit(ge=1, le=1_000)] = 1
    open: RowId | None = None


@dataclass(frozen=True, slots=True)
class _Refused:
    """What was typed and could not be saved: into the group with this id, or (None) into a new one."""

    group_id: int | None
    typed: str
    is_one_way: bool
    errors: tuple[FieldError, ...]


@blueprint.get(HERE)
def show() -> str:
    """All groups, what searches suggest, and a form to add one."""
    return _page(read_query(ListForm))


@blueprint.post(HERE)
def add() -> BaseResponse:
    """Make a group: typed, or a suggestion taken up."""
    return _save(None, _("Synonyms added. Searches use them now."))


@blueprint.post(f"{HERE}/<int:synonym_id>")
def change(synonym_id: int) -> BaseResponse:
    """Change a group."""
    return _save(synonym_id, _("Saved. Searches use it now."))


@blueprint.post(f"{HERE}/<int:synonym_id>/delete")
def delete(synonym_id: int) -> BaseResponse:
    """Delete a group."""
    with writing() as (session, actor):
        commands.remove_synonyms(session, actor, synonym_id, now())
    search_service().synonyms.forget()
    say(_("Synonyms deleted."))
    return redirect(HERE, 303)


@blueprint.post(f"{HERE}/dismissals")
def dismiss() -> BaseResponse:
    """Refuse a suggestion for good."""
    form = read_form(PairForm)
    with writing() as (session, actor):
        commands.dismiss_suggestion(session, actor, form.asked, form.meant, now())
    say(_("Dismissed. It is not suggested again."))
    return redirect(HERE, 303)


def _save(group_id: int | None, done: str) -> BaseResponse:
    try:
        form = read_form(WordsForm)
        lines = form.words.splitlines()
        with writing() as (session, actor):
            if group_id is not None:
                commands.change_synonyms(session, actor, group_id, lines, form.is_one_way, form.version, now())
            else:
                commands.add_synonyms(session, actor, lines, form.is_one_way, now())
    except (Invalid, Conflict) as error:
        errors = error.errors or (FieldError("words", error.detail),)
        typed = request.form.get("words", "").replace("\x00", "")[:_TYPED_LIMIT]
        refused = _Refused(group_id, typed, request.form.get("is_one_way", "") == "1", errors)
        return Response(_page(ListForm(open=group_id), refused), error.status)
    search_service().synonyms.forget()
    say(done)
    return redirect(HERE, 303)


def _page(form: ListForm, refused: _Refused | None = None) -> str:
    with reading() as (session, actor):
        demand_curator(actor)
        every = [group for group in all_synonyms(session) if fold(form.q) in fold("\n".join(group.words))]
        shown = every[(form.page - 1) * _PAGE : form.page * _PAGE]
        shown += [group for group in every if group.id == form.open and group not in shown]
        new = refused if refused and refused.group_id is None else None
        page = SynonymsPage(
            action=HERE,
            dismiss_action=f"{HERE}/dismissals",
            count_words=count(len(every), "group"),
            query=form.q,
            groups=tuple(_row(group, form, refused) for group in shown),
            suggestions=_suggestions(session, actor),
            words=_field(new.typed, new) if new else Field(hint=_(_HINT)),
            is_one_way=new.is_one_way if new else False,
            problems=_problems(refused),
            paging=_paging(form, len(every)),
        )
    return render_template("search/admin_synonyms.html", page=page, frame=frame("admin"))


def _row(group: Synonym, form: ListForm, refused: _Refused | None) -> SynonymRow:
    mine = refused if refused and refused.group_id == group.id else None
    words = Words(now(), services().policy.zone)
    arrow = " → " if group.is_one_way else ", "
    rest = ", ".join(group.words[1:])
    return SynonymRow(
        id=group.id,
        summary=f"{group.words[0]}{arrow}{rest}",
        about=_("One way, changed %(when)s", when=words.ago(group.updated_at))
        if group.is_one_way
        else _("Changed %(when)s", when=words.ago(group.updated_at)),
        words=_field(mine.typed if mine else "\n".join(group.words), mine),
        is_one_way=mine.is_one_way if mine else group.is_one_way,
        version=group.version,
        action=f"{HERE}/{group.id}",
        delete_action=f"{HERE}/{group.id}/delete",
        is_open=group.id == form.open,
    )


def _field(value: str, refused: _Refused | None) -> Field:
    message = refused.errors[0].message if refused else ""
    is_sentence = not message or message[:1].isupper() or message[:1] == "“"
    return Field(value, message if is_sentence else _("This field %(message)s.", message=message), _(_HINT))


def _problems(refused: _Refused | None) -> tuple[Problem, ...]:
    if refused is None:
        return ()
    name = f"words-{refused.group_id}" if refused.group_id else "words"
    return (Problem(name, _field("", refused).error),)


def _suggestions(session: Session, actor: Actor) -> tuple[SuggestedPair, ...]:
    found = suggestions(session, actor, thesaurus(session), now())
    cards = servable_cards(session, actor, [each.card_id for each in found])
    return tuple(_pair(each, Link(cards[each.card_id].title, card_path(cards[each.card_id]))) for each in found)


def _pair(found: Suggestion, card: Link) -> SuggestedPair:
    return SuggestedPair(found.asked, found.meant, count(found.people, "person", "people"), card)


def _paging(form: ListForm, total: int) -> Paging | None:
    if total <= _PAGE:
        return None
    first, last = (form.page - 1) * _PAGE + 1, min(form.page * _PAGE, total)
    return Paging(
        span(first, last, total),
        _url(form, form.page - 1) if form.page > 1 else "",
        _url(form, form.page + 1) if last < total else "",
    )


def _url(form: ListForm, page: int) -> str:
    return f"{HERE}?{urlencode({'q': form.q, 'page': page})}"
