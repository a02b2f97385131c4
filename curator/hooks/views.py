"""The page on which admins make and delete hooks."""

from dataclasses import dataclass
from typing import Annotated

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import Field as Limit
from werkzeug.wrappers import Response as BaseResponse

from curator.hooks import commands
from kb.cards.fields import Line
from kb.errors import FieldError, Invalid
from kb.web.api import PREFIX
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import frame, say
from kb.web.parts import Field, Problem
from kb.wording import _
from kb.words import Words, count

blueprint = Blueprint("hooks", __name__)
HERE = "/admin/hooks"


class HookForm(Form):
    """A new hook."""

    name: Annotated[Line, Limit(max_length=60)] = ""


@dataclass(frozen=True, slots=True)
class HookRow:
    """A hook in the list."""

    name: str
    address: str
    about: str
    delete_action: str


@dataclass(frozen=True, slots=True)
class HooksPage:
    """/admin/hooks. Make: POST name to `action`; the secret is on the page that answers, and on no other."""

    action: str
    hooks: tuple[HookRow, ...]
    count_words: str
    name: Field
    secret: str = ""
    made: str = ""
    problems: tuple[Problem, ...] = ()


@blueprint.get(HERE)
def show() -> str:
    """All hooks, and a form to make one."""
    return _page(Field())


@blueprint.post(HERE)
def make() -> BaseResponse:
    """Make a hook and show its secret."""
    try:
        form = read_form(HookForm)
        with writing() as (session, actor):
            hook, secret = commands.make_hook(session, actor, form.name, services().installation.secret_key, now())
            made = hook.name
    except Invalid as error:
        errors = error.errors or (FieldError("name", error.detail),)
        typed = request.form.get("name", "").replace("\x00", "")[:60]
        message = (
            errors[0].message
            if errors[0].message[:1].isupper()
            else _("This field %(message)s.", message=errors[0].message)
        )
        return Response(_page(Field(typed, message)), error.status)
    return Response(_page(Field(), secret=secret, made=made), 201)


@blueprint.post(f"{HERE}/<int:hook_id>/delete")
def delete(hook_id: int) -> BaseResponse:
    """Delete a hook."""
    with writing() as (session, actor):
        commands.delete_hook(session, actor, hook_id, now())
    say(_("Hook deleted. Its secret is worthless now."))
    return redirect(HERE, 303)


def _page(name: Field, *, secret: str = "", made: str = "") -> str:
    with reading() as (session, actor):
        commands.demand_admin(actor)
        words = Words(now(), services().policy.zone)
        base = f"{services().settings.public_url}{PREFIX}/hooks"
        rows = tuple(
            HookRow(
                hook.name,
                f"{base}/{hook.name}",
                _("Used %(when)s", when=words.ago(hook.used_at))
                if hook.used_at
                else _("Made %(when)s, not used yet", when=words.ago(hook.created_at)),
                f"{HERE}/{hook.id}/delete",
            )
            for hook in commands.all_hooks(session)
        )
    problems = (Problem("name", name.error),) if name.error else ()
    page = HooksPage(HERE, rows, count(len(rows), "hook"), name, secret, made, problems)
    return render_template("curator/admin_hooks.html", page=page, frame=frame("admin"))
