"""Follow and stop following. Safe to repeat; nobody can follow what they may not see."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kb.cards.models import Card, Collection
from kb.cards.permissions import published_in
from kb.errors import Conflict, NotFound
from kb.following.models import Follow
from kb.people.actor import Actor
from kb.wording import _

MOST_FOLLOWED = 500


@dataclass(frozen=True, slots=True)
class Followed:
    """What is followed: exactly one of the three."""

    card_id: int | None = None
    tag: str | None = None
    collection_id: int | None = None


def follow(session: Session, actor: Actor, what: Followed, now: datetime) -> bool:
    """Begin to follow. Returns whether it is new."""
    _demand_visible(session, actor, what)
    if (session.scalar(select(func.count()).where(Follow.person_id == actor.id)) or 0) >= MOST_FOLLOWED:
        raise Conflict(_("You follow %(most)s things already. Stop following some first.", most=MOST_FOLLOWED))
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Follow).values(
        person_id=actor.id, card_id=what.card_id, tag=what.tag, collection_id=what.collection_id, at=now
    )
    return bool(session.execute(statement.on_conflict_do_nothing().returning(Follow.id)).first())


def unfollow(session: Session, actor: Actor, what: Followed) -> None:
    """Stop following."""
    session.execute(delete(Follow).where(Follow.person_id == actor.id, _is(what)))


def is_following(session: Session, actor: Actor, what: Followed) -> bool:
    """Whether the actor follows this very thing."""
    return session.scalar(select(Follow.id).where(Follow.person_id == actor.id, _is(what))) is not None


def _is(what: Followed) -> ColumnElement[bool]:
    return and_(
        Follow.card_id.is_not_distinct_from(what.card_id),
        Follow.tag.is_not_distinct_from(what.tag),
        Follow.collection_id.is_not_distinct_from(what.collection_id),
    )


def _demand_visible(session: Session, actor: Actor, what: Followed) -> None:
    """A tag may be any word: whether somebody used it is not told."""
    if what.card_id is not None:
        seen = select(Card.id).where(Card.id == what.card_id, published_in(actor.readable))
        if session.scalar(seen) is None:
            raise NotFound(_("There is no such card."))
    if what.collection_id is not None and (
        what.collection_id not in actor.readable or session.get(Collection, what.collection_id) is None
    ):
        raise NotFound(_("There is no such collection."))
