"""Who saw which versions of a card while they were wrong, from the sightings: exactly those, whatever their number."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.models import Card, Revision, Status
from kb.past.records import UNDO
from kb.trust.models import Verdict, Verification
from kb.use.models import Sighting


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was wrong: these versions, whenever they were seen since an instant."""

    first_version: int
    last_version: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Reached:
    """A person who saw a wrong version: the newest of them, in which ways, how often they saw any, and when last."""

    person_id: int
    version: int
    kinds: tuple[str, ...]
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """Everybody who saw a wrong version. `forgotten` sightings are older than people are known for."""

    people: tuple[Reached, ...]
    forgotten: int

    def in_way(self, kind: str) -> int:
        """How many people saw it in this way."""
        return sum(kind in person.kinds for person in self.people)


def last_wrong_version(card: Card) -> int:
    """The version before an edit that corrected it; the current one if that was withdrawn or taken back. 0: none."""
    is_withdrawn = card.status == Status.ARCHIVED or card.replaced_by_id is not None
    is_taken_back = card.unverified_at is not None and card.unverified_kind != "edited"
    return card.version if is_withdrawn or is_taken_back else card.version - 1


def likely_wrong(session: Session, card: Card) -> Wrong | None:
    """What the last correction suggests: wrong since the last check of a wrong version, or since it was published."""
    last = last_wrong_version(card)
    if last < 1:
        return None
    checks = session.execute(
        select(Verification.at, Verification.verdict, Verification.basis, Verification.version)
        .where(Verification.card_id == card.id)
        .order_by(Verification.id)
    )
    standing: list[datetime] = []
    for at, verdict, basis, version in checks:
        if basis == UNDO:
            standing = standing[:-1]
        elif verdict == Verdict.VERIFIED and version <= last:
            standing.append(at)
    return Wrong(1, last, standing[-1] if standing else card.published_at or card.created_at)


def since_version(session: Session, card: Card, version: int, last_version: int) -> Wrong | None:
    """Wrong since this version was written; None if there is no such version among the wrong ones."""
    revision = session.get(Revision, (card.id, version)) if 0 < version <= last_version <= card.version else None
    return Wrong(version, last_version, revision.at) if revision is not None else None


def reach_of(session: Session, card_id: int, wrong: Wrong) -> Reach:
    """Everybody who saw one of these versions at or after the instant."""
    rows = session.scalars(
        select(Sighting)
        .where(
            Sighting.card_id == card_id, Sighting.version >= wrong.first_version,
            Sighting.version <= wrong.last_version, Sighting.last_at >= wrong.since,
        )
        .order_by(Sighting.version, Sighting.kind)
    )  # fmt: skip
    by_person: dict[int | None, list[Sighting]] = defaultdict(list)
    for row in rows:
        by_person[row.person_id].append(row)
    forgotten = by_person.pop(None, [])
    people = [_reached(person_id, found) for person_id, found in by_person.items() if person_id is not None]
    return Reach(tuple(sorted(people, key=lambda each: (each.last_at, each.person_id), reverse=True)), len(forgotten))


def _reached(person_id: int, rows: Sequence[Sighting]) -> Reached:
    kinds = tuple(sorted({row.kind for row in rows}))
    last = max(row.last_at for row in rows)
    return Reached(person_id, max(row.version for row in rows), kinds, sum(row.times for row in rows), last)
