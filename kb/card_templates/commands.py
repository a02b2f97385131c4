"""Make, change and delete card templates. Changing one touches no card: what lacks a part from then on is listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kb.card_templates.completeness import template_of
from kb.card_templates.models import CardTemplate, TemplatePart
from kb.card_templates.sections import key_of
from kb.cards.models import Card
from kb.db import hold, take_turns
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.text.slugs import slug
from kb.trust.rules import Rule
from kb.wording import _

MOST_PARTS = 20
MOST_TEMPLATES = 100
DEFAULT_WORDS = 400
_TURN = 7_310_031


@dataclass(frozen=True, slots=True)
class PartFields:
    """A part as somebody wrote it."""

    heading: str
    hint: str = ""
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class TemplateFields:
    """A template as somebody wrote it, its parts in their order."""

    name: str
    about: str = ""
    most_words: int = DEFAULT_WORDS
    parts: tuple[PartFields, ...] = ()


def demand_keeper(actor: Actor) -> None:
    """Raise Forbidden unless the actor is a curator or an admin: a template is for the cards of every collection."""
    if not actor.is_curator:
        raise Forbidden(_("Only curators and admins keep card templates."))


def make_template(session: Session, actor: Actor, fields: TemplateFields, now: datetime) -> CardTemplate:
    """A new template. Its slug comes from its name and stays."""
    demand_keeper(actor)
    take_turns(session, _TURN)
    if (session.scalar(select(func.count()).select_from(CardTemplate)) or 0) >= MOST_TEMPLATES:
        raise Conflict(_("There are %(most)s card templates. Delete one first.", most=MOST_TEMPLATES))
    _demand_free_name(session, fields.name, None)
    template = CardTemplate(slug=_free_slug(session, fields.name), name="", about="", most_words=0, updated_at=now)
    _put(session, template, fields)
    audit.record(session, actor, "added", "card_template", None, now, slug=template.slug, name=fields.name)
    return template


def change_template(
    session: Session, actor: Actor, slug_: str, version: int, fields: TemplateFields, now: datetime
) -> CardTemplate:
    """Put other words and parts in their place. Raises Conflict when somebody else did so since `version`."""
    demand_keeper(actor)
    take_turns(session, _TURN)
    template = hold(session, template_named(session, slug_))
    if template.version != version:
        raise Conflict(_("Somebody else changed this card template meanwhile. Load the page again."))
    _demand_free_name(session, fields.name, template.slug)
    _put(session, template, fields)
    template.version, template.updated_at = version + 1, now
    required = [part.heading for part in fields.parts if part.is_required]
    audit.record(session, actor, "changed", "card_template", None, now, slug=slug_, name=fields.name, required=required)
    return template


def delete_template(session: Session, actor: Actor, slug_: str, now: datetime) -> None:
    """Remove it for good. Only admins, who see every card, may, and only while no card and no rule names it."""
    demand_keeper(actor)
    if not actor.is_admin:
        raise Forbidden(_("Only admins delete card templates."))
    template = hold(session, template_named(session, slug_), to_delete=True)
    if session.scalars(select(Card.id).where(Card.template == slug_).limit(1)).first() is not None:
        raise Conflict(_("Cards use this template. Choose another one for them first."))
    if session.scalars(select(Rule.id).where(Rule.template == slug_).limit(1)).first() is not None:
        raise Conflict(_("A rule of the policy names this template. Change the rule first."))
    audit.record(session, actor, "deleted", "card_template", None, now, slug=slug_, name=template.name)
    session.delete(template)
    session.flush()


def template_named(session: Session, slug_: str) -> CardTemplate:
    """The template with this slug; NotFound if there is none."""
    found = template_of(session, slug_)
    if found is None:
        raise NotFound(_("There is no such card template."))
    return found


def all_templates(session: Session) -> Sequence[CardTemplate]:
    """Every template, by name."""
    return session.scalars(select(CardTemplate).order_by(func.lower(CardTemplate.name), CardTemplate.slug)).all()


def names(session: Session) -> dict[str, str]:
    """What the templates are called, by slug; by name."""
    return {template.slug: template.name for template in all_templates(session)}


def _put(session: Session, template: CardTemplate, fields: TemplateFields) -> None:
    keys = [key_of(part.heading) for part in fields.parts]
    if not keys:
        raise invalid("heading", _("Name at least one part."))
    if len(keys) > MOST_PARTS:
        raise invalid("heading", _("A template has at most %(most)s parts.", most=MOST_PARTS))
    if not all(keys):
        raise invalid("heading", _("A part's heading needs a letter or a digit."))
    twice = next((part.heading for at, part in enumerate(fields.parts) if keys[at] in keys[:at]), None)
    if twice is not None:
        raise invalid("heading", _("“%(part)s” is there twice. Each part has a heading of its own.", part=twice))
    template.name, template.about, template.most_words = fields.name, fields.about, fields.most_words
    session.add(template)
    session.flush()
    session.execute(delete(TemplatePart).where(TemplatePart.template == template.slug))
    session.expire(template, ["parts"])
    for place, (key, part) in enumerate(zip(keys, fields.parts, strict=True)):
        session.add(TemplatePart(template=template.slug, position=place, heading=part.heading, key=key,
                                 hint=part.hint, is_required=part.is_required))  # fmt: skip
    session.flush()
    session.refresh(template, ["parts"])


def _demand_free_name(session: Session, name: str, own: str | None) -> None:
    names = {template.name.casefold(): template.slug for template in all_templates(session)}
    if names.get(name.casefold(), own) != own:
        raise invalid("name", _("There is a card template of this name already."))


def _free_slug(session: Session, name: str) -> str:
    base = slug(name, limit=36)
    taken = {"none", *session.scalars(select(CardTemplate.slug))}  # where one is chosen, "none" is no template
    return next(each for number in range(1, MOST_TEMPLATES + 2)
                if (each := base if number == 1 else f"{base}-{number}") not in taken)  # fmt: skip
