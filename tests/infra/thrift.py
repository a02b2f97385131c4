"""What makes the tests quick and proves no less: work that comes out the same every time is done once per process, and
what lives for one test only lies in memory. What takes longest begins first, and no core waits for a browser.

The world of a test is its own: database, data folder, app. Shared is what is computed from our source alone: compiled
templates and SQL, parsed addresses.
"""

import gc
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import create_engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

import kb.db

_MEMORY = Path("/dev/shm")  # noqa: S108 (a file system in memory, not a file with a guessable name)
_ROOM = 3 << 30
_LONG = ("slow", "browser")
_DRAWN = 3
_TOGETHER = {"at_once", "threading", "PROCESSES", "ThreadPoolExecutor"}
_STATEMENTS = 3000
_ALLOCATIONS = 50_000


class _Templates(BytecodeCache):
    """The code of each template, whichever app asks. The key holds the file, the checksum its text."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


class _Statements(LRUCache[Any, Any]):
    """The compiled form of each statement. SQLAlchemy's key begins with the engine's dialect; ours with its kind."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), value)


class _Rules:
    """What each rule of an address means, whichever app has it: parsing three hundred is most of making an app."""

    def __init__(self, compile_: Callable[[Rule], None]) -> None:
        self._compile = compile_
        self._known: dict[tuple[Any, ...], tuple[Any, Any, Any]] = {}

    def compile(self, rule: Rule) -> None:
        key = (rule.rule, rule.map.host_matching, rule.subdomain, rule.merge_slashes)
        if key not in self._known:
            self._compile(rule)
            self._known[key] = (rule._parts, rule._trace, rule._converters)
            return
        rule._parts, rule._trace, rule._converters = self._known[key]
        rule.arguments |= rule._converters.keys()
        rule._build = rule._compile_builder(False).__get__(rule, None)
        rule._build_unknown = rule._compile_builder(True).__get__(rule, None)


def pytest_configure() -> None:
    """Temporary files go to memory where there is plenty of it, unless somebody has said where they go.

    And the programs that tests start needn't compile the service again each time, whatever the caller's habit is.
    """
    if "TMPDIR" not in os.environ and _is_roomy(_MEMORY):
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None  # asked for anew
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    gc.set_threshold(_ALLOCATIONS)


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: one or the other always waits for a browser, a server, or a lock."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    """For those who run all tests: see `_is_left_out`."""
    words = "of the tests of pages and the API, which all run on SQLite, every third runs on PostgreSQL as well"
    parser.addoption("--drawn-twins", action="store_true", help=f"{words}; which, the run's seed decides")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long ones first, in random order: at the end there are short ones to share out, and all end together."""
    if config.getoption("--drawn-twins"):
        seed = config.getoption("randomly_seed", 0)
        there = {item.nodeid for item in items}
        left_out = {item for item in items if _has_a_twin(item, there) and _is_left_out(item, seed)}
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: not any(item.get_closest_marker(mark) for mark in _LONG))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector, which took a quarter of the time, looks at it no more."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": _Templates()})
        rules = _Rules(Rule.compile)
        patch.setattr(Rule, "compile", lambda rule: rules.compile(rule))
        shared = {"compiled_cache": _Statements(_STATEMENTS)}
        patch.setattr(kb.db, "create_engine", partial(create_engine, execution_options=shared))
        yield


def _has_a_twin(item: pytest.Item, there: set[str]) -> bool:
    """Whether it is the PostgreSQL half of a test that runs on both."""
    twin = item.nodeid.replace("postgresql", "sqlite")
    return twin != item.nodeid and twin in there


def _is_left_out(item: pytest.Item, seed: int) -> bool:
    """Whether this run does without it.

    Only what goes through HTTP with one request after the other: the commands and queries beneath have tests of their
    own, and those run on both databases, as does whatever happens at once. Another run draws others.
    """
    is_of_http = isinstance(item, pytest.Function) and "site" in item.fixturenames
    happens_at_once = bool(_TOGETHER & vars(getattr(item, "module", item)).keys())
    return is_of_http and not happens_at_once and crc32(f"{seed} {item.nodeid}".encode()) % _DRAWN != 0


def _is_roomy(folder: Path) -> bool:
    """Some systems have no such folder, some give it little, and some start no program there, as tests of ours do."""
    try:
        allows_programs = not os.statvfs(folder).f_flag & os.ST_NOEXEC
        free = shutil.disk_usage(folder).free
        available = re.search(r"^MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        return False
    if available is None:
        return False
    return allows_programs and os.access(folder, os.W_OK) and min(free, int(available[1]) << 10) > _ROOM
