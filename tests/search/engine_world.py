"""Cards, scopes and a brute-force reading of the same rules, for the tests of the search engine."""

from collections.abc import Iterable
from pathlib import Path

from search import analysis
from search.backend import CardDoc, Query, Scope
from search.query import parse
from search.whoosh_index import WhooshBackend

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


def found(backend: WhooshBackend, text: str, scope: Scope = EVERYTHING) -> set[int]:
    """The cards a finished query finds (the trailing space ends the last word)."""
    return {hit.card_id for hit in backend.search(parse(text + " "), scope, 1000).hits}


def first(backend: WhooshBackend, text: str, scope: Scope = EVERYTHING) -> int | None:
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
