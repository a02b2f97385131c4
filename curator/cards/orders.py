"""What a bulk action is asked to do: the action and its value, read from a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.cards.filters import NOBODY
from kb.card_templates.completeness import template_of
from kb.cards.fields import Tag
from kb.cards.models import Collection
from kb.errors import invalid
from kb.people.actor import Actor
from kb.people.models import Person
from kb.wording import _

LONGEST_INTERVAL = 3650
DEFAULT = "default"


class Action(StrEnum):
    """What can be done with many cards at once."""

    OWNER = "owner"
    INTERVAL = "interval"
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"
    MOVE = "move"
    TEMPLATE = "template"
    ARCHIVE = "archive"
    VERIFY = "verify"
    REQUEST_CHECK = "request_check"


class When(StrEnum):
    """From when a new interval counts: from each card's next check on, at once, or spread over four weeks."""

    NEXT = "next"
    NOW = "now"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """An action with its value. Without one (`is_complete` false) it can be shown, but not carried out. `template`: a
    slug, or "" for none."""

    action: Action
    is_complete: bool
    owner_id: int | None = None
    interval_days: int | None = None
    when: When = When.NEXT
    tag: str = ""
    collection_id: int | None = None
    template: str | None = None


def read_order(session: Session, actor: Actor, values: Mapping[str, str]) -> BulkOrder:
    """The order of a form: `do`, and `value` as the action needs it. Raises Invalid for a value that can't be used."""
    name = values.get("do", "")
    if name not in list(Action):
        raise invalid("do", _("Choose one of: %(words)s.", words=", ".join(Action)))
    action, value = Action(name), values.get("value", "").replace("\x00", "").strip()
    if action in (Action.ARCHIVE, Action.VERIFY, Action.REQUEST_CHECK):
        return BulkOrder(action, is_complete=True)
    if not value:
        return BulkOrder(action, is_complete=False)
    if action is Action.OWNER:
        return BulkOrder(action, is_complete=True, owner_id=_owner(session, value))
    if action is Action.INTERVAL:
        return BulkOrder(action, is_complete=True, interval_days=_days(value), when=_when(values.get("spread", "")))
    if action is Action.MOVE:
        return BulkOrder(action, is_complete=True, collection_id=_collection(session, actor, value))
    if action is Action.TEMPLATE:
        return BulkOrder(action, is_complete=True, template=_template(session, value))
    return BulkOrder(action, is_complete=True, tag=_tag(value))


def _owner(session: Session, email: str) -> int | None:
    if email == NOBODY:
        return None
    person = session.scalars(select(Person).where(Person.email == email.lower())).first()
    if person is None or not person.is_active:
        raise invalid("value", _("There is no active person with this e-mail address."))
    return person.id


def _days(value: str) -> int | None:
    if value == DEFAULT:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 9 and 1 <= int(value) <= LONGEST_INTERVAL):
        raise invalid("value", _("An interval is a whole number of days from 1 to %(most)s.", most=LONGEST_INTERVAL))
    return int(value)


def _when(value: str) -> When:
    if value and value not in list(When):
        raise invalid("spread", _("Choose one of: %(words)s.", words=", ".join(When)))
    return When(value or When.NEXT)


def _collection(session: Session, actor: Actor, slug: str) -> int:
    found = session.scalars(
        select(Collection.id).where(Collection.slug == slug, Collection.id.in_(actor.writable))
    ).first()
    if found is None:
        raise invalid("value", _("There is no such collection that you may write in."))
    return found


def _template(session: Session, value: str) -> str:
    if value == NOBODY:
        return ""
    if template_of(session, value) is None:
        raise invalid("value", _("There is no such card template. Choose one from the list."))
    return value


def _tag(value: str) -> str:
    try:
        return TypeAdapter[str](Tag).validate_python(value)
    except ValidationError:
        raise invalid("value", _("A tag has 1 to 60 characters and no comma.")) from None
