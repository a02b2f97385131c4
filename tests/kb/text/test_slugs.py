"""Addresses that can be read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.slugs import slug


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Refunds & returns", "refunds-and-returns"),
        ("What's new?", "whats-new"),
        ("Größe, Straße", "grosse-strasse"),
        ("Zwrot za łódź", "zwrot-za-lodz"),
        ("Ääkköset", "aakkoset"),
        ("Возврат: ещё один объект", "vozvrat-eshche-odin-obekt"),
        ("Мой счёт", "moy-schet"),
        ("Μικρά έξοδα", "mikra-exoda"),
        ("ﬁle № 5", "file-no-5"),
        ("--a--b--", "a-b"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "card"),
        ("!!!", "card"),
        ("日本語", "card"),
    ],
)
def test_titles_become_plain_words(title: str, expected: str) -> None:
    assert slug(title) == expected


def test_a_long_title_is_cut_between_words_and_a_long_word_anywhere() -> None:
    assert slug("one two three four", limit=12) == "one-two"
    assert slug("one two three", limit=13) == "one-two-three"
    assert slug("x" * 100) == "x" * 60


@given(st.text(), st.integers(4, 80))
def test_whatever_the_title_the_slug_fits_an_address(title: str, limit: int) -> None:
    made = slug(title, limit)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= limit
    assert slug(made, limit) == made
