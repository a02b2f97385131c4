"""The card manager's table: a page of the cards that match and may be seen, and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from curator.cards.filters import NOBODY, Filters, Sort
from kb.card_templates.completeness import is_incomplete
from kb.cards.models import Card, CardTag, CardVerifier, Status
from kb.cards.permissions import visible_to
from kb.cards.queries import with_people
from kb.people.actor import Actor
from kb.people.models import Person
from kb.trust.policy import Policy
from kb.trust.queries import in_state, trust_by_card
from kb.trust.state import Trust
from kb.use.models import CardUse

PAGE = 50
_USE_DAYS = 28


@dataclass(frozen=True, slots=True)
class Listed:
    """A row: trust is None for drafts, archived and replaced cards."""

    card: Card
    trust: Trust | None
    impressions: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the table."""

    rows: tuple[Listed, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // PAGE))


def listing(session: Session, actor: Actor, filters: Filters, policy: Policy, now: datetime) -> Listing:
    """The asked page of matching cards."""
    matches = matching(actor, filters, policy, now)
    total = session.scalar(select(func.count()).select_from(Card).where(matches)) or 0
    views = _views(now)
    query = select(Card, views).where(matches).options(*with_people())  # type: ignore[arg-type]
    query = query.order_by(*_order(filters, views)).limit(PAGE).offset((filters.page - 1) * PAGE)
    found = session.execute(query).all()
    trust = trust_by_card(session, [card for card, _ in found if card.is_servable], policy, now)
    return Listing(tuple(Listed(card, trust.get(card.id), int(shown)) for card, shown in found), total, filters.page)


def matching_ids(
    session: Session, actor: Actor, filters: Filters, policy: Policy, now: datetime, limit: int
) -> Sequence[int]:
    """The ids of the cards that match, the most used first; at most `limit`."""
    query = select(Card.id).where(matching(actor, filters, policy, now))
    return session.scalars(query.order_by(_views(now).desc(), Card.id).limit(limit)).all()


def matching(actor: Actor, filters: Filters, policy: Policy, now: datetime) -> ColumnElement[bool]:
    """The filters as a clause, together with what the actor may see."""
    clauses = [
        visible_to(actor),
        _has_status(filters),
        *_about_people(filters),
        *([_has_words(filters.q)] if filters.q else []),
        *([in_state(filters.trust, policy, now), Card.replaced_by_id.is_(None)] if filters.trust else []),
        *([Card.collection_id == filters.collection_id] if filters.collection_id is not None else []),
        *([Card.language == filters.language] if filters.language else []),
        *([_has_tag(filters.tag)] if filters.tag else []),
        *([_by_template(filters.template)] if filters.template else []),
        *([is_incomplete(), Card.status == Status.PUBLISHED] if filters.is_incomplete else []),
        *([Card.updated_at >= policy.start_of(filters.updated_since)] if filters.updated_since else []),
    ]
    return and_(*clauses)


def unowned() -> ColumnElement[bool]:
    """Nobody, or nobody who is still here, owns the card."""
    gone = exists(select(Person.id).where(Person.id == Card.owner_id, Person.deactivated_at.is_not(None)))
    return or_(Card.owner_id.is_(None), gone)


def _has_status(filters: Filters) -> ColumnElement[bool]:
    if filters.status == "any":
        return Card.status.is_not(None)
    return Card.status == filters.status if filters.status else Card.status != Status.ARCHIVED


def _about_people(filters: Filters) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if filters.is_unowned:
        clauses.append(unowned())
    if filters.owner_id is not None:
        clauses.append(Card.owner_id == filters.owner_id)
    if filters.assignee_id is not None:
        clauses.append(Card.assignee_id == filters.assignee_id)
    if filters.group_id is not None:
        named = and_(CardVerifier.card_id == Card.id, CardVerifier.group_id == filters.group_id)
        clauses.append(exists(select(CardVerifier.card_id).where(named)))
    return clauses


def _has_words(q: str) -> ColumnElement[bool]:
    """Every word stands in the title. SQLite folds only ASCII, so usual spellings of other letters are tried too."""
    return and_(*[_has_word(word) for word in q.split()[:10]])


def _has_word(word: str) -> ColumnElement[bool]:
    spellings = dict.fromkeys((word, word.lower(), word.upper(), word.capitalize()))
    return or_(*[Card.title.icontains(each, autoescape=True) for each in spellings])


def _has_tag(tag: str) -> ColumnElement[bool]:
    return exists(select(CardTag.card_id).where(CardTag.card_id == Card.id, CardTag.tag == tag))


def _by_template(template: str) -> ColumnElement[bool]:
    return Card.template.is_(None) if template == NOBODY else Card.template == template


def _views(now: datetime) -> ColumnElement[int]:
    since = now.date() - timedelta(days=_USE_DAYS)
    total = select(func.sum(CardUse.impressions)).where(CardUse.card_id == Card.id, CardUse.day > since)
    return func.coalesce(total.scalar_subquery(), 0)


def _order(filters: Filters, views: ColumnElement[int]) -> tuple[ColumnElement[Any], ColumnElement[int]]:
    columns: dict[Sort, ColumnElement[Any]] = {
        Sort.TITLE: func.lower(Card.title),
        Sort.UPDATED: Card.updated_at.expression,
        Sort.NEXT_CHECK: Card.verify_by.expression,
        Sort.VIEWS: views,
    }
    column = columns[filters.sort]
    direction = column.desc() if filters.is_descending else column.asc()
    return direction.nulls_last(), Card.id.expression
