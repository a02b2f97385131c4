"""What waits to be verified, for whom, the most harmful first.

A card waits while its trust is anything but plainly verified. In each section those come first whose check averts the
most stale impressions per minute. A few cards that are not due stand at the end, where evidence speaks against
them. What a person put off is hidden from that person only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from curator.detectors.findings import detectors_of
from curator.detectors.models import Finding
from curator.freshness.assessing import Assessment, assess_cards
from curator.freshness.estimate import Band
from curator.queue.models import Snooze
from kb.cards.models import Card, CardVerifier
from kb.cards.permissions import servable_to
from kb.cards.queries import with_people
from kb.people.actor import Actor
from kb.people.models import Role
from kb.settings import Freshness
from kb.trust.models import Flag
from kb.trust.policy import Policy
from kb.trust.queries import in_state, is_planned, trust_by_card
from kb.trust.state import GOOD, Trust, TrustState
from kb.use.models import CardUse

LONGEST = 500
MOST_NOT_DUE = 10
_CANDIDATES = 200
_REST = timedelta(days=7)
_WEEK = timedelta(days=7)
_USE_DAYS = 28


class Scope(StrEnum):
    """Whose work is shown: the actor's own, that of their groups, or all they curate."""

    MINE = "mine"
    GROUP = "group"
    ALL = "all"


class Section(StrEnum):
    """Why a card waits, in the order in which the queue shows it."""

    FLAGGED = "flagged"
    OVERDUE = "overdue"
    DUE_THIS_WEEK = "due_this_week"
    DUE_SOON = "due_soon"
    NEVER_VERIFIED = "never_verified"
    EDITED = "edited"
    WORTH_A_LOOK = "worth_a_look"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A card that waits, why, what it costs meanwhile, and what is thought of it."""

    card: Card
    trust: Trust
    section: Section
    stale_impressions: int
    impressions: int
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Queue:
    """One person's queue. `rows` are by section, then by what a check averts; `total` counts those that are due, also
    beyond the longest list."""

    scope: Scope
    rows: tuple[Waiting, ...]
    total: int
    counts: dict[Scope, int]
    done: tuple[Card, ...]
    score_now: float | None
    score_after: float | None

    @property
    def minutes(self) -> int:
        """An estimate for everything in the list that is due."""
        return sum(row.assessment.minutes for row in self.rows if row.section is not Section.WORTH_A_LOOK)

    def section(self, section: Section) -> tuple[Waiting, ...]:
        """The rows of one section."""
        return tuple(row for row in self.rows if row.section is section)

    def beside(self, row: Waiting) -> tuple[int | None, int | None]:
        """The cards before and after this one."""
        place = self.rows.index(row)
        before, after = self.rows[place - 1 : place], self.rows[place + 1 : place + 2]
        return before[0].card.id if before else None, after[0].card.id if after else None


def queue_of(
    session: Session, actor: Actor, scope: Scope, policy: Policy, freshness: Freshness, now: datetime
) -> Queue:
    """The actor's queue in this scope."""
    counts = {each: count_waiting(session, actor, each, policy, now) for each in Scope}
    due, worth_a_look = _found(session, actor, scope, policy, freshness, now)
    before, after = _scores(session, actor, due, policy, now)
    return Queue(
        scope, due + worth_a_look, counts[scope], counts, _done_today(session, actor, policy, now), before, after
    )


def count_waiting(session: Session, actor: Actor, scope: Scope, policy: Policy, now: datetime) -> int:
    """How many cards wait in this scope."""
    query = select(func.count()).select_from(Card).where(_waits(actor, scope, policy, now))
    return session.scalar(query) or 0


def next_deadline(session: Session, actor: Actor, policy: Policy, now: datetime) -> datetime | None:
    """When the next card of the actor will begin to wait; for the empty queue."""
    due = session.scalar(
        select(func.min(Card.verify_by)).where(
            Card.assignee_id == actor.id, servable_to(actor), in_state(TrustState.VERIFIED, policy, now)
        )
    )
    return due - timedelta(days=policy.due_soon_days) if due is not None else None


def section_of(card: Card, trust: Trust, now: datetime) -> Section:
    """The section of the queue in which a card with this trust stands."""
    if trust.state is TrustState.FLAGGED:
        return Section.FLAGGED
    if trust.state is TrustState.OVERDUE:
        return Section.OVERDUE
    if trust.state is TrustState.VERIFIED:
        return Section.WORTH_A_LOOK
    if trust.state is TrustState.UNVERIFIED:
        return Section.NEVER_VERIFIED if card.verified_at is None else Section.EDITED
    is_near = card.verify_by is not None and card.verify_by - now <= _WEEK
    return Section.DUE_THIS_WEEK if is_near else Section.DUE_SOON


def _found(
    session: Session, actor: Actor, scope: Scope, policy: Policy, freshness: Freshness, now: datetime
) -> tuple[tuple[Waiting, ...], tuple[Waiting, ...]]:
    """What is due in this scope, and what is not but worth a look, both in the order of the queue."""
    due = _due(session, actor, scope, policy, now)
    others = _candidates(session, actor, scope, policy, now)
    thought = assess_cards(session, [*(row[0].id for row in due), *others], freshness, now)
    waiting = _rows(session, due, thought, policy, now)
    first = _most_telling(session, [thought[card_id] for card_id in others])
    query, *_ = _with_use(Card.id.in_(first), now)
    rest = _rows(session, session.execute(query).all(), thought, policy, now)
    return (
        tuple(sorted(waiting, key=lambda row: _order(row, now))),
        tuple(sorted(rest, key=lambda row: first.index(row.card.id))),
    )


def _most_telling(session: Session, thought: Sequence[Assessment]) -> list[int]:
    """The few cards that something speaks against: they probably changed, or, half as likely, words show it."""
    named = detectors_of(session, [each.card_id for each in thought])
    likely = [
        each for each in thought
        if each.band in (Band.PROBABLY_CHANGED, Band.TREAT_AS_OUTDATED)
        or (each.band is Band.WORTH_A_LOOK and each.card_id in named)
    ]  # fmt: skip
    order = sorted(likely, key=lambda each: (-each.averted_per_minute, each.card_id))
    return [each.card_id for each in order[:MOST_NOT_DUE]]


def _due(session: Session, actor: Actor, scope: Scope, policy: Policy, now: datetime) -> Sequence[Sequence[Any]]:
    """Cards that wait with their stale and all impressions; at most the most harmful 500."""
    flagged = exists(select(Flag.id).where(Flag.card_id == Card.id, Flag.resolved_at.is_(None)))
    query, stale, _ = _with_use(_waits(actor, scope, policy, now), now)
    return session.execute(query.order_by(flagged.desc(), stale.desc(), Card.verify_by, Card.id).limit(LONGEST)).all()


def _candidates(session: Session, actor: Actor, scope: Scope, policy: Policy, now: datetime) -> list[int]:
    """Cards that are verified and not due, of which some may have changed: the most used, and those with findings."""
    use = _recent_use(now)
    found = exists(
        select(Finding.id).where(Finding.card_id == Card.id, Finding.gone_at.is_(None), Finding.dismissed_at.is_(None))
    )
    rested = Card.verified_at < now - _REST
    fine = and_(servable_to(actor), _in_scope(actor, scope), in_state(TrustState.VERIFIED, policy, now), rested)
    most_used = (
        select(Card.id)
        .outerjoin(use, use.c.card_id == Card.id)
        .where(fine, ~_is_put_off(actor, now))
        .order_by(func.coalesce(use.c.shown, 0).desc(), Card.id)
        .limit(_CANDIDATES)
    )
    return list({*session.scalars(most_used), *session.scalars(most_used.where(found))})


def _with_use(
    where: ColumnElement[bool], now: datetime
) -> tuple[Select[Card, int, int], ColumnElement[int], ColumnElement[int]]:
    use = _recent_use(now)
    stale, shown = func.coalesce(use.c.stale, 0), func.coalesce(use.c.shown, 0)
    query = (
        select(Card, stale, shown).outerjoin(use, use.c.card_id == Card.id).where(where).options(*with_people())  # type: ignore[arg-type]
    )
    return query, stale, shown


def _rows(
    session: Session, found: Sequence[Sequence[Any]], thought: Mapping[int, Assessment], policy: Policy, now: datetime
) -> list[Waiting]:
    trust = trust_by_card(session, [card for card, *_ in found], policy, now)
    return [
        Waiting(card, trust[card.id], section_of(card, trust[card.id], now), int(stale), int(shown), thought[card.id])
        for card, stale, shown in found
    ]


def _order(row: Waiting, now: datetime) -> tuple[int, float, datetime, int, int]:
    waits_since = row.card.unverified_at or row.trust.verify_by or row.card.published_at or now
    return (
        list(Section).index(row.section), -row.assessment.averted_per_minute, waits_since, -row.impressions, row.card.id
    )  # fmt: skip


def _recent_use(now: datetime) -> Subquery:
    return (
        select(
            CardUse.card_id,
            func.sum(CardUse.stale_impressions).label("stale"),
            func.sum(CardUse.impressions).label("shown"),
        )
        .where(CardUse.day > now.date() - timedelta(days=_USE_DAYS))
        .group_by(CardUse.card_id)
        .subquery()
    )


def _waits(actor: Actor, scope: Scope, policy: Policy, now: datetime) -> ColumnElement[bool]:
    bad = [in_state(state, policy, now) for state in TrustState if state not in GOOD]
    # A card on a short interval is due soon as soon as it is verified; it comes back tomorrow, not at once.
    soon = and_(in_state(TrustState.DUE_SOON, policy, now), Card.verified_at < _midnight(policy, now))
    later = and_(in_state(TrustState.UNVERIFIED, policy, now), is_planned(now))
    waits = and_(or_(*bad, soon), ~later, ~_is_put_off(actor, now))
    return and_(servable_to(actor), _in_scope(actor, scope), waits)


def _is_put_off(actor: Actor, now: datetime) -> ColumnElement[bool]:
    return exists(
        select(Snooze.card_id).where(Snooze.card_id == Card.id, Snooze.person_id == actor.id, Snooze.until > now)
    )


def _in_scope(actor: Actor, scope: Scope) -> ColumnElement[bool]:
    """Reps verify nothing, so nothing waits for them, also where their group is among the verifiers."""
    if actor.role.rank < Role.AUTHOR.rank:
        return false()
    if scope is Scope.MINE:
        return Card.assignee_id == actor.id
    if scope is Scope.ALL:
        return Card.collection_id.in_(actor.curated)
    return exists(
        select(CardVerifier.card_id).where(CardVerifier.card_id == Card.id, CardVerifier.group_id.in_(actor.group_ids))
    )


def _done_today(session: Session, actor: Actor, policy: Policy, now: datetime) -> tuple[Card, ...]:
    """What the actor verified since midnight and nothing un-verified since."""
    is_mine = and_(Card.verified_by_id == actor.id, Card.unverified_at.is_(None))
    query = select(Card).where(servable_to(actor), is_mine, Card.verified_at >= _midnight(policy, now))
    return tuple(session.scalars(query.order_by(Card.verified_at.desc(), Card.id)))


def _midnight(policy: Policy, now: datetime) -> datetime:
    return policy.start_of(now.astimezone(policy.zone).date())


def _scores(
    session: Session, actor: Actor, rows: tuple[Waiting, ...], policy: Policy, now: datetime
) -> tuple[float | None, float | None]:
    """The share of good cards among all the actor may be served: now, and when these rows are done."""
    good = or_(in_state(TrustState.VERIFIED, policy, now), in_state(TrustState.DUE_SOON, policy, now))
    total = session.scalar(select(func.count()).select_from(Card).where(servable_to(actor))) or 0
    if not total:
        return None, None
    fine = session.scalar(select(func.count()).select_from(Card).where(servable_to(actor), good)) or 0
    mended = sum(not row.trust.is_good for row in rows)
    return fine / total, (fine + mended) / total
