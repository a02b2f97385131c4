"""What a card was at any past instant, replayed from its records: facts and an instant in, facts out. Pure.

Replayed exactly: revisions, publication, archiving, replacement, owner, verifications (also undone ones and moved
checks) and flags. Records that were written for an earlier instant (imports) count from the instant they name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from kb.cards.models import Status


@dataclass(frozen=True, slots=True)
class Check:
    """A record of the verification log; `undoes`: it takes the last one back."""

    at: datetime
    is_verified: bool
    kind: str
    note: str
    actor_id: int | None
    version: int
    verify_by: datetime | None
    undoes: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """A flag. `reopened`: from when until when it was closed by a check that was then undone."""

    id: int
    kind: str
    detail: str
    url: str | None
    raised_by_id: int | None
    raised_at: datetime
    resolved_at: datetime | None
    reopened: tuple[tuple[datetime, datetime], ...] = ()


class Written(NamedTuple):
    """A revision, and the collection in which it stood, if that is known."""

    number: int
    at: datetime
    collection_id: int | None


@dataclass(frozen=True, slots=True)
class Records:
    """All records of one card, each list in the order in which they were written."""

    created_at: datetime
    published_at: datetime | None
    updated_at: datetime
    owner_id: int | None
    revisions: tuple[Written, ...]
    shelved: tuple[tuple[datetime, bool], ...] = ()
    replaced: tuple[tuple[datetime, int | None, bool], ...] = ()
    owners: tuple[tuple[datetime, int | None], ...] = ()
    checks: tuple[Check, ...] = ()
    moved: tuple[tuple[datetime, datetime], ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """What the card's row said of its verification."""

    verified_at: datetime | None = None
    verified_by_id: int | None = None
    verified_version: int | None = None
    verify_by: datetime | None = None
    unverified_at: datetime | None = None
    unverified_by_id: int | None = None
    unverified_kind: str | None = None
    unverified_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Then:
    """A card at an instant. `replaced_by_id` may be empty for a replaced one: the other was deleted since."""

    version: int
    collection_id: int | None
    status: Status
    is_replaced: bool
    replaced_by_id: int | None
    owner_id: int | None
    updated_at: datetime
    verified: Verified
    doubts: tuple[Doubt, ...]

    @property
    def is_servable(self) -> bool:
        """Whether it could be shown as an answer."""
        return self.status is Status.PUBLISHED and not self.is_replaced


def state_of(records: Records, instant: datetime) -> Then | None:
    """The card at that instant; None before it was written."""
    written = max((each for each in records.revisions if each.at <= instant), default=None)
    if written is None or records.created_at > instant:
        return None
    replaced = [(by_id, is_on) for at, by_id, is_on in records.replaced if at <= instant]
    by_id, is_replaced = replaced[-1] if replaced else (None, False)
    return Then(
        version=written.number,
        collection_id=written.collection_id,
        status=_status(records, instant),
        is_replaced=is_replaced,
        replaced_by_id=by_id if is_replaced else None,
        owner_id=next((before for at, before in records.owners if at > instant), records.owner_id),
        updated_at=_updated_at(records, instant),
        verified=_verified(records, instant),
        doubts=tuple(doubt for doubt in records.doubts if _is_open(doubt, instant)),
    )


def _status(records: Records, instant: datetime) -> Status:
    shelved = [is_archived for at, is_archived in records.shelved if at <= instant]
    if shelved and shelved[-1]:
        return Status.ARCHIVED
    is_published = records.published_at is not None and records.published_at <= instant
    return Status.PUBLISHED if is_published else Status.DRAFT


def _updated_at(records: Records, instant: datetime) -> datetime:
    """Every change of the row names its instant; an import says how old its text is."""
    if records.updated_at <= instant:
        return records.updated_at
    changes = [each.at for each in records.revisions]
    changes += [at for at, *_ in records.shelved] + [at for at, *_ in records.replaced]
    changes += [records.published_at] if records.published_at else []
    return max((at for at in changes if at <= instant), default=records.created_at)


def _is_open(doubt: Doubt, instant: datetime) -> bool:
    if doubt.raised_at > instant or any(closed <= instant < opened for closed, opened in doubt.reopened):
        return False
    return doubt.resolved_at is None or instant < doubt.resolved_at


def _verified(records: Records, instant: datetime) -> Verified:
    """The facts after each record, and after an undo those before the record that it takes back."""
    states = [Verified()]
    for step in _steps(records.checks, records.moved, instant):
        if isinstance(step, datetime):
            states[-1] = replace(states[-1], verify_by=step)
        elif step.undoes:
            states = states[:-1] or states
        elif step.is_verified:
            states.append(Verified(step.at, step.actor_id, step.version, step.verify_by))
        else:
            doubted = {"unverified_at": step.at, "unverified_by_id": step.actor_id}
            said = {"unverified_kind": step.kind, "unverified_reason": step.note}
            states.append(replace(states[-1], **doubted, **said))  # type: ignore[arg-type]
    return states[-1]


def _steps(
    checks: Sequence[Check], moved: Sequence[tuple[datetime, datetime]], instant: datetime
) -> Iterator[Check | datetime]:
    """Records in their order, and between them the dates that a pending check was moved to."""
    waiting = [(at, to) for at, to in moved if at <= instant]
    for check in (check for check in checks if check.at <= instant):
        while waiting and waiting[0][0] < check.at:
            yield waiting.pop(0)[1]
        yield check
    yield from (to for _, to in waiting)
