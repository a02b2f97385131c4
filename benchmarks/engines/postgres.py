"""Vitrine on PostgreSQL, cards and index both: a private server in the engine's folder."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.corpus import Card
from benchmarks.engines import Engine, Missing
from benchmarks.engines.vitrine import Vitrine
from benchmarks.server import PostgresServer, find_programs, is_reachable
from kb.settings import DatabaseSection, SearchSection, Settings, Storage
from search.backend import SearchBackend
from search.postgres_index.backend import PostgresBackend


class VitrineOnPostgres(Vitrine):
    """The same installation with another database and another engine."""

    def __init__(self, folder: Path, programs: Path) -> None:
        super().__init__(folder)
        self._folder = folder
        self._server = PostgresServer(programs, folder)
        self._is_started = False

    def load(self, cards: Iterable[Card]) -> None:
        """The cards, as an import would have left them."""
        self._start()
        super().load(cards)

    def open(self) -> None:
        """Server and process; only the latter's time is counted where a start is measured."""
        self._start()
        super().open()

    def elsewhere(self) -> float:
        """CPU seconds of the server."""
        return self._server.cpu_seconds()

    def size(self) -> int:
        """The tables of the index alone."""
        return self._backend.health().size_bytes

    def close(self) -> None:
        """Connections first."""
        super().close()
        self._server.stop()

    def _start(self) -> None:
        if self._is_started:
            return
        self._server.start()
        self._is_started = True
        database, section = DatabaseSection(url=self._server.url), SearchSection(backend="postgres")
        self._settings = Settings(storage=Storage(data_dir=self._folder), database=database, search=section)

    def _opened_index(self) -> SearchBackend:
        return PostgresBackend(self._settings.database_url)


def make(folder: Path) -> Engine:
    """The engine on that folder."""
    programs = find_programs()
    if programs is None:
        raise Missing("postgres is left out: no PostgreSQL server programs found (initdb, pg_ctl)")
    if not is_reachable(folder):
        raise Missing(f"postgres is left out: the account postgres can't reach {folder}, where its data would lie")
    return VitrineOnPostgres(folder, programs)
