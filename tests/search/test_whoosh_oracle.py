"""Whoosh's own searcher opens the same directory; what it matches is what our arrays must match."""

import random
from collections.abc import Iterator

import pytest
from whoosh import query as queries
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.searching import Searcher

from search import analysis
from search.arrays.batch import TAG, TEXT
from search.backend import CardDoc, Change, Delete, Upsert
from search.query import parse
from search.whoosh_index import WhooshBackend
from tests.search.engine_world import EVERYTHING, doc

WORDS = [
    "refund",
    "refunds",
    "invoice",
    "billing",
    "trial",
    "warranty",
    "sensor",
    "gateway",
    "zespół",
    "zespołu",
    "клиент",
    "kündigung",
    "C++",
    "24/7",
]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WhooshBackend, Searcher]]:
    """Several segments with deletions, as months of edits leave them."""
    folder = tmp_path_factory.mktemp("oracle") / "index"
    backend = WhooshBackend(folder)
    pick = random.Random(4)  # noqa: S311
    for seq in range(1, 16):
        batch: list[Change] = [Upsert(_card(pick, number)) for number in pick.sample(range(1, 200), k=25)]
        batch += [Delete(number) for number in pick.sample(range(1, 200), k=4)]
        backend.apply(batch, seq)
    (name,) = [path.name for path in folder.glob("ix-*")]
    searcher = FileIndex(FileStorage(str(folder / name))).searcher()
    yield backend, searcher
    searcher.close()


def _card(pick: random.Random, number: int) -> CardDoc:
    body = "\n".join(" ".join(pick.choices(WORDS, k=pick.randrange(1, 9))) for _ in range(3))
    title = " ".join(pick.choices(WORDS, k=2))
    return doc(number, title, body, language=pick.choice(["en", "pl", "ru", "de"]), tags=(pick.choice("xyz"),))


def _any_form(word: str) -> queries.Query:
    terms = {term for chunk in analysis.chunks(word) for (term,) in analysis.alternatives(chunk)}
    return queries.Or([queries.Term(TEXT, term) for term in sorted(terms)])


def _stock(searcher: Searcher, query: queries.Query) -> set[int]:
    facts = searcher.reader().column_reader("facts")
    return {int.from_bytes(facts[number][:8], "little") for number in searcher.docs_for_query(query)}


@pytest.mark.parametrize("word", WORDS)
def test_a_word_matches_what_whooshs_own_searcher_matches(indexed: tuple[WhooshBackend, Searcher], word: str) -> None:
    backend, searcher = indexed
    ours = {hit.card_id for hit in backend.search(parse(word + " "), EVERYTHING, 1000).hits}
    assert ours == _stock(searcher, _any_form(word))
    assert ours


@pytest.mark.parametrize("first", WORDS[:6])
@pytest.mark.parametrize("second", WORDS[6:10])
def test_words_together_and_excluded_match_the_same(
    indexed: tuple[WhooshBackend, Searcher], first: str, second: str
) -> None:
    backend, searcher = indexed
    one, other = _any_form(first), _any_form(second)
    either = backend.search(parse(f"{first} {second} "), EVERYTHING, 1000)
    assert {hit.card_id for hit in either.hits} == _stock(searcher, queries.Or([one, other]))
    without = backend.search(parse(f"{first} -{second} "), EVERYTHING, 1000)
    # Not its AndNot, which forgets to look when the excluded list ends first.
    assert {hit.card_id for hit in without.hits} == _stock(searcher, one) - _stock(searcher, other)


def test_tags_match_the_same(indexed: tuple[WhooshBackend, Searcher]) -> None:
    backend, searcher = indexed
    for tag in "xyz":
        ours = {hit.card_id for hit in backend.search(parse(f"tag:{tag}"), EVERYTHING, 1000).hits}
        assert ours == _stock(searcher, queries.Term(TAG, tag))
