"""The queue and the weekly report over HTTP."""

from typing import Annotated, Literal

from flask import Response, jsonify
from pydantic import Field

from curator.queue.queue import Part, Scope, Waiting, queue_of
from curator.reports.about import about_asked
from curator.reports.formats import as_csv, as_json
from curator.reports.gap_page import LONGEST
from curator.reports.gaps import load_gaps
from curator.reports.weekly import WeeklyReport, weekly_report
from curator.reports.weeks import read_week
from kb.cards.api import shaper
from kb.cards.shapes import CardAnswer
from kb.people.shapes import PersonShape, person_or_none
from kb.web.api import Api, cursor_to, position
from kb.web.api_models import Listing, Params, Shape, Words
from kb.web.edge import now, reading, services

api = Api("curator_api", "Upkeep")


class QueueQuery(Listing):
    """Whose work to list."""

    scope: Annotated[
        Literal["mine", "group", "all"],
        Field(description="What waits for you, for your groups, or in all collections you curate."),
    ] = "mine"


class WeekQuery(Params):
    """Which week to report."""

    week: Annotated[Words, Field(max_length=8, description="An ISO week, such as 2026-W47; else this week.")] = ""
    collection: Annotated[Words, Field(max_length=60, description="The slug of a collection; else all.")] = ""
    person: Annotated[
        Words,
        Field(max_length=9, description="`me`, or the number of a person whose cards are in collections you curate."),
    ] = ""


class GapsQuery(Params):
    """Which week, and where."""

    week: Annotated[Words, Field(max_length=8, description="An ISO week, such as 2026-W47; else this week.")] = ""
    collection: Annotated[Words, Field(max_length=60, description="The slug of a collection; else all.")] = ""


class GapShape(Shape):
    """A question without a good answer."""

    words: str
    also: list[str] = Field(description="Other wordings of it.")
    times: int
    people: int
    found_nothing: bool = Field(description="At least once; else only answers that were doubted or not opened.")
    rephrased: int = Field(description="How often an answer was found and they asked again in other words.")
    card_id: int | None = Field(description="The answer that most searches ended on.")


class GapsAnswer(Shape):
    """What was searched for in vain in a week, the most asked first."""

    week: str
    gaps: list[GapShape]


class WaitingCard(CardAnswer):
    """A card that waits to be verified, and what it costs meanwhile."""

    section: str = Field(description="Why it waits, in one word; `trust.reasons` says more.")
    assignee: PersonShape | None
    minutes: int = Field(description="An estimate for checking it.")
    p_stale: float = Field(description="How likely it is stale now, from 0 to 1.")
    priority: float = Field(description="Stale impressions that checking it averts, per minute.")
    reasons: list[str] = Field(description="Why that is thought of it, the strongest first.")
    impressions: int = Field(description="In the last 28 days.")
    stale_impressions: int = Field(description="In the last 28 days.")


class QueueAnswer(Shape):
    """A page of the queue by section, in each the highest priority first; the section `worth_a_look` is not due yet.
    `total`, `minutes` and `counts` are of all that is due."""

    scope: str
    items: list[WaitingCard]
    next_cursor: str | None
    total: int
    minutes: int
    counts: dict[str, int]


@api.operation("GET", "/queue", {200: QueueAnswer}, scope="read")
def queue(query: QueueQuery) -> QueueAnswer:
    """List what to verify. Most harmful first, with reasons and minutes."""
    with reading() as (session, actor):
        policy, freshness = services().policy, services().settings.freshness
        start = position(query.cursor)
        part = Part(query.limit, start)
        found = queue_of(session, actor, Scope(query.scope), policy, freshness, now(), part)
        items = [_waiting(row) for row in found.rows]
        end = start + query.limit
    return QueueAnswer(
        scope=query.scope, items=items, next_cursor=cursor_to(end) if end < len(found.order) else None,
        total=found.total, minutes=found.minutes,
        counts={scope.value: number for scope, number in found.counts.items()},
    )  # fmt: skip


@api.operation("GET", "/reports/weekly", {200: "application/json"}, scope="read", errors=(404,))
def weekly(query: WeekQuery) -> Response:
    """Get the weekly stale report. What is stale, whom it waits for and what it cost, of the cards you may see."""
    return jsonify(as_json(_report(query), services().settings))


@api.operation("GET", "/reports/weekly.csv", {200: "text/csv"}, scope="read", errors=(404,))
def weekly_csv(query: WeekQuery) -> Response:
    """Get the cards in doubt as CSV. Most harmful first."""
    report = _report(query)
    response = Response(as_csv(report, services().settings), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="vitrine-{report.week.key}.csv"'
    return response


@api.operation("GET", "/reports/gaps", {200: GapsAnswer}, scope="read", errors=(404,))
def gaps(query: GapsQuery) -> GapsAnswer:
    """Get what was searched for in vain. Of others, what several people asked who may read no more than you."""
    policy = services().policy
    with reading() as (session, actor):
        week = read_week(query.week, now(), policy)
        about = about_asked(session, actor, query.collection, "")
        end = min(now(), week.end(policy))
        found = load_gaps(session, actor, about, week.start(policy), end, LONGEST)
    return GapsAnswer(
        week=week.key,
        gaps=[
            GapShape(words=gap.words, also=list(gap.also), times=gap.times, people=gap.people,
                     found_nothing=gap.found_nothing, rephrased=gap.rephrased, card_id=gap.card_id)
            for gap in found
        ],
    )  # fmt: skip


def _report(query: WeekQuery) -> WeeklyReport:
    with reading() as (session, actor):
        week = read_week(query.week, now(), services().policy)
        about = about_asked(session, actor, query.collection, query.person)
        return weekly_report(session, actor, week, services().policy, services().settings.freshness, now(), about)


def _waiting(row: Waiting) -> WaitingCard:
    return WaitingCard(
        **dict(shaper().answer(row.card, row.trust)),
        section=row.section.value,
        assignee=person_or_none(row.card.assignee),
        minutes=row.assessment.minutes,
        p_stale=round(row.assessment.p_stale, 4),
        priority=round(row.assessment.averted_per_minute, 4),
        reasons=list(row.assessment.reasons),
        impressions=row.impressions,
        stale_impressions=row.stale_impressions,
    )
