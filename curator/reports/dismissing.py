"""Dismiss a question that no card shall answer here, and take that back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from curator.reports.gaps import askers_known_to, stems_of
from curator.reports.models import DismissedGap
from kb.errors import Conflict, Forbidden, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import Person
from kb.wording import _

MOST_DISMISSED = 2_000


def dismiss_gap(session: Session, actor: Actor, words: str, now: datetime) -> None:
    """However it is worded, it is no gap any more, for anybody. Safe to repeat."""
    stems = _named(actor, words)
    if (session.scalar(select(func.count()).select_from(DismissedGap)) or 0) >= MOST_DISMISSED:
        raise Conflict(_("%(num)s questions are dismissed already.", num=MOST_DISMISSED))
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    statement = insert(DismissedGap).values(stems=stems, words=words.strip()[:300], by_id=actor.id, at=now)
    if session.execute(statement.on_conflict_do_nothing().returning(DismissedGap.id)).first() is not None:
        audit.record(session, actor, "dismissed", "gap", None, now, words=stems)


def restore_gap(session: Session, actor: Actor, words: str, now: datetime) -> None:
    """It is a gap after all."""
    stems = _named(actor, words)
    gone = session.execute(delete(DismissedGap).where(DismissedGap.stems == stems).returning(DismissedGap.id)).first()
    if gone is not None:
        audit.record(session, actor, "restored", "gap", None, now, words=stems)


def dismissed_gaps(session: Session, actor: Actor, limit: int) -> Sequence[tuple[DismissedGap, Person | None]]:
    """What this curator may bring back, the latest first, with who dismissed it. Words that somebody else was told may
    tell what only they may read."""
    if not actor.is_curator:
        return []
    query = select(DismissedGap, Person).outerjoin(Person, Person.id == DismissedGap.by_id)
    rows = session.execute(query.order_by(DismissedGap.at.desc(), DismissedGap.id.desc())).all()
    allowed = askers_known_to(session, actor, {gap.by_id for gap, _ in rows})
    return [(gap, by) for gap, by in rows if gap.by_id in allowed][:limit]


def _named(actor: Actor, words: str) -> str:
    if not actor.is_curator:
        raise Forbidden(_("Only curators dismiss what was searched for in vain."))
    stems = " ".join(sorted(stems_of(words)))[:200].strip()
    if not stems:
        raise invalid("words", _("Name the question."))
    return stems
