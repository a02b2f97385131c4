"""Triggers over HTTP: rules for a reader's extension, their cards, and keeping them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from kb.cards.api import shaper
from kb.cards.fields import Line
from kb.cards.shapes import CardAnswer
from kb.people.references import groups_referred
from kb.people.shapes import GroupRef
from kb.triggers import commands, queries
from kb.triggers.models import Trigger
from kb.triggers.rule import LONGEST_TEXT, MOST_CARDS, MOST_TEXTS, read_rule, sentence
from kb.trust.queries import trust_by_card
from kb.web.api import PREFIX, Api, Reply, sliced
from kb.web.api_models import CardId, JsonBody, Listing, Shape, Slug, Version
from kb.web.edge import now, reading, services, writing

api = Api("triggers_api", "Triggers")
Text = Annotated[Line, Field(min_length=1, max_length=LONGEST_TEXT)]


class NewTrigger(JsonBody):
    """On this site, when this text is on the page, show these cards."""

    site: Annotated[Line, Field(min_length=1, max_length=500, description="app.example.com, or *.example.com.")]
    path: Annotated[Line, Field(max_length=200, description="How the address begins after the host.")] = ""
    texts: Annotated[list[Text], Field(max_length=MOST_TEXTS, description="Any of them is enough.")] = Field([])
    label: Annotated[Line, Field(max_length=LONGEST_TEXT, description="The text stands near these words.")] = ""
    cards: Annotated[list[CardId], Field(min_length=1, max_length=MOST_CARDS)]
    groups: Annotated[list[Slug], Field(max_length=50, description="For whom; nobody named is everybody.")] = Field([])


class TriggerChange(NewTrigger):
    """What the trigger is to be; it replaces the whole."""

    version: Version
    on: bool = True


class TriggerShape(Shape):
    """A trigger, and the sentence it reads as."""

    id: int
    sentence: str
    site: str
    path: str
    texts: list[str]
    label: str
    cards: list[int]
    groups: list[GroupRef]
    on: bool
    version: int
    updated_at: datetime


class Triggers(Shape):
    """A page of triggers, by site."""

    items: list[TriggerShape]
    next_cursor: str | None


class TriggerRule(Shape):
    """A rule that an extension matches by itself; `cards`: how many it would show."""

    id: int
    site: str
    path: str
    texts: list[str]
    label: str
    cards: int


class TriggerRules(Shape):
    """All rules that are on for you."""

    rules: list[TriggerRule]


class TriggeredCards(Shape):
    """The cards of a rule, in their order."""

    items: list[CardAnswer]


@api.operation("GET", "/triggers/rules", {200: TriggerRules}, scope="lookup")
def list_trigger_rules() -> TriggerRules:
    """List the rules of your browser extension. It matches pages by itself and sends no more than a rule's id."""
    with reading() as (session, actor):
        found = queries.rules_for(session, actor)
    return TriggerRules(
        rules=[
            TriggerRule(id=each.id, site=each.rule.site, path=each.rule.path, texts=list(each.rule.texts),
                      label=each.rule.label, cards=each.cards)
            for each in found
        ]
    )  # fmt: skip


@api.operation("GET", "/triggers/<int:trigger_id>/cards", {200: TriggeredCards}, scope="lookup")
def list_triggered(trigger_id: int) -> TriggeredCards:
    """List the cards that a rule shows you."""
    with reading() as (session, actor):
        cards = queries.cards_of(session, actor, trigger_id)
        trusts = trust_by_card(session, cards, services().policy, now())
        return TriggeredCards(items=[shaper().answer(card, trusts[card.id]) for card in cards])


@api.operation("GET", "/triggers", {200: Triggers}, scope="read")
def list_triggers(query: Listing) -> Triggers:
    """List triggers. Curators and admins may."""
    with reading() as (session, actor):
        commands.demand_keeper(actor)
        rows, cursor = sliced(queries.kept_triggers(session), query)
        return Triggers(items=[_shape(row) for row in rows], next_cursor=cursor)


@api.operation("POST", "/triggers", {201: TriggerShape}, scope="admin")
def make_trigger(body: NewTrigger) -> Reply:
    """Make a trigger. Curators and admins may; it is on at once."""
    rule = read_rule(body.site, body.path, body.texts, body.label)
    with writing() as (session, actor):
        groups = groups_referred(session, body.groups, "groups")
        shape = _shape(commands.make_trigger(session, actor, rule, body.cards, groups, now()))
    return Reply(shape, 201, {"Location": f"{PREFIX}/triggers/{shape.id}"})


@api.operation("PUT", "/triggers/<int:trigger_id>", {200: TriggerShape}, scope="admin")
def put_trigger(trigger_id: int, body: TriggerChange) -> TriggerShape:
    """Change a trigger, or switch it off. 409 when somebody else changed it meanwhile."""
    rule = read_rule(body.site, body.path, body.texts, body.label)
    with writing() as (session, actor):
        groups = groups_referred(session, body.groups, "groups")
        return _shape(
            commands.change_trigger(
                session, actor, trigger_id, body.version, rule, body.cards, groups, now(), is_on=body.on
            )
        )


@api.operation("DELETE", "/triggers/<int:trigger_id>", {204: None}, scope="admin")
def delete_trigger(trigger_id: int) -> Reply:
    """Delete a trigger."""
    with writing() as (session, actor):
        commands.delete_trigger(session, actor, trigger_id, now())
    return Reply(None, 204)


def _shape(trigger: Trigger) -> TriggerShape:
    return TriggerShape(
        id=trigger.id,
        sentence=sentence(queries.rule_of(trigger), [group.name for group in trigger.groups]),
        site=trigger.site, path=trigger.path, texts=trigger.texts, label=trigger.label,
        cards=[shown.card_id for shown in trigger.shown],
        groups=[GroupRef(id=group.id, slug=group.slug, name=group.name) for group in trigger.groups],
        on=trigger.is_on, version=trigger.version, updated_at=trigger.updated_at,
    )  # fmt: skip
