"""The place of each waiting card in the queue: its section, then what a minute of checking it averts.

A place is a few columns and no card, so that the order is the right one over all that waits, however much that is;
cards are only loaded for the rows that are shown.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Subquery, case, func, select
from sqlalchemy.orm import Session

from curator.freshness.assessing import Worth
from kb.cards.models import Card
from kb.trust.policy import Policy
from kb.trust.queries import in_state
from kb.trust.state import GOOD, TrustState
from kb.use.models import CardUse

USE_DAYS = 28
_WEEK = timedelta(days=7)


class Section(StrEnum):
    """Why a card waits, in the order in which the queue shows it."""

    FLAGGED = "flagged"
    OVERDUE = "overdue"
    DUE_THIS_WEEK = "due_this_week"
    DUE_SOON = "due_soon"
    NEVER_VERIFIED = "never_verified"
    EDITED = "edited"
    WORTH_A_LOOK = "worth_a_look"


class Place(NamedTuple):
    """A card that waits: why, since when, and how often it was shown in 28 days, and shown while stale."""

    card_id: int
    section: Section
    is_good: bool
    since: datetime
    stale: int
    shown: int


def places_of(session: Session, where: ColumnElement[bool], policy: Policy, now: datetime) -> list[Place]:
    """The places of all cards of which a clause is true, in no order."""
    use = recent_use(now)
    state = case(*((in_state(each, policy, now), each.value) for each in TrustState)).label("state")
    rows = session.execute(
        select(
            Card.id, state, Card.verified_at, Card.unverified_at, Card.verify_by, Card.published_at,
            func.coalesce(use.c.stale, 0), func.coalesce(use.c.shown, 0),
        )
        .outerjoin(use, use.c.card_id == Card.id)
        .where(where)
    )  # fmt: skip
    places = []
    for card_id, found, verified_at, unverified_at, verify_by, published_at, stale, shown in rows:
        section = _section(TrustState(found), verified_at, verify_by, now)
        due = verify_by if verified_at is not None else None
        since = unverified_at or due or published_at or now
        places.append(Place(card_id, section, TrustState(found) in GOOD, since, int(stale), int(shown)))
    return places


def in_order(places: Iterable[Place], worth: Mapping[int, Worth]) -> list[Place]:
    """By section, then by what a minute of checking averts, then the one that waits longest."""
    rank = {section: number for number, section in enumerate(Section)}

    def key(place: Place) -> tuple[int, float, datetime, int, int]:
        averted = worth[place.card_id].averted_per_minute
        return rank[place.section], -averted, place.since, -place.shown, place.card_id

    return sorted(places, key=key)


def recent_use(now: datetime) -> Subquery:
    """Impressions of the last four weeks by card: `shown`, and those of them that were `stale`."""
    return (
        select(
            CardUse.card_id,
            func.sum(CardUse.stale_impressions).label("stale"),
            func.sum(CardUse.impressions).label("shown"),
        )
        .where(CardUse.day > now.date() - timedelta(days=USE_DAYS))
        .group_by(CardUse.card_id)
        .subquery()
    )


def _section(state: TrustState, verified_at: datetime | None, verify_by: datetime | None, now: datetime) -> Section:
    if state is TrustState.FLAGGED:
        return Section.FLAGGED
    if state is TrustState.OVERDUE:
        return Section.OVERDUE
    if state is TrustState.VERIFIED:
        return Section.WORTH_A_LOOK
    if state is TrustState.UNVERIFIED:
        return Section.NEVER_VERIFIED if verified_at is None else Section.EDITED
    is_near = verify_by is not None and verify_by - now <= _WEEK
    return Section.DUE_THIS_WEEK if is_near else Section.DUE_SOON
