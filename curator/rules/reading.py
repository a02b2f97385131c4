"""From what a form or a JSON body says to a change of the policy; what can't be is named with its field."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.rules.changes import Change, Kind
from kb.card_templates.completeness import template_of
from kb.cards.models import Breach, Collection
from kb.errors import NotFound, invalid
from kb.people.actor import Actor
from kb.trust.rules import Clause, Pace
from kb.trust.timing import Shelf
from kb.wording import _


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change as somebody wrote it: the collection by its slug."""

    kind: Kind
    rule: int | None = None
    before: int | None = None
    collection: str | None = None
    tag: str | None = None
    audience: str | None = None
    interval_days: int | None = None
    check_on: date | None = None
    yearly: bool = False
    pace: Pace | None = None
    expiry: Breach | None = None
    template: str | None = None


def read_change(session: Session, actor: Actor, wanted: Wanted, audiences: Sequence[str]) -> Change:
    """The change. Whether the actor may make it is decided when it is previewed or applied."""
    collection_id = _collection(session, actor, wanted.collection)
    if wanted.kind is Kind.CATCH_UP:
        return Change(wanted.kind)
    if wanted.kind is Kind.COLLECTION:
        if collection_id is None:
            raise invalid("collection", _("Say which collection."))
        shelf = Shelf(wanted.interval_days, wanted.pace is Pace.ADAPTIVE)
        return Change(wanted.kind, collection_id=collection_id, shelf=shelf)
    if wanted.kind is not Kind.ADD and wanted.rule is None:
        raise invalid("rule", _("Say which rule."))
    if wanted.kind in (Kind.REMOVE, Kind.MOVE):
        return Change(wanted.kind, wanted.rule, before_id=wanted.before if wanted.kind is Kind.MOVE else None)
    if wanted.audience is not None and wanted.audience not in audiences:
        raise invalid("audience", _("Choose one of: %(words)s.", words=", ".join(audiences)))
    clause = Clause(
        collection_id, wanted.tag, wanted.audience, wanted.interval_days, wanted.check_on, wanted.yearly, wanted.pace,
        wanted.expiry, _template(session, wanted.template),
    )  # fmt: skip
    return Change(wanted.kind, wanted.rule if wanted.kind is Kind.EDIT else None, clause)


def _template(session: Session, slug: str | None) -> str | None:
    if slug is not None and template_of(session, slug) is None:
        raise invalid("template", _("There is no such card template. Choose one from the list."))
    return slug


def _collection(session: Session, actor: Actor, slug: str | None) -> int | None:
    if slug is None:
        return None
    found = session.scalars(select(Collection.id).where(Collection.slug == slug)).first()
    if found is None or found not in actor.readable:
        raise NotFound(_("There is no such collection."))
    return found
