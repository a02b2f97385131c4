"""Processes of their own, so that no measurement pays for another's memory, caches or threads."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

from kb.process import settle

P = ParamSpec("P")
Result = TypeVar("Result")
SPAWN = get_context("spawn")  # a fork would inherit what the parent has loaded
# The clock of one thread must see all the work that a question makes.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


def apart(function: Callable[P, Result], *arguments: P.args, **options: P.kwargs) -> Result:
    """What the function returns, called in a fresh process that ends afterwards."""
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    with ProcessPoolExecutor(1, mp_context=SPAWN) as process:
        return process.submit(function, *arguments, **options).result()


def forked(function: Callable[P, Result], *arguments: P.args, **options: P.kwargs) -> Result:
    """The same in a child of this process, which shares what was loaded so far, as the workers of a web server do."""
    settle()
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as process:
        return process.submit(function, *arguments, **options).result()


def private_mb(process: int | str = "self") -> float | None:
    """Memory that the process shares with nobody: pages it has written. Files that are only mapped don't count."""
    status = Path(f"/proc/{process}/smaps_rollup")
    found = re.search(r"^Private_Dirty:\s+(\d+) kB", status.read_text(), re.MULTILINE) if status.exists() else None
    return round(int(found[1]) / 1024, 1) if found else None
