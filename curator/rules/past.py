"""The last twelve weeks of the cards that a change touches, under the terms before and after it."""

from datetime import datetime

from sqlalchemy.orm import Session

from curator.capacity.time import Calendar
from curator.rules.applying import Preview
from curator.rules.changes import listed, tried
from curator.rules.replay import Replay, load_past, replay, since_twelve_weeks
from curator.rules.terms import terms_in_force
from kb.trust.policy import Policy


def replay_of(session: Session, found: Preview, policy: Policy, now: datetime) -> Replay | None:
    """The replay; None if no pending check is touched, or nothing but pending dates would change."""
    terms = terms_in_force(session, policy)
    after = tried(found.change, terms, listed(session))
    if not found.simulation.touched or after == terms:
        return None
    calendar = since_twelve_weeks(now, Calendar.from_this_week(now, policy.zone))
    cards = [each.card for each in found.simulation.touched]
    past = load_past(session, cards, calendar.start_of(calendar.monday))
    return replay(past, terms, after, calendar, now)
