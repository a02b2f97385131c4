"""The walls between the rooms hold, and the checker that says so sees each kind of breach when one is planted."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.infra import walls
from tests.infra.walls import Module

ROOT = Path(__file__).parent.parent

Check = Callable[[list[Module]], list[str]]
CHECKS: tuple[Check, ...] = (
    walls.find_wrong_directions,
    walls.find_flask_outside_the_edge,
    walls.find_whoosh_outside_its_cell,
    walls.find_clocks,
    walls.find_commits,
    walls.find_imports_inside_functions,
    walls.find_empty_names,
    walls.find_missing_docstrings,
    walls.find_oversize,
    walls.find_circles,
)
# (the check that must see it, {file: source}); every source but the one about docstrings opens with one.
BREACHES: list[tuple[Check, dict[str, str]]] = [
    (walls.find_wrong_directions, {"kb/cards/commands.py": "from search.answers import answer"}),
    (walls.find_wrong_directions, {"kb/cards/commands.py": "import curator"}),
    (walls.find_wrong_directions, {"search/query.py": "from curator.queue import models"}),
    (walls.find_wrong_directions, {"search/query.py": "import vitrine.app"}),
    (walls.find_wrong_directions, {"curator/views.py": "from vitrine import app"}),
    (walls.find_wrong_directions, {"curator/queue.py": "from search.ranking import rank", "search/ranking.py": ""}),
    (walls.find_wrong_directions, {"curator/queue.py": "from search import ranking", "search/ranking.py": ""}),
    (walls.find_wrong_directions, {"kb/cards/commands.py": "def act():\n    import search"}),
    (walls.find_flask_outside_the_edge, {"kb/cards/commands.py": "from flask import request"}),
    (walls.find_flask_outside_the_edge, {"kb/cards/queries.py": "import flask.globals"}),
    (walls.find_whoosh_outside_its_cell, {"search/ranking.py": "from whoosh.scoring import BM25F"}),
    (walls.find_clocks, {"kb/cards/commands.py": "from datetime import datetime\nat = datetime.now()"}),
    (walls.find_clocks, {"kb/cards/commands.py": "import datetime\nat = datetime.datetime.utcnow()"}),
    (walls.find_clocks, {"kb/cards/commands.py": "from datetime import date\nday = date.today()"}),
    (walls.find_clocks, {"curator/queue.py": "import time\nat = time.time()"}),
    (walls.find_clocks, {"curator/queue.py": "from time import time\nat = time()"}),
    (walls.find_commits, {"kb/cards/commands.py": "def act(session):\n    session.commit()"}),
    (walls.find_imports_inside_functions, {"curator/queue.py": "def act():\n    from kb import clock"}),
    (
        walls.find_imports_inside_functions,
        {"curator/queue.py": "class A:\n    async def act(self):\n        import json"},
    ),
    (walls.find_empty_names, {"kb/utils.py": ""}),
    (walls.find_empty_names, {"search/helpers/words.py": ""}),
    (walls.find_missing_docstrings, {"kb/cards/bare.py": "BARE = 1"}),
    (walls.find_oversize, {"kb/long.py": "\n" * 350}),
    (walls.find_oversize, {"kb/long.py": "def act():\n" + "    pass\n" * 45}),
    (walls.find_circles, {"kb/a.py": "from kb import b", "kb/b.py": "from kb.a import A"}),
    (walls.find_circles, {"kb/a.py": "import kb.b", "kb/b.py": "import kb.c", "kb/c.py": "from .a import A"}),
    (
        walls.find_circles,
        {"kb/a.py": "try:\n    from kb.b import B\nexcept ImportError:\n    B = 1", "kb/b.py": "import kb.a"},
    ),
]
SOUND = {
    "kb/__init__.py": "",
    "kb/clock.py": "from datetime import UTC, datetime\ndef read():\n    return datetime.now(UTC)",
    "kb/db.py": "from kb import clock\ndef transaction(session):\n    session.commit()",
    "kb/cards/views.py": "from flask import request\nfrom kb.cards import commands",
    "kb/cards/commands.py": "import time\nstarted = time.monotonic()",
    "kb/cards/models.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from kb.cards.views import request",
    "kb/web/session.py": "import flask",
    "search/__init__.py": "from search.answers import answer",
    "search/answers.py": "from kb import db\ndef answer(): ...",
    "search/whoosh_index/writer.py": "from whoosh.index import create_in\ndef write(writer):\n    writer.commit()",
    "curator/queue.py": "from kb.cards import commands\nfrom search import answer\nfrom search.answers import answer",
    "vitrine/cli.py": "import time\nimport flask\nat = time.time()\ndef main():\n    from curator import queue",
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_is_sound(check: Check) -> None:
    faults = check(our_house())
    assert not faults, "\n".join(["", *faults])


def test_the_checker_reads_every_room() -> None:
    assert {module.room for module in our_house()} == set(walls.ROOMS)


@pytest.mark.parametrize(("check", "sources"), BREACHES)
def test_a_planted_breach_is_seen(tmp_path: Path, check: Check, sources: dict[str, str]) -> None:
    assert check(build_house(tmp_path, sources))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sound_house_passes(tmp_path: Path, check: Check) -> None:
    assert check(build_house(tmp_path, SOUND)) == []


def test_a_circle_is_told_once_and_in_order(tmp_path: Path) -> None:
    house = build_house(tmp_path, {"kb/a.py": "import kb.b", "kb/b.py": "import kb.a"})
    assert walls.find_circles(house) == ["kb.a -> kb.b -> kb.a"]


@cache
def our_house() -> list[Module]:
    return walls.read_house(ROOT)


def build_house(root: Path, sources: dict[str, str]) -> list[Module]:
    for name, source in sources.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        promise = "" if path.name == "bare.py" else '"""A promise."""\n'
        path.write_text(promise + source + "\n")
    return walls.read_house(root)
