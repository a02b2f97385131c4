"""The rules' pages: all of them, what a change would do, and applying it."""

from typing import Annotated

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import AwareDatetime, Field
from werkzeug.wrappers import Response as BaseResponse

from curator.rules.applying import apply, preview
from curator.rules.changes import Kind
from curator.rules.past import replay_of
from curator.rules.preview_shown import preview_page
from curator.rules.reading import Wanted, read_change
from curator.rules.shown import HERE, rules_page
from curator.rules.simulator import DEFAULT_WEEKS, MOST_WEEKS, When
from kb.cards.fields import IntervalDays, Line, RowId, Tag
from kb.cards.models import Breach
from kb.errors import Conflict, FieldError, Invalid
from kb.trust.rules import Pace
from kb.web.api_models import Day
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form, read_query
from kb.web.frame import frame, say
from kb.wording import _, ngettext

blueprint = Blueprint("rules", __name__)


class ChangeForm(Form):
    """A change of the policy; what to look at, or with a token what to apply."""

    kind: Kind
    rule: RowId | None = None
    before: RowId | None = None
    collection: Annotated[Line, Field(max_length=60)] | None = None
    tag: Tag | None = None
    audience: Annotated[Line, Field(max_length=60)] | None = None
    interval_days: IntervalDays | None = None
    check_on: Day | None = None
    yearly: bool = False
    pace: Pace | None = None
    expiry: Breach | None = None
    template: Annotated[Line, Field(max_length=40)] | None = None
    weeks: Annotated[int, Field(ge=1, le=MOST_WEEKS)] = DEFAULT_WEEKS
    when: When = When.NEXT
    token: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    at: AwareDatetime | None = None

    def wanted(self) -> Wanted:
        """The change as it was written."""
        return Wanted(**{name: getattr(self, name) for name in Wanted.__dataclass_fields__})


@blueprint.get("/admin/rules")
def overview() -> str:
    """All rules, in the order in which they count."""
    return _overview()


@blueprint.get("/admin/rules/preview")
def look() -> BaseResponse:
    """What a change would do. Nothing is changed by looking."""
    try:
        form = read_query(ChangeForm)
        return Response(_preview(form))
    except Invalid as error:
        return Response(_overview(error.errors), 422)


@blueprint.post("/admin/rules/changes")
def change() -> BaseResponse:
    """Apply what was looked at, just so; if the facts changed meanwhile, show the new effect instead."""
    form = read_form(ChangeForm)
    try:
        with writing() as (session, actor):
            settings = services().settings
            wanted = read_change(session, actor, form.wanted(), settings.workspace.audiences)
            moved = apply(
                session, actor, wanted, form.when, form.weeks, settings, now(),
                token=form.token or "", at=form.at or now(),
            )  # fmt: skip
    except Conflict as error:
        return Response(_preview(form, error.detail), 409)
    say(
        ngettext("Applied. %(num)s check moved.", "Applied. %(num)s checks moved.", moved)
        if moved
        else _("Applied. No check moved.")
    )
    is_shelf = form.kind is Kind.COLLECTION and form.collection
    return redirect(f"/admin/collections/{form.collection}" if is_shelf else HERE, 303)


def _overview(errors: tuple[FieldError, ...] = ()) -> str:
    with reading() as (session, actor):
        opened = request.args.get("edit", type=int) or request.args.get("rule", type=int)
        typed = request.args.to_dict() if errors else None
        page = rules_page(session, actor, services().settings, now(), open_id=opened, typed=typed, errors=errors)
    return render_template("curator/admin_rules.html", page=page, frame=frame("admin"))


def _preview(form: ChangeForm, problem: str = "") -> str:
    settings, at = services().settings, now()
    with reading() as (session, actor):
        change_ = read_change(session, actor, form.wanted(), settings.workspace.audiences)
        found = preview(session, actor, change_, form.weeks, settings, at, at)
        past = replay_of(session, found, services().policy, at)
        page = preview_page(session, actor, found, form.wanted(), past, services().policy, at, problem=problem)
    return render_template("curator/admin_rules_preview.html", page=page, frame=frame("admin"))
