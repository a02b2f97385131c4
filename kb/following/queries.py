"""What somebody follows, as far as they may still see it."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.models import Card, Collection
from kb.cards.permissions import published_in
from kb.cards.queries import LARGEST_ID, card_path
from kb.errors import NotFound
from kb.following.commands import Followed
from kb.following.models import Follow
from kb.people.actor import Actor
from kb.wording import _

FollowKind = Literal["collection", "tag", "card"]
_ORDER: tuple[FollowKind, ...] = ("collection", "tag", "card")


@dataclass(frozen=True, slots=True)
class FollowedThing:
    """Something that is followed: its name, and where it is."""

    follow: Follow
    kind: FollowKind
    name: str
    path: str
    slug: str = ""

    @property
    def what(self) -> Followed:
        """As the commands take it."""
        return Followed(self.follow.card_id, self.follow.tag, self.follow.collection_id)


def followed_by(session: Session, actor: Actor) -> list[FollowedThing]:
    """Collections, tags, then cards, each in the order in which they were followed."""
    follows = session.scalars(select(Follow).where(Follow.person_id == actor.id).order_by(Follow.id)).all()
    shelves = _shelves(session, {each.collection_id for each in follows if each.collection_id} & actor.readable)
    ids = {each.card_id for each in follows if each.card_id}
    cards = {
        card.id: card for card in session.scalars(select(Card).where(Card.id.in_(ids), published_in(actor.readable)))
    }
    found: list[FollowedThing] = []
    for each in follows:
        if each.collection_id in shelves:
            shelf = shelves[each.collection_id]
            found.append(FollowedThing(each, "collection", shelf.name, f"/collections/{shelf.slug}", shelf.slug))
        elif each.tag is not None:
            found.append(FollowedThing(each, "tag", each.tag, f"/cards?tag={each.tag}"))
        elif each.card_id in cards:
            found.append(FollowedThing(each, "card", cards[each.card_id].title, card_path(cards[each.card_id])))
    return sorted(found, key=lambda thing: _ORDER.index(thing.kind))


def follow_of(session: Session, actor: Actor, follow_id: int) -> Follow:
    """One of the actor's own, by number; of others' not even that they are there is told."""
    mine = (Follow.id == follow_id, Follow.person_id == actor.id)
    found = session.scalars(select(Follow).where(*mine)).first() if 0 < follow_id <= LARGEST_ID else None
    if found is None:
        raise NotFound(_("You follow no such thing."))
    return found


def _shelves(session: Session, ids: set[int]) -> dict[int, Collection]:
    return {shelf.id: shelf for shelf in session.scalars(select(Collection).where(Collection.id.in_(ids)))}
