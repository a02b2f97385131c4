"""Finding links, headings and code in Markdown, and rewriting addresses to cards."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.importing.code import COVER, masked
from kb.importing.markup import headings_of, links_of, plain
from kb.importing.targets import Anchors, Place, Targets
from kb.text.markdown import heading_id

MARKUP = st.text(st.sampled_from(list("[]()<>!`~#*_\\ \n\t-=ab:/.\"'")), max_size=200)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("[a](x.md)", ["x.md"]),
        ('[a](x.md "The title")', ["x.md"]),
        ("[a](<my page.md>)", ["my page.md"]),
        ("[a](my page.md)", ["my page.md"]),
        ("[a](wiki/Spike_(x).md)", ["wiki/Spike_(x).md"]),
        ("[![alt](p.png)](x.md)", ["p.png", "x.md"]),
        ("[a\nb](x.md)", ["x.md"]),
        ("[a][b]\n\n[b]: x.md 'title'", ["x.md"]),
        ('<a class="q" href="x.md">a</a> <img src=p.png>', ["p.png", "x.md"]),
        ("see [1] (x.md)", []),
        ("`[a](x.md)`", []),
        ("``[a](`x.md)``", []),
        ("\\[a](x.md)", []),
        ("[a](x.md", []),
        ("[a\n\nb](x.md)", []),
        ("```\n[a](x.md)\n```", []),
        ("> ~~~ text\n> [a](x.md)\n> ~~~", []),
        ("text\n\n    [a](x.md)", []),
        ("- item\n\n    [a](x.md)", ["x.md"]),
        ("<!-- [a](x.md) -->", []),
        ("[^1]: note", []),
        ("```\nnever closed [a](x.md)", ["x.md"]),
    ],
)
def test_links_are_found_outside_code_only(text: str, addresses: list[str]) -> None:
    assert sorted(link.address for link in links_of(text)) == addresses


def test_a_picture_is_told_from_a_link() -> None:
    assert [link.is_picture for link in links_of("![a](p.png) [b](x.md)")] == [True, False]


@given(MARKUP)
def test_covering_code_keeps_every_place(text: str) -> None:
    cover = masked(text)
    assert len(cover) == len(text)
    assert all(c in (COVER, t) for c, t in zip(cover, text, strict=True))


@given(MARKUP)
def test_every_link_stands_where_it_says(text: str) -> None:
    for link in links_of(text):
        assert link.address.strip() in text[link.start : link.end]
        if link.opens is not None and link.closes is not None:
            assert text[link.opens] == "["
            assert text[link.closes - 1] == ")"


@pytest.mark.parametrize(
    "unit",
    [
        "[](",
        "[",
        "](",
        "`",
        "``` a\n",
        "<!--",
        "<a ",
        "[a](b[",
        "# #",
        "\\",
        "[x]: ",
        "~~~\n",
        "#  ",
        "=\n",
        "a`b``c```",
        '[a](b "',
        "[a](",
        "<a href=",
        "[a]: <",
    ],
)
def test_no_text_takes_long(unit: str) -> None:
    text = unit * (120_000 // len(unit))
    started = time.process_time()  # its own work, whatever else the machine does
    links_of(text)
    headings_of(text)
    assert time.process_time() - started < 4


def test_headings_are_read_without_their_markup() -> None:
    text = "# A *b* `c`\n\n```\n# not this\n```\n\n## [d](e.md) snake_case &amp; ~~f~~ ##\n\nUnder\n=====\n"
    assert [(heading.level, heading.title) for heading in headings_of(text)] == [
        (1, "A b c"), (2, "d snake_case & f"), (1, "Under"),
    ]  # fmt: skip


def test_plain_words_keep_what_is_no_markup() -> None:
    assert plain("2 * 3 * 4 and __init__.py \\*") == "2 * 3 * 4 and init.py *"


TARGETS = Targets(
    {
        "content/a/index.md": Place(1, Anchors(["What's new?", "What's new?", "Setup"], "About A")),
        "content/a/b.md": Place(2, Anchors(["One"])),
        "content/c.md": Place(3, Anchors([])),
        "README.md": Place(4, Anchors([])),
        "content/Mixed Case.md": Place(5, Anchors([])),
    }
)


@pytest.mark.parametrize(
    ("source", "address", "expected"),
    [
        ("content/a/b.md", "index.md", "/cards/1"),
        ("content/a/b.md", "./", "/cards/1"),
        ("content/a/b.md", "../a", "/cards/1"),
        ("content/a/b.md", "../a/", "/cards/1"),
        ("content/a/b.md", "../a.md", "/cards/1"),
        ("content/a/b.md", "../c", "/cards/3"),
        ("content/a/b.md", "../c/index.md", "/cards/3"),
        ("content/a/b.md", "../c.html", "/cards/3"),
        ("content/a/b.md", "../../README.md", "/cards/4"),
        ("content/a/b.md", "/a/b/", "/cards/2"),
        ("content/a/b.md", "/content/a/b.md", "/cards/2"),
        ("content/a/b.md", "../mixed%20case.md", "/cards/5"),
        ("content/a/b.md", "index.md?x=1#setup", "/cards/1#h-setup"),
        ("content/a/b.md", "index.md#whats-new", "/cards/1#h-what-s-new"),
        ("content/a/b.md", "index.md#whats-new-1", "/cards/1#h-what-s-new_1"),
        ("content/a/b.md", "index.md#about-a", "/cards/1"),
        ("content/a/b.md", "index.md#gone", "/cards/1"),
        ("content/a/b.md", "#one", "#h-one"),
        ("content/a/b.md", "#h-one", "#h-one"),
        ("content/a/b.md", "b.md#one", "#h-one"),
        ("content/a/b.md", "#gone", None),
        ("content/a/b.md", "gone.md", None),
        ("content/a/b.md", "../../../c.md", None),
    ],
)  # fmt: skip
def test_links_lead_to_cards(source: str, address: str, expected: str | None) -> None:
    found = TARGETS.find(source, address)
    assert found is not None
    assert found.address == expected


@pytest.mark.parametrize(
    "address", ["https://a.example/c.md", "mailto:a@b.example", "//a.example", "/cards/7", "/media/x.png"]
)
def test_addresses_of_others_and_of_vitrine_are_left_alone(address: str) -> None:
    assert TARGETS.find("content/a/b.md", address) is None


def test_a_lost_link_says_why() -> None:
    why = {address: TARGETS.find("content/a/b.md", address) for address in ("gone.md", "../../../x.md", "/content")}
    assert [found.notice.detail for found in why.values() if found and found.notice] == [
        "“gone.md” leads nowhere: it was not imported.",
        "“../../../x.md” leads nowhere: it lies outside of what was imported.",
        "“/content” leads nowhere: the folder has no page of its own.",
    ]


def test_sections_have_the_ids_that_the_renderer_gives() -> None:
    assert Anchors(["A b"]).find("a-b") == heading_id("A b")
