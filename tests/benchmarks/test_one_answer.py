"""The one-answer benchmark on a set made by hand: what goes in, what is counted, and when it fails."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.one_answer import FIGURES, Yardstick, main, pair_figures

REFUND = (
    "Annual plans are refunded in full within thirty days of the purchase. After that the customer keeps the plan until"
    " the end of the term. Refunds go back to the card that was charged and take up to ten days to arrive."
)
HUB = "Plug the hub in, open the app on your phone and follow the light: green is good, red needs a call to support."


def card(name: str, title: str, body: str, day: int) -> dict[str, Any]:
    at = f"2024-05-{day:02}T08:00:00Z"
    return {"id": name, "title": title, "body": body, "collection": "help/billing", "updated_at": at,
            "verified_at": at, "author": "u1"}  # fmt: skip


CARDS = [
    card("new", "Refunds", REFUND, 20),
    card("old", "Refund rules", REFUND.replace("thirty", "sixty"), 2),
    card("hub", "Set up a hub", HUB, 3),
]
GROUPS = [{"page": "refunds", "cards": ["new", "old"], "current": "new"}]


def query(words: str, current: str, *versions: str) -> dict[str, Any]:
    return {"qid": words, "query": words, "type": "title", "current": current, "versions": [current, *versions]}


QUERIES = [query("refund rules", "new", "old"), query("set up a hub", "hub")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sets: dict[str, list[Any]] = {"cards": CARDS, "groups": GROUPS, "queries": QUERIES, "ignore": []}
    for name, items in sets.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    return tmp_path


def test_the_current_version_answers_and_its_old_one_is_out_of_sight(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--folder", str(folder), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(FIGURES) <= set(figures)
    assert figures["current_first"] == figures["precision"] == figures["recall"] == 1
    assert figures["several_versions"] == figures["outdated_first"] == figures["current_hidden"] == 0
    assert figures["cards"] == 3


def test_a_missed_bar_is_named_and_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "groups.jsonl").write_text(json.dumps({"page": "x", "cards": ["new", "hub"], "current": "hub"}))
    assert main(["--folder", str(folder)]) == 1
    printed = capsys.readouterr().out
    assert "near-duplicate pairs: F1" in printed
    assert "missed" in printed


def test_a_missing_set_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path / "nowhere")]) == 2
    assert "Name its folder with --folder" in capsys.readouterr().err


def test_ignored_pairs_count_neither_way() -> None:
    groups = [{"page": "p", "cards": ["a", "b", "c"], "current": "a"}]
    yardstick = Yardstick(Path(), groups, frozenset({("a", "c"), ("x", "y")}), [])
    found = pair_figures({("a", "b"), ("x", "y"), ("a", "z")}, yardstick)
    assert found == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
