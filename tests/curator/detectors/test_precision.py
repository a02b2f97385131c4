"""The figures of docs/evidence.md are those of the labelled texts; a detector that gets worse fails here."""

import re
import time
from pathlib import Path

import pytest

from curator.detectors.dates import dates_in
from curator.detectors.library import Library
from curator.detectors.names import people_in, tools_in
from curator.detectors.phrases import PhraseBook
from curator.detectors.registry_words import contradictions
from curator.detectors.values import Values
from curator.detectors.versions import Versions, is_older
from tests.curator.detectors.labelled import Score, scores
from tests.curator.detectors.played import played_scores, pure_scores
from tests.world import World

DOCS = Path(__file__).parents[3] / "docs" / "evidence.md"
_ROW = re.compile(r"^\| [^|]+ \| `(\w+)\.txt` \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE)


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def measured(world: World) -> dict[str, Score]:
    """Every detector on its labelled texts and histories."""
    return {**scores(), **pure_scores(), **played_scores(world)}


@on_sqlite
def test_what_is_published_is_what_is_measured(measured: dict[str, Score]) -> None:
    published = {name: (int(n), float(p), float(r)) for name, n, p, r in _ROW.findall(DOCS.read_text())}
    assert published == {
        name: (score.labelled, round(score.precision, 2), round(score.recall, 2)) for name, score in measured.items()
    }, "\n".join(fault for score in measured.values() for fault in score.faults)


@on_sqlite
def test_enough_is_labelled_and_half_of_it_is_hard(measured: dict[str, Score]) -> None:
    assert sum(score.labelled for score in measured.values()) >= 400
    assert all(score.negatives >= 11 for score in measured.values())


@pytest.mark.parametrize(
    ("said", "current", "is_so"),
    [("4.9", "5.2", True), ("5", "5.2", False), ("5.2.1", "5.2", False), ("5.10", "5.9", False), ("5.9", "5.10", True),
     ("05.1", "5.2", True), ("9" * 30, "5", False)],
)  # fmt: skip
def test_versions_compare_as_far_as_both_are_given(said: str, current: str, is_so: bool) -> None:
    assert is_older(said, current) is is_so


@pytest.mark.parametrize(
    "unit",
    ["31 Dec 2026 ", "1 ", "2026-", "Pro plan €39 ", "Zoom ", "a@b.", "App 1.0 ", " ", "Q1 2026 "],
)  # fmt: skip
def test_no_text_makes_a_detector_slow(unit: str) -> None:
    """No pattern goes back and forth over a long text. A quadratic one would take minutes of processor time."""
    library = Library(
        PhraseBook([("Zoom", "Zoom")]), PhraseBook([("Team", "Business")], any_case=True), Versions([("App", "2.0")]),
        Values([("Pro plan", "€49")]), PhraseBook([]), {},
    )  # fmt: skip
    text = (unit * (128 * 1024 // len(unit) + 1))[: 128 * 1024]
    started = time.process_time()
    dates_in(text)
    tools_in(text, library)
    people_in(text, library)
    list(contradictions(1, text, library))
    assert time.process_time() - started < 20
