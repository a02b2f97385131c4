"""Which headings a text has, and what stands below them, as the renderer that readers get sees it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.card_templates.sections import filled_keys, key_of, packed, sections_of
from kb.text.markdown import render


def filled(source: str) -> set[str]:
    return set(filled_keys(render(source).html))


def headings(source: str) -> list[str]:
    return [section.heading for section in sections_of(render(source).html)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("## Price\n\n€4 a month", {"price"}),
        ("## Price\n\n## Proof\n\nA letter", {"proof"}),
        ("Price\n-----\n\n€4 a month", {"price"}),
        ("Price\n=====\n\n€4 a month", {"price"}),
        ("# Price\n\n€4\n\n# Proof\n\n", {"price"}),
        ("<h2>Price</h2>\n\n€4", {"price"}),
        ("## Price ##\n\n€4", {"price"}),
        ("## **Price:**\n\n€4", {"price"}),
        ("## [Price](https://x.example)\n\n€4", {"price"}),
        ("## PRICE?\n\n€4", {"price"}),
        ("## Who gets it, and when\n\nAll", {"who-gets-it-and-when"}),
        ("## Preis für Österreich\n\n4 €", {"preis-für-österreich"}),
        ("## Цена\n\n4 €", {"цена"}),
    ],
)
def test_a_heading_with_text_below_it_is_a_part(source: str, expected: set[str]) -> None:
    assert filled(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "```\n## Price\n\n€4\n```",
        "~~~markdown\n## Price\n€4\n~~~",
        "    ## Price\n\n    €4",
        "> ## Price\n>\n> €4",
        "- ## Price\n\n    €4",
        "<!-- ## Price -->\n\n€4",
        "<!--\n## Price\n\n€4\n-->",
        "##Price\n\n€4",
        "\\## Price\n\n€4",
        "`## Price`\n\n€4",
        "> [!NOTE]\n> ## Price\n> €4",
        "| ## Price |\n| --- |\n| €4 |",
        "**Price**\n\n€4",
        "<template><h2>Price</h2></template>\n\n€4",
    ],
)
def test_what_only_looks_like_a_heading_of_the_text_is_none(source: str) -> None:
    assert "price" not in filled(f"## Before\n\nWords\n\n## After\n\nWords\n\n{source}\n")


@pytest.mark.parametrize(
    "below",
    [
        "", "   ", "\n\n\n", "&nbsp;", "\u200b\u200b", "\u00a0", "<!-- later -->", "<br>", "---", "- [ ] ",
        "### Nothing either", "\u2800", "<p></p>", "<div></div>", "|  |  |\n| --- | --- |\n|  |  |",
        "<script>x()</script>",
    ],
)  # fmt: skip
def test_what_nobody_sees_is_no_text(below: str) -> None:
    assert filled(f"## Price\n\n{below}\n\n## Proof\n\nA letter") == {"proof"}


@pytest.mark.parametrize(
    "below",
    ["€4", "- one", "1. one", "> quoted", "| a |\n| --- |\n| b |", "```\ncode\n```", "![](/media/x.png)",
     "### Deep\n\ntext", "<details><summary>More</summary></details>", "- [ ] do it", "`x`", "👍"],
)  # fmt: skip
def test_everything_that_can_be_seen_is_text(below: str) -> None:
    assert filled(f"## Price\n\n{below}\n\n## Proof") >= {"price"}


def test_of_two_parts_of_one_name_one_with_text_is_enough() -> None:
    assert filled("## Price\n\n## Price\n\n€4\n\n## Price") == {"price"}


def test_text_below_a_deeper_heading_fills_the_one_above_and_not_the_one_before() -> None:
    assert filled("## Proof\n\n## Price\n\n### Abroad\n\n€5") == {"price", "abroad"}


def test_footnotes_stand_below_everything_and_fill_no_part() -> None:
    assert filled("## Price\n\n€4[^1]\n\n## Proof\n\n[^1]: A note") == {"price"}


def test_a_title_of_its_own_leaves_the_parts_what_they_are() -> None:
    assert filled("# Northwind or Kelvio\n\n## Price\n\n€4\n\n## Proof\n") == {"northwind-or-kelvio", "price"}


def test_a_heading_in_a_quotation_of_a_higher_level_lifts_nothing() -> None:
    assert filled("> # Loud\n\n## Price\n\n€4") == {"price"}


@pytest.mark.parametrize(
    ("heading", "key"),
    [("Price:", "price"), ("  What\tto  say ", "what-to-say"), ("***", ""), ("\uff30rice", "price"), ("a_b", "a-b"),
     ("STRASSE", "strasse"), ("Straße", "strasse")],
)  # fmt: skip
def test_headings_are_compared_by_their_words(heading: str, key: str) -> None:
    assert key_of(heading) == key


def test_a_key_is_found_as_a_whole_in_what_a_card_keeps() -> None:
    kept = packed(frozenset({"price-list", "proof"}))
    assert "\nproof\n" in kept
    assert "\nprice\n" not in kept


NAMES = st.sampled_from(["Price", "Proof", "Where we win", "Preis", "Цена"])
NOISE = st.sampled_from(
    ["", "words", "```\n## Price\n```", "> ## Proof", "- ## Price", "<div>", "</div>", "***", "<!--", "-->", "### deep",
     "| a | b |\n| - | - |\n| c | d |", "<b>", "[x](y", "&lt;h2&gt;", "~~~", "1. a\n   - b", "<h2>", "</h2>"]
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(NAMES.map(lambda name: f"## {name}"), NOISE), max_size=12))
def test_whatever_is_written_only_headings_that_readers_see_count(blocks: list[str]) -> None:
    rendered = render("\n\n".join(blocks))
    found = sections_of(rendered.html)
    seen = [" ".join(heading.split()) for heading in rendered.headings]
    assert all(section.heading in seen for section in found if section.is_filled and section.heading)
    assert len(found) <= rendered.html.count("<h")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, st.booleans()), max_size=8))
def test_of_plain_parts_just_those_with_words_are_filled(parts: list[tuple[str, bool]]) -> None:
    source = "\n\n".join(f"## {name}\n\n{'Words.' if has_words else ''}" for name, has_words in parts)
    assert filled(source) == {key_of(name) for name, has_words in parts if has_words}


@given(st.text())
def test_any_text_has_a_key_that_fits_its_column_and_no_line_feed(text: str) -> None:
    key = key_of(text)
    assert len(key) <= 80
    assert not {"\n", "%", "_"} & set(key)
    assert key_of(key) == key


@given(st.text(alphabet="<>/h2 p\"='&;abc!-\n", max_size=200))
def test_no_html_breaks_the_reading(html: str) -> None:
    sections_of(html)
