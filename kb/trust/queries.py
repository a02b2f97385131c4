"""Trust of many cards at once, and trust as a clause for filters."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, exists, false, func, or_, select
from sqlalchemy.orm import Session

from kb.cards.answers import AnswerCard
from kb.cards.models import Card, Collection, Status
from kb.people.models import Named, Person
from kb.prepared import Prepared
from kb.trust.contract import contract_of
from kb.trust.models import Flag, OpenFlag, Verification
from kb.trust.policy import Policy
from kb.trust.rules import about, clauses_in_force, expiry_of
from kb.trust.state import RANK, Trust, TrustState, trust_of

_SOON = timedelta(days=7)


def open_flags(session: Session, card_ids: Iterable[int]) -> dict[int, list[Flag]]:
    """Open flags by card, oldest first."""
    found: dict[int, list[Flag]] = defaultdict(list)
    rows = session.scalars(
        select(Flag).where(Flag.card_id.in_(list(card_ids)), Flag.resolved_at.is_(None)).order_by(Flag.id)
    )
    for flag in rows:
        found[flag.card_id].append(flag)
    return found


def trust_by_answer(session: Session, cards: Sequence[AnswerCard], policy: Policy, now: datetime) -> dict[int, Trust]:
    """The trust of each of these answers at `now`; flags are only asked for where there are any."""
    flagged = [card.id for card in cards if card.is_flagged]
    flags: dict[int, list[OpenFlag]] = defaultdict(list)
    for card_id, kind, detail, raised_at, url, *person in _OPEN_FLAGS.rows(session, ids=flagged) if flagged else ():
        by = Named(*person) if person[0] is not None else None
        flags[card_id].append(OpenFlag(kind, detail, raised_at, url, by))
    return _with_expiry(
        session, cards, {card.id: trust_of(card, flags.get(card.id, ()), policy, now) for card in cards}
    )


_OPEN_FLAGS = Prepared(
    select(Flag.card_id, Flag.kind, Flag.detail, Flag.raised_at, Flag.url, Person.id, Person.name, Person.email)
    .outerjoin(Person, Person.id == Flag.raised_by_id)
    .where(Flag.card_id.in_(bindparam("ids", expanding=True)), Flag.resolved_at.is_(None))
    .order_by(Flag.id)
)
# Made once: every page asks for counts by trust, and took longer to say so than the database to answer.
_FLAGGED = exists(select(Flag.id).where(Flag.card_id == Card.id, Flag.resolved_at.is_(None)))
_UNFLAGGED = ~_FLAGGED
_VERIFIED = and_(Card.verified_at.is_not(None), Card.unverified_at.is_(None))


def trust_by_card(session: Session, cards: Sequence[Card], policy: Policy, now: datetime) -> dict[int, Trust]:
    """The trust of each of these cards at `now`, in two or three queries however many there are."""
    flags = open_flags(session, [card.id for card in cards])
    trusts = {card.id: trust_of(card, flags.get(card.id, []), policy, now) for card in cards}
    return _with_expiry(session, cards, trusts)


def trust_of_card(session: Session, card: Card, policy: Policy, now: datetime) -> Trust:
    """The trust of one card at `now`."""
    return trust_by_card(session, [card], policy, now)[card.id]


def in_state(state: TrustState, policy: Policy, now: datetime) -> ColumnElement[bool]:
    """Published cards whose trust is `state` at `now`: the rule of `trust_of`, as a clause."""
    soon = now + timedelta(days=policy.due_soon_days)
    match state:
        case TrustState.FLAGGED:
            rule: ColumnElement[bool] = _FLAGGED
        case TrustState.UNVERIFIED:
            rule = and_(_UNFLAGGED, ~_VERIFIED)
        case TrustState.OVERDUE:
            rule = and_(_UNFLAGGED, _VERIFIED, Card.verify_by <= now)
        case TrustState.DUE_SOON:
            rule = and_(_UNFLAGGED, _VERIFIED, Card.verify_by > now, Card.verify_by <= soon)
        case TrustState.VERIFIED:
            rule = and_(_UNFLAGGED, _VERIFIED, or_(Card.verify_by > soon, Card.verify_by.is_(None)))
    return and_(Card.status == Status.PUBLISHED, rule)


def is_planned(now: datetime) -> ColumnElement[bool]:
    """Cards that nobody ever verified and whose first check was laid out for a later week: until then they wait for
    nobody, lest an import fills everybody's queue at once."""
    return and_(Card.verified_at.is_(None), Card.verify_by.is_not(None), Card.verify_by > now + _SOON)


def falling_short(session: Session, shelf: Collection, policy: Policy, now: datetime) -> int:
    """How many answers of a collection are below its contract at `now`, whatever happens to them."""
    asks = contract_of(shelf)
    least = min(RANK[asks.min_trust], RANK[TrustState.DUE_SOON]) if asks.min_trust is not None else 0
    below = [in_state(state, policy, now) for state in TrustState if RANK[state] < least]
    if asks.max_age_days is not None:
        oldest = now - timedelta(days=asks.max_age_days)
        below.append(or_(Card.verified_at.is_(None), Card.unverified_at.is_not(None), Card.verified_at < oldest))
    is_answer = and_(Card.collection_id == shelf.id, Card.status == Status.PUBLISHED, Card.replaced_by_id.is_(None))
    return session.scalar(select(func.count()).select_from(Card).where(is_answer, or_(false(), *below))) or 0


def verifications_of(session: Session, card_id: int) -> Sequence[Verification]:
    """A card's records of the verification log, newest first."""
    return session.scalars(
        select(Verification).where(Verification.card_id == card_id).order_by(Verification.id.desc())
    ).all()


def _with_expiry(
    session: Session, cards: Sequence[Card] | Sequence[AnswerCard], trusts: dict[int, Trust]
) -> dict[int, Trust]:
    """Rules are only read where something is overdue."""
    late = [card for card in cards if trusts[card.id].is_late]
    clauses = clauses_in_force(session) if late else ()
    if any(clause.expiry is not None for clause in clauses):
        for card in late:
            trusts[card.id] = trusts[card.id]._replace(expiry=expiry_of(clauses, about(card)))
    return trusts
