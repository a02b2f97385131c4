"""The search backend on PostgreSQL: any number of processes on any number of machines, one writer at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

import structlog

from kb.errors import Unavailable
from search.arrays.evaluate import find, find_titles
from search.arrays.matching import spelt_otherwise
from search.arrays.snapshot import Snapshot
from search.arrays.words import Group, edge_of, groups_of, query_groups, title_groups
from search.backend import ANYTHING, CardDoc, Change, Health, Hits, IndexBusy, Narrowing, Query, Scope, Upsert
from search.boosts import Boosts
from search.postgres_index import tables
from search.postgres_index.postings import Term
from search.postgres_index.snapshot import StoredSnapshot
from search.postgres_index.sources import NoIndex, Sources
from search.postgres_index.tables import State
from search.postgres_index.writing import prepare, write_all, write_changes
from search.query import parse
from search.turns import Turns

log = structlog.get_logger("vitrine.search")
Found = TypeVar("Found")
WORDS_LIMIT = 12


class PostgresBackend:
    """Opens on first use; where there is no index, it makes an empty one. Searches go to the replicas, if any."""

    def __init__(self, url: str, replica_urls: Sequence[str] = (), write_timeout: float = 10.0) -> None:
        self._sources = Sources(url, replica_urls)
        self._primary = self._sources.primary
        self._write_timeout = write_timeout
        self._turns = Turns(lambda: self._primary.locked(self._write_timeout), write_timeout)

    def writing(self) -> AbstractContextManager[None]:
        """Keep every other writer away; `apply` and `rebuild` inside it are part of it. Raises IndexBusy."""
        return self._turns.taken()

    def apply(self, batch: Sequence[Change], seq: int) -> None:
        changes = {change.card_id: change for change in batch}
        prepared = prepare(change.doc for change in changes.values() if isinstance(change, Upsert))
        with self.writing():
            self._make_if_missing()
            with self._primary.changing(self._write_timeout) as cursor:
                state = tables.read_state(cursor)
                if seq < state.seq:
                    return  # another writer was faster: it has applied these changes and newer ones
                write_changes(cursor, state, sorted(changes), prepared, seq)

    def applied_seq(self) -> int:
        return self._state().seq

    def search(
        self, query: Query, scope: Scope, limit: int, offset: int = 0, *,
        only: Narrowing = ANYTHING, boosts: Boosts | None = None,
    ) -> Hits:  # fmt: skip
        if query.is_empty or not scope.collection_ids:
            return Hits()

        def at(snapshot: StoredSnapshot) -> Hits:
            snapshot.expect(_terms(query_groups(query)))
            return find(snapshot, query, snapshot.mask(scope), max(0, limit), max(0, offset), only, boosts)

        return self._look(at)

    def suggest(self, prefix: str, scope: Scope, limit: int, *, boosts: Boosts | None = None) -> Hits:
        query = parse(prefix)
        if not query.words or not scope.collection_ids:
            return Hits()

        def at(snapshot: StoredSnapshot) -> Hits:
            snapshot.expect(_terms(title_groups(query)))
            return find_titles(snapshot, query, snapshot.mask(scope), max(0, limit), boosts)

        return self._look(at)

    def correct(self, words: Sequence[str], scope: Scope) -> list[str | None]:
        if not scope.collection_ids:
            return [None] * len(words)
        asked = words[:WORDS_LIMIT]

        def at(snapshot: StoredSnapshot) -> list[str | None]:
            snapshot.expect(_terms(group for word in asked for group in groups_of(word)))
            return [spelt_otherwise(snapshot, word, snapshot.mask(scope)) for word in asked]

        repaired = self._look(at)
        return [*repaired, *[None] * (len(words) - len(repaired))]

    def rebuild(self, cards: Iterable[CardDoc], seq: int) -> None:
        with self.writing():
            with self._primary.changing(self._write_timeout) as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
                state = write_all(cursor, cards, seq)
            self._drop_others(state)

    def overlaid(self, kept: Mapping[int, CardDoc], changed: Sequence[CardDoc], seq: int) -> Snapshot | None:
        return None  # the postings lie in the database: nothing to lay anything over

    def generation(self) -> str:
        return self._state().generation

    def health(self) -> Health:
        def at(snapshot: StoredSnapshot) -> tuple[State, int]:
            return snapshot.state, int(snapshot.alive.sum())

        state, docs = self._look(at, is_exact=True)
        with self._primary.reading() as cursor:
            return Health(state.generation, docs, state.seq, tables.size(cursor))

    def card_ids(self) -> Mapping[int, str]:
        return self._look(StoredSnapshot.fingerprints, is_exact=True)

    def close(self) -> None:
        self._sources.close()

    def _look(self, at: Callable[[StoredSnapshot], Found], *, is_exact: bool = False) -> Found:
        """`is_exact`: what the primary holds, not a replica that may lag."""
        source = self._primary if is_exact else self._sources
        try:
            return source.look(at)
        except NoIndex as error:
            self._make_for_reading(error)
            return self._primary.look(at)

    def _state(self) -> State:
        try:
            return self._read_state()
        except NoIndex as error:
            self._make_for_reading(error)
            return self._read_state()

    def _make_for_reading(self, missing: NoIndex) -> None:
        try:
            self._make_if_missing()
        except IndexBusy:
            raise missing from None

    def _read_state(self) -> State:
        with self._primary.reading() as cursor:
            return tables.read_state(cursor)

    def _make_if_missing(self) -> None:
        try:
            self._read_state()
        except NoIndex:
            with self.writing(), self._primary.changing(self._write_timeout) as cursor:
                if not tables.has_state(cursor):
                    tables.create_index(cursor)

    def _drop_others(self, state: State) -> None:
        """The tables that a rebuild has replaced. Where somebody still reads them, the next rebuild tries again."""
        try:
            with self._primary.changing(self._write_timeout) as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                for other in tables.other_editions(cursor, state):
                    tables.drop_tables(cursor, other)
        except (IndexBusy, Unavailable):
            log.info("old tables of the search index are in use; the next rebuild drops them")


def _terms(groups: Iterable[Group]) -> Iterator[Term]:
    """What a search for these is sure to ask for."""
    for group in groups:
        for alternative in group.alternatives:
            for term in alternative.terms:
                yield alternative.field, term
        if group.typed:
            beginning = edge_of(group.typed)
            yield beginning.field, beginning.terms[0]
