"""The weekly report for webhooks: a few words, the numbers, and the cards to fix first, each with its webhook's eyes.

Reports are computed while reading; only what came out is queued. Cards go by number: what a webhook may say of them is
decided when it is sent.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.reports.about import About
from curator.reports.figures import figures
from curator.reports.formats import numbers_of
from curator.reports.rows import doubt_badge, fix_first
from curator.reports.schedules.turns import JOB, Sender, slot_week
from curator.reports.shown import long_day
from curator.reports.weekly import WeeklyReport, weekly_report
from curator.reports.weeks import Week
from curator.reports.words import headline, meaning
from curator.webhooks.models import Webhook
from curator.webhooks.outbox import queue_webhook
from curator.webhooks.scope import actor_of
from kb.people.actor import Actor
from kb.schedule.claims import claim, is_claimed, note_outcome
from kb.schedule.slots import Slot, latest_weekly
from kb.schedule.subscriptions import weekday_of
from kb.settings import Settings
from kb.words import count

EVENT = "weekly_report"
_Seen = tuple[int | None, frozenset[int]]


def post_weekly(sender: Sender) -> int:
    """At the installation's hour: queue the report of the week for each webhook that wants it. Once per week."""
    times = sender.settings.schedule
    slot = latest_weekly(sender.now, weekday_of(times), times.report_hour, times.zone)
    week = slot_week(slot.key)
    key = f"webhooks:{week.key}"
    with sender.database.read() as session:
        if is_claimed(session, JOB, key):
            return 0
        written = _written(session, sender, week, slot)
    with sender.database.transaction() as session:
        if not claim(session, JOB, key, sender.now):
            return 0
        queued = queue_webhook(
            session, EVENT, lambda actor: written.get(_seen_by(actor)), sender.now, key=f"weekly:{week.key}"
        )
        note_outcome(session, JOB, key, f"{count(queued, 'webhook')} told")
    return queued


def payload_of(report: WeeklyReport, settings: Settings) -> dict[str, Any]:
    """What a webhook is told."""
    about = f", {report.about.words}" if report.about.words else ""
    return {
        "title": f"Weekly stale report{about}, week of {long_day(report.week)}",
        "text": " ".join(part for part in (headline(report, settings.reports), meaning(report)) if part),
        "url": settings.public_url + report.about.address("/reports/weekly", week=report.week.key),
        "facts": [
            [figure.label, f"{figure.value} ({figure.change})" if figure.change else figure.value]
            for figure in figures(report, settings.reports)
        ],
        "cards": [
            {"card_id": row.card.id, "words": _words(row.stale_impressions, doubt_badge(row).words)}
            for row in fix_first(report)
        ],
        **numbers_of(report, settings),
    }


def _words(stale: int, state: str) -> str:
    return f"{state}, {count(stale, 'stale view')}"


def _written(session: Session, sender: Sender, week: Week, slot: Slot) -> Mapping[_Seen, dict[str, Any]]:
    """A report for each pair of eyes that any webhook has; one that was made after the hour waits a week."""
    told: dict[_Seen, dict[str, Any]] = {}
    settings, policy, now = sender.settings, sender.policy, sender.now
    for hook in session.scalars(select(Webhook).where(Webhook.created_at <= slot.due).order_by(Webhook.id)):
        actor = actor_of(session, hook) if EVENT in hook.events and hook.is_on else None
        if actor is not None and _seen_by(actor) not in told:
            about = _about(hook)
            report = weekly_report(session, actor, week, policy, settings.freshness, now, about)
            told[_seen_by(actor)] = payload_of(report, settings)
    return told


def _about(hook: Webhook) -> About:
    shelf = hook.collection
    return About(shelf.id, shelf.name, shelf.slug) if shelf is not None else About()


def _seen_by(actor: Actor) -> _Seen:
    return actor.id, actor.readable
