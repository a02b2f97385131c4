"""The replay: every policy gets the same world, sees nothing of what is hidden in it, and keeps its budget."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import freshness
from benchmarks.freshness import Chosen, measure
from benchmarks.policies import POLICIES, vitrine
from benchmarks.replay import Histories, Sight, draw_world, histories_of, replay
from curator.freshness.evidence import Array

START, END = 1000, 1140
SEEN = {"vitrine", "fixed_90", "fixed_90_flagged", "oldest", "most_used", "use_age", "oracle"}


def pages(number: int = 24) -> list[dict[str, Any]]:
    """Pages of which every third is corrected every six weeks; one was gone before, one comes later, one goes."""
    chance = np.random.default_rng(1)
    made = []
    for page in range(number):
        days = range(710, END, 40) if page % 3 == 0 else ()
        corrected = sorted({day + int(chance.integers(10)) for day in days})
        made.append({"id": f"p{page}", "category": f"c{page % 2}", "born": 700, "died": None,
                     "corr": corrected, "minor": [900], "words": [[700, 100 + 10 * page]]})  # fmt: skip
    made[1]["died"], made[2]["born"], made[4]["died"] = 990, 1050, 1060
    made[2]["words"] = [[1050, 20]]
    return made


@pytest.fixture
def histories() -> Histories:
    return histories_of(pages(), START, END)


def test_the_table_has_every_policy_at_every_budget(histories: Histories) -> None:
    figures = measure(histories, Chosen(2, {"0": 0.0, "0.05": 0.05}, freshness.BUDGETS))
    assert set(figures["budgets"]) == {"1/52", "1/26", "1/13"}
    for rows in (figures["budgets"], figures["with_reports"]["0.05"]):
        for row in rows.values():
            assert set(row) == SEEN
            assert all(0 <= share <= 1 for share in row.values())
    for row in figures["budgets"].values():
        assert row["fixed_90"] == row["fixed_90_flagged"], "where nobody reports, nothing is flagged first"
        assert row["vitrine"] < figures["nobody_checks"]
    assert {bar["against"] for bar in figures["bars"]} == {"fixed_90", "use_age"}
    assert all(0 <= row["said"] <= 1 for row in figures["reliability"])
    assert "said" in freshness.table(figures)


def test_the_same_seed_gives_the_same_world(histories: Histories) -> None:
    shares = [replay(draw_world(histories, 3), vitrine, 1 / 13, 0.01, 3)[0] for _ in range(2)]
    assert shares[0] == shares[1]


def test_a_policy_keeps_its_budget_and_checks_only_what_is_there(histories: Histories) -> None:
    for policy in POLICIES.values():
        _, sight = replay(draw_world(histories, 0), policy, 1 / 13, 0.0, 0)
        weeks = (END - START) // 7
        assert len(sight.log) <= weeks * len(histories) / 13 + 1
        for looked in sight.log:
            assert histories.born[looked.card] <= looked.day < histories.died[looked.card]


def test_what_is_hidden_is_not_in_sight(histories: Histories) -> None:
    seen: list[int] = []

    def watch(sight: Sight) -> Array:
        cards, record = sight.record()
        assert set(np.flatnonzero(sight.alive)) == set(cards)
        assert (record.edits.ago >= 0).all()
        seen.append(int(record.edits.corrects.sum()))
        return -np.ones(len(sight.alive))

    world = draw_world(histories, 0)
    share, sight = replay(world, watch, 1.0, 0.0, 0)
    assert not sight.log, "a policy may refuse"
    assert share > 0
    mended = world.issues.unasked.sum()
    assert seen[-1] - seen[0] <= mended < len(world.issues.card)


def test_checking_everything_every_week_leaves_little(histories: Histories) -> None:
    world = draw_world(histories, 0)
    everything = replay(world, lambda sight: sight.unchecked, 1.0, 0.0, 0)[0]
    nothing = replay(world, lambda sight: -np.ones(len(sight.alive)), 1.0, 0.0, 0)[0]
    assert everything < nothing / 3


def test_the_command_prints_json_and_names_a_set_that_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "histories.jsonl"
    lines = [{"repo": "x", "start": START, "end": END, "n": 24}, *pages()]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    code = freshness.main(["--histories", str(path), "--seeds", "1", "--no-reports", "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert code == (0 if all(bar["met"] for bar in figures["bars"]) else 1)
    assert set(figures["budgets"]["1/26"]) == SEEN
    assert freshness.main(["--histories", str(tmp_path / "none.jsonl")]) == 2
    assert "--histories" in capsys.readouterr().err
    path.write_text("not json")
    assert freshness.main(["--histories", str(path)]) == 2
