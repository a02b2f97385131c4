"""How each job last went: one row per job, for the list of jobs and the health checks."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from kb.db import Database
from kb.schedule.models import JobState


def run_recorded(database: Database, job: str, clock: Callable[[], datetime], work: Callable[[], str]) -> str:
    """Do the work and record when it started, when it ended and how; an error is recorded and raised again."""
    with database.transaction() as session:
        _state(session, job, clock())
    try:
        outcome = work()
    except Exception as error:
        _finish(database, job, clock(), f"{type(error).__name__}: {error}", failed=True)
        raise
    _finish(database, job, clock(), outcome, failed=False)
    return outcome


def _state(session: Session, job: str, now: datetime) -> JobState:
    state = session.get(JobState, job)
    if state is None:
        state = JobState(job=job, last_started_at=now, outcome="", failures=0)
        session.add(state)
    state.last_started_at = now
    return state


def _finish(database: Database, job: str, now: datetime, outcome: str, *, failed: bool) -> None:
    with database.transaction() as session:
        state = session.get_one(JobState, job)
        state.last_finished_at, state.outcome = now, outcome[:500]
        state.failures = state.failures + 1 if failed else 0
