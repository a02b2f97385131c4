"""Card templates over HTTP: which there are, of which parts their cards consist, and keeping them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from kb.card_templates import commands
from kb.card_templates.commands import DEFAULT_WORDS, MOST_PARTS, PartFields, TemplateFields
from kb.card_templates.models import LONGEST_HEADING, CardTemplate
from kb.cards.fields import Line
from kb.errors import Invalid
from kb.web.api import PREFIX, Api, Reply, sliced
from kb.web.api_models import JsonBody, Listing, Shape, Version
from kb.web.edge import now, reading, writing

api = Api("card_templates_api", "Cards")


class NewPart(JsonBody):
    """A part of a card: a heading, and what belongs below it."""

    heading: Annotated[Line, Field(min_length=1, max_length=LONGEST_HEADING)]
    hint: Annotated[Line, Field(max_length=200, description="For whoever writes it.")] = ""
    required: Annotated[bool, Field(description="A card without it is not published.")] = False


class NewCardTemplate(JsonBody):
    """A kind of card, its parts in their order."""

    name: Annotated[Line, Field(min_length=1, max_length=60)]
    about: Annotated[Line, Field(max_length=200, description="One sentence for whoever chooses it.")] = ""
    most_words: Annotated[int, Field(ge=20, le=20_000)] = DEFAULT_WORDS
    parts: Annotated[list[NewPart], Field(min_length=1, max_length=MOST_PARTS)]

    def fields(self) -> TemplateFields:
        """As the commands take it."""
        parts = tuple(PartFields(part.heading, part.hint, part.required) for part in self.parts)
        return TemplateFields(self.name, self.about, self.most_words, parts)


class CardTemplateChange(NewCardTemplate):
    """What the template is to be; it replaces the whole, and touches no card."""

    version: Version


class PartShape(Shape):
    """A part: the heading under which it stands in a card's Markdown."""

    heading: str
    hint: str
    required: bool


class CardTemplateShape(Shape):
    """A kind of card. A card names it by its slug."""

    slug: str
    name: str
    about: str
    most_words: int = Field(description="From more words on, writers are told to split the card.")
    parts: list[PartShape]
    version: int


class CardTemplates(Shape):
    """A page of card templates, by name."""

    items: list[CardTemplateShape]
    next_cursor: str | None


@api.operation("GET", "/card-templates", {200: CardTemplates}, scope="read")
def list_card_templates(query: Listing) -> CardTemplates:
    """List the card templates. A card with one cannot be published without its required parts."""
    with reading() as (session, _actor):
        rows, cursor = sliced(commands.all_templates(session), query)
        return CardTemplates(items=[_shape(row) for row in rows], next_cursor=cursor)


@api.operation("GET", "/card-templates/<template>", {200: CardTemplateShape}, scope="read")
def get_card_template(template: str) -> CardTemplateShape:
    """Get a card template by its slug."""
    with reading() as (session, _actor):
        return _shape(commands.template_named(session, template))


@api.operation("POST", "/card-templates", {201: CardTemplateShape}, scope="admin")
def make_card_template(body: NewCardTemplate) -> Reply:
    """Make a card template. Curators and admins may. Its slug comes from its name and stays."""
    with _in_our_words(), writing() as (session, actor):
        shape = _shape(commands.make_template(session, actor, body.fields(), now()))
    return Reply(shape, 201, {"Location": f"{PREFIX}/card-templates/{shape.slug}"})


@api.operation("PUT", "/card-templates/<template>", {200: CardTemplateShape}, scope="admin")
def put_card_template(template: str, body: CardTemplateChange) -> CardTemplateShape:
    """Change a card template. No card changes: `GET /cards?incomplete=true` lists what lacks a part from then on.
    409 when somebody else changed it meanwhile."""
    with _in_our_words(), writing() as (session, actor):
        return _shape(commands.change_template(session, actor, template, body.version, body.fields(), now()))


@api.operation("DELETE", "/card-templates/<template>", {204: None}, scope="admin")
def delete_card_template(template: str) -> Reply:
    """Delete a card template. Only admins may, and only while no card and no rule names it: 409."""
    with writing() as (session, actor):
        commands.delete_template(session, actor, template, now())
    return Reply(None, 204)


@contextmanager
def _in_our_words() -> Iterator[None]:
    """The page has a field for each heading; here they are in `parts`."""
    try:
        yield
    except Invalid as error:
        found = tuple(replace(each, field={"heading": "parts"}.get(each.field, each.field)) for each in error.errors)
        raise Invalid(error.detail, errors=found) from None


def _shape(template: CardTemplate) -> CardTemplateShape:
    return CardTemplateShape(
        slug=template.slug, name=template.name, about=template.about, most_words=template.most_words,
        parts=[PartShape(heading=part.heading, hint=part.hint, required=part.is_required) for part in template.parts],
        version=template.version,
    )  # fmt: skip
