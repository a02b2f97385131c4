"""Keep, discard and forget drafts. A draft that somebody else's window moved on is never overwritten."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from kb.cards.models import Card, Collection
from kb.cards.permissions import Right, demand
from kb.drafts.models import EditDraft
from kb.errors import Conflict, Forbidden, invalid
from kb.people.actor import Actor
from kb.text.limits import MAX_BODY_BYTES
from kb.wording import _

MAX_DRAFT_BYTES = 2 * MAX_BODY_BYTES
"""More than a card may hold, so that what is too long to be saved is not lost while it is cut."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a draft is of: a card, or a new one begun in a collection."""

    card: Card | None = None
    shelf: Collection | None = None


class Overtaken(Conflict):
    """The draft is not the one that this window knows: another saved it, then and so often, or discarded it."""

    def __init__(self, current: EditDraft | None) -> None:
        super().__init__(_("This draft was changed or discarded in another window."))
        self.number = current.number if current is not None else 0
        self.saved_at = current.saved_at if current is not None else None


def draft_of(session: Session, actor: Actor, place: Place) -> EditDraft | None:
    """The actor's own draft there, if there is one."""
    return session.scalars(select(EditDraft).where(*_where(actor, place))).first()


def keep_draft(
    session: Session, actor: Actor, place: Place, fields: dict[str, Any], version: int, number: int, now: datetime
) -> EditDraft:
    """Write down what stands in the editor. `number`: the save that this window knows of, 0 if none.

    Raises Overtaken when there is another; Forbidden where the actor could not save the card either.
    """
    demand_writing(actor, place)
    if len(json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MAX_DRAFT_BYTES:
        raise invalid(
            "body", _("The text is too long for a draft: at most %(most)s KiB.", most=MAX_DRAFT_BYTES // 1024)
        )
    current = draft_of(session, actor, place)
    if current is not None and (current.fields, current.version) == (fields, version):
        return current  # sent twice: by a page that went away, and by the one that came after it
    if current is None and number == 0:
        current = EditDraft(
            person_id=actor.id, version=version, number=1, fields=fields, saved_at=now,
            card_id=place.card.id if place.card else None, collection_id=place.shelf.id if place.shelf else None,
        )  # fmt: skip
        session.add(current)
        session.flush()
        return current
    if current is None or not _move_on(session, current, fields, version, number, now):
        raise Overtaken(current)
    session.refresh(current)
    return current


def discard_draft(session: Session, actor: Actor, place: Place, number: int | None = None) -> bool:
    """Remove the actor's draft; with a number only that very save. Returns whether one went."""
    where = [*_where(actor, place), *([EditDraft.number == number] if number is not None else [])]
    gone = session.execute(delete(EditDraft).where(*where))
    return isinstance(gone, CursorResult) and gone.rowcount > 0


def demand_writing(actor: Actor, place: Place) -> None:
    """Raise Forbidden unless the actor may edit the card, or write one in the collection."""
    if place.card is not None:
        demand(actor, Right.EDIT, place.card)
    elif place.shelf is None or place.shelf.id not in actor.writable:
        raise Forbidden(_("You may not write cards there."))


def _move_on(
    session: Session, draft: EditDraft, fields: dict[str, Any], version: int, number: int, now: datetime
) -> bool:
    """One statement, so that of two windows only one finds the number it knows."""
    changed = {"fields": fields, "version": version, "number": number + 1, "saved_at": now}
    same = (EditDraft.id == draft.id, EditDraft.number == number)
    result = session.execute(
        update(EditDraft).where(*same).values(**changed).execution_options(synchronize_session=False)
    )
    return isinstance(result, CursorResult) and result.rowcount == 1


def _where(actor: Actor, place: Place) -> tuple[Any, ...]:
    what = (
        EditDraft.card_id == place.card.id
        if place.card is not None
        else EditDraft.collection_id == (place.shelf.id if place.shelf else -1)
    )
    return (EditDraft.person_id == actor.id, what)
