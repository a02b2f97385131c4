"""What changed, to the word, for any two texts and in bounded time."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.diff import DiffLine, diff


def text_of(lines: list[DiffLine], side: str) -> list[str]:
    return ["".join(text for text, _ in line.pieces) for line in lines if line.kind in ("same", side)]


def test_a_changed_word_is_marked_on_both_sides() -> None:
    assert diff("The fee is 10 EUR.", "The fee is 12 EUR.") == [
        DiffLine("removed", [("The fee is ", False), ("10", True), (" EUR.", False)]),
        DiffLine("added", [("The fee is ", False), ("12", True), (" EUR.", False)]),
    ]


def test_several_changed_words_in_one_line_are_marked_apart() -> None:
    removed, added = diff("Ask Ann about old fees today", "Ask Bob about new fees today")
    assert [text for text, changed in removed.pieces if changed] == ["Ann", "old"]
    assert [text for text, changed in added.pieces if changed] == ["Bob", "new"]


def test_lines_with_nothing_in_common_are_marked_whole() -> None:
    assert diff("alpha beta gamma", "1 + 2 = 3") == [
        DiffLine("removed", [("alpha beta gamma", True)]),
        DiffLine("added", [("1 + 2 = 3", True)]),
    ]


def test_an_added_line_is_only_added() -> None:
    assert [line.kind for line in diff("a\nc", "a\nb\nc")] == ["same", "added", "same"]


def test_equal_texts_are_one_gap_and_empty_ones_nothing() -> None:
    assert diff("a\nb\nc", "a\nb\nc") == [DiffLine("gap", [], 3)]
    assert diff("", "") == []


def test_unchanged_lines_far_from_a_change_become_gaps_that_say_how_many() -> None:
    old = [str(n) for n in range(20)]
    lines = diff("\n".join(old), "\n".join([*old[:10], "new", *old[10:]]), context=2)
    assert [(line.kind, line.hidden) for line in lines] == [
        ("gap", 8),
        *[("same", 0)] * 2,
        ("added", 0),
        *[("same", 0)] * 2,
        ("gap", 8),
    ]


def test_a_single_hidden_line_is_shown_rather_than_counted() -> None:
    assert [line.kind for line in diff("a\nb\nc\nd", "a\nb\nc\nx", context=2)] == ["same"] * 3 + ["removed", "added"]


_texts = st.lists(st.sampled_from(["a", "b", "a b", "a c d", "", "e f g h", "ü, b"]), max_size=14).map("\n".join)


@given(_texts, _texts)
def test_both_texts_can_be_read_back(old: str, new: str) -> None:
    if old.splitlines() == new.splitlines():
        assert all(line.kind in ("same", "gap") for line in diff(old, new))
        return
    lines = diff(old, new, context=1000)
    assert text_of(lines, "removed") == old.splitlines()
    assert text_of(lines, "added") == new.splitlines()
    assert {line.kind for line in lines} & {"removed", "added"}


_chance = random.Random(7)  # noqa: S311
_words = [str(_chance.randrange(10**6)) for _ in range(30_000)]
HUGE = {
    "shuffled lines": ("\n".join(_words), "\n".join(sorted(_words))),
    "few different lines": (
        "\n".join(_chance.choices("abcdef", k=100_000)),
        "\n".join(_chance.choices("abcdef", k=100_000)),
    ),
    "lines that repeat": ("\n".join(w[:3] for w in _words), "\n".join(w[-3:] for w in _words)),
    "one line": (" ".join(_words), " ".join(reversed(_words))),
    "one line of one letter": ("ab " * 80_000, "ba " * 80_000),
    "every line changed": ("\n".join(f"a {w}" for w in _words), "\n".join(f"b {w}" for w in _words)),
    "many small gaps": ("\n".join(f"{w}\nx" for w in _words), "\n".join(f"{w}\ny" for w in _words)),
    "nothing in common": ("a\n" * 100_000, "b\n" * 100_000),
    "blank lines": ("\n" * 200_000, "\n" * 200_001),
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_texts_are_compared_in_bounded_time(name: str) -> None:
    old, new = HUGE[name]
    started = time.process_time()
    lines = diff(old, new, context=10**6)
    assert time.process_time() - started < 2.5  # 0.7 on an idle machine; unbounded it would be minutes
    assert text_of(lines, "removed") == old.splitlines()
    assert text_of(lines, "added") == new.splitlines()


def test_a_huge_text_with_one_changed_line_shows_that_line() -> None:
    changed = [*_words[:20_000], "a new line", *_words[20_001:]]
    lines = diff("\n".join(_words), "\n".join(changed))
    assert [line.kind for line in lines] == ["gap", "same", "same", "removed", "added", "same", "same", "gap"]
