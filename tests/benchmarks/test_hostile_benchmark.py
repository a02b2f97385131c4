"""Hostile queries through the whole app: every one by every road, and no line of a log between those of the report."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks import measuring
from benchmarks.hostile import ROADS

ROOT = Path(__file__).parent.parent.parent
# In a process of its own: asking sets up how that one logs.
ASK_TWO = """
import json, pathlib, sys
from benchmarks import hostile
hostile.queries = lambda words, seed: {"plain": b"refund", "markup": b"<script>alert(1)</script>"}
print(json.dumps([each[:3] for each in hostile.ask(pathlib.Path(sys.argv[1]))]))
"""


def test_every_query_goes_every_road_and_nothing_else_is_printed(tmp_path: Path) -> None:
    measuring.prepare(tmp_path, 40, 10)
    measuring.build("vitrine", tmp_path)
    command = [sys.executable, "-c", ASK_TWO, str(tmp_path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert sorted(json.loads(said)) == sorted([name, road, 200] for name in ("plain", "markup") for road in ROADS)
