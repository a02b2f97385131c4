"""Who saw which version of the sample's cards: readers of the last ten weeks, each on a few days."""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from kb.cards.models import Card, Revision
from kb.people.actor import can_read
from kb.people.models import Person, Role
from kb.use.models import Sighting

_DAYS = 70
_KINDS = ("shown", "shown", "view", "view", "view", "copy")


def add_sightings(session: Session, cards: Iterable[Card], people: Iterable[Person], now: datetime) -> None:
    """Rows as the recorder would have written them: one per card, version, person and kind."""
    chance, readers = random.Random("sightings"), list(people)  # noqa: S311  (a sample, not a secret)
    rows = [row for card in cards for row in _of_card(session, card, readers, chance, now)]
    if rows:
        session.execute(insert(Sighting), rows)


def _of_card(
    session: Session, card: Card, readers: list[Person], chance: random.Random, now: datetime
) -> Iterator[dict[str, Any]]:
    written = session.execute(select(Revision.number, Revision.at).where(Revision.card_id == card.id)).all()
    able = [person for person in readers if person.is_active and _may_read(card, person)]
    times: dict[tuple[int, int, str], list[datetime]] = {}
    for person in chance.sample(able, min(len(able), chance.randint(3, 9))):
        for _ in range(chance.randint(1, 3)):
            at = now - timedelta(minutes=chance.randint(60, _DAYS * 1440))
            version = max((number for number, since in written if since <= at), default=0)
            if version and card.published_at is not None and card.published_at <= at:
                times.setdefault((version, person.id, chance.choice(_KINDS)), []).append(at)
    for (version, person_id, kind), seen in times.items():
        first, last = min(seen), max(seen)
        yield {"card_id": card.id, "version": version, "person_id": person_id, "kind": kind, "first_at": first,
               "last_at": last, "times": len(seen)}  # fmt: skip


def _may_read(card: Card, person: Person) -> bool:
    groups = frozenset(group.id for group in person.groups)
    return can_read(card.collection, person.id, Role(person.role), groups)
