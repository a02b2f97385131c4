"""Loads the records of cards for replaying, in a handful of queries however many cards there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kb.cards.models import Card, Replacement, Revision
from kb.past.replay import Check, Doubt, Records, Written
from kb.people.models import AuditEntry
from kb.trust.models import Flag, Verdict, Verification

UNDO = "undo"
"""The basis of a record that takes a check back."""
_CHUNK = 2_000
_MOVES = ("first_check", "next_check")
_ACTIONS = ("archived", "restored", "owner", "verified", *_MOVES)
Row = tuple[Any, ...]


def records_of(session: Session, card_ids: Sequence[int]) -> dict[int, Records]:
    """The records of these cards."""
    found: dict[int, Records] = {}
    for start in range(0, len(card_ids), _CHUNK):
        found |= _records(session, card_ids[start : start + _CHUNK])
    return found


def _records(session: Session, ids: Sequence[int]) -> dict[int, Records]:
    revisions = _grouped(session, select(Revision.card_id, Revision.number, Revision.at, Revision.collection_id),
                         Revision.card_id, ids,
                         Revision.number)  # fmt: skip
    replaced = _grouped(
        session,
        select(Replacement.card_id, Replacement.at, Replacement.replaced_by_id, ~Replacement.is_undone),
        Replacement.card_id, ids, Replacement.id,
    )  # fmt: skip
    checks = _grouped(session, select(Verification.card_id, *_CHECK), Verification.card_id, ids, Verification.id)
    flags = _grouped(session, select(Flag.card_id, *_FLAG), Flag.card_id, ids, Flag.id)
    entries = _entries(session, ids)
    cards = session.execute(
        select(Card.id, Card.created_at, Card.published_at, Card.updated_at, Card.owner_id).where(Card.id.in_(ids))
    )
    found = {}
    for card_id, created_at, published_at, updated_at, owner_id in cards:
        log = tuple(_check(row) for row in checks[card_id])
        acts = entries[card_id]
        reopened = _reopened(log, acts["verified"])
        found[card_id] = Records(
            created_at, published_at, updated_at, owner_id,
            revisions=tuple(Written(*row) for row in revisions[card_id]),
            shelved=_shelved(acts),
            replaced=tuple((at, by_id, bool(is_on)) for at, by_id, is_on in replaced[card_id]),
            owners=tuple((at, detail["before"]) for at, detail in acts["owner"]),
            checks=log,
            moved=_moved(acts),
            doubts=tuple(_doubt(row, reopened) for row in flags[card_id]),
        )  # fmt: skip
    return found


def _shelved(acts: Mapping[str, Sequence[Row]]) -> tuple[tuple[datetime, bool], ...]:
    archived, restored = ([(at, is_archived) for at, _ in acts[name]] for name, is_archived in _SHELVING)
    return tuple(sorted(archived + restored))


def _moved(acts: Mapping[str, Sequence[Row]]) -> tuple[tuple[datetime, datetime], ...]:
    rows = (row for action in _MOVES for row in acts[action])
    return tuple(sorted((at, datetime.fromisoformat(detail["after"])) for at, detail in rows))


_SHELVING = (("archived", True), ("restored", False))
_CHECK = (
    Verification.at, Verification.verdict, Verification.basis, Verification.note, Verification.actor_id,
    Verification.version, Verification.verify_by,
)  # fmt: skip
_FLAG = (Flag.id, Flag.kind, Flag.detail, Flag.url, Flag.raised_by_id, Flag.raised_at, Flag.resolved_at)


def _check(row: Row) -> Check:
    at, verdict, basis, note, actor_id, version, verify_by = row
    return Check(at, verdict == Verdict.VERIFIED, basis, note, actor_id, version, verify_by, basis == UNDO)


def _doubt(row: Row, reopened: dict[int, list[tuple[datetime, datetime]]]) -> Doubt:
    flag_id, kind, detail, url, by_id, raised_at, resolved_at = row
    return Doubt(flag_id, kind, detail, url, by_id, raised_at, resolved_at, tuple(reopened.get(flag_id, ())))


def _reopened(log: Iterable[Check], verified: Iterable[Row]) -> dict[int, list[tuple[datetime, datetime]]]:
    """For each flag that an undone check had closed: from that check until its undo."""
    undone: dict[datetime, datetime] = {}
    standing: list[Check] = []
    for check in log:
        if not check.undoes:
            standing.append(check)
        elif standing:
            undone[standing.pop().at] = check.at
    found: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for at, detail in verified:
        if at in undone:
            for flag_id in detail.get("flags", ()):
                found[flag_id].append((at, undone[at]))
    return found


def _entries(session: Session, ids: Sequence[int]) -> dict[int, dict[str, list[Row]]]:
    query = (
        select(AuditEntry.subject_id, AuditEntry.action, AuditEntry.at, AuditEntry.detail)
        .where(AuditEntry.subject == "card", AuditEntry.subject_id.in_(ids), AuditEntry.action.in_(_ACTIONS))
        .order_by(AuditEntry.id)
    )
    found: dict[int, dict[str, list[Row]]] = {card_id: {action: [] for action in _ACTIONS} for card_id in ids}
    for card_id, action, at, detail in session.execute(query):
        found[card_id][action].append((at, detail))
    return found


def _grouped(
    session: Session, query: Select[*tuple[Any, ...]], card_id: Any, ids: Sequence[int], order: Any
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for owner, *values in session.execute(query.where(card_id.in_(ids)).order_by(order)):
        found[owner].append(tuple(values))
    return found
