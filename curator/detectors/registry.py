"""The curators' registry: tools by name, products with their current version, things with what they cost or last now,
and words that were renamed. A change makes the detectors look at every card again.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.detectors.look_again import look_at_all_again
from curator.detectors.models import RegistryEntry, RegistryKind
from curator.detectors.values import as_value
from curator.detectors.versions import is_version
from kb.db import hold
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import Role
from kb.wording import _

MOST_ENTRIES = 2_000
LONGEST = 120
_LARGEST_ID = 2**31 - 1


def demand_keeper(actor: Actor) -> None:
    """Raise Forbidden unless the actor is a curator or an admin: the registry belongs to the whole installation."""
    if actor.role.rank < Role.CURATOR.rank:
        raise Forbidden(_("Only curators and admins keep the registry."))


def registry(session: Session, kind: RegistryKind | None = None) -> Sequence[RegistryEntry]:
    """All entries, or those of one kind, by name."""
    query = select(RegistryEntry).order_by(RegistryEntry.kind, RegistryEntry.name, RegistryEntry.id)
    return session.scalars(query if kind is None else query.where(RegistryEntry.kind == kind)).all()


def add_entry(
    session: Session, actor: Actor, kind: RegistryKind, name: str, current: str, now: datetime
) -> RegistryEntry:
    """Tell the detectors of something."""
    demand_keeper(actor)
    name, current = _checked(kind, name, current)
    _keep_unique(session, kind, name, None)
    if len(registry(session)) >= MOST_ENTRIES:
        raise invalid("name", _("The registry holds at most %(most)s entries. Delete some first.", most=MOST_ENTRIES))
    entry = RegistryEntry(kind=kind, name=name, current=current, version=1, updated_at=now, updated_by_id=actor.id)
    session.add(entry)
    _done(session, actor, "registry_added", entry, now)
    return entry


def change_entry(
    session: Session, actor: Actor, entry_id: int, name: str, current: str, version: int, now: datetime
) -> RegistryEntry:
    """Say what is current now. Raises Conflict when somebody else changed it since `version`."""
    demand_keeper(actor)
    entry = hold(session, _entry(session, entry_id))
    if entry.version != version:
        raise Conflict(_("Somebody else has changed this meanwhile. Look at it again."))
    name, current = _checked(RegistryKind(entry.kind), name, current)
    _keep_unique(session, RegistryKind(entry.kind), name, entry.id)
    if (entry.name, entry.current) == (name, current):
        return entry
    entry.name, entry.current, entry.version = name, current, entry.version + 1
    entry.updated_at, entry.updated_by_id = now, actor.id
    _done(session, actor, "registry_changed", entry, now)
    return entry


def remove_entry(session: Session, actor: Actor, entry_id: int, now: datetime) -> None:
    """Forget it; what was found by it goes."""
    demand_keeper(actor)
    entry = _entry(session, entry_id)
    _done(session, actor, "registry_removed", entry, now)
    session.delete(entry)


def _entry(session: Session, entry_id: int) -> RegistryEntry:
    entry = session.get(RegistryEntry, entry_id) if 0 < entry_id <= _LARGEST_ID else None
    if entry is None:
        raise NotFound(_("There is no such entry."))
    return entry


def _checked(kind: RegistryKind, name: str, current: str) -> tuple[str, str]:
    name, current = " ".join(name.split()), " ".join(current.split())
    if not 2 <= len(name) <= LONGEST or not name[0].isalnum():
        raise invalid(
            "name", _("Give a name of 2 to %(most)s characters that begins with a letter or a digit.", most=LONGEST)
        )
    if kind is RegistryKind.TOOL:
        if current:
            raise invalid("current", _("A tool has only a name. To watch its version, add it as a version."))
        return name, ""
    if not 1 <= len(current) <= LONGEST:
        raise invalid("current", _("Say what is current, in at most %(most)s characters.", most=LONGEST))
    if kind is RegistryKind.VERSION and not is_version(current):
        raise invalid("current", _("Give the current version as numbers with dots, such as 5.2 or 5.2.1."))
    if kind is RegistryKind.VALUE and as_value(current) is None:
        raise invalid("current", _("Give one number with what it counts, such as €49 per month, 30 days or 20 %."))
    if kind is RegistryKind.RENAMED and name.casefold() == current.casefold():
        raise invalid("current", _("The new name is the same as the old one."))
    return name, current


def _keep_unique(session: Session, kind: RegistryKind, name: str, entry_id: int | None) -> None:
    for entry in registry(session, kind):
        if entry.name.casefold() == name.casefold() and entry.id != entry_id:
            raise invalid("name", _("The registry has this already."))


def _done(session: Session, actor: Actor, action: str, entry: RegistryEntry, now: datetime) -> None:
    session.flush()
    look_at_all_again(session)
    audit.record(
        session, actor, action, "registry", entry.id, now, kind=str(entry.kind), name=entry.name, current=entry.current
    )
