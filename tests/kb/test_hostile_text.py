"""What people type is cleaned or refused with a remedy, and nothing that is let through breaks a database."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kb.cards.fields import BODY_LIMIT, Body, Email, IntervalDays, Line, Note, Reason, Tag, Tags, Title
from kb.cards.models import Card
from tests.world import World

TEXTS = (Line, Title, Note, Reason, Body, Tag, Email)
FRAGMENTS = (
    "'; DROP TABLE card; --", '" OR 1=1 --', "{{ 7*7 }}", "{% include 'x' %}", "${7*7}", "<script>alert(1)</script>",
    "%s %(a)s {0}", "../../etc/passwd", "\\x00 \\u0000", "🦦👩‍👩‍👧‍👦🇩🇪", "ẞß İi ﬃ", "e\u0301 = é", "ﷺ" * 10, "𝕍𝕚𝕥𝕣𝕚𝕟𝕖",
)  # fmt: skip


def read(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


def refusal(kind: Any, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    return str(caught.value.errors()[0]["msg"])


@pytest.mark.parametrize("kind", TEXTS)
def test_a_nul_and_a_broken_surrogate_are_refused_everywhere(kind: Any) -> None:
    for poison in ("\x00", "\ud800", "\udfff"):
        assert refusal(kind, f"a{poison}b@example.com")
    assert refusal(kind, None)
    assert refusal(kind, ["a"])


@pytest.mark.parametrize("mark", list("\u202e\u202d\u2066\u2067\u2068\u2069\u200e\u200f\u061c"))
def test_characters_that_turn_the_reading_direction_are_taken_out(mark: str) -> None:
    assert read(Title, f"invoice{mark}fdp.exe") == "invoicefdp.exe"
    assert read(Body, f"invoice{mark}fdp.exe\n") == "invoicefdp.exe\n"


def test_a_line_is_one_line_and_a_text_keeps_its_lines() -> None:
    assert read(Title, "  a\tb\r\nc\u2028d\x85e\x1bf\u00a0 g ") == "a b c d e f g"
    assert read(Body, "a\r\nb\rc\n\n\td\x1b\x07\x7f") == "a\nb\nc\n\n\td"


def test_the_same_word_in_two_spellings_is_one_word() -> None:
    assert read(Title, "Re\u0301sume\u0301") == read(Title, "Résumé")
    assert read(Tag, " Caf\u0065\u0301 ") == "café"


@pytest.mark.parametrize(
    ("kind", "limit"), [(Title, 200), (Note, 300), (Reason, 500), (Tag, 60)], ids=["title", "note", "reason", "tag"]
)
def test_a_limit_counts_what_is_kept(kind: Any, limit: int) -> None:
    assert len(read(kind, "x" * limit)) == limit
    assert len(read(kind, "x" * limit + " \u202e\n")) == limit
    assert len(read(kind, "e\u0301" * limit)) == limit
    assert "at most" in refusal(kind, "x" * (limit + 1))
    assert "at most" in refusal(kind, "\u0958" * limit)  # its normal form is two characters


@pytest.mark.parametrize("kind", [Title, Reason, Tag], ids=["title", "reason", "tag"])
@pytest.mark.parametrize("blank", ["", " ", "\n\t\u00a0\u2003", "\u202e", "\x1b"])
def test_nothing_visible_is_nothing(kind: Any, blank: str) -> None:
    assert "at least" in refusal(kind, blank)


def test_a_body_may_be_a_quarter_of_a_megabyte_and_not_a_byte_more() -> None:
    assert len(read(Body, "x" * BODY_LIMIT)) == BODY_LIMIT == 262_144
    assert "the limit is 256 KB. Split the card" in refusal(Body, "x" * (BODY_LIMIT + 1))
    assert len(read(Body, "é" * (BODY_LIMIT // 2))) == BODY_LIMIT // 2
    assert "256 KB" in refusal(Body, "é" * (BODY_LIMIT // 2) + "x")
    assert len(read(Body, "x\r\n" * (BODY_LIMIT // 2))) == BODY_LIMIT


@pytest.mark.parametrize(
    "address",
    ["", "rita", "@x", "a@", "a b@example.com", "a@b@c", "<a@b>", "a@b,c@d", "a;b@c", 'a"@b', "a" * 250 + "@b.cd"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert refusal(Email, address)


def test_an_address_is_kept_in_small_letters_and_on_one_line() -> None:
    assert read(Email, " Rita@Northwind.EXAMPLE\n") == "rita@northwind.example"
    assert refusal(Email, "rita@x.example\r\nBcc: all@x.example")


def test_tags_are_few_and_have_no_commas() -> None:
    assert read(Tags, ["B2B", "vat "]) == ["b2b", "vat"]
    assert "no comma" in refusal(Tag, "a,b")
    assert refusal(Tags, ["x"] * 21)


@pytest.mark.parametrize("days", [0, -1, 3651, 10**30, "soon", None, 1.5, float("nan")])
def test_an_interval_is_a_day_to_ten_years(days: object) -> None:
    assert refusal(IntervalDays, days)


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_cleaning_twice_is_cleaning_once_and_what_is_kept_is_storable(value: str) -> None:
    for kind in (Line, Body):
        try:
            kept = read(kind, value)
        except ValidationError:
            assert "\x00" in value or any(unicodedata.category(character) == "Cs" for character in value)
            continue
        assert read(kind, kept) == kept
        assert "\x00" not in kept
        kept.encode()


def test_whatever_is_let_through_comes_back_from_the_database_as_it_was(world: World) -> None:
    titles = {
        world.card(read(Title, text), read(Body, text), tags=(read(Tag, text.replace(",", "")),)): text
        for text in FRAGMENTS
    }
    with world.read() as session:
        for card_id, text in titles.items():
            card = session.get_one(Card, card_id)
            assert (card.title, card.body) == (read(Title, text), read(Body, text))
            assert card.tags == [read(Tag, text.replace(",", ""))]
            assert "<script" not in card.html
