"""Rich text and back: what a card says is never changed by looking at it."""

import difflib
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kb.cards.models import Card
from kb.text.renderer import Renderer
from kb.text.sameness import same_rendering
from tests.infra.browser import Console
from tests.live import LiveSite
from tests.vitrine.editor.driving import EditorPage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DEMO = Path(__file__).parents[3] / "vitrine" / "demo" / "content" / "cards"
EVERYTHING = """\
Customers on **annual** plans have *30 days* from `invoice_date`. See [policy](https://intra.example/x?a=1&b=2).

## Steps

- one
- two
    - nested *a*
    - nested b

        with a second paragraph

- three

1. First step
2. Second step

    with a second paragraph

3. Third

- [ ] todo
- [x] done

| Plan | Days | Note |
| :--- | ---: | --- |
| Annual | 30 | use `a\\|b` |
| Monthly | 0 | **no**<br>really |

> [!WARNING]
> Do not promise cash.
>
> - not even a little

> [!TIP] Ask first
> A title of its own.

> A quote
> of two lines

```sql
select 1 < 2;
```

![Shot](/media/a.png "t") and ~~struck~~ text

Line one \x20
line two

<details><summary>More</summary>hidden</details>

Press <kbd>Ctrl</kbd> and H<sub>2</sub>O.[^1] <!-- a remark -->

!!! note "From elsewhere"
    With a body.

Term
:   what it means

5 * 3 = 15, snake_case_name, a<b, C:\\\\path, $5 [not a link] a_b_c ~5

2026\\. was a year

---

[^1]: A footnote
"""
PIECES = {
    "two-space list": "- a\n  - b\n    - c\n- d",
    "loose steps": "1. a\n\n    b\n\n2. c",
    "steps from five": "5. a\n6. b",
    "list in a step": "1. a\n    - b\n    - c\n2. d",
    "code in a list": "- a\n\n    ```\n    x = 1\n    ```\n\n- b",
    "quote in a list": "- a\n\n    > q\n\n- b",
    "callout with a word of another tool": "> [!DANGER]\n> Hot",
    "two callouts": "> [!NOTE]\n> a\n\n> [!TIP]\n> b",
    "callout with a list": "> [!NOTE]\n> Before\n>\n> 1. a\n> 2. b",
    "no callout": "> [!] nothing\n> b",
    "table with odd cells": "| a | b |\n| :-: | - |\n| `x` | [y](https://z.example) |\n|  | ~~w~~ |",
    "details with text": "<details>\n<summary>More</summary>\n\nHidden **text**\n\n</details>",
    "headings": "# One\n\n## Two\n\n### Three\n\n###### Six",
    "marks side by side": "**a***b* ***c*** `d`**e**",
    "bare address": "See https://example.com/a_b(c)?x=1&y=2, now.",
    "angle address": "<https://example.com/x>",
    "mail": "[write](mailto:a@b.example)",
    "reference": "[a][1]\n\n[1]: https://example.com \"t\"",
    "hard break": "a  \nb",
    "signs": "\\* \\_ \\# &amp; &lt;b&gt; 1 < 2 > 0 {x} $y$ a|b",
    "hash word": "#channel is a word",
    "year": "2026\\. A year",
    "emphasis in a word": "un*frigging*believable __x__",
    "rule": "a\n\n---\n\nb",
    "fence with a language": "~~~python\nprint('```')\n~~~",
    "indented code": "a\n\n    code\n\nb",
    "empty": "",
    "unicode": "Grüße, Łódź, Привет, 日本 🎉",
}  # fmt: skip


def demo_bodies() -> dict[str, str]:
    """Every card of the demo: what people really write."""
    paths = sorted(DEMO.rglob("*.md"))
    return {path.stem: path.read_text().partition("\n---\n")[2].strip() for path in paths}


def through_rich_text(page: Page, texts: dict[str, str]) -> dict[str, str]:
    """Each text as the rich editor writes it."""
    script = """async texts => {
      const { mount } = await import(document.querySelector('[data-editor]').dataset.bundle)
      const on = { change() {}, state() {}, clean: html => html, paste: () => false, files() {} }
      const written = {}
      for (const [name, markdown] of Object.entries(texts)) {
        const place = document.createElement('div')
        const rich = mount(place, { markdown, label: 'Text', kept: '', on })
        written[name] = rich.markdown()
        rich.destroy()
      }
      return written
    }"""
    written: dict[str, str] = page.evaluate(script, texts)
    return written


def difference(renderer: Renderer, before: str, after: str) -> list[str]:
    """Where what readers see would change."""
    old, new = (renderer.render(text).html.splitlines() for text in (before, after))
    return list(difflib.unified_diff(old, new, lineterm="", n=1))


def test_whatever_stands_in_a_card_reads_the_same_after_rich_text(
    editor: EditorPage, renderer: Renderer, console: Console
) -> None:
    console.expect("404")  # the picture in the sample
    texts = {**demo_bodies(), **PIECES, "everything": EVERYTHING}
    assert len(texts) > 100
    editor.open("/cards/new")
    written = through_rich_text(editor.page, texts)
    changed = [
        name for name, text in texts.items()
        if not same_rendering(renderer.render(text).html, renderer.render(written[name]).html)
    ]  # fmt: skip
    assert changed == [], "\n".join(
        line for name in changed for line in difference(renderer, texts[name], written[name])
    )
    again = through_rich_text(editor.page, written)
    unstable = [name for name, text in written.items() if again[name] != text]
    assert unstable == []


def test_a_text_that_rich_text_would_change_is_opened_as_markdown_and_says_why(
    live: LiveSite, editor: EditorPage, page: Page
) -> None:
    source = "One\\\ntwo"  # a break elsewhere, a backslash here
    card = live.world.card("Odd", source)
    editor.open(f"/cards/{card}/edit", rich=False)
    expect(page.locator("[data-notice]")).to_contain_text("rich text can't keep")
    expect(editor.source).to_be_visible()
    assert editor.source.input_value() == source


def test_saving_without_a_change_makes_no_version_and_a_change_makes_one(
    live: LiveSite, editor: EditorPage, page: Page, console: Console
) -> None:
    console.expect("404")
    card = live.world.card("Everything", EVERYTHING, author="axel", tags=())
    editor.open(f"/cards/{card}/edit")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Nothing changed, so no version was made.")).to_be_visible()
    editor.open(f"/cards/{card}/edit")
    editor.rich.locator("p").first.click()
    page.keyboard.press("Home")
    page.keyboard.type("All ")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    with live.world.read() as session:
        saved = session.get_one(Card, card)
        assert saved.version == 2
        assert saved.body.startswith("All Customers on **annual** plans")
        assert "<details><summary>More</summary>hidden</details>" in saved.body
