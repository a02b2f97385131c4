"""Card templates over HTTP: which there are, and of which parts their cards consist."""

from pydantic import Field

from kb.card_templates.commands import all_templates
from kb.card_templates.models import CardTemplate
from kb.web.api import Api, sliced
from kb.web.api_models import Listing, Shape
from kb.web.edge import reading

api = Api("card_templates_api", "Cards")


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
        rows, cursor = sliced(all_templates(session), query)
        return CardTemplates(items=[_shape(row) for row in rows], next_cursor=cursor)


def _shape(template: CardTemplate) -> CardTemplateShape:
    return CardTemplateShape(
        slug=template.slug, name=template.name, about=template.about, most_words=template.most_words,
        parts=[PartShape(heading=part.heading, hint=part.hint, required=part.is_required) for part in template.parts],
        version=template.version,
    )  # fmt: skip
