"""What authors type and what readers get."""

import re

import pytest

from kb.text.limits import MAX_BODY_BYTES, RenderRefused
from kb.text.markdown import Rendered, render
from kb.text.sameness import same_rendering


def shape(html: str) -> str:
    """The lists of a text as nested brackets: [one [two] three]."""
    html = re.sub(r"</?p>|\s*\n\s*", " ", html)
    html = re.sub(r"<[uo]l[^>]*>", "[", html)
    html = re.sub(r"</[uo]l>", "]", html)
    return re.sub(r"\s*([\[\]])\s*", r"\1", re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))).strip()


@pytest.mark.parametrize("step", [2, 3, 4])
@pytest.mark.parametrize("mark", ["-", "*", "+", "1."])
def test_lists_nest_by_two_three_or_four_spaces(step: int, mark: str) -> None:
    source = "\n".join(
        f"{' ' * step * level}{mark} {word}" for level, word in [(0, "a"), (1, "b"), (2, "c"), (1, "d"), (0, "e")]
    )
    assert shape(render(source).html) == "[a[b[c]d]e]"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1. a\n   - b\n   - c\n2. d", "[a[b c]d]"),
        ("- a\n  1. b\n  2. c\n- d", "[a[b c]d]"),
        ("- a\n\t- b\n\t\t- c", "[a[b[c]]]"),
        ("10. a\n    - b\n11. c", "[a[b]c]"),
        (" - a\n - b", "[a b]"),
        ("Intro:\n- a\n- b", "Intro:[a b]"),
        ("Intro:\n1. a\n2. b", "Intro:[a b]"),
        ("1) a\n2) b", "[a b]"),
        ("- a\n\n  more\n  - b\n- c", "[a more[b]c]"),
        ("- a\n  wrapped\n  - b", "[a wrapped[b]]"),
        ("- a\n\n- b\n\n  - c", "[a b[c]]"),
        ("- a\n  - b\n\nText\n\n- c", "[a[b]]Text[c]"),
        ("> - a\n>   - b", "[a[b]]"),
        ("> [!TIP]\n> - a\n>   - b", "Tip[a[b]]"),
        ("!!! note\n    - a\n      - b", "Note[a[b]]"),
        ("- a\n- b\n# Heading", "[a b]Heading"),
        ("- a\n1. b", "[a][b]"),
    ],
)
def test_lists_come_out_as_they_were_meant(source: str, expected: str) -> None:
    assert shape(render(source).html) == expected


def test_what_the_rich_editor_writes_and_what_people_write_is_the_same() -> None:
    assert same_rendering(render("- a\n  - b\n- c").html, render("- a\n    - b\n- c").html)


@pytest.mark.parametrize("prose", ["It was\n2026. A good year", "3 - 2\nis 1", "a\n-b", "x\n* * *\ny"])
def test_prose_that_looks_like_a_list_is_none(prose: str) -> None:
    assert "<li>" not in render(prose).html


@pytest.mark.parametrize(
    "code", ["- a\n  - b\n1) c", "  - a\n\n\n      - b", "| a |\n|---|", "> [!NOTE]\n> x", "https://a.b"]
)
def test_code_is_never_touched(code: str) -> None:
    for block in (f"```\n{code}\n```", f"<pre>\n{code.replace('>', '&gt;')}\n</pre>"):
        pre = re.search(r"<pre>(.*)</pre>", render(block).html, re.DOTALL)
        assert pre is not None
        plain = re.sub(r"<[^>]+>", "", pre[1]).replace("&gt;", ">").strip("\n")
        assert plain == code
    indented = render("Text\n\n" + "\n".join(f"    {line}" if line else "" for line in code.split("\n"))).html
    assert "<li>" not in indented
    assert "<a" not in indented


def test_a_step_keeps_its_code_and_the_next_step_its_number() -> None:
    html = render("1. Run\n   ```sh\n   ls -l\n   ```\n2. Read\n\n   more\n\n3. End").html
    assert html.count("<ol>") == 1
    assert html.count("<li>") == 3
    assert "<pre>" in html


@pytest.mark.parametrize("kind", ["note", "tip", "warning", "important", "caution"])
def test_callouts_of_both_kinds_look_the_same(kind: str) -> None:
    quoted = render(f"> [!{kind.upper()}]\n> Text").html
    admonition = render(f"!!! {kind}\n    Text").html
    assert f'<div class="callout callout-{kind}">' in quoted
    assert f'<p class="callout-title">{kind.capitalize()}</p>' in quoted
    assert same_rendering(quoted, admonition)


def test_a_callout_may_have_a_title_of_its_own_and_other_tools_words_are_known() -> None:
    html = render('> [!danger] Nie *tu*\n> x\n\n!!! hint "Tipp"\n    y').html
    assert '<div class="callout callout-caution">\n<p class="callout-title">Nie <em>tu</em></p>' in html
    assert '<div class="callout callout-tip">\n<p class="callout-title">Tipp</p>' in html


def test_an_unknown_mark_stays_a_quote_and_two_callouts_stay_two() -> None:
    assert "<blockquote>" in render("> [!BANANA]\n> x").html
    assert render("> [!NOTE]\n> a\n\n> [!TIP]\n> b").html.count('class="callout ') == 2


def test_the_cards_title_stays_the_only_first_heading() -> None:
    rendered = render("# A\n\n## B\n\n###### C\n\n<h1>D</h1>\n\nE\n===")
    assert "<h1" not in rendered.html
    assert '<h2 id="h-a">A</h2>' in rendered.html
    assert '<h6 id="h-c">C</h6>' in rendered.html
    assert rendered.headings == ["A", "B", "C", "D", "E"]


def test_equal_headings_get_different_ids() -> None:
    assert re.findall(r'id="([^"]+)"', render("# A\n\n# A\n\n# Ü b\n\n# !").html) == [
        "h-a",
        "h-a_1",
        "h-ü-b",
        "h-section",
    ]


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("See https://a.example/x.", "https://a.example/x"),
        ("(https://a.example/x)", "https://a.example/x"),
        ("https://a.example/x_(y)", "https://a.example/x_(y)"),
        ("**https://a.example/a_b_c**", "https://a.example/a_b_c"),
        ("<https://a.example>", "https://a.example"),
        ("http://localhost:8000/x?a=1&b=2", "http://localhost:8000/x?a=1&b=2"),
    ],
)
def test_bare_addresses_become_links(source: str, address: str) -> None:
    assert render(source).links == [address]


@pytest.mark.parametrize(
    "source", ["`https://a.example`", "```\nhttps://a.example\n```", "xhttps://a.example", "https://"]
)
def test_code_and_fragments_of_words_do_not(source: str) -> None:
    assert render(source).links == []


def test_an_address_inside_a_link_is_not_linked_again() -> None:
    assert render("[go to https://b.example](https://a.example)").links == ["https://a.example"]


def test_a_table_can_be_scrolled_by_keyboard_and_keeps_its_alignment() -> None:
    html = render("Text\n| a | b |\n|---|--:|\n| 1 | 2 |").html
    assert '<div class="table-scroll" role="region" aria-label="Table" tabindex="0"><table>' in html
    assert '<td align="right">2</td>' in html
    assert html.endswith("</table></div>")


def test_tasks_are_named_checkboxes() -> None:
    html = render("- [ ] a\n- [x] b").html
    assert '<input type="checkbox" disabled="" aria-label="Not done"> a' in html
    assert '<input type="checkbox" disabled="" checked="" aria-label="Done"> b' in html


def test_footnotes_link_to_ids_that_exist() -> None:
    html = render("a[^x] b[^x]\n\n[^x]: Note").html
    assert set(re.findall(r'href="#([^"]+)"', html)) == set(re.findall(r'id="([^"]+)"', html)) != set()


def test_details_may_hold_markdown_and_comments_vanish() -> None:
    rendered = render("<details>\n<summary>More</summary>\n\n**bold** <kbd>Ctrl</kbd><br>x\n\n</details>\n\n<!-- c -->")
    assert (
        "<details>\n<summary>More</summary><p><strong>bold</strong> <kbd>Ctrl</kbd><br>x</p>\n</details>"
        in rendered.html
    )
    assert rendered.text == "More\nbold Ctrl\nx"


@pytest.mark.parametrize(
    "residue", ['{{< note "x" >}}', "{{<note>}}", "{{% x %}}", "{% include a.md %}", "{{ site.url }}", "{: .x }"]
)
def test_residue_of_site_generators_stays_text(residue: str) -> None:
    assert render(f"a {residue} b").text == f"a {residue} b"


def test_known_languages_are_coloured_and_unknown_ones_plain() -> None:
    assert '<span class="nb">print</span>' in render("```python\nprint(1)\n```").html
    assert "<code>x &lt; y\n</code>" in render("```nosuchlanguage\nx < y\n```").html


def test_the_plain_text_has_a_line_per_block_and_no_markup() -> None:
    source = "# A *b*\n\nc\nd & e[^1]\n\n- f\n- g\n\n| h | i |\n|---|---|\n| j | k |\n\n```\nl  m\n  n\n```\n\n[^1]: o"
    rendered = render(source)
    assert rendered.text.split("\n") == ["A b", "c d & e", "f", "g", "h i", "j k", "l  m", "  n", "o"]
    assert rendered.words == 15


def test_an_empty_text_is_empty() -> None:
    assert render("") == render(" \n") == Rendered("", "", [], [], 0)


def test_one_text_leaves_nothing_behind_for_the_next() -> None:
    render("[^1] [x][y]\n\n[^1]: n\n[y]: https://a.example\n\n# A")
    assert render("[^1] [x][y]\n\n# A").html == '<p>[^1] [x][y]</p>\n<h2 id="h-a">A</h2>'


def test_a_text_may_weigh_256_kib_and_not_one_byte_more() -> None:
    words = "word " * (MAX_BODY_BYTES // 5)
    render(words + "x" * (MAX_BODY_BYTES - len(words)))
    with pytest.raises(RenderRefused) as refused:
        render("é" + "x" * (MAX_BODY_BYTES - 1))
    assert refused.value.reason == "body_size"
    assert [error.field for error in refused.value.errors] == ["body"]
    assert refused.value.detail == "The text is too long: 257 KiB, at most 256 KiB. Split it into several cards."


def test_a_small_text_that_makes_a_huge_page_is_refused() -> None:
    with pytest.raises(RenderRefused) as refused:
        render("[a][b] " * 2000 + f"\n\n[b]: https://a.example/{'x' * 2000}")
    assert refused.value.reason == "html_size"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("a\nb", "a b"),
        ("* a\n* b", "- a\n- b"),
        ("snake_case", "snake\\_case"),
        ("a<b", "a&lt;b"),
        ("|a|\n|-|\n|b|", "| a |\n| --- |\n| b |"),
        *[
            ("__a__", "**a**"),
            ("a\n\n\n\nb", "a\n\nb"),
            ("A\n===", "# A"),
            ("a  \nb", "a<br>b"),
            ("a<br>b", "a<br>\nb"),
        ],
    ],
)
def test_cosmetic_differences_render_the_same(a: str, b: str) -> None:
    assert same_rendering(render(a).html, render(b).html)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("a", "b"),
        ("a\n\nb", "a b"),
        ("*a*", "**a**"),
        ("- a", "1. a"),
        ("[a](/b)", "[a](/c)"),
        ("a *b*c", "a*b* c"),
        ("# a\n\n# b", "# a\n\n## b"),
        *[
            ("```\na  b\n```", "```\na b\n```"),
            ("`a  b`", "`a b`"),
            ("a", ""),
            ("- [ ] a", "- [x] a"),
            ("*a* b", "*a*b"),
        ],
    ],
)
def test_what_a_reader_can_see_is_a_difference(a: str, b: str) -> None:
    assert not same_rendering(render(a).html, render(b).html)


def test_words_after_a_fences_language_do_not_swallow_the_page() -> None:
    html = render("```shell script\nls\n```\n\nAfter it\n").html
    assert "<p>After it</p>" in html
    assert "script" not in html


def test_a_channel_name_is_a_word_and_not_a_heading() -> None:
    html = render("- #billing-approvals\n\n#sales\n\n# A heading\n").html
    assert "#billing-approvals" in html
    assert "<p>#sales</p>" in html
    assert html.count("<h2") == 1


@pytest.mark.parametrize(
    ("source", "levels"), [("# A\n\n## B", "23"), ("## A\n\n### B", "23"), ("#### A\n\n## B", "42")]
)
def test_the_highest_heading_of_a_body_stands_right_under_the_title(source: str, levels: str) -> None:
    assert re.findall(r"<h(\d)", render(source).html) == list(levels)
