"""The cards a policy is about, as plain facts, and the terms that say when each of them is to be checked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from curator.freshness.estimate import minutes_for
from curator.freshness.facts import CHARACTERS_A_WORD
from kb.cards.models import Card, CardTag, Collection, Status
from kb.settings import Freshness
from kb.trust.models import Flag
from kb.trust.policy import Policy
from kb.trust.rules import About, Clause, SuggestedInterval, clauses_in_force
from kb.trust.timing import Shelf, Timing, timing_of
from kb.use.models import CardUse

USE_DAYS = 28


@dataclass(frozen=True, slots=True)
class PolicyCard:
    """A servable card: what the policy looks at, and how it stands. `minutes` is what a check of it takes, `use` its
    impressions of the last four weeks."""

    id: int
    title: str
    about: About
    own_days: int | None
    own_day: date | None
    suggested_days: int | None
    assignee_id: int | None
    minutes: int
    use: int
    verified_at: datetime | None
    is_verified: bool
    verify_by: datetime | None
    is_flagged: bool

    @property
    def collection_id(self) -> int:
        """Where it stands."""
        return self.about.collection_id


@dataclass(frozen=True, slots=True)
class Terms:
    """All that decides when checks fall due."""

    clauses: tuple[Clause, ...]
    shelves: Mapping[int, Shelf]
    default_days: int
    zone: ZoneInfo

    def timing(self, card: PolicyCard) -> Timing:
        """How often this card is checked."""
        shelf = self.shelves.get(card.collection_id, Shelf())
        return timing_of(card.about, card.own_days, card.own_day, self.clauses, shelf, self.default_days)

    def due(self, card: PolicyCard, verified_at: datetime) -> datetime:
        """When the card must be checked again if it was verified at that instant."""
        return self.timing(card).due(verified_at, card.suggested_days, self.zone)

    def with_shelf(self, collection_id: int, shelf: Shelf) -> "Terms":
        """The same, had the collection said this."""
        return replace(self, shelves={**self.shelves, collection_id: shelf})


def terms_in_force(session: Session, policy: Policy) -> Terms:
    """The rules, what the collections say, and the installation's default."""
    rows = session.execute(select(Collection.id, Collection.interval_days, Collection.is_adaptive))
    shelves = {shelf_id: Shelf(days, is_adaptive) for shelf_id, days, is_adaptive in rows}
    return Terms(clauses_in_force(session), shelves, policy.interval_days, policy.zone)


def servable(collection_ids: Iterable[int]) -> ColumnElement[bool]:
    """The answers of these collections."""
    return (
        Card.collection_id.in_(list(collection_ids)) & (Card.status == Status.PUBLISHED) & Card.replaced_by_id.is_(None)
    )


def policy_cards(session: Session, where: ColumnElement[bool], settings: Freshness, now: datetime) -> list[PolicyCard]:
    """These cards, by number, in four queries however many they are."""
    flagged = exists(select(Flag.id).where(Flag.card_id == Card.id, Flag.resolved_at.is_(None)))
    rows = session.execute(
        select(Card.id, Card.title, Card.collection_id, Card.audience, Card.interval_days, Card.check_on,
               SuggestedInterval.days, Card.assignee_id, func.length(Card.text), Card.verified_at, Card.unverified_at,
               Card.verify_by, flagged, Card.template)
        .outerjoin(SuggestedInterval, SuggestedInterval.card_id == Card.id)
        .where(where)
        .order_by(Card.id)
    ).all()  # fmt: skip
    tags, use = _tags(session, where), _use(session, now)
    return [_card(row, tags.get(row[0], frozenset()), use.get(row[0], 0), settings) for row in rows]


def _card(row: Any, tags: frozenset[str], use: int, settings: Freshness) -> PolicyCard:
    (card_id, title, shelf, audience, own_days, own_day, suggested, assignee, length, verified, unverified, due,
     is_flagged, template) = row  # fmt: skip
    return PolicyCard(
        card_id, title, About(shelf, tags, frozenset(audience or ()), template), own_days, own_day, suggested, assignee,
        minutes_for((length or 0) // CHARACTERS_A_WORD, settings), use, verified,
        verified is not None and unverified is None, due, bool(is_flagged),
    )  # fmt: skip


def _tags(session: Session, where: ColumnElement[bool]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    rows = session.execute(select(CardTag.card_id, CardTag.tag).join(Card, Card.id == CardTag.card_id).where(where))
    for card_id, tag in rows:
        found[card_id].add(tag)
    return {card_id: frozenset(each) for card_id, each in found.items()}


def _use(session: Session, now: datetime) -> dict[int, int]:
    since = now.date() - timedelta(days=USE_DAYS)
    rows = session.execute(
        select(CardUse.card_id, func.sum(CardUse.impressions)).where(CardUse.day > since).group_by(CardUse.card_id)
    )
    return {card_id: int(total) for card_id, total in rows}
