"""Hostile queries through the whole app: what is printed is the report, and nothing beside it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.hostile import ROADS

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_every_query_goes_every_road_and_only_the_report_is_printed() -> None:
    command = [sys.executable, "-m", "benchmarks", "hostile", "--size", "100", "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    report = json.loads(ended.stdout)
    assert all(roads.keys() == ROADS.keys() for roads in report["queries"].values())
    assert len(report["queries"]) > 30
    errors = next(bar for bar in report["bars"] if bar["name"] == "answers that are errors")
    assert errors["value"] == 0
    assert ended.returncode == (0 if all(bar["met"] for bar in report["bars"]) else 1)
