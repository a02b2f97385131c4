"""What the editor says while somebody writes: as a fragment, and without JavaScript with a button."""

from typing import Any

import pytest

from kb.cards.models import Card
from kb.errors import Unavailable
from tests.infra.cases import in_one_world
from tests.site import Site

REFUNDS = (
    "Customers on an annual plan get their money back within thirty days of the first invoice. After that day the plan "
    "runs to its end. Ask the billing team to start the refund, name the invoice number and tell the customer that the "
    "bank takes up to five working days to show it."
)


def fields(body: str = "", title: str = "Something", template: str = "none", **more: Any) -> dict[str, Any]:
    return {"title": title, "body": body, "collection": "billing", "template": template, "version": "1", **more}


def fragment(site: Site, body: str = "", name: str = "axel", query: str = "", **more: Any) -> str:
    answer = site.page(name).post(f"/cards/writing{query}", fields(body, **more), headers={"X-Fragment": "1"})
    assert answer.status_code == 200, answer.text
    assert "<html" not in answer.text
    return answer.text


@pytest.fixture
def written(site: Site) -> int:
    """A card that answers it already."""
    card = site.world.card("Refund window for annual plans", REFUNDS)
    site.index()
    return card


def test_the_parts_that_are_missing_or_empty_are_named_with_their_hints(site: Site) -> None:
    found = fragment(site, "## The rule\n\n30 days\n\n## Exceptions\n", template="policy")
    assert "2 required parts are missing or empty." in found
    assert "Customers, countries, contracts, dates." in found
    assert "Add the missing headings" in found
    whole = fragment(
        site, "## The rule\n\na\n\n## Who and what it covers\n\nb\n\n## Exceptions\n\nc", template="policy"
    )
    assert "All required parts are written." in whole


def test_length_and_minutes_are_told_and_a_long_text_should_be_split(site: Site) -> None:
    assert "120 words, 1 minute to read" in fragment(site, "word " * 120)
    assert "under a minute" in fragment(site, "word " * 20)
    assert "Over 400 words" not in fragment(site, "word " * 400)
    assert "Over 400 words: consider splitting it into two cards." in fragment(site, "word " * 401)
    assert "Over 250 words" in fragment(site, "word " * 251, template="objection")


@in_one_world(
    ("body", "language", "words"),
    [
        ("The cat sat on the mat. " * 10, "en", "Easy to read (Flesch 100 of 100)"),
        ("Der Hund ist da. Wir gehen los. " * 10, "de", "(Amstad"),
        ("Кот спит дома. Мы идём в лес. " * 10, "ru", "(Oborneva"),
        ("Kot jest w domu. " * 20, "pl", "Readability is not measured in Polish."),
        ("Kissa on talossa. " * 20, "fi", "Readability is not measured in Finnish."),
        ("A few words.", "en", "Readability is told from 50 words on."),
    ],
)
def test_readability_is_told_in_words_by_the_language(site: Site, body: str, language: str, words: str) -> None:
    assert words in fragment(site, body, language=language)


def test_long_sentences_are_named(site: Site) -> None:
    assert "“We really really really really really really really…” has 31 words" in fragment(
        site, "We " + "really " * 30
    )


def test_what_says_nearly_the_same_is_shown_with_the_way_to_improve_it(site: Site, written: int) -> None:
    found = fragment(site, REFUNDS, title="Annual plan refunds")
    assert f'href="/cards/{written}/edit"' in found
    assert "says nearly the same" in found


def test_a_title_alone_finds_what_is_about_the_same(site: Site, written: int) -> None:
    found = fragment(site, title="Refund window of annual plan")
    assert f"/cards/{written}/" in found
    assert "in Billing" in found
    assert "Is it answered already?" not in fragment(site, title="Holidays of the kitchen team")
    assert "Is it answered already?" not in fragment(site, title="")


def test_a_card_is_not_like_itself(site: Site, written: int) -> None:
    assert "Is it answered already?" not in fragment(
        site, REFUNDS, query=f"?card={written}", title="Refund window for annual plans"
    )


def test_only_cards_that_the_writer_may_read_are_shown_and_only_improved_by_who_may(site: Site) -> None:
    secret = site.world.card("Discount floor for resellers", REFUNDS, collection="deals", author="cora", owner="vera")
    site.index()
    for name, may_see in (("axel", False), ("vera", True)):
        found = fragment(site, REFUNDS, name, title="Discount floor for resellers")
        assert (f"/cards/{secret}/" in found) is may_see


def test_archived_replaced_and_draft_cards_are_not_offered(site: Site, written: int) -> None:
    site.page("cora").post(f"/cards/{written}/archive")
    site.world.card("Refund window for annual plans", REFUNDS, publish=False)
    site.index()
    assert "Is it answered already?" not in fragment(site, REFUNDS, title="Refund window for annual plans")


def test_without_javascript_a_button_checks_and_loses_no_letter(site: Site, written: int) -> None:
    page = site.page("axel").post(
        "/cards/writing", fields(REFUNDS, "Refunds for annual plans", what_changed="x", tags="a, b")
    )
    assert page.status_code == 200
    for words in ("says nearly the same", "bank takes up to five working days", 'value="a, b"', "words, "):
        assert words in page.text


def test_starting_from_a_template_writes_its_headings_below_what_is_there(site: Site) -> None:
    axel = site.page("axel")
    assert 'name="start" value="battle-card"' in axel.get("/cards/new").text
    page = axel.post("/cards/writing", fields("Some words", start="policy", check="1")).text
    assert "Some words\n\n## The rule\n\n\n## Who and what it covers\n" in page
    assert '<option value="policy" selected>' in page
    direct = axel.get("/cards/new?template=policy&title=Refunds").text
    assert "## Exceptions" in direct
    assert "## " not in axel.get("/cards/new?template=nothing").text


def test_as_a_fragment_the_headings_come_with_the_text(site: Site) -> None:
    found = fragment(site, "Words", template="policy", parts="1")
    assert "data-headed" in found
    assert "Words\n\n## The rule" in found
    assert "data-headed" not in fragment(site, "Words", template="policy")
    assert "data-headed" not in fragment(site, "Words", parts="1")


def test_missing_headings_are_added_once(site: Site) -> None:
    body = "## Exceptions\n\nNone"
    page = site.page("axel").post("/cards/writing", fields(body, template="policy", parts="1")).text
    assert page.count("## Exceptions") == 1
    assert "## The rule" in page
    assert "Add the missing headings" not in page, "the optional ones were added, too"


def test_a_text_that_cannot_be_displayed_is_said_so_and_kept(site: Site) -> None:
    huge = "x" * (256 * 1024 + 1)
    assert "the limit is 256 KB" in fragment(site, huge)
    page = site.page("axel").post("/cards/writing", fields(huge))
    assert page.status_code == 200
    assert "the limit is 256 KB" in page.text
    assert huge in page.text


def test_whoever_may_not_write_is_told_nothing(site: Site, written: int) -> None:
    secret = site.world.card("Secret", collection="deals", owner="vera")
    rita = site.page("rita")
    assert rita.post("/cards/writing", fields(REFUNDS), headers={"X-Fragment": "1"}).status_code == 403
    assert rita.post(f"/cards/writing?card={written}", fields()).status_code == 403
    assert site.page("axel").post(f"/cards/writing?card={secret}", fields()).status_code == 404
    assert site.page("stan").post(f"/cards/writing?card={secret}", fields()).status_code == 404


def test_the_editor_opens_with_what_there_is_to_say_of_the_card(site: Site, written: int) -> None:
    with site.world.transaction() as session:
        session.get_one(Card, written).template = "policy"
    page = site.page("axel").get(f"/cards/{written}/edit").text
    assert "3 required parts are missing or empty." in page
    assert "minute to read" in page


def test_a_search_that_is_out_of_order_takes_nothing_from_the_rest(site: Site, written: int, monkeypatch: Any) -> None:
    def broken(*_args: Any, **_more: Any) -> None:
        raise Unavailable("The index is made anew.")

    monkeypatch.setattr("search.answers.SearchService.search", broken)
    assert "minute to read" in fragment(site, REFUNDS, title="Refund window of annual plan")
