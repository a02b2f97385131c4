"""The first step of a bulk action: what would be done, what is left out and why, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.cards.filters import Filters
from curator.cards.listing import matching_ids
from curator.cards.orders import Action, BulkOrder, When
from curator.cards.refusals import Refusal, refusal
from kb.cards.models import Card
from kb.cards.permissions import visible_to
from kb.cards.queries import LARGEST_ID, with_people
from kb.errors import invalid
from kb.people.actor import Actor
from kb.trust.policy import Policy
from kb.trust.queries import open_flags
from kb.use.queries import impressions_by_card
from kb.wording import _, decimal, ngettext

MOST = 500
SPREAD = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Planned:
    """A card that the action will touch, at the version that was seen; `due` is where its pending check moves."""

    card_id: int
    version: int
    title: str
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Cards that the action does not touch, for one reason."""

    refusal: Refusal
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What carrying out the order means, before it is done."""

    order: BulkOrder
    planned: tuple[Planned, ...]
    left_out: tuple[LeftOut, ...]
    overdue_if_now: int = 0

    @property
    def chosen(self) -> int:
        """How many cards were chosen and may be seen."""
        return len(self.planned) + sum(len(group.cards) for group in self.left_out)

    @property
    def left_out_words(self) -> str:
        """ "3 of 14 left out: they have open reports." for each reason."""
        return " ".join(
            _(
                "%(number)s of %(chosen)s left out: %(words)s.",
                number=decimal(len(group.cards)),
                chosen=decimal(self.chosen),
                words=group.refusal.words(len(group.cards)),
            )
            for group in self.left_out
        )

    @property
    def effect(self) -> str:
        """What a new interval does to trust; empty for the other actions."""
        if self.order.action is not Action.INTERVAL or not self.order.is_complete:
            return ""
        if not self.overdue_if_now:
            return _("No card becomes overdue by it.")
        return ngettext(
            "Applied now, %(num)s card becomes overdue at once.", "Applied now, %(num)s cards become overdue at once.",
            self.overdue_if_now,
        )  # fmt: skip


def plan(
    session: Session, actor: Actor, order: BulkOrder, selection: Sequence[int] | Filters, policy: Policy, now: datetime,
    *, versions: Mapping[int, int] | None = None,
) -> BulkPlan:  # fmt: skip
    """Plan an order for chosen cards, or for all that match. `versions` are those that were on the screen."""
    cards = _chosen(session, actor, selection, policy, now)
    flags = open_flags(session, [card.id for card in cards])
    taken = _external_ids(session, order)
    groups: dict[Refusal, list[Card]] = {}
    able: list[Card] = []
    for card in cards:
        seen = (versions or {}).get(card.id, card.version)
        why = refusal(actor, order, card, is_flagged=bool(flags.get(card.id)), seen_version=seen, taken=taken)
        if why is None:
            able.append(card)
        else:
            groups.setdefault(why, []).append(card)
    dues, overdue = _dues(session, order, able, policy, now)
    planned = tuple(Planned(card.id, card.version, card.title, dues.get(card.id)) for card in able)
    return BulkPlan(order, planned, tuple(LeftOut(why, tuple(found)) for why, found in groups.items()), overdue)


def _chosen(
    session: Session, actor: Actor, selection: Sequence[int] | Filters, policy: Policy, now: datetime
) -> Sequence[Card]:
    if isinstance(selection, Filters):
        selection = matching_ids(session, actor, selection, policy, now, MOST + 1)
    ids = {card_id for card_id in selection if 0 < card_id <= LARGEST_ID}
    if not ids:
        raise invalid("card", _("Choose at least one card."))
    if len(ids) > MOST:
        raise invalid("card", _("Choose at most %(most)s cards at a time; narrow the filters.", most=MOST))
    query = select(Card).where(Card.id.in_(ids), visible_to(actor)).options(*with_people())  # type: ignore[arg-type]
    return session.scalars(query.order_by(Card.title, Card.id)).all()


def _external_ids(session: Session, order: BulkOrder) -> frozenset[str]:
    """External ids are unique in a collection, so those of the target decide who can move there."""
    if order.collection_id is None:
        return frozenset()
    rows = session.scalars(select(Card.external_id).where(Card.collection_id == order.collection_id))
    return frozenset(found for found in rows if found is not None)


def _dues(
    session: Session, order: BulkOrder, cards: Sequence[Card], policy: Policy, now: datetime
) -> tuple[dict[int, datetime], int]:
    """Where pending checks move, and how many cards would be overdue at once if they all moved now."""
    if order.action is not Action.INTERVAL or not order.is_complete:
        return {}, 0
    dues: dict[int, datetime] = {}
    newly: list[Card] = []
    for card in cards:
        if card.verified_at is None or card.verify_by is None or card.unverified_at is not None:
            continue
        due = _due(order, card, card.verified_at, policy)
        if due > now:
            dues[card.id] = due
        elif card.verify_by > now:
            newly.append(card)
            dues[card.id] = due
    if order.when is When.NEXT:
        return {}, len(newly)
    return dues | _spread(session, newly, now) if order.when is When.SPREAD else dues, len(newly)


def _due(order: BulkOrder, card: Card, verified_at: datetime, policy: Policy) -> datetime:
    if order.interval_days is not None:
        return verified_at + timedelta(days=order.interval_days)
    return policy.next_check(card, verified_at, its_own=False)


def _spread(session: Session, cards: list[Card], now: datetime) -> dict[int, datetime]:
    """Evenly over four weeks, the most used card first, and none later than it is due already."""
    used = impressions_by_card(session, [card.id for card in cards], now.date())
    ordered = sorted(cards, key=lambda card: (-used.get(card.id, 0), card.id))
    days = {card.id: now + SPREAD * (place + 1) / len(ordered) for place, card in enumerate(ordered)}
    return {card.id: min(days[card.id], card.verify_by or days[card.id]) for card in ordered}
