"""The page on which curators keep triggers."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import Field as Limits
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from kb.cards.fields import Line, RowId
from kb.cards.queries import card_path
from kb.errors import Conflict, FieldError, Invalid, invalid
from kb.people.actor import Actor
from kb.people.models import Group
from kb.triggers import commands
from kb.triggers.models import Trigger
from kb.triggers.pages import TriggerForm, TriggerRow, TriggersPage
from kb.triggers.queries import kept_triggers, rule_of
from kb.triggers.rule import Rule, read_rule, sentence
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form, read_query
from kb.web.frame import frame, say
from kb.web.parts import Choice, Field, Link, Option, Paging, Problem
from kb.wording import _
from kb.words import Words, count, span

blueprint = Blueprint("triggers", __name__)
HERE = "/admin/triggers"
_PAGE = 50
_LONG = 4_000


class Typed(Form):
    """A trigger as it is typed: texts and cards on lines of their own."""

    site: Annotated[Line, Limits(max_length=500)] = ""
    path: Annotated[Line, Limits(max_length=300)] = ""
    texts: Annotated[str, Limits(max_length=_LONG)] = ""
    label: Annotated[Line, Limits(max_length=300)] = ""
    cards: Annotated[str, Limits(max_length=_LONG)] = ""
    groups: tuple[RowId, ...] = ()
    version: RowId = 1
    is_on: bool = False


class ListForm(Form):
    """Which triggers are shown."""

    q: Annotated[Line, Limits(max_length=100)] = ""
    page: Annotated[int, Limits(ge=1, le=1_000)] = 1
    open: RowId | None = None


@dataclass(frozen=True, slots=True)
class _Refused:
    """What was typed and could not be saved: into the trigger with this id, or (None) into a new one."""

    trigger_id: int | None
    typed: Typed
    errors: tuple[FieldError, ...]


@blueprint.get(HERE)
def show() -> str:
    """All triggers, and a form to make one."""
    return _page(read_query(ListForm))


@blueprint.post(HERE)
def make() -> BaseResponse:
    """A new trigger."""
    return _save(None)


@blueprint.post(f"{HERE}/<int:trigger_id>")
def change(trigger_id: int) -> BaseResponse:
    """Change it, or switch it on or off."""
    return _save(trigger_id)


@blueprint.post(f"{HERE}/<int:trigger_id>/delete")
def delete(trigger_id: int) -> BaseResponse:
    """Remove it."""
    with writing() as (session, actor):
        commands.delete_trigger(session, actor, trigger_id, now())
    say(_("Trigger deleted."))
    return redirect(HERE, 303)


def _save(trigger_id: int | None) -> BaseResponse:
    typed = Typed()
    try:
        typed = read_form(Typed)
        rule = read_rule(typed.site, typed.path, typed.texts.splitlines(), typed.label)
        cards = _card_ids(typed.cards)
        with writing() as (session, actor):
            groups = list(session.scalars(select(Group).where(Group.id.in_(typed.groups)).order_by(Group.name)))
            if trigger_id is None:
                commands.make_trigger(session, actor, rule, cards, groups, now())
            else:
                commands.change_trigger(
                    session, actor, trigger_id, typed.version, rule, cards, groups, now(), is_on=typed.is_on
                )
    except (Invalid, Conflict) as error:
        errors = error.errors or (FieldError("site", error.detail),)
        return Response(_page(ListForm(open=trigger_id or None), _Refused(trigger_id, typed, errors)), error.status)
    say(_("Saved. Extensions follow within a quarter of an hour."))
    return redirect(HERE, 303)


def _card_ids(text: str) -> list[int]:
    """Cards by their numbers or addresses, one on each line."""
    found = []
    for line in text.split():
        tail = line.partition("/cards/")[2] if "/cards/" in line else line
        digits = tail.partition("/")[0].partition("?")[0]
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 9):
            raise invalid("cards", _("“%(address)s” is no address of a card.", address=line[:60]))
        found.append(int(digits))
    return found


def _page(form: ListForm, refused: _Refused | None = None) -> str:
    with reading() as (session, actor):
        commands.demand_keeper(actor)
        every = kept_triggers(session, form.q)
        shown = list(every[(form.page - 1) * _PAGE : form.page * _PAGE])
        shown += [trigger for trigger in every if trigger.id == form.open and trigger not in shown]
        new = refused if refused and refused.trigger_id is None else None
        page = TriggersPage(
            action=HERE,
            query=form.q,
            count_words=count(len(every), "trigger"),
            triggers=tuple(_row(session, actor, trigger, form, refused) for trigger in shown),
            new=_form(session, new.typed if new else Typed(), new, HERE),
            problems=_problems(refused),
            paging=_paging(form, len(every)),
        )
    return render_template("kb/admin_triggers.html", page=page, frame=frame("admin"))


def _row(session: Session, actor: Actor, trigger: Trigger, form: ListForm, refused: _Refused | None) -> TriggerRow:
    mine = refused if refused and refused.trigger_id == trigger.id else None
    words = Words(now(), services().policy.zone)
    typed = mine.typed if mine else _typed(trigger)
    shown = [card for card in trigger.cards if card.collection_id in actor.readable]
    return TriggerRow(
        id=trigger.id,
        sentence=sentence(rule_of(trigger), [group.name for group in trigger.groups]),
        about=_("Changed %(when)s", when=words.ago(trigger.updated_at))
        if trigger.is_on
        else _("Off. Changed %(when)s", when=words.ago(trigger.updated_at)),
        cards=tuple(Link(card.title, card_path(card)) for card in shown),
        warning=_("None of its cards is an answer now.") if not any(card.is_servable for card in trigger.cards) else "",
        form=_form(session, typed, mine, f"{HERE}/{trigger.id}"),
        delete_action=f"{HERE}/{trigger.id}/delete",
        is_open=trigger.id == form.open,
    )


def _typed(trigger: Trigger) -> Typed:
    rule: Rule = rule_of(trigger)
    return Typed(
        site=rule.site, path=rule.path, texts="\n".join(rule.texts), label=rule.label,
        cards="\n".join(f"/cards/{shown.card_id}" for shown in trigger.shown),
        groups=tuple(group.id for group in trigger.groups), version=trigger.version, is_on=trigger.is_on,
    )  # fmt: skip


def _form(session: Session, typed: Typed, refused: _Refused | None, action: str) -> TriggerForm:
    wrong = {error.field: error.message for error in refused.errors} if refused else {}
    raw = request.form if refused else {}
    groups = session.scalars(select(Group).order_by(Group.name)).all()

    def field(name: str, hint: str = "") -> Field:
        value = getattr(typed, name) or str(raw.get(name, ""))[:_LONG].replace("\x00", "")
        return Field(value, wrong.get(name, ""), hint)

    return TriggerForm(
        action=action,
        site=field("site", _("app.example.com, or *.example.com for all below it.")),
        path=field("path", _("How the address begins after the site; empty is anywhere.")),
        texts=field("texts", _("Each on its own line; any of them is enough. Empty is always.")),
        label=field("label", _("The text stands near these words, such as “Plan”. Empty is anywhere on the page.")),
        cards=field("cards", _("The address of each card on its own line.")),
        groups=Choice(
            tuple(Option(str(group.id), group.name, group.id in typed.groups) for group in groups),
            hint=_("Without any it is for everybody."),
        ),
        version=typed.version,
        is_on=typed.is_on,
    )


def _problems(refused: _Refused | None) -> tuple[Problem, ...]:
    if refused is None:
        return ()
    suffix = f"-{refused.trigger_id}" if refused.trigger_id else ""
    return tuple(Problem(f"{error.field}{suffix}", _sentence(error)) for error in refused.errors)


def _sentence(error: FieldError) -> str:
    return (
        error.message
        if error.message[:1].isupper() or error.message[:1] == "“"
        else f"{error.field.capitalize()} {error.message}"
    )


def _paging(form: ListForm, total: int) -> Paging | None:
    if total <= _PAGE:
        return None
    first, last = (form.page - 1) * _PAGE + 1, min(form.page * _PAGE, total)
    before, after = (f"{HERE}?{urlencode({'q': form.q, 'page': form.page + step})}" for step in (-1, 1))
    return Paging(span(first, last, total), before if form.page > 1 else "", after if last < total else "")
