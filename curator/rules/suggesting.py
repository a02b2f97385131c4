"""Keeps, once a night, what the estimate suggests as the interval of each card: the adaptive pace follows it."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from curator.freshness.assessing import assess_cards
from kb.db import Database
from kb.schedule.claims import claim, is_claimed, note_outcome
from kb.schedule.slots import latest_daily
from kb.settings import Settings
from kb.trust.rules import SuggestedInterval
from kb.words import count

JOB, _HOUR, _AT_ONCE = "suggest-intervals", 3, 1000


def suggest_all(database: Database, settings: Settings, now: datetime) -> str:
    """Suggest for every published card, unless that was done this night. No date of any check moves by it."""
    slot = latest_daily(now, _HOUR, settings.schedule.zone)
    with database.read() as session:
        if is_claimed(session, JOB, slot.key):
            return "nothing due"
        days = {card_id: each.free_interval_days for card_id, each in
                assess_cards(session, None, settings.freshness, now).items()}  # fmt: skip
    ordered = sorted(days)
    for start in range(0, len(ordered), _AT_ONCE):
        with database.transaction() as session:
            _keep(session, {card_id: days[card_id] for card_id in ordered[start : start + _AT_ONCE]}, now)
    outcome = f"{count(len(days), 'interval')} suggested"
    with database.transaction() as session:
        if claim(session, JOB, slot.key, now):
            note_outcome(session, JOB, slot.key, outcome)
    return outcome


def _keep(session: Session, days: dict[int, int], now: datetime) -> None:
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    rows = [{"card_id": card_id, "days": each, "at": now} for card_id, each in days.items()]
    statement = insert(SuggestedInterval).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["card_id"], set_={"days": statement.excluded.days, "at": statement.excluded.at}
        )
    )
