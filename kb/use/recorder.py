"""Count impressions, sightings and searches without slowing reads: added up in memory, written every two seconds.

A crash may lose the last seconds of them; nothing that a person was told was saved is kept here.
"""

import logging
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.db import Database
from kb.use import searches, sightings
from kb.use.models import CardUse, RecentUse
from kb.use.searches import Asked, Click, Waiting
from kb.use.sightings import Seen, Sightings, Times

_log = logging.getLogger(__name__)
UseKind = Literal["shown", "view", "copy"]
_COLUMNS: dict[UseKind, tuple[str, ...]] = {
    "shown": ("impressions",),
    "view": ("impressions", "views"),
    "copy": ("impressions", "copies"),
}


@dataclass(frozen=True, slots=True)
class Use:
    """A version of a card was shown as an answer, viewed or copied by somebody, while its trust was good or not.

    `query_id` names the search that led to it.
    """

    card_id: int
    version: int
    kind: UseKind
    is_stale: bool
    person_id: int | None
    at: datetime
    query_id: str | None = None


class UseRecorder:
    """Collects uses and searches from many threads; `flush()` writes them in one transaction."""

    def __init__(self, database: Database, *, seconds: float = 2.0) -> None:
        self._database = database
        self._seconds = seconds
        self._lock = threading.Lock()
        self._counts: Counter[tuple[int, date, str]] = Counter()
        self._recent: dict[tuple[int, int], datetime] = {}
        self._sightings: Sightings = {}
        self._searches = Waiting()
        self._timer: threading.Timer | None = None

    def record(self, use: Use) -> None:
        """Add one use; returns at once."""
        with self._lock:
            columns = _COLUMNS[use.kind] + (("stale_impressions",) if use.is_stale else ())
            for column in columns:
                self._counts[use.card_id, use.at.date(), column] += 1
            self._see(use.card_id, use.version, use.person_id, use.kind, use.at)
            if use.person_id is not None and use.kind != "shown":
                self._recent[use.person_id, use.card_id] = use.at
            if use.query_id is not None and use.kind != "shown":
                self._searches.click(Click(use.query_id, use.card_id, use.kind, use.person_id), use.at)
            self._start_timer()

    def record_sighting(self, card_id: int, version: int, person_id: int | None, at: datetime) -> None:
        """Note that a program read the card for somebody: seen, but no impression. Returns at once."""
        with self._lock:
            self._see(card_id, version, person_id, "view", at)
            self._start_timer()

    def record_search(self, asked: Asked) -> None:
        """Add one search; returns at once."""
        with self._lock:
            self._searches.ask(asked)
            self._start_timer()

    def flush(self) -> None:
        """Write what was collected. Counts of cards that were deleted meanwhile are dropped; a failure keeps all."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            recent, self._recent = self._recent, {}
            seen, self._sightings = self._sightings, {}
            waiting, self._searches = self._searches, Waiting()
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
        if not (counts or recent or seen or waiting):
            return
        try:
            with self._database.transaction() as session:
                _write(session, counts, recent, seen)
                searches.write(session, waiting)
        except Exception:
            with self._lock:
                self._counts.update(counts)
                self._recent = recent | self._recent
                for key, times in seen.items():
                    sightings.add(self._sightings, key, times)
                self._searches.take_back(waiting)
            raise

    def _see(self, card_id: int, version: int, person_id: int | None, kind: UseKind, at: datetime) -> None:
        if person_id is not None:
            sightings.add(self._sightings, Seen(card_id, version, person_id, kind), Times(at, at))

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(self._seconds, self._tick)
            self._timer.daemon = True
            self._timer.start()

    def _tick(self) -> None:
        try:
            self.flush()
        except Exception:  # what was collected is kept, and the next use starts the timer again
            _log.exception("counts of use could not be written; trying again with the next use")


def _write(
    session: Session, counts: Counter[tuple[int, date, str]], recent: dict[tuple[int, int], datetime], seen: Sightings
) -> None:
    ids = {card_id for card_id, _, _ in counts} | {card_id for _, card_id in recent} | {each.card_id for each in seen}
    alive = set(session.scalars(select(Card.id).where(Card.id.in_(ids))))
    rows: dict[tuple[int, date], dict[str, int]] = {}
    for (card_id, day, column), number in counts.items():
        if card_id in alive:
            rows.setdefault((card_id, day), {})[column] = number
    for (card_id, day), numbers in sorted(rows.items()):
        add_use(session, card_id, day, numbers)
    for (person_id, card_id), at in sorted(recent.items()):
        if card_id in alive:
            _note_recent(session, person_id, card_id, at)
    sightings.write(session, seen, alive)


def add_use(session: Session, card_id: int, day: date, numbers: dict[str, int]) -> None:
    """Add to a card's counts of one day, in one atomic statement."""
    zero = dict.fromkeys(("impressions", "stale_impressions", "views", "copies"), 0)
    statement = _insert(session, CardUse).values(card_id=card_id, day=day, **(zero | numbers))
    added = {column: getattr(CardUse, column) + number for column, number in numbers.items()}
    session.execute(statement.on_conflict_do_update(index_elements=["card_id", "day"], set_=added))


def _note_recent(session: Session, person_id: int, card_id: int, at: datetime) -> None:
    statement = _insert(session, RecentUse).values(person_id=person_id, card_id=card_id, at=at)
    newer = statement.excluded.at > RecentUse.at  # another process may have written a later use already
    session.execute(
        statement.on_conflict_do_update(index_elements=["person_id", "card_id"], set_={"at": at}, where=newer)
    )


def _insert(session: Session, table: type[CardUse] | type[RecentUse]) -> postgresql.Insert | sqlite.Insert:
    dialect = session.connection().dialect.name
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
