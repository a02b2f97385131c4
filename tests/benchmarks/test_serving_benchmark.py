"""The service under gunicorn answers while cards are edited, and every edit is found."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_lookups_are_answered_and_edits_are_found() -> None:
    pytest.importorskip("gunicorn", reason="gunicorn is not installed (requirements-bench.lock)")
    command = [sys.executable, "-m", "benchmarks", "serving", "--size", "100", "--seconds", "2", "--json"]
    report = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert (report["lookups"], report["errors"]) == (30, 0)
    assert (report["edits"], report["edits_seen"]) == (4, 4)
    assert all(
        report[kind].keys() == {"p50_ms", "p95_ms", "p99_ms"} for kind in ("server_ms", "search_ms", "client_ms")
    )
    assert {bar["name"] for bar in report["bars"]} == {
        "lookup over HTTP, server time p95, ms",
        "saved card found by another process, median ms",
    }
