"""Tell followers: whoever follows a card, one of its tags or its collection gets a notice of what happened to it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.notices.happenings import Happening
from curator.notices.kinds import NEW_CARD, NEWS
from curator.notices.transitions import Transition, write
from kb.cards.models import Card, CardTag
from kb.following.models import Follow
from kb.people.actor import active_actor


def tell_followers(session: Session, happened: Sequence[Happening], now: datetime) -> int:
    """Write a notice for each follower of each, unless it was their own doing. Returns how many are new.

    What somebody may not read they are not told, now or, if they lose the right meanwhile, when their turn comes.
    """
    news = [each for each in happened if each.kind in NEWS]
    shelves = dict(
        session.execute(select(Card.id, Card.collection_id).where(Card.id.in_({each.card_id for each in news}))).all()
    )
    follows = _Follows(session, shelves)
    readable: dict[int, frozenset[int]] = {}
    found = []
    for each in news:
        for person_id in follows.of(each, shelves.get(each.card_id)):
            if person_id not in readable:
                actor = active_actor(session, person_id)
                readable[person_id] = actor.readable if actor else frozenset()
            if shelves[each.card_id] in readable[person_id]:
                slot = f"{each.name}:{person_id}"
                found.append(Transition(each.card_id, person_id, each.kind, slot, each.by_id, each.detail))
    return write(session, found, now)


class _Follows:
    """Who follows what of these cards, read in three queries."""

    def __init__(self, session: Session, shelves: dict[int, int]) -> None:
        tags = session.execute(select(CardTag.card_id, CardTag.tag).where(CardTag.card_id.in_(list(shelves))))
        self._tags: dict[int, list[str]] = {}
        for card_id, tag in tags:
            self._tags.setdefault(card_id, []).append(tag)
        self._by: dict[tuple[str, int | str], list[tuple[int, datetime]]] = {}
        self._read(session, "card", Follow.card_id.in_(list(shelves)))
        self._read(session, "collection", Follow.collection_id.in_(set(shelves.values())))
        self._read(session, "tag", Follow.tag.in_({tag for each in self._tags.values() for tag in each}))

    def _read(self, session: Session, what: str, clause: object) -> None:
        for follow in session.scalars(select(Follow).where(clause)):  # type: ignore[arg-type]
            key = {"card": follow.card_id, "collection": follow.collection_id, "tag": follow.tag}[what]
            if key is not None:
                self._by.setdefault((what, key), []).append((follow.person_id, follow.at))

    def of(self, each: Happening, shelf_id: int | None) -> list[int]:
        """Everybody who followed by then, except who did it. A new card has no followers of its own yet."""
        keys: list[tuple[str, int | str]] = [("tag", tag) for tag in self._tags.get(each.card_id, [])]
        keys += [("collection", shelf_id)] if shelf_id is not None else []
        keys += [("card", each.card_id)] if each.kind != NEW_CARD else []
        return _once(
            person_id
            for key in keys
            for person_id, since in self._by.get(key, [])
            if since <= each.at and person_id != each.by_id
        )


def _once(people: Iterable[int]) -> list[int]:
    return sorted(set(people))
