"""Notice which cards fell due, fell overdue, were flagged or lost their verification: each transition once.

The states come from `kb.trust`; a slot names the transition (the deadline, the flag, the instant), so that noticing
again, late, or in two processes at once adds nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from curator.notices.kinds import (
    ASKED,
    ASSIGNED,
    ESCALATED,
    FOLLOW_THE_CARD,
    NEVER_VERIFIED,
    REQUESTED,
)
from curator.notices.models import Notice
from kb.cards.models import Card, Status
from kb.sentences import shortened
from kb.trust.models import Flag
from kb.trust.policy import Policy
from kb.trust.queries import in_state, is_planned
from kb.trust.state import TrustState

__all__ = ["ASKED", "ASSIGNED", "ESCALATED", "REQUESTED", "Transition", "notice_changes", "write"]
_PATIENCE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Transition:
    """Something that happened to a card, whom to tell, and the name that makes it unique for card and kind.

    Several people who are told the same thing need a slot each. `by_id` is who caused it, `detail` says more.
    """

    card_id: int
    person_id: int | None
    kind: str
    slot: str
    by_id: int | None = None
    detail: str = ""
    comment_id: int | None = None


def notice_changes(session: Session, policy: Policy, now: datetime) -> int:
    """Write a notice for every transition that has none yet, addressed to the assignee. Returns how many are new."""
    _follow_assignees(session)
    found = [
        *_by_deadline(session, TrustState.DUE_SOON, policy, now),
        *_by_deadline(session, TrustState.OVERDUE, policy, now),
        *_flagged(session),
        *_unverified(session, policy, now),
    ]
    known = _known(session)
    return write(session, [t for t in found if (t.card_id, t.kind, t.slot) not in known], now)


def write(session: Session, transitions: Iterable[Transition], now: datetime) -> int:
    """Write these notices unless they exist. Returns how many are new."""
    return len(written(session, transitions, now))


def written(session: Session, transitions: Iterable[Transition], now: datetime) -> set[tuple[int, str, str]]:
    """The same; returns card, kind and slot of those that are new."""
    rows = [
        {"card_id": t.card_id, "person_id": t.person_id, "kind": t.kind, "slot": t.slot, "by_id": t.by_id,
         "detail": shortened(t.detail, 500), "comment_id": t.comment_id, "at": now}
        for t in transitions
    ]  # fmt: skip
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    new: set[tuple[int, str, str]] = set()
    for start in range(0, len(rows), 500):
        statement = insert(Notice).values(rows[start : start + 500]).on_conflict_do_nothing()
        found = session.execute(statement.returning(Notice.card_id, Notice.kind, Notice.slot))
        new.update((card_id, kind, slot) for card_id, kind, slot in found)
    return new


def _follow_assignees(session: Session) -> None:
    """What nobody was told yet goes to whoever has the card now."""
    current = select(Card.assignee_id).where(Card.id == Notice.card_id).scalar_subquery()
    session.execute(
        update(Notice)
        .where(Notice.kind.in_(FOLLOW_THE_CARD), Notice.told_at.is_(None), Notice.person_id.is_distinct_from(current))
        .values(person_id=current)
        .execution_options(synchronize_session=False)
    )


def _known(session: Session) -> set[tuple[int, str, str]]:
    """What was noticed since each card's last verification, so that a run with nothing new writes nothing."""
    rows = session.execute(
        select(Notice.card_id, Notice.kind, Notice.slot)
        .join(Card, Card.id == Notice.card_id)
        .where(Card.status == Status.PUBLISHED, or_(Card.verified_at.is_(None), Notice.at >= Card.verified_at))
    )
    return {(card_id, kind, slot) for card_id, kind, slot in rows}


def _by_deadline(session: Session, state: TrustState, policy: Policy, now: datetime) -> list[Transition]:
    waiting = and_(in_state(state, policy, now), _heads())
    rows = session.execute(select(Card.id, Card.assignee_id, Card.verify_by).where(waiting))
    return [Transition(card, person, state.value, due.isoformat()) for card, person, due in rows if due]


def _flagged(session: Session) -> list[Transition]:
    rows = session.execute(
        select(Card.id, Card.assignee_id, Flag.id)
        .join(Flag, Flag.card_id == Card.id)
        .where(Card.status == Status.PUBLISHED, Flag.resolved_at.is_(None), _heads())
    )
    return [Transition(card, person, TrustState.FLAGGED.value, str(flag)) for card, person, flag in rows]


def _unverified(session: Session, policy: Policy, now: datetime) -> list[Transition]:
    """A card that nobody ever verified counts when it is a day old: its author may be about to do it."""
    rows = session.execute(
        select(Card.id, Card.assignee_id, Card.verified_at, Card.unverified_at, Card.published_at)
        .where(in_state(TrustState.UNVERIFIED, policy, now), _heads(), ~is_planned(now))
    )  # fmt: skip
    found = []
    for card, person, verified_at, unverified_at, published_at in rows:
        if verified_at is not None and unverified_at is not None:
            found.append(Transition(card, person, TrustState.UNVERIFIED.value, unverified_at.isoformat()))
        elif published_at is not None and published_at <= now - _PATIENCE:
            found.append(Transition(card, person, NEVER_VERIFIED, published_at.isoformat()))
    return found


def _heads() -> ColumnElement[bool]:
    """A replaced card waits for nobody: the one that replaced it does."""
    return Card.replaced_by_id.is_(None)
