"""What a card's trust was at any past instant, replayed from the records: nothing is stored for it.

Replayed exactly: verifications (also undone ones and moved checks), flags, replacements. Approximated: a card counts as
published from its first publication until its last archiving, so an archived time before a restoration is not seen;
deleted cards are not seen at all; "due soon" is judged by today's setting; a card counts where it stands today.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from kb.trust.state import TrustState


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the verification log: verified until `verify_by`, or un-verified; an undo takes the last one back.

    A check found something, or was one of many; what was imported is no check of anybody here.
    """

    at: datetime
    is_verified: bool
    verify_by: datetime | None = None
    is_undo: bool = False
    found: bool = False
    in_batch: bool = False
    is_imported: bool = False


@dataclass(frozen=True, slots=True)
class FlagSpan:
    """How long a flag was open; without an end it still is."""

    raised_at: datetime
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The facts about one card, each list in order of time. A replacement without `True` is one that was undone."""

    published_at: datetime | None
    archived_at: datetime | None = None
    records: tuple[Record, ...] = ()
    flags: tuple[FlagSpan, ...] = ()
    replacements: tuple[tuple[datetime, bool], ...] = ()
    moved_checks: tuple[tuple[datetime, datetime], ...] = ()


def state_at(history: History, instant: datetime, due_soon: timedelta) -> TrustState | None:
    """The state at that instant, or None when the card was no answer then."""
    if not _is_served(history, instant):
        return None
    if any(_is_open(flag, instant) for flag in history.flags):
        return TrustState.FLAGGED
    standing = _standing(history, instant)
    if not standing or not standing[-1].is_verified:
        return TrustState.UNVERIFIED
    due = _due(history, standing[-1], instant)
    if due is None or instant < due - due_soon:
        return TrustState.VERIFIED
    return TrustState.OVERDUE if due <= instant else TrustState.DUE_SOON


def due_at(history: History, instant: datetime) -> datetime | None:
    """The deadline in force at that instant, if the card was verified."""
    standing = _standing(history, instant)
    return _due(history, standing[-1], instant) if standing and standing[-1].is_verified else None


def open_flags_at(history: History, instant: datetime) -> int:
    """How many flags were open at that instant."""
    return sum(_is_open(flag, instant) for flag in history.flags)


def checks_between(history: History, start: datetime, end: datetime) -> Iterator[Record]:
    """The checks in `start <= at < end` that were not undone."""
    undone = _undone(history)
    for place, record in enumerate(history.records):
        if record.is_verified and place not in undone and not record.is_imported and start <= record.at < end:
            yield record


def times_to_verify(history: History, start: datetime, end: datetime) -> Iterator[timedelta]:
    """For each re-verification in `start <= at < end` of a card that was in doubt: how long the doubt had lasted.

    A card is in doubt from the first of: its check falls due, a flag is raised, it is un-verified. The first
    verification of a card is no re-verification, and one that was undone is none either.
    """
    undone = _undone(history)
    for place, record in enumerate(history.records):
        if record.is_verified and place not in undone and start <= record.at < end:
            before = _standing_before(history, place)
            since = _doubt_since(history, before, record.at)
            if since is not None:
                yield record.at - since


def _is_served(history: History, instant: datetime) -> bool:
    if history.published_at is None or instant < history.published_at:
        return False
    if history.archived_at is not None and history.archived_at <= instant:
        return False
    is_replaced = False
    for at, replaced in history.replacements:
        if at <= instant:
            is_replaced = replaced
    return not is_replaced


def _is_open(flag: FlagSpan, instant: datetime) -> bool:
    return flag.raised_at <= instant and (flag.resolved_at is None or instant < flag.resolved_at)


def _standing(history: History, instant: datetime) -> list[Record]:
    return _replay(record for record in history.records if record.at <= instant)


def _standing_before(history: History, place: int) -> list[Record]:
    return _replay(iter(history.records[:place]))


def _replay(records: Iterator[Record]) -> list[Record]:
    standing: list[Record] = []
    for record in records:
        if not record.is_undo:
            standing.append(record)
        elif standing:
            standing.pop()
    return standing


def _undone(history: History) -> set[int]:
    standing: list[int] = []
    undone: set[int] = set()
    for place, record in enumerate(history.records):
        if not record.is_undo:
            standing.append(place)
        elif standing:
            undone.add(standing.pop())
    return undone


def _due(history: History, record: Record, instant: datetime) -> datetime | None:
    due = record.verify_by
    for at, moved_to in history.moved_checks:
        if record.at <= at <= instant:
            due = moved_to
    return due


def _doubt_since(history: History, before: list[Record], at: datetime) -> datetime | None:
    checks = [place for place, record in enumerate(before) if record.is_verified]
    if not checks:
        return None
    last = before[checks[-1]]
    doubts = [record.at for record in before[checks[-1] + 1 :]]
    due = _due(history, last, at)
    doubts += [due] if due is not None and due <= at else []
    doubts += [
        flag.raised_at
        for flag in history.flags
        if last.at <= flag.raised_at <= at and (flag.resolved_at is None or flag.resolved_at >= at)
    ]
    return min(doubts, default=None)
