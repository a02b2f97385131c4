"""How many stale answers readers are expected to meet in a week: the sum of reads times P(stale) over their cards.

What was expected when a week ended is kept (`CardWeek`), for the last quarter; the current week is judged live.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from curator.freshness.assessing import assess_cards
from curator.reports.about import About
from curator.reports.models import CardWeek
from curator.reports.weeks import Week, week_of
from kb.cards.models import Card
from kb.cards.permissions import visible_to
from kb.db import Database
from kb.people.actor import Actor
from kb.schedule.claims import claim, is_claimed, note_outcome
from kb.settings import Freshness
from kb.trust.policy import Policy
from kb.words import count

KEPT_WEEKS = 13
JOB = "card_weeks"
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Expectation:
    """One card: how likely it is stale, how often it is read a week, and how often it is corrected a year."""

    p_stale: float
    views: float
    rate_per_year: float

    @property
    def stale(self) -> float:
        """How often a week it is read while stale."""
        return self.p_stale * self.views


@dataclass(frozen=True, slots=True)
class Expected:
    """All cards of a report together, in a week."""

    stale: float
    views: float

    @property
    def share(self) -> float | None:
        """The share of reads that meet a stale answer; None when nothing is read."""
        return self.stale / self.views if self.views else None


def together(cards: Iterable[Expectation]) -> Expected:
    """The sum over cards."""
    found = list(cards)
    return Expected(sum(card.stale for card in found), sum(card.views for card in found))


def expectations_now(
    session: Session, card_ids: Sequence[int], freshness: Freshness, now: datetime
) -> dict[int, Expectation]:
    """What is expected of these cards as of now."""
    judged = assess_cards(session, card_ids, freshness, now)
    return {
        card_id: Expectation(each.p_stale, each.views_per_week, each.rate_per_year) for card_id, each in judged.items()
    }


def expectations_of(session: Session, card_ids: Iterable[int], week: Week) -> dict[int, Expectation]:
    """What was expected of these cards when that week ended; cards it knows nothing of are left out."""
    wanted = set(card_ids)
    rows = session.execute(
        select(CardWeek.card_id, CardWeek.p_stale, CardWeek.views_per_week, CardWeek.rate_per_year)
        .where(CardWeek.monday == week.monday)
    )  # fmt: skip
    return {card_id: Expectation(p_stale, views, rate) for card_id, p_stale, views, rate in rows if card_id in wanted}


def expected_by_week(session: Session, actor: Actor, about: About, weeks: Sequence[Week]) -> Mapping[date, Expected]:
    """What was expected of all cards of these that the actor may see, by the Monday of each week that is kept."""
    rows = session.execute(
        select(CardWeek.monday, func.sum(CardWeek.stale_per_week), func.sum(CardWeek.views_per_week))
        .join(Card, Card.id == CardWeek.card_id)
        .where(visible_to(actor), about.clause(), CardWeek.monday.in_([week.monday for week in weeks]))
        .group_by(CardWeek.monday)
    )
    return {monday: Expected(stale, views) for monday, stale, views in rows}


def keep_weeks(database: Database, freshness: Freshness, policy: Policy, now: datetime) -> str:
    """Write down what was expected when each of the last weeks ended, where that is missing, and forget older ones."""
    kept = 0
    current = week_of(now, policy)
    for back in range(1, KEPT_WEEKS + 1):
        kept += _keep(database, freshness, policy, current.before(back), now)
    return f"{count(kept, 'week')} kept" if kept else "nothing due"


def _keep(database: Database, freshness: Freshness, policy: Policy, week: Week, now: datetime) -> bool:
    with database.read() as session:
        if is_claimed(session, JOB, week.key):
            return False
        judged = assess_cards(session, None, freshness, week.end(policy))
    rows = [
        {"card_id": each.card_id, "monday": week.monday, "p_stale": each.p_stale,
         "views_per_week": each.views_per_week, "stale_per_week": each.stale_per_week,
         "rate_per_year": each.rate_per_year}
        for each in judged.values()
    ]  # fmt: skip
    oldest = week_of(now, policy).before(KEPT_WEEKS).monday
    with database.transaction() as session:
        if not claim(session, JOB, week.key, now):
            return False
        alive = set(session.scalars(select(Card.id).where(Card.published_at < week.end(policy))))
        rows = [row for row in rows if row["card_id"] in alive]
        for start in range(0, len(rows), _AT_ONCE):
            session.execute(insert(CardWeek), rows[start : start + _AT_ONCE])
        session.execute(delete(CardWeek).where(CardWeek.monday < oldest - timedelta(days=7)))
        note_outcome(session, JOB, week.key, count(len(rows), "card"))
    return True
