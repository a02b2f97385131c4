"""Make and change collections: readers, authors, steward, policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.fields import VerifierRef
from kb.cards.models import Breach, Card, Collection, CollectionVerifier, Status
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import Group, Person, Role
from kb.text.slugs import slug
from kb.trust import assignee
from kb.trust.state import TrustState
from kb.wording import _


@dataclass(frozen=True, slots=True)
class CollectionFields:
    """Everything about a collection that people decide."""

    name: str
    slug: str | None = None
    description: str = ""
    is_open: bool = True
    reader_ids: tuple[int, ...] = ()
    author_ids: tuple[int, ...] = ()
    steward_id: int | None = None
    interval_days: int | None = None
    verifiers: tuple[VerifierRef, ...] = ()
    contract: Breach = Breach.SERVE
    min_trust: TrustState | None = None
    max_age_days: int | None = None
    escalate_days: int | None = None
    is_adaptive: bool = False
    stale_target: float | None = None
    is_reviewed: bool = False


def create_collection(session: Session, actor: Actor, fields: CollectionFields, now: datetime) -> Collection:
    """Make an empty collection. Admins and curators may; the maker is its steward unless one is named."""
    if not (actor.is_admin or actor.role.rank >= 2):
        raise Forbidden(_("Only curators and admins make collections."))
    name = fields.slug or slug(fields.name)
    if session.scalars(select(Collection).where(Collection.slug == name)).first():
        raise invalid("slug", _("There is a collection “%(name)s” already; choose another name.", name=name))
    shelf = Collection(slug=name, name=fields.name, created_at=now)
    session.add(shelf)
    session.flush()
    _put(session, shelf, fields, fields.steward_id if fields.steward_id is not None else actor.id)
    audit.record(
        session, actor, "created", "collection", shelf.id, now, name=fields.name, contract=fields.contract,
        min_trust=fields.min_trust, max_age_days=fields.max_age_days,
    )  # fmt: skip
    return shelf


def change_collection(
    session: Session, actor: Actor, shelf: Collection, fields: CollectionFields, now: datetime
) -> None:
    """Change a collection. No verification date moves; assignees who can no longer read it hand their cards on."""
    demand_curate(actor, shelf)
    assignee.let_nobody_assign(session)
    _put(session, shelf, fields, fields.steward_id)
    assignee.reassign_collection(session, shelf, now)
    audit.record(
        session, actor, "changed", "collection", shelf.id, now,
        name=fields.name, is_open=fields.is_open, readers=list(fields.reader_ids), authors=list(fields.author_ids),
        steward=fields.steward_id, interval_days=fields.interval_days, is_adaptive=fields.is_adaptive,
        contract=fields.contract,
        min_trust=fields.min_trust, max_age_days=fields.max_age_days, escalate_days=fields.escalate_days,
        stale_target=fields.stale_target, is_reviewed=fields.is_reviewed,
    )  # fmt: skip


def delete_collection(session: Session, actor: Actor, shelf: Collection, now: datetime) -> None:
    """Remove a collection that holds no cards."""
    demand_curate(actor, shelf)
    if session.scalars(select(Card.id).where(Card.collection_id == shelf.id)).first() is not None:
        raise Conflict(_("The collection still holds cards. Move or delete them first."))
    audit.record(session, actor, "deleted", "collection", shelf.id, now, name=shelf.name)
    session.delete(shelf)


def demand_curate(actor: Actor, shelf: Collection) -> None:
    """Raise NotFound if the collection is invisible to the actor, Forbidden if they don't curate it."""
    if shelf.id not in actor.readable:
        raise NotFound(_("There is no such collection."))
    if shelf.id not in actor.curated:
        raise Forbidden(_("Only the curators of %(name)s may change it.", name=shelf.name))


def collections_readable_by(session: Session, actor: Actor) -> Sequence[Collection]:
    """The collections the actor may read, by name."""
    return session.scalars(select(Collection).where(Collection.id.in_(actor.readable)).order_by(Collection.name)).all()


def collection_names_readable_by(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Slug and name of each of them, by name, without what belongs to them."""
    query = select(Collection.slug, Collection.name).where(Collection.id.in_(actor.readable)).order_by(Collection.name)
    return [(slug, name) for slug, name in session.execute(query)]


def collection_named(session: Session, actor: Actor, name: str) -> Collection:
    """The collection with this slug; NotFound when missing or invisible."""
    shelf = session.scalars(select(Collection).where(Collection.slug == name)).first()
    if shelf is None or shelf.id not in actor.readable:
        raise NotFound(_("There is no such collection."))
    return shelf


def has_pending_checks(session: Session, shelf: Collection) -> bool:
    """Whether any answer of the collection is verified until some day, so that another interval could matter to it."""
    pending = select(Card.id).where(
        Card.collection_id == shelf.id, Card.status == Status.PUBLISHED, Card.verify_by.is_not(None)
    )
    return session.scalars(pending.limit(1)).first() is not None


def _put(session: Session, shelf: Collection, fields: CollectionFields, steward_id: int | None) -> None:
    steward = session.get(Person, steward_id) if steward_id is not None else None
    if steward_id is not None and (steward is None or not steward.is_active):
        raise invalid("steward", _("There is no active person with this e-mail address."))
    if steward is not None and Role(steward.role).rank < Role.AUTHOR.rank and steward.id != shelf.steward_id:
        raise invalid("steward", _("A steward must be an author, a curator or an admin."))
    shelf.name, shelf.description, shelf.is_open = fields.name, fields.description, fields.is_open
    shelf.steward_id, shelf.interval_days = steward_id, fields.interval_days
    if fields.contract is not Breach.SERVE and fields.min_trust is None and fields.max_age_days is None:
        raise invalid("contract", _("Say what an answer must be: how well trusted, or checked within how many days."))
    shelf.contract, shelf.min_trust, shelf.max_age_days = fields.contract, fields.min_trust, fields.max_age_days
    shelf.escalate_days, shelf.is_adaptive = fields.escalate_days, fields.is_adaptive
    shelf.stale_target, shelf.is_reviewed = fields.stale_target, fields.is_reviewed
    shelf.readers = _groups(session, fields.reader_ids, "readers")
    shelf.authors = _groups(session, fields.author_ids, "authors")
    _check_verifiers(session, fields.verifiers)
    shelf.verifiers.clear()
    session.flush()
    shelf.verifiers.extend(
        CollectionVerifier(position=position, person_id=ref.person_id, group_id=ref.group_id)
        for position, ref in enumerate(fields.verifiers)
    )
    session.flush()


def _check_verifiers(session: Session, verifiers: tuple[VerifierRef, ...]) -> None:
    for ref in verifiers:
        found = session.get(Person, ref.person_id) if ref.person_id is not None else session.get(Group, ref.group_id)
        if found is None:
            raise invalid("verifiers", _("One of the verifiers does not exist."))


def _groups(session: Session, ids: tuple[int, ...], field: str) -> list[Group]:
    found = list(session.scalars(select(Group).where(Group.id.in_(ids))))
    if len(found) != len(set(ids)):
        raise invalid(field, _("One of the groups does not exist."))
    return found
