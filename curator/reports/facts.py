"""Load what the weekly report is made of, in a handful of queries: only cards the actor may see, as plain facts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Executable, Select, func, select
from sqlalchemy.orm import Session, aliased

from curator.queue.commands import UNDO
from curator.reports.about import EVERYTHING, About
from curator.reports.history import FlagSpan, History, Record
from curator.reports.weeks import Week
from kb.cards.models import Card, Collection, Replacement, Status
from kb.cards.permissions import visible_to
from kb.people.actor import Actor
from kb.people.models import AuditEntry, Person
from kb.trust.models import Flag, Outcome, Verdict, Verification
from kb.use.models import CardUse


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A card that was published at some time: what it is today, and its history."""

    id: int
    title: str
    collection_id: int
    collection: str
    collection_slug: str
    owner: str | None
    is_owned: bool
    assignee_id: int | None
    assignee: str | None
    history: History


@dataclass(frozen=True, slots=True)
class Use:
    """Impressions of one card in one week."""

    impressions: int = 0
    stale: int = 0


def load_cards(session: Session, actor: Actor, about: About = EVERYTHING) -> list[CardFacts]:
    """Every card of these the actor may see that was published at some time."""
    owner, assignee = aliased(Person), aliased(Person)
    seen = (visible_to(actor), about.clause(), Card.status != Status.DRAFT, Card.published_at.is_not(None))
    rows = session.execute(
        select(Card.id, Card.title, Card.collection_id, Collection.name, Collection.slug,
               owner.name, owner.deactivated_at, Card.assignee_id, assignee.name, Card.published_at, Card.archived_at)
        .join(Collection, Collection.id == Card.collection_id)
        .outerjoin(owner, owner.id == Card.owner_id)
        .outerjoin(assignee, assignee.id == Card.assignee_id)
        .where(*seen).order_by(Card.id)
    ).all()  # fmt: skip
    parts = _parts(session, select(Card.id).where(*seen))
    return [
        CardFacts(
            id=row[0], title=row[1], collection_id=row[2], collection=row[3], collection_slug=row[4], owner=row[5],
            is_owned=row[5] is not None and row[6] is None, assignee_id=row[7], assignee=row[8],
            history=History(row[9], row[10], *(tuple(part.get(row[0], ())) for part in parts)),
        )
        for row in rows
    ]  # fmt: skip


def load_use(session: Session, card_ids: Iterable[int], week: Week) -> dict[int, Use]:
    """Impressions of these cards in the week. Use is counted in UTC days, so it is the week of those."""
    wanted = set(card_ids)
    rows = session.execute(
        select(CardUse.card_id, func.sum(CardUse.impressions), func.sum(CardUse.stale_impressions))
        .where(CardUse.day >= week.monday, CardUse.day <= week.sunday)
        .group_by(CardUse.card_id)
    )
    return {card: Use(int(shown), int(stale)) for card, shown, stale in rows if card in wanted}


def load_unread(session: Session, card_ids: Iterable[int], since: date) -> set[int]:
    """Which of these cards nobody was shown since that day."""
    read = set(session.scalars(select(CardUse.card_id).where(CardUse.day >= since, CardUse.impressions > 0).distinct()))
    return set(card_ids) - read


def _parts(session: Session, ids: Select[int]) -> tuple[Mapping[int, list[Any]], ...]:
    """Records, flags, replacements and moved checks by card, in the order of `History`."""
    return (
        _records(session, ids),
        _grouped(session, select(Flag.card_id, Flag.raised_at, Flag.resolved_at).where(Flag.card_id.in_(ids))
                 .order_by(Flag.id), FlagSpan),
        _grouped(session, select(Replacement.card_id, Replacement.at, Replacement.replaced_by_id.is_not(None))
                 .where(Replacement.card_id.in_(ids)).order_by(Replacement.id), lambda at, is_on: (at, bool(is_on))),
        _moved_checks(session, ids),
    )  # fmt: skip


def _records(session: Session, ids: Select[int]) -> Mapping[int, list[Record]]:
    query = (
        select(
            Verification.card_id,
            Verification.at,
            Verification.verdict,
            Verification.verify_by,
            Verification.basis,
            Verification.outcome,
            Verification.batch_size,
        )
        .where(Verification.card_id.in_(ids))
        .order_by(Verification.id)
    )
    return _grouped(session, query, _record)


def _record(at: datetime, verdict: str, due: datetime | None, basis: str, outcome: str | None, batch: int) -> Record:
    return Record(
        at, verdict == Verdict.VERIFIED, due, is_undo=basis == UNDO,
        found=outcome in (Outcome.CORRECTED, Outcome.ARCHIVED), in_batch=batch > 1, is_imported=basis == "import",
    )  # fmt: skip


def _moved_checks(session: Session, ids: Select[int]) -> Mapping[int, list[tuple[datetime, datetime]]]:
    query = (
        select(AuditEntry.subject_id, AuditEntry.at, AuditEntry.detail)
        .where(AuditEntry.subject == "card", AuditEntry.action == "next_check", AuditEntry.subject_id.in_(ids))
        .order_by(AuditEntry.id)
    )
    return _grouped(session, query, lambda at, detail: (at, datetime.fromisoformat(detail["after"])))


def _grouped(session: Session, query: Executable, make: Callable[..., Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for card_id, *values in session.execute(query):
        found[card_id].append(make(*values))
    return found
