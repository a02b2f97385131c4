"""How many people look after the knowledge, and for how many, now and over the last weeks.

Replayed from when accounts were made and from the audit record: roles, deactivations and reactivations. Stewards count
as of today. The field's rule of thumb is one enablement person for fifty customer-facing people.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from kb.cards.models import Collection
from kb.people.models import AuditEntry, Person, Role
from kb.use.models import RecentUse

RULE_OF_THUMB = 50
LATELY = timedelta(days=28)
_ACTIONS = ("changed", "deactivated", "reactivated")


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of a person today, and what changed, newest first: (when, action, role before)."""

    person_id: int
    created_at: datetime
    role: str
    is_active: bool
    changes: tuple[tuple[datetime, str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Staffing:
    """People with curator duty, and the readers they serve, at one instant."""

    curators: int
    readers: int

    @property
    def readers_per_curator(self) -> float | None:
        """How many readers there are for each curator; None without curators."""
        return self.readers / self.curators if self.curators else None

    @property
    def curators_wanted(self) -> int:
        """How many curators the rule of thumb asks for."""
        return -(-self.readers // RULE_OF_THUMB)


def staffing_at(accounts: Iterable[Account], stewards: frozenset[int], instant: datetime) -> Staffing:
    """Who had curator duty (curators, admins, stewards) and who was a reader, at that instant."""
    curators = readers = 0
    for account in accounts:
        role, is_active = _as_of(account, instant)
        if not is_active:
            continue
        has_duty = Role(role).rank >= Role.CURATOR.rank or account.person_id in stewards
        curators += has_duty
        readers += not has_duty
    return Staffing(curators, readers)


def load_accounts(session: Session) -> list[Account]:
    """Everybody, with what changed about them."""
    changes: dict[int, list[tuple[datetime, str, str | None]]] = {}
    entries = session.execute(
        select(AuditEntry.subject_id, AuditEntry.at, AuditEntry.action, AuditEntry.detail)
        .where(AuditEntry.subject == "person", AuditEntry.action.in_(_ACTIONS))
        .order_by(AuditEntry.id.desc())
    )
    for person_id, at, action, detail in entries:
        changes.setdefault(person_id, []).append((at, action, _role_before(detail)))
    people = session.execute(select(Person.id, Person.created_at, Person.role, Person.deactivated_at))
    return [
        Account(person_id, created, role, deactivated is None, tuple(changes.get(person_id, ())))
        for person_id, created, role, deactivated in people
    ]


def stewards_of(session: Session) -> frozenset[int]:
    """The stewards of all collections, today."""
    found = session.scalars(select(Collection.steward_id).where(Collection.steward_id.is_not(None)))
    return frozenset(person_id for person_id in found if person_id is not None)


def read_lately(session: Session, now: datetime) -> int:
    """How many active people opened or copied a card within four weeks."""
    lately = exists(select(RecentUse.card_id).where(RecentUse.person_id == Person.id, RecentUse.at >= now - LATELY))
    found = session.scalar(select(func.count()).select_from(Person).where(Person.deactivated_at.is_(None), lately))
    return found or 0


def _as_of(account: Account, instant: datetime) -> tuple[str, bool]:
    role, is_active = account.role, account.is_active
    for at, action, before in account.changes:
        if at <= instant:
            break
        if action == "changed" and before is not None:
            role = before
        elif action != "changed":
            is_active = action == "deactivated"
    return role, is_active and account.created_at <= instant


def _role_before(detail: dict[str, Any]) -> str | None:
    before: Sequence[Any] | None = detail.get("before") if isinstance(detail, dict) else None
    return str(before[0]) if isinstance(before, list) and before and before[0] in list(Role) else None
