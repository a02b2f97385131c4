"""Cards, scopes and a brute-force reading of the same rules, for the tests of the search engine."""

from collections.abc import Iterable
from itertools import count
from pathlib import Path

from search import analysis
from search.backend import CardDoc, Query, Scope, SearchBackend
from search.postgres_index import PostgresBackend
from search.query import parse
from search.whoosh_index import WhooshBackend
from tests.infra.postgres import PostgresServer

EVERYTHING = Scope(frozenset({1, 2, 3}))


def doc(
    card_id: int,
    title: str = "",
    body: str = "",
    *,
    collection: int = 1,
    language: str = "en",
    headings: str = "",
    tags: tuple[str, ...] = (),
) -> CardDoc:
    return CardDoc(card_id, collection, language, title, headings, body, tags)


def backend_with(directory: Path, docs: Iterable[CardDoc], seq: int = 1) -> WhooshBackend:
    backend = WhooshBackend(directory)
    backend.rebuild(docs, seq)
    return backend


class EmbeddedEngine:
    """Whoosh, an index in each of its places."""

    name = "whoosh"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    def place(self) -> str:
        """Where there is no index yet."""
        return str(self._folder / f"index-{next(self._numbers)}")

    def open(self, place: str, write_timeout: float = 10.0) -> WhooshBackend:
        """A backend on the index of that place, as another process would open it."""
        return WhooshBackend(Path(place), write_timeout)

    def close(self) -> None:
        """Leave nothing behind."""


class PostgresEngine:
    """PostgreSQL, a database for each index."""

    name = "postgres"

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._places: list[str] = []
        self._opened: list[PostgresBackend] = []

    def place(self) -> str:
        """A database without an index."""
        self._places.append(self._server.fresh_database())
        return self._places[-1]

    def open(self, place: str, write_timeout: float = 10.0) -> PostgresBackend:
        """A backend on the index of that place, with connections of its own."""
        self._opened.append(PostgresBackend(place, write_timeout=write_timeout))
        return self._opened[-1]

    def close(self) -> None:
        """Drop all databases."""
        for backend in self._opened:
            backend.close()
        for place in self._places:
            self._server.drop(place)


Engine = EmbeddedEngine | PostgresEngine


def opened(engine: str, place: str) -> SearchBackend:
    """A backend in a process without fixtures."""
    return PostgresBackend(place) if engine == PostgresEngine.name else WhooshBackend(Path(place))


def index_of(engine: Engine, docs: Iterable[CardDoc], seq: int = 1) -> SearchBackend:
    """A new index that holds these cards."""
    backend = engine.open(engine.place())
    backend.rebuild(docs, seq)
    return backend


def found(backend: SearchBackend, text: str, scope: Scope = EVERYTHING) -> set[int]:
    """The cards a finished query finds (the trailing space ends the last word)."""
    return {hit.card_id for hit in backend.search(parse(text + " "), scope, 1000).hits}


def first(backend: SearchBackend, text: str, scope: Scope = EVERYTHING) -> int | None:
    hits = backend.search(parse(text + " "), scope, 1).hits
    return hits[0].card_id if hits else None


def brute_force(docs: Iterable[CardDoc], query: Query, scope: Scope) -> set[int]:
    """Which cards must be found, read off the texts word by word. Plain words, phrases, exclusions and tags."""
    candidates = [card for card in docs if card.collection_id in scope.collection_ids and _admitted(card, query)]
    if not query.words:
        return {card.card_id for card in candidates}
    words = query.words if not query.phrases else (*query.words, *" ".join(query.phrases).split())
    return {card.card_id for card in candidates if any(_has(card, word) for word in words)}


def _admitted(card: CardDoc, query: Query) -> bool:
    return (
        not query.is_empty
        and all(_reads(card, phrase) for phrase in query.phrases)
        and not any(_has(card, word) for word in query.excluded)
        and all(tag in map(analysis.label, card.tags) for tag in query.tags)
    )


def _sections(card: CardDoc) -> tuple[str, ...]:
    return (card.title, card.headings, card.body, *card.tags)


def _has(card: CardDoc, word: str) -> bool:
    stems = {analysis.stem(word, language) for language in analysis.LANGUAGES} | {analysis.fold(word)}
    return any(analysis.stem(held, card.language) in stems for part in _sections(card) for held in part.split())


def _reads(card: CardDoc, phrase: str) -> bool:
    wanted = phrase.split()
    return any(
        len(words) >= len(wanted) and all(map(_same, words, wanted))
        for part in _sections(card)
        for start in range(len(part.split()))
        for words in [[analysis.stem(word, card.language) for word in part.split()[start : start + len(wanted)]]]
    )


def _same(stemmed: str, word: str) -> bool:
    return stemmed in {analysis.stem(word, language) for language in analysis.LANGUAGES}
