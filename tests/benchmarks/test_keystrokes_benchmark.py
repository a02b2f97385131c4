"""Questions are typed into a real browser, and every key is seen painted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_every_key_is_timed_until_its_results_are_painted(chromium_path: Path) -> None:
    pytest.importorskip("gunicorn", reason="gunicorn is not installed (requirements-bench.lock)")
    command = [sys.executable, "-m", "benchmarks", "keystrokes", "--size", "100", "--questions", "1", "--json"]
    report = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    for typist in ("plain", "slow"):
        seen = report[typist]
        assert 0 < seen["painted"] <= seen["keys"]
        assert seen["painted_ms"].keys() == {"p50_ms", "p95_ms", "p99_ms"}
        assert seen["first_view_ms"] > 0
    assert [bar["name"] for bar in report["bars"]] == [
        "key to painted results, p95 ms",
        "largest part of the first view painted, ms at most",
        "layout shift",
        "tasks over 50 ms while typing",
    ]
