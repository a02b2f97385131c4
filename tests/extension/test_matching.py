"""Which rules fit a page: the matcher alone, in the browser's own language."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from kb.extension.package import folder

MATCH: Path = folder() / "match.js"


@pytest.fixture(scope="module")
def matcher(browser: Browser) -> Iterator[Page]:
    """One empty page for all: the matcher keeps nothing, and what it throws reaches whoever asked."""
    page = browser.new_page()
    page.add_script_tag(content=MATCH.read_text(encoding="utf-8"))
    yield page
    page.close()


def rule(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": number, "site": "crm.example", "path": "", "texts": [], "label": "", "cards": 1} | more


def rules_for(page: Page, rules: list[dict[str, Any]], address: str) -> list[int]:
    found: list[int] = page.evaluate(
        "([rules, address]) => vitrineMatch.rulesFor(rules, address).map(rule => rule.id)", [rules, address]
    )
    return found


def fits(page: Page, one: dict[str, Any], text: str) -> bool:
    found: list[int] = page.evaluate("([rule, text]) => vitrineMatch.matching([rule], text)", [one, text])
    return bool(found)


@pytest.mark.parametrize(
    ("site", "path", "address", "is_on"),
    [
        ("crm.example", "", "https://crm.example/deals/1", True),
        ("crm.example", "", "https://www.crm.example/", False),
        ("crm.example", "", "https://crm.example.evil.example/", False),
        ("*.crm.example", "", "https://eu.crm.example/", True),
        ("*.crm.example", "", "https://crm.example/", True),
        ("*.crm.example", "", "https://notcrm.example/", False),
        ("crm.example", "/deals", "https://crm.example/deals/1", True),
        ("crm.example", "/deals", "https://crm.example/people", False),
        ("crm.example:8443", "", "https://crm.example:8443/", True),
        ("crm.example:8443", "", "https://crm.example/", False),
        ("crm.example:443", "", "https://crm.example/", True),
    ],
)
def test_a_rule_is_on_for_its_site_and_path(matcher: Page, site: str, path: str, address: str, is_on: bool) -> None:
    assert rules_for(matcher, [rule(site=site, path=path)], address) == ([1] if is_on else [])


@pytest.mark.parametrize(
    ("texts", "label", "page_text", "does_fit"),
    [
        ([], "", "", True),
        (["Enterprise"], "", "The ENTERPRISE\n plan", True),
        (["Enterprise plan"], "", "the Enterprise\n   plan", True),
        (["pro"], "", "our product", False),
        (["pro"], "", "Pro, yearly", True),
        (["C++"], "", "written in C++ and C", True),
        (["§ 312g"], "", "siehe § 312g BGB", True),
        (["über"], "", "ÜBER uns", True),
        (["Scale", "Pro"], "", "only pro here", True),
        (["Pro"], "Plan", "Plan: Pro", True),
        (["Pro"], "Plan", "Pro" + " x" * 300 + " Plan", False),
        (["Pro"], "Plan", "Pro" + " x" * 300 + " Plan pro", True),
    ],
)
def test_a_text_stands_on_its_own_near_its_label(
    matcher: Page, texts: list[str], label: str, page_text: str, does_fit: bool
) -> None:
    assert fits(matcher, rule(texts=texts, label=label), page_text) is does_fit


def test_thousands_of_rules_are_chosen_by_site_and_looked_for_in_a_long_page(matcher: Page) -> None:
    many = [rule(n, site=f"s{n % 100}.example", texts=[f"plan number {n}"]) for n in range(1, 10_001)]
    chosen = rules_for(matcher, many, "https://s7.example/")
    assert len(chosen) == 100
    page_text = "lorem ipsum " * 20_000 + "plan number 4207"
    found = matcher.evaluate(
        "([rules, text]) => vitrineMatch.matching(vitrineMatch.rulesFor(rules, 'https://s7.example/'), text)",
        [many, page_text],
    )
    assert found == [4207]
