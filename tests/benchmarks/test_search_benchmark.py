"""The comparison is fair: every engine answers the same questions with the cards they came from, and filters hold.

No test here looks at a time.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from benchmarks import corpus, engines, search
from benchmarks.corpus import Card
from benchmarks.engines import NAMES, Answer, Engine
from benchmarks.figures import Bar
from benchmarks.queries import CLASSES, Query, questions

ROOT = Path(__file__).parent.parent.parent
SIZE = 150
DEMO_CARDS = ROOT / "vitrine" / "demo" / "content" / "cards"
PERCENTILES = {"p50_ms", "p95_ms", "p99_ms"}
FIGURES = PERCENTILES | {"build_s", "update_ms", "open_ms", "size_mb", "asked", "found", "classes"}


def made_or_skipped(name: str, folder: Path) -> Engine:
    """The engine, or a skip with the reason."""
    try:
        return engines.make(name, folder)
    except engines.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def cards() -> list[Card]:
    return list(corpus.cards(SIZE, folder=DEMO_CARDS))


@pytest.fixture(scope="module")
def asked(cards: list[Card]) -> list[Query]:
    return questions(cards, SIZE, count=60)


MARKED = [pytest.param(name, marks=pytest.mark.postgres) if name == "postgres" else name for name in NAMES]


@pytest.fixture(scope="module", params=MARKED)
def engine(request: pytest.FixtureRequest, cards: list[Card]) -> Iterator[Engine]:
    # Not pytest's own folder, which it closes to the account that a server runs under.
    with TemporaryDirectory(prefix="vitrine-bench-") as folder:
        made = made_or_skipped(request.param, Path(folder) / request.param)
        made.load(cards)
        made.build()
        made.open()
        with closing(made):
            yield made


def test_the_same_seed_makes_the_same_cards_and_fewer_are_the_first_of_more(cards: list[Card]) -> None:
    assert list(corpus.cards(20, folder=DEMO_CARDS)) == cards[:20]


def test_questions_are_of_every_class_and_their_readers_may_read_the_card(
    cards: list[Card], asked: list[Query]
) -> None:
    by_id = {card.id: card for card in cards}
    assert {query.kind for query in asked} == set(CLASSES)
    assert all(by_id[query.source].is_servable for query in asked)
    assert all(by_id[query.source].collection in query.shelves for query in asked)


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind != "typos"])
def test_an_engine_finds_the_card_a_question_was_drawn_from(engine: Engine, asked: list[Query], kind: str) -> None:
    of_kind = [query for query in asked if query.kind == kind]
    found = [query for query in of_kind if query.source in ids(engine.answer(query))]
    assert len(found) >= 0.8 * len(of_kind)


def test_an_engine_that_mends_typos_finds_what_was_meant(engine: Engine, asked: list[Query]) -> None:
    if not engine.can_mend_typos:
        pytest.skip("has no way to mend a typo")
    misspelled = [query for query in asked if query.kind == "typos"]
    assert sum(query.source in ids(engine.answer(query)) for query in misspelled) >= len(misspelled) / 2


def test_one_unknown_word_hides_nothing(engine: Engine, asked: list[Query]) -> None:
    """All engines are asked for any of the words, so that none has less to do than another."""
    query = next(query for query in asked if query.kind == "words")
    more = Query("words", (*query.words, "xylqvorn"), query.readable, query.collection, query.tag, query.source)
    assert query.source in ids(engine.answer(more))


def test_no_answer_lies_outside_the_filters(engine: Engine, cards: list[Card], asked: list[Query]) -> None:
    by_id = {card.id: card for card in cards}
    shown = [(query, by_id[answer.id]) for query in asked for answer in engine.answer(query)]
    assert shown
    assert all(card.is_servable and card.collection in query.shelves for query, card in shown)
    assert all(query.tag in card.tags for query, card in shown if query.tag)


def test_an_answer_has_ten_cards_at_most_each_once_with_marks(engine: Engine, asked: list[Query]) -> None:
    answers = [engine.answer(query) for query in asked if query.kind == "words"]
    assert max(map(len, answers)) == 10
    assert all(len(ids(answer)) == len(answer) for answer in answers)
    assert all(any(is_marked(found) for found in answer) for answer in answers if answer)


def test_a_product_that_does_no_more_than_the_others_gives_hits_within_the_filters(
    engine: Engine, cards: list[Card], asked: list[Query]
) -> None:
    if not isinstance(engine, engines.Whole):
        pytest.skip("does nothing more than give hits")
    by_id = {card.id: card for card in cards}
    answers = [(query, engine.hits(query)) for query in asked]
    assert all(ids(hits) and by_id[hit.id].collection in query.shelves for query, hits in answers for hit in hits)
    found = [query for query, hits in answers if query.source in ids(hits)]
    assert len(found) >= 0.8 * len(asked)
    assert all(any(map(is_marked, hits)) for query, hits in answers if hits and query.kind == "words")


@pytest.mark.slow
def test_the_report_has_its_shape(tmp_path: Path) -> None:
    """Vitrine and the engine that is always there; FTS5 is part of Python's own SQLite."""
    said = bench(
        "search", "--size", str(SIZE), "--engines", "vitrine,fts5", "--questions", "40", "--rounds", "1", "--json"
    )
    report: dict[str, Any] = json.loads(said.stdout)
    assert report["size"] == SIZE
    assert list(report["engines"]) == ["vitrine", "fts5"]
    for figures in report["engines"].values():
        assert figures.keys() >= FIGURES
        assert set(figures["classes"]) == set(CLASSES)
        assert all(set(percentiles) == PERCENTILES for percentiles in figures["classes"].values())
    assert report["engines"]["vitrine"].keys() >= {"visible_ms", "visible_p95_ms", "rebuild_cards_per_s"}
    assert {name: set(timings) for name, timings in report["product"].items()} == {
        name: PERCENTILES | {"found", "noise", "classes"} for name in report["engines"]
    }
    assert all(set(bar) == {"name", "value", "bar", "met"} for bar in report["bars"])


def test_an_engine_that_is_missing_is_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tantivy", None)
    monkeypatch.delitem(sys.modules, "benchmarks.engines.tantivy", raising=False)
    with pytest.raises(engines.Missing, match="tantivy is left out: the package tantivy is not installed"):
        engines.load("tantivy")


def test_an_unknown_engine_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        search.main(["--engines", "vitrine,lucene"])
    assert "choose from vitrine, postgres, fts5, tantivy, whoosh; not lucene" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "more_is_better", "met"), [(1.0, False, True), (1.1, False, False), (1.1, True, True)]
)
def test_a_bar_is_met_when_it_is_reached(value: float, more_is_better: bool, met: bool) -> None:
    assert Bar("any", value, 1.0, more_is_better).met is met


def test_without_a_name_the_benchmarks_are_listed() -> None:
    assert "./dev bench search" in bench().stdout


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    said = bench("speed", check=False)
    assert (said.returncode, "./dev bench serving" in said.stdout) == (2, True)


def bench(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=check)


def ids(answers: list[Answer]) -> set[int]:
    return {answer.id for answer in answers}


def is_marked(answer: Answer) -> bool:
    """Each engine marks in its own way: `<mark>`, `<b>`, `<b class=…>`."""
    return "<mark" in answer.title + answer.snippet or "<b" in answer.title + answer.snippet
