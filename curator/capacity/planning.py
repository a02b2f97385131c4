"""Plans the first checks of everything that was published without a date: after an import, and as a job."""

from collections.abc import Collection
from datetime import datetime

from curator.capacity.layout import any_without_day, move_checks, plan_first_checks
from kb.db import Database
from kb.people.actor import system_actor
from kb.settings import Settings


def plan_all(database: Database, settings: Settings, now: datetime, imported: Collection[int] = ()) -> int:
    """Plan until nothing is left without a date. Returns how many checks got a day; a second run finds none."""
    planned = 0
    while moved := _plan(database, settings, now, imported):
        planned += moved
        imported = ()
    return planned


def _plan(database: Database, settings: Settings, now: datetime, imported: Collection[int]) -> int:
    with database.read() as session:
        if not imported and not any_without_day(session):
            return 0
        if not plan_first_checks(session, settings, now, imported):
            return 0
    with database.transaction() as session:
        laid = plan_first_checks(session, settings, now, imported)
        return move_checks(session, system_actor(session), laid, now)
