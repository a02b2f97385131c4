"""Flags the cards that a change touches, each once: the same reason again within a week raises nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from curator.hooks.touched import Change, touched_cards
from kb.cards.models import Card
from kb.errors import invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.trust.commands import raise_flag
from kb.trust.models import Flag, FlagKind

MOST_FLAGGED = 2_000
SAME_CHANGE = timedelta(days=7)
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Touched:
    """A card that a change touches, and whether it is flagged for it now (or would be)."""

    card_id: int
    title: str
    is_new: bool


def flag_touched(
    session: Session, robot: Actor, change: Change, now: datetime, *, dry_run: bool = False
) -> list[Touched]:
    """Raise a flag on every card that a change touches. With `dry_run`, only say which."""
    if not change.reason.strip():
        raise invalid("reason", "Say what changed.")
    ids = touched_cards(session, change)
    if len(ids) > MOST_FLAGGED:
        raise invalid(
            "tags", f"This touches {len(ids):,} cards; at most {MOST_FLAGGED:,} are flagged at once. Narrow it."
        )
    told = _told_already(session, ids, change.reason.strip(), now)
    touched: list[Touched] = []
    for start in range(0, len(ids), _CHUNK):
        cards = session.scalars(select(Card).where(Card.id.in_(ids[start : start + _CHUNK])).order_by(Card.id)).all()
        for card in cards:
            is_new = card.id not in told
            touched.append(Touched(card.id, card.title, is_new))
            if is_new and not dry_run:
                raise_flag(session, robot, card, FlagKind.SOURCE_CHANGED, change.reason, now, url=change.source_url)
    if not dry_run:
        audit.record(
            session, robot, "change_flagged", "cards", None, now, reason=change.reason, tags=list(change.tags),
            collection=change.collection, term=change.term, source_url=change.source_url,
            cards=sum(each.is_new for each in touched),
        )  # fmt: skip
    return touched


def _told_already(session: Session, ids: list[int], reason: str, now: datetime) -> set[int]:
    told: set[int] = set()
    for start in range(0, len(ids), _CHUNK):
        told.update(
            session.scalars(
                select(Flag.card_id).where(
                    Flag.card_id.in_(ids[start : start + _CHUNK]),
                    Flag.kind == FlagKind.SOURCE_CHANGED,
                    Flag.detail == reason,
                    Flag.raised_by_id.is_(None),
                    or_(Flag.resolved_at.is_(None), Flag.raised_at > now - SAME_CHANGE),
                )
            )
        )
    return told
