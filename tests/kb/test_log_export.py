"""An exported log proves itself without a database: whatever is changed in the file is named by its line."""

import json
import random
from typing import Any

import pytest

from kb.cards.models import Card
from kb.trust.commands import verify
from kb.trust.export import exported, proved
from kb.trust.models import Outcome, Shown
from tests.infra.cases import in_one_world
from tests.world import World

RECORDS = 4
_OTHER: dict[str, Any] = {"note": "Another note", "at": "2026-11-16T09:00:01+00:00", "seconds": 99, "batch_size": 7,
                          "evidence": [{"kind": "dead_link", "words": "x", "opened": False}], "actor": "x@x.example",
                          "format": 1, "version": 2, "whole_card": True, "verify_by": None,
                          "text_hash": "0" * 64, "verdict": "unverified", "extra": 1}  # fmt: skip


@pytest.fixture
def lines(world: World) -> list[str]:
    """Four records and the end, as lines."""
    card = world.card("Refunds", verified=True)
    for by in ("vera", "axel"):
        world.later(days=1)
        world.verify(card, by)
    with world.transaction() as session:
        found = session.get_one(Card, card)
        evidence = [Shown(kind="reported", words="14 days — not 30", opened=True)]
        verify(session, world.actor(session, "cora"), found, 1, world.policy, world.now, note="“Asked” finance",
                outcome=Outcome.STILL_RIGHT, seconds=41, evidence=evidence)  # fmt: skip
    with world.read() as session:
        return list(exported(session))


def test_an_honest_file_is_whole(lines: list[str]) -> None:
    found = proved(lines)
    assert (found.records, found.broken_id) == (RECORDS, None)
    assert found.head == json.loads(lines[-1])["head"]


def test_an_empty_log_is_a_file_too(world: World) -> None:
    with world.read() as session:
        found = proved(exported(session))
    assert (found.records, found.broken_id, found.head) == (0, None, "0" * 64)


@in_one_world("name", _OTHER)
@in_one_world("place", range(RECORDS))
def test_a_changed_record_is_named(lines: list[str], place: int, name: str) -> None:
    facts = json.loads(lines[place])
    if facts.get(name) == _OTHER[name]:
        return  # nothing is changed by it
    changed = json.dumps({**facts, name: _OTHER[name]})
    assert proved([*lines[:place], changed, *lines[place + 1 :]]).broken_id == place + 1


def test_a_missing_moved_or_cut_record_is_named(lines: list[str]) -> None:
    for place in range(RECORDS):
        assert proved(lines[:place] + lines[place + 1 :]).broken_id == place + 1
    assert proved([lines[1], lines[0], *lines[2:]]).broken_id == 1
    assert proved([*lines[:-1], lines[0], lines[-1]]).broken_id == RECORDS + 1
    assert proved(lines[:-1]).reason == "the line that ends the file is missing"
    assert proved([*lines, lines[-1]]).broken_id is not None
    assert proved([]).broken_id == 1


@in_one_world("line", ["", "[]", "null", "{", "{}", '{"id": 1}', '{"head": 1}', "[" * 100_000, "\x00", '"x"'])
def test_nonsense_is_no_record(lines: list[str], line: str) -> None:
    found = proved([*lines[:2], line, *lines[2:]])
    assert (found.records, found.broken_id) == (2, 3)


def test_any_flipped_letter_is_found(lines: list[str]) -> None:
    chance = random.Random(1)  # noqa: S311  (a sample, not a secret)
    for _ in range(200):
        line = chance.randrange(len(lines))
        at = chance.randrange(len(lines[line]) - 1)
        letter = chance.choice("0123456789abcdef{}")
        changed = lines[line][:at] + letter + lines[line][at + 1 :]
        if changed != lines[line]:
            assert proved([*lines[:line], changed, *lines[line + 1 :]]).broken_id is not None, (line, at, letter)
