"""What waits to be verified, for whom, the most harmful first.

A card waits while its trust is anything but plainly verified. In each section those come first whose check averts the
most stale impressions per minute. A few cards that are not due stand at the end, where evidence speaks against
them. What a person put off is hidden from that person only.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from curator.detectors.findings import detectors_of
from curator.detectors.models import Finding
from curator.freshness.assessing import Assessment, Judgement, judge_cards
from curator.freshness.estimate import Band
from curator.queue.models import Snooze
from curator.queue.places import Place, Section, in_order, places_of, recent_use
from kb.cards.models import Card, CardVerifier
from kb.cards.permissions import servable_to
from kb.cards.queries import with_people
from kb.people.actor import Actor
from kb.people.models import Role
from kb.settings import Freshness
from kb.trust.policy import Policy
from kb.trust.queries import in_state, is_planned, trust_by_card
from kb.trust.state import GOOD, Trust, TrustState

MOST_NOT_DUE = 10
_CANDIDATES = 200
_REST = timedelta(days=7)


class Scope(StrEnum):
    """Whose work is shown: the actor's own, that of their groups, or all they curate."""

    MINE = "mine"
    GROUP = "group"
    ALL = "all"


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
class Part:
    """Which rows are loaded: so many, around the first of some cards that waits, or else from a place on."""

    most: int = 100
    start: int = 0
    around: tuple[int | None, ...] = ()

    def of(self, order: Sequence[int]) -> slice:
        """The part of the whole order."""
        current = next((order.index(card_id) for card_id in self.around if card_id in order), None)
        if current is None:
            return slice(self.start, self.start + self.most)
        start = max(0, min(current - self.most // 2, len(order) - self.most))
        return slice(start, start + self.most)


@dataclass(frozen=True, slots=True)
class Queue:
    """One person's queue. `order` is everything by section, then by what a check averts, and at the end what is worth a
    look; `rows` are the part of it that was asked for. `total`, `sizes` and `minutes` are of all that is due."""

    scope: Scope
    order: tuple[int, ...]
    rows: tuple[Waiting, ...]
    total: int
    counts: dict[Scope, int]
    sizes: Mapping[Section, int]
    minutes: int
    done: tuple[Card, ...]
    score_now: float | None
    score_after: float | None

    def beside(self, row: Waiting) -> tuple[int | None, int | None]:
        """The cards before and after this one."""
        place = self.order.index(row.card.id)
        before, after = self.order[place - 1 : place], self.order[place + 1 : place + 2]
        return before[0] if before else None, after[0] if after else None


def queue_of(
    session: Session, actor: Actor, scope: Scope, policy: Policy, freshness: Freshness, now: datetime,
    part: Part | None = None,
) -> Queue:  # fmt: skip
    """The actor's queue in this scope. Everything that is due is judged, so the order is right however much it is."""
    due = places_of(session, _waits(actor, scope, policy, now), policy, now)
    others = _candidates(session, actor, scope, policy, now)
    thought = judge_cards(session, [*(place.card_id for place in due), *others], freshness, now)
    worth = thought.worth()
    telling = _most_telling(session, thought.assessments(others).values())
    places = in_order([*due, *places_of(session, Card.id.in_(telling), policy, now)], worth)
    order = tuple(place.card_id for place in places)
    before, after = _scores(session, actor, sum(not place.is_good for place in due), policy, now)
    return Queue(
        scope=scope,
        order=order,
        rows=_rows(session, places[(part or Part()).of(order)], thought, policy, now),
        total=len(due),
        counts={
            each: len(due) if each is scope else count_waiting(session, actor, each, policy, now) for each in Scope
        },
        sizes=Counter(place.section for place in places),
        minutes=sum(worth[place.card_id].minutes for place in due),
        done=_done_today(session, actor, policy, now),
        score_now=before,
        score_after=after,
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


def _most_telling(session: Session, thought: Collection[Assessment]) -> list[int]:
    """The few cards that something speaks against: they probably changed, or, half as likely, words show it."""
    named = detectors_of(session, [each.card_id for each in thought])
    likely = [
        each for each in thought
        if each.band in (Band.PROBABLY_CHANGED, Band.TREAT_AS_OUTDATED)
        or (each.band is Band.WORTH_A_LOOK and each.card_id in named)
    ]  # fmt: skip
    order = sorted(likely, key=lambda each: (-each.averted_per_minute, each.card_id))
    return [each.card_id for each in order[:MOST_NOT_DUE]]


def _candidates(session: Session, actor: Actor, scope: Scope, policy: Policy, now: datetime) -> list[int]:
    """Cards that are verified and not due, of which some may have changed: the most used, and those with findings."""
    use = recent_use(now)
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


def _rows(
    session: Session, places: Sequence[Place], thought: Judgement, policy: Policy, now: datetime
) -> tuple[Waiting, ...]:
    wanted = [place.card_id for place in places]
    query = select(Card).where(Card.id.in_(wanted)).options(*with_people())  # type: ignore[arg-type]
    cards = {card.id: card for card in session.scalars(query)}
    trust, assessed = trust_by_card(session, list(cards.values()), policy, now), thought.assessments(wanted)
    return tuple(
        Waiting(
            cards[place.card_id], trust[place.card_id], place.section, place.stale, place.shown,
            assessed[place.card_id],
        )
        for place in places
    )  # fmt: skip


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
    session: Session, actor: Actor, mended: int, policy: Policy, now: datetime
) -> tuple[float | None, float | None]:
    """The share of good cards among all the actor may be served: now, and when so many are mended."""
    good = or_(in_state(TrustState.VERIFIED, policy, now), in_state(TrustState.DUE_SOON, policy, now))
    total = session.scalar(select(func.count()).select_from(Card).where(servable_to(actor))) or 0
    if not total:
        return None, None
    fine = session.scalar(select(func.count()).select_from(Card).where(servable_to(actor), good)) or 0
    return fine / total, (fine + mended) / total
