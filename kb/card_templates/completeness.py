"""Whether a card has the parts that its template asks for. A draft may lack them; an answer must not come to.

What is published stays so when its template gets another required part: it is listed as incomplete, and an edit may
leave it as incomplete as it was. Only publishing, sending for review and verifying an edit ask for the whole.
"""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, literal, select
from sqlalchemy.orm import Session

from kb.card_templates.models import CardTemplate, TemplatePart
from kb.card_templates.sections import filled_keys, key_of, sections_of
from kb.cards.models import Card
from kb.errors import Invalid, invalid
from kb.wording import _

_SLUG = re.compile("[a-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True)
class PartState:
    """A part of a template, and how it stands in a text."""

    heading: str
    hint: str
    is_required: bool
    is_there: bool
    is_filled: bool

    @property
    def is_gap(self) -> bool:
        """Whether the text is incomplete without it."""
        return self.is_required and not self.is_filled


def parts_in(template: CardTemplate, html: str) -> list[PartState]:
    """Every part of the template, in its order, and how it stands in this rendered text."""
    filled, there = filled_keys(html), {key_of(section.heading) for section in sections_of(html)}
    return [
        PartState(part.heading, part.hint, part.is_required, part.key in there, part.key in filled)
        for part in template.parts
    ]


def gaps(template: CardTemplate | None, html: str) -> list[PartState]:
    """The required parts that this rendered text lacks."""
    return [part for part in parts_in(template, html) if part.is_gap] if template is not None else []


def template_of(session: Session, slug: str | None) -> CardTemplate | None:
    """The template that a card, or somebody, names; None if there is none of this name."""
    return session.get(CardTemplate, slug) if slug and _SLUG.fullmatch(slug) else None


def demand_whole(session: Session, slug: str | None, html: str) -> None:
    """Raise Invalid, naming them, when the text lacks required parts of this template."""
    template = template_of(session, slug)
    missing = gaps(template, html)
    if template is not None and missing:
        raise _refusal(template, missing)


def demand_no_loss(session: Session, slug: str | None, before: str, after: str) -> None:
    """Raise Invalid when the new text lacks a required part of this template that the old one had."""
    template = template_of(session, slug)
    had = {part.heading for part in gaps(template, before)}
    lost = [part for part in gaps(template, after) if part.heading not in had]
    if template is not None and lost:
        raise _refusal(template, lost)


def is_incomplete() -> ColumnElement[bool]:
    """As a clause: the card's template asks for a part that the card lacks."""
    has_it = Card.written_parts.contains(literal("\n") + TemplatePart.key + literal("\n"))
    asked = select(TemplatePart.position).where(TemplatePart.template == Card.template, TemplatePart.is_required)
    return exists(asked.where(~has_it))


def _refusal(template: CardTemplate, missing: list[PartState]) -> Invalid:
    said = [
        _("“%(part)s” is empty: write below its heading.", part=part.heading) if part.is_there
        else _("“%(part)s” is missing: add the heading “## %(part)s” and write below it.", part=part.heading)
        for part in missing
    ]  # fmt: skip
    why = _("The template %(name)s asks for it; another one can be chosen.", name=template.name)
    return invalid("body", " ".join([*said, why]))
