"""The rules of the policy over HTTP: read them, see what a change would do, apply it."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.rules.applying import Preview, apply, preview
from curator.rules.changes import Kind, listed, may_see
from curator.rules.past import replay_of
from curator.rules.reading import Wanted, read_change
from curator.rules.replay import Replay
from curator.rules.simulator import DEFAULT_WEEKS, MOST_WEEKS, Simulation, When
from curator.rules.words import LIMITS, effect
from kb.cards.fields import IntervalDays, Line, RowId, Tag
from kb.cards.models import Breach, Collection
from kb.errors import Forbidden, invalid
from kb.people.actor import Actor
from kb.trust.rules import Clause, Pace
from kb.web.api import Api, sliced
from kb.web.api_models import Day, InstantParam, JsonBody, Listing, Shape, Slug
from kb.web.edge import now, reading, services, writing

api = Api("rules_api", "Rules")
_SHOWN = 500
Weeks = Annotated[int, Field(ge=1, le=MOST_WEEKS, description="Over how many weeks to spread.")]


class ChangeBody(JsonBody):
    """A change of the policy, to be looked at. Nothing is changed by looking."""

    kind: Annotated[
        Literal["add", "edit", "remove", "move", "collection", "catch_up"],
        Field(description="A rule is added, edited, removed or moved; a `collection` gets an interval and a pace; "
                          "`catch_up` moves pending checks to where the policy in force says."),
    ]  # fmt: skip
    rule: Annotated[RowId | None, Field(description="The rule that is edited, removed or moved.")] = None
    before: Annotated[RowId | None, Field(description="A moved rule stands before this one, else last.")] = None
    collection: Slug | None = None
    tag: Tag | None = None
    audience: Annotated[str | None, Field(max_length=60)] = None
    template: Annotated[Line | None, Field(max_length=40, description="The slug of a card template.")] = None
    interval_days: IntervalDays | None = None
    check_on: Day | None = None
    yearly: Annotated[bool, Field(description="Whether `check_on` comes back every year.")] = False
    pace: Literal["fixed", "adaptive"] | None = None
    expiry: Annotated[
        Literal["serve", "warn", "withhold"] | None, Field(description="What becomes of an overdue answer.")
    ] = None
    weeks: Weeks = DEFAULT_WEEKS

    def wanted(self) -> Wanted:
        """The change as it was written."""
        return Wanted(
            Kind(self.kind), self.rule, self.before, self.collection, self.tag, self.audience, self.interval_days,
            self.check_on, self.yearly, Pace(self.pace) if self.pace else None,
            Breach(self.expiry) if self.expiry else None, self.template,
        )  # fmt: skip


class ApplyBody(ChangeBody):
    """The same change, with the token and the instant of its preview; only `next`, which moves nothing, needs none."""

    when: Literal["next", "spread", "now"] = "next"
    token: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None
    at: InstantParam | None = None


class RuleShape(Shape):
    """A rule: which cards it is about, and what it says."""

    id: int
    position: int
    collection: str | None
    tag: str | None
    audience: str | None
    template: str | None
    interval_days: int | None
    check_on: date | None
    yearly: bool
    pace: str | None
    expiry: str | None


class Rules(Shape):
    """A page of rules, in the order in which they count."""

    items: list[RuleShape]
    next_cursor: str | None


class MoveShape(Shape):
    """A card whose check would move; `now` and `spread` say where to."""

    card_id: int
    title: str
    due: datetime
    now: datetime
    spread: datetime
    overdue: bool


class LoadShape(Shape):
    """Checks that fall due in a coming week: as it is, and for each way to apply the change."""

    as_it_is: int
    next: int
    spread: int
    now: int


class ReplayWeek(Shape):
    """A past week: checks made and due, corrections, and how many of those would have come earlier."""

    week: date
    checks_made: int
    due_before: int
    due_after: int
    corrections: int
    earlier_before: float
    earlier_after: float
    impressions_spared_before: float
    impressions_spared_after: float


class PreviewShape(Shape):
    """What a change would do. `token` and `at` apply just this, within an hour."""

    token: str
    at: datetime
    weeks: int
    effect: list[str]
    overdue: int
    moves: list[MoveShape] = Field(description=f"The first {_SHOWN}; `moved` is how many there are.")
    moved: int
    loads: list[LoadShape] = Field(description="Twelve weeks from this one.")
    replay: list[ReplayWeek]
    limits: str


class Applied(Shape):
    """How many pending checks moved."""

    moved: int


@api.operation("GET", "/rules", {200: Rules}, scope="read")
def list_rules(query: Listing) -> Rules:
    """List the rules of the policy. Those of collections you curate, and those for all."""
    with reading() as (session, actor):
        if not actor.is_curator:
            raise Forbidden("Only curators and admins may see the rules.")
        slugs = dict(session.execute(select(Collection.id, Collection.slug)).all())
        rules = [each for each in enumerate(listed(session), 1) if may_see(actor, each[1][1].collection_id)]
        rows, cursor = sliced(rules, query)
        items = [_rule(position, number, clause, slugs) for position, (number, clause) in rows]
    return Rules(items=items, next_cursor=cursor)


@api.operation("POST", "/rules/preview", {200: PreviewShape}, scope="read", errors=(404,))
def look(body: ChangeBody) -> PreviewShape:
    """See what a change of the policy would do. Nothing is changed by looking."""
    with reading() as (session, actor):
        found = _preview(session, actor, body)
        past = replay_of(session, found, services().policy, now())
    return _shape(found, past)


@api.operation("POST", "/rules/changes", {200: Applied}, scope="admin", errors=(404,))
def change(body: ApplyBody) -> Applied:
    """Apply a change as it was previewed. The same token again changes nothing more; other facts are a conflict."""
    if body.when != "next" and (body.token is None or body.at is None):
        raise invalid("token", "Look at the effect first (POST /rules/preview) and send its token and at.")
    settings = services().settings
    with writing() as (session, actor):
        token, at = body.token, body.at
        if token is None or at is None:
            token, at = _preview(session, actor, body).token, now()
        wanted = read_change(session, actor, body.wanted(), settings.workspace.audiences)
        moved = apply(session, actor, wanted, When(body.when), body.weeks, settings, now(), token=token, at=at)
    return Applied(moved=moved)


def _preview(session: Session, actor: Actor, body: ChangeBody) -> Preview:
    settings = services().settings
    wanted = read_change(session, actor, body.wanted(), settings.workspace.audiences)
    return preview(session, actor, wanted, body.weeks, settings, now(), now())


def _rule(position: int, number: int, clause: Clause, slugs: dict[int, str]) -> RuleShape:
    return RuleShape(
        id=number, position=position, collection=slugs.get(clause.collection_id or 0), tag=clause.tag,
        audience=clause.audience, template=clause.template, interval_days=clause.interval_days,
        check_on=clause.check_on, yearly=clause.is_yearly, pace=clause.pace, expiry=clause.expiry,
    )  # fmt: skip


def _shape(found: Preview, past: Replay | None) -> PreviewShape:
    simulation = found.simulation
    return PreviewShape(
        token=found.token, at=simulation.at, weeks=simulation.weeks, effect=list(effect(found.change, simulation)),
        overdue=len(simulation.overdue), moves=_moves(simulation), moved=len(simulation.moves[When.NOW]),
        loads=_loads(simulation), replay=_replay(past) if past is not None else [], limits=LIMITS,
    )  # fmt: skip


def _moves(found: Simulation) -> list[MoveShape]:
    late = {card.id for card in found.overdue}
    return [
        MoveShape(
            card_id=card.id, title=card.title, due=card.verify_by, now=found.moves[When.NOW][card.id],
            spread=found.moves[When.SPREAD].get(card.id, card.verify_by), overdue=card.id in late,
        )
        for card in (each.card for each in found.touched)
        if card.id in found.moves[When.NOW] and card.verify_by is not None
    ][:_SHOWN]  # fmt: skip


def _loads(found: Simulation) -> list[LoadShape]:
    ways = (found.loads[None], found.loads[When.NEXT], found.loads[When.SPREAD], found.loads[When.NOW])
    return [
        LoadShape(as_it_is=as_is.checks, next=next_.checks, spread=spread.checks, now=at_once.checks)
        for as_is, next_, spread, at_once in zip(*ways, strict=True)
    ]


def _replay(past: Replay) -> list[ReplayWeek]:
    return [
        ReplayWeek(
            week=monday, checks_made=past.checks_made[place], due_before=before.due, due_after=after.due,
            corrections=past.corrections[place], earlier_before=round(before.found_earlier, 3),
            earlier_after=round(after.found_earlier, 3),
            impressions_spared_before=round(before.impressions_spared, 1),
            impressions_spared_after=round(after.impressions_spared, 1),
        )
        for place, (monday, before, after) in enumerate(zip(past.mondays, past.before, past.after, strict=True))
    ]  # fmt: skip
