"""A morning's checks are made in a real browser, and every one is timed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_every_check_is_timed_until_the_next_card_is_there(chromium_path: Path) -> None:
    pytest.importorskip("gunicorn", reason="gunicorn is not installed (requirements-bench.lock)")
    command = [sys.executable, "-m", "benchmarks", "morning", "--cards", "3", "--think", "0.5", "--json"]
    report = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert (report["cards"], sum(report["done"].values())) == (3, 3)
    assert 0 < report["painted_ms"]["p50_ms"] <= report["painted_ms"]["p95_ms"]
    assert report["ready_ms"]["p50_ms"] > 0
    assert report["words"] > 0
