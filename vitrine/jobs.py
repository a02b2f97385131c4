"""The table of scheduled jobs: what runs when. Each is shallow, idempotent and can be run by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from curator import jobs as curation
from curator.jobs import JobContext
from kb import clock
from kb.schedule.claims import claim, is_claimed, note_outcome
from kb.schedule.models import JobState
from kb.schedule.slots import latest_daily
from kb.schedule.state import run_recorded
from kb.words import count
from search.backend import IndexUnusable
from vitrine.runtime import Runtime

_NIGHT = 3


@dataclass(frozen=True, slots=True)
class Job:
    """A job: how often the scheduler tries it, and what it does. `run` says in words what it did."""

    name: str
    every_seconds: int
    does: str
    run: Callable[[Runtime], str]


def job_named(name: str) -> Job:
    """The job with this name; KeyError if there is none."""
    return {job.name: job for job in JOBS}[name]


def run_now(runtime: Runtime, job: Job) -> str:
    """Run a job once and record how it went."""
    return run_recorded(runtime.services.database, job.name, clock.now, lambda: job.run(runtime))


def overview(runtime: Runtime, now: datetime) -> list[dict[str, Any]]:
    """All jobs with their last run, its outcome and when they are tried next."""
    with runtime.services.database.read() as session:
        states = {state.job: state for state in session.scalars(select(JobState))}
    return [_row(job, states.get(job.name), now) for job in JOBS]


def _row(job: Job, state: JobState | None, now: datetime) -> dict[str, Any]:
    last = state.last_started_at if state else None
    due = max(last + timedelta(seconds=job.every_seconds), now) if last else now
    return {
        "job": job.name,
        "does": job.does,
        "every_seconds": job.every_seconds,
        "last": last.isoformat() if last else None,
        "outcome": state.outcome if state else None,
        "failures": state.failures if state else 0,
        "next": due.isoformat(),
    }


def _curation(job: Callable[[JobContext], str]) -> Callable[[Runtime], str]:
    return lambda runtime: job(JobContext.of(runtime.services))


def _check_index(runtime: Runtime) -> str:
    """Once a night: compare index and database, and rebuild when they differ."""
    services, now = runtime.services, clock.now()
    slot = latest_daily(now, _NIGHT, services.policy.zone)
    with services.database.read() as session:
        if is_claimed(session, "check-index", slot.key):
            return "nothing due"
    try:
        differences = runtime.indexer.differences()
    except IndexUnusable as error:
        differences = [str(error)]
    outcome = "index and database agree"
    if differences:
        outcome = f"{count(len(differences), 'difference')}; rebuilt with {runtime.indexer.rebuild()} cards"
    with services.database.transaction() as session:
        if claim(session, "check-index", slot.key, now):
            note_outcome(session, "check-index", slot.key, outcome)
    return outcome


JOBS = (
    Job("notice", 60, "notices what happened to cards, and who is to hear of it", _curation(curation.notice)),
    Job("tell", 60, "mails at once what people want to hear at once", _curation(curation.tell)),
    Job("digest", 60, "once a day of each person: tells what fell to them", _curation(curation.digest)),
    Job("absences", 60, "moves the cards of whoever went away or came back", _curation(curation.absences)),
    Job("escalate", 600, "moves on the cards that nobody acted on", _curation(curation.escalate)),
    Job("card-weeks", 60, "once a week: keeps how many stale answers were expected", _curation(curation.card_weeks)),
    Job("weekly-report", 60, "once a week: sends the weekly stale report", _curation(curation.weekly_report)),
    Job("questions", 300, "reminds of questions and passes on what waits too long", _curation(curation.questions)),
    Job("send-mail", 10, "delivers the mail outbox", _curation(curation.send_mail)),
    Job("send-webhooks", 10, "delivers what is queued for webhooks", _curation(curation.send_webhooks)),
    Job("check-index", 600, "once a night: compares the index with the database", _check_index),
    Job("near-duplicates", 60, "compares cards that were not compared when saved", _curation(curation.near_duplicates)),
    Job("learn-freshness", 21600, "learns how often cards change here", _curation(curation.learn_freshness)),
    Job("detect", 30, "looks for what speaks against cards: changed ones, at night all", _curation(curation.detect)),
    Job("check-links", 60, "tries links to elsewhere, each at most once a day", _curation(curation.check_links)),
    Job("check-sources", 60, "reads watched sources, each once a day", _curation(curation.check_sources)),
    Job("first-checks", 300, "plans first checks within people's time", _curation(curation.first_checks)),
    Job("suggest-intervals", 600, "once a night: intervals for adaptive cards", _curation(curation.suggest_intervals)),
    Job("housekeeping", 3600, "removes what nobody needs any more", _curation(curation.housekeeping)),
)
