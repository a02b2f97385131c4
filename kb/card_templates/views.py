"""The page on which curators keep card templates."""

from dataclasses import dataclass
from typing import Annotated

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import Field as Limits
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from kb.card_templates import commands
from kb.card_templates.commands import DEFAULT_WORDS, MOST_PARTS, PartFields, TemplateFields
from kb.card_templates.completeness import is_incomplete
from kb.card_templates.models import LONGEST_HEADING, CardTemplate
from kb.card_templates.pages import PartFieldsRow, TemplateForm, TemplateRow, TemplatesPage
from kb.cards.fields import Line, RowId
from kb.cards.models import Card, Status
from kb.cards.permissions import visible_to
from kb.errors import Conflict, FieldError, Invalid, invalid
from kb.people.actor import Actor
from kb.web.edge import now, reading, writing
from kb.web.forms import Form, read_form, validate
from kb.web.frame import frame, say
from kb.web.parts import Field, Problem
from kb.wording import N_, _, ngettext

blueprint = Blueprint("card_templates", __name__)
HERE = "/admin/card-templates"
_SPARE_ROWS = 3
_NEW_ROWS = 5
_LABELS = {"name": N_("Name"), "about": N_("What it is for"), "most_words": N_("Words at most"),
           "heading": N_("Heading"), "hint": N_("Hint"), "place": N_("Place")}  # fmt: skip


class Typed(Form):
    """A template as it is typed: its parts in lists that go together."""

    name: Annotated[Line, Limits(min_length=1, max_length=60)]
    about: Annotated[Line, Limits(max_length=200)] = ""
    most_words: Annotated[int, Limits(ge=20, le=20_000)] = DEFAULT_WORDS
    version: RowId = 1


class TypedPart(Form):
    """One part as it is typed."""

    place: Annotated[float, Limits(ge=-1000, le=1000, allow_inf_nan=False)] = 0
    heading: Annotated[Line, Limits(max_length=LONGEST_HEADING)] = ""
    hint: Annotated[Line, Limits(max_length=200)] = ""


@dataclass(frozen=True, slots=True)
class _Refused:
    """What could not be saved: into the template with this slug, or (None) into a new one."""

    slug: str | None
    errors: tuple[FieldError, ...]


@blueprint.get(HERE)
def show() -> str:
    """All card templates, and a form to make one."""
    return _page()


@blueprint.post(HERE)
def make() -> BaseResponse:
    """A new card template."""
    return _save(None)


@blueprint.post(f"{HERE}/<template>")
def change(template: str) -> BaseResponse:
    """Change it."""
    return _save(template)


@blueprint.post(f"{HERE}/<template>/delete")
def delete(template: str) -> BaseResponse:
    """Remove it."""
    try:
        with writing() as (session, actor):
            commands.delete_template(session, actor, template, now())
    except Conflict as error:
        say(error.detail)
        return redirect(f"{HERE}?open={template}", 303)
    say(_("Card template deleted."))
    return redirect(HERE, 303)


def _save(slug: str | None) -> BaseResponse:
    try:
        fields, version = _read()
        with writing() as (session, actor):
            if slug is None:
                template = commands.make_template(session, actor, fields, now())
            else:
                template = commands.change_template(session, actor, slug, version, fields, now())
            where, lacking = f"{HERE}?open={template.slug}", _count(session, actor, template, incomplete=True)
    except (Invalid, Conflict) as error:
        errors = error.errors or (FieldError("name", error.detail),)
        return Response(_page(_Refused(slug, errors)), error.status)
    words = ngettext(
        "Saved. %(num)s published card lacks a required part.", "Saved. %(num)s published cards lack a required part.",
        lacking,
    )  # fmt: skip
    say(words if lacking else _("Saved."))
    return redirect(where, 303)


def _read() -> tuple[TemplateFields, int]:
    with reading() as (_session, actor):
        commands.demand_keeper(actor)
    typed = read_form(Typed)
    required = set(request.form.getlist("required"))
    parts = [
        (part.place, PartFields(part.heading, part.hint, row["number"] in required))
        for row in _rows_typed()
        if row["heading"].strip() and (part := _part(row)).heading
    ]
    ordered = tuple(fields for _, fields in sorted(parts, key=lambda each: each[0]))
    return TemplateFields(typed.name, typed.about, typed.most_words, ordered), typed.version


def _part(row: dict[str, str]) -> TypedPart:
    try:
        return validate(TypedPart, {**row, "place": row["place"] or row["number"]})
    except Invalid as error:
        first = error.errors[0]
        name = _(_LABELS.get(first.field, first.field))
        message = _(
            "%(field)s of line %(number)s %(problem)s.", field=name, number=row["number"], problem=first.message
        )
        raise invalid("heading", message) from None


def _rows_typed() -> list[dict[str, str]]:
    """The lines of the form as they stand there, right or wrong."""
    columns = [request.form.getlist(name)[: 2 * MOST_PARTS] for name in ("place", "heading", "hint")]
    longest = max(len(column) for column in columns)
    padded = [[*column, *[""] * (longest - len(column))] for column in columns]
    return [
        {"number": str(at + 1), "place": place, "heading": heading, "hint": hint}
        for at, (place, heading, hint) in enumerate(zip(*padded, strict=True))
    ]


def _page(refused: _Refused | None = None) -> str:
    with reading() as (session, actor):
        commands.demand_keeper(actor)
        opened = refused.slug if refused else request.args.get("open", "")
        page = TemplatesPage(
            templates=tuple(_row(session, actor, each, opened, refused) for each in commands.all_templates(session)),
            new=_form(None, refused if refused and refused.slug is None else None),
            problems=tuple(Problem(_anchor(each, refused), _sentence(each)) for each in refused.errors)
            if refused else (),
            is_new_open=refused is not None and refused.slug is None,
        )  # fmt: skip
    return render_template("kb/admin_card_templates.html", page=page, frame=frame("admin"))


def _row(
    session: Session, actor: Actor, template: CardTemplate, opened: str | None, refused: _Refused | None
) -> TemplateRow:
    cards = _count(session, actor, template, incomplete=False)
    lacking = _count(session, actor, template, incomplete=True)
    return TemplateRow(
        slug=template.slug,
        name=template.name,
        about=template.about,
        cards=ngettext("%(num)s published card", "%(num)s published cards", cards),
        cards_url=f"/cards?template={template.slug}",
        incomplete=ngettext("%(num)s incomplete", "%(num)s incomplete", lacking) if lacking else "",
        incomplete_url=f"/cards?template={template.slug}&incomplete=1",
        write_url=f"/cards/new?template={template.slug}" if actor.writable else "",
        form=_form(template, refused if refused and refused.slug == template.slug else None),
        delete_action=f"{HERE}/{template.slug}/delete" if actor.is_admin else "",
        is_open=template.slug == opened,
    )


def _form(template: CardTemplate | None, refused: _Refused | None) -> TemplateForm:
    wrong = {each.field.partition(".")[0]: _sentence(each) for each in refused.errors} if refused else {}
    have = {"name": template.name, "about": template.about, "most_words": str(template.most_words)} if template else {}

    def field(name: str, default: str = "", hint: str = "") -> Field:
        value = request.form.get(name, "")[:400].replace("\x00", "") if refused else have.get(name, default)
        return Field(value, wrong.get(name, ""), hint)

    return TemplateForm(
        action=f"{HERE}/{template.slug}" if template else HERE,
        name=field("name"),
        about=field("about", hint=_("One sentence for whoever chooses it.")),
        most_words=field(
            "most_words", str(DEFAULT_WORDS), _("From more words on, the editor suggests to split the card.")
        ),
        parts=_typed_rows() if refused else _part_rows(template),
        parts_error=wrong.get("heading", wrong.get("hint", wrong.get("place", ""))),
        version=template.version if template else 1,
    )


def _part_rows(template: CardTemplate | None) -> tuple[PartFieldsRow, ...]:
    parts = template.parts if template else []
    rows = [PartFieldsRow(str(at), part.heading, part.hint, part.is_required) for at, part in enumerate(parts, 1)]
    spare = min(_SPARE_ROWS if template else _NEW_ROWS, MOST_PARTS - len(rows))
    return (*rows, *(PartFieldsRow(str(len(rows) + at + 1), "", "", False) for at in range(spare)))


def _typed_rows() -> tuple[PartFieldsRow, ...]:
    required = set(request.form.getlist("required"))
    cut = [{name: value[:400].replace("\x00", "") for name, value in row.items()} for row in _rows_typed()]
    return tuple(PartFieldsRow(row["place"], row["heading"], row["hint"], row["number"] in required) for row in cut)


def _count(session: Session, actor: Actor, template: CardTemplate, *, incomplete: bool) -> int:
    """The published cards by it that the actor may see; those that lack a required part."""
    cards = select(func.count()).select_from(Card).where(
        visible_to(actor), Card.template == template.slug, Card.status == Status.PUBLISHED
    )  # fmt: skip
    return session.scalar(cards.where(is_incomplete()) if incomplete else cards) or 0


def _anchor(error: FieldError, refused: _Refused | None) -> str:
    field = error.field.partition(".")[0]
    name = field if field in ("name", "about", "most_words") else "parts"
    return f"{name}-{refused.slug}" if refused and refused.slug else name


def _sentence(error: FieldError) -> str:
    name = error.field.partition(".")[0]
    is_sentence = error.message[:1].isupper() or error.message[:1] == "“"
    return error.message if is_sentence else f"{_(_LABELS.get(name, name))} {error.message}."
