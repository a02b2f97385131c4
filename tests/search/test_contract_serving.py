"""Below a collection's contract an answer comes with a warning or not at all, everywhere answers are given."""

from typing import Any

import pytest

from kb.cards.models import Card, Collection
from kb.use.models import CardUse
from tests.curator.cast import mails
from tests.site import Site
from tests.world import email

SECRET_TEXT = "Eleven days, whatever anybody says."


def api(site: Site, name: str, *scopes: str) -> Any:
    return site.api(name, *scopes)


def demand(site: Site, contract: str, min_trust: str | None = "verified", days: int | None = None, *,
           shelf: str = "billing") -> None:  # fmt: skip
    body = {"contract": contract, "min_trust": min_trust, "max_age_days": days}
    assert api(site, "ada", "admin").call("PATCH", f"/collections/{shelf}", body).status_code == 200


def lookup(site: Site, words: str, name: str = "rita", **more: Any) -> Any:
    return api(site, name).get("/lookup", query_string={"q": words, **more}).json


def impressions(site: Site, card: int) -> int:
    site.runtime.services.recorder.flush()
    with site.world.read() as session:
        used = session.get(CardUse, (card, site.world.now.date()))
        return used.impressions if used is not None else 0


@pytest.fixture
def best(site: Site) -> int:
    """The best match, which nobody has verified, and a worse one that is."""
    card = site.world.card("Refund window", SECRET_TEXT)
    site.world.card("Office hours", "We open at nine. A refund takes longer.", verified=True)
    site.index()
    return card


def test_what_is_served_says_nothing(site: Site, best: int) -> None:
    answer = lookup(site, "refund")
    assert (answer["answer"]["id"], answer["answer"]["warning"], answer["answer"]["withheld"]) == (best, None, False)
    assert answer["answer"]["ask"] is None


def test_a_warning_comes_with_the_answer_and_says_why_and_whom_to_ask(site: Site, best: int) -> None:
    demand(site, "warn")
    answer = lookup(site, "refund")
    given = answer["answer"]
    assert (given["id"], given["withheld"], answer["withheld"], answer["no_answer"]) == (best, False, 0, None)
    assert given["warning"] == "It is unverified; “Billing” asks for answers that are verified."
    assert given["ask"]["email"] == email("vera")
    assert given["snippet"]
    assert answer["results"][1]["warning"] is None
    page = site.page("rita").get("/?q=refund").text
    assert page.count("It is unverified; “Billing” asks for answers that are verified.") == 2
    assert "Check before you use this" in page
    assert SECRET_TEXT in page
    assert 'class="btn needs-js" data-copy="#answer"' in page


def test_what_is_withheld_is_named_but_not_given(site: Site, best: int) -> None:
    demand(site, "withhold")
    answer = lookup(site, "refund")
    assert (answer["answer"], answer["withheld"], len(answer["results"])) == (None, 1, 2)
    named = answer["results"][0]
    assert (named["id"], named["title"], named["withheld"], named["snippet"]) == (best, "Refund window", True, [])
    assert named["url"].endswith(f"/cards/{best}/refund-window")
    assert answer["no_answer"] == (
        "“Refund window” is withheld. It is unverified; “Billing” asks for answers that are verified. Ask Vera."
    )
    assert SECRET_TEXT.split(",")[0] not in str(answer)
    found = api(site, "rita").get("/search?q=refund").json
    assert (found["withheld"], [item["withheld"] for item in found["items"]]) == (1, [True, False])
    assert found["total"] == 2
    similar = site.world.card("Refund window in Finland", verified=True)
    site.index()
    near = api(site, "rita").get(f"/cards/{similar}/similar").json["items"][0]
    assert (near["id"], near["withheld"], near["snippet"]) == (best, True, [])


def test_what_is_withheld_has_no_text_on_the_search_page(site: Site, best: int) -> None:
    demand(site, "withhold")
    rita = site.page("rita")
    page = rita.get("/?q=refund").text
    assert "Withheld." in page
    assert "Withheld: not given as an answer" in page
    assert "Ask Vera" in page
    assert SECRET_TEXT not in page
    assert "data-copy-answer" not in page
    preview = rita.get(f"/preview/{best}?q=refund").text
    assert SECRET_TEXT not in preview
    assert f'action="/cards/{best}/ask"' in preview
    card = rita.get(f"/cards/{best}").text
    assert SECRET_TEXT in card
    assert "Withheld: not given as an answer" in card
    assert "Ask Vera" in card
    titles, descriptions = api(site, "rita").get("/suggest?q=refund").get_json(force=True)[1:3]
    assert dict(zip(titles, descriptions, strict=True))["Refund window"].startswith("Withheld. It is unverified")


def test_only_what_was_shown_is_an_impression(site: Site, best: int) -> None:
    rita = site.page("rita")
    demand(site, "withhold")
    lookup(site, "refund")
    rita.get("/?q=refund")
    rita.get(f"/preview/{best}")
    assert impressions(site, best) == 0
    demand(site, "warn")
    lookup(site, "refund")
    rita.get("/?q=refund")
    rita.get(f"/preview/{best}")
    assert impressions(site, best) == 3
    lookup(site, "refund", min_trust="verified")
    assert impressions(site, best) == 3


def test_the_request_and_the_collection_combine_to_the_stricter(site: Site, best: int) -> None:
    demand(site, "withhold", None, 30)
    site.world.verify(best)
    site.world.later(days=20)
    assert lookup(site, "refund")["answer"]["id"] == best
    assert lookup(site, "refund", max_age_days=40)["answer"]["id"] == best
    stricter = lookup(site, "refund", max_age_days=10)
    assert (stricter["answer"], stricter["withheld"]) == (None, 2)
    assert "within the last 10 days, as the request asks" in stricter["no_answer"]
    site.world.later(days=15)
    assert "within the last 30 days, as “Billing” asks" in lookup(site, "refund", max_age_days=40)["no_answer"]
    found = api(site, "rita").get("/search?q=refund&min_trust=verified&max_age_days=5").json
    assert found["withheld"] == len(found["items"]) == 2
    for wrong in ("min_trust=good", "max_age_days=-1"):
        assert api(site, "rita").get(f"/search?q=refund&{wrong}").status_code == 422


def test_it_counts_from_the_second_on_without_any_scheduler_or_index(site: Site, best: int) -> None:
    demand(site, "withhold", "verified")
    assert lookup(site, "refund")["answer"] is None
    site.world.verify(best)
    assert lookup(site, "refund")["answer"]["id"] == best
    site.world.flag(best)
    assert "It is flagged" in lookup(site, "refund")["no_answer"]


def test_asking_is_one_click_and_one_mail_however_many_ask(site: Site, best: int) -> None:
    demand(site, "withhold")
    rita = site.page("rita")
    rita.get("/?q=refund+window")
    answer = rita.post(f"/cards/{best}/ask", {"q": "refund window\r\nBcc: x@y.example"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?q=refund+window+Bcc%3A+x%40y.example")
    assert "Vera was asked, and gets a mail as soon as mail is switched on here." in rita.get("/?q=refund").text
    rita.post(f"/cards/{best}/ask", {"q": "Refund window Bcc: x@y.example"})
    assert "You asked Vera already." in rita.get("/?q=refund").text
    site.page("stan").post(f"/cards/{best}/ask", {"q": "refund window bcc: x@y.example"})
    (mail,) = mails(site.world).values()
    assert mail.to_address == email("vera")
    assert mail.subject == "Rita asks: refund window Bcc: x@y.example"
    for text in (mail.text, mail.html):
        for told in ("asks for answers that are", f"/cards/{best}/refund-window", "/questions/"):
            assert told in text
    site.page("stan").post(f"/cards/{best}/ask")
    assert len(mails(site.world)) == 2


def test_who_checks_the_card_is_not_asked_and_goes_to_check_it(site: Site, best: int) -> None:
    demand(site, "withhold")
    vera = site.page("vera")
    preview = vera.get(f"/preview/{best}").text
    assert "Ask Vera" not in preview
    assert f'href="/verify?card={best}"' in preview
    vera.post(f"/cards/{best}/ask")
    assert "You are the one who checks this card." in vera.get("/").text
    assert mails(site.world) == {}


def test_nobody_asks_about_what_is_no_answer_or_not_theirs_to_see(site: Site, best: int) -> None:
    hidden = site.world.card("Floor prices", collection="deals")
    stan = site.page("stan")
    assert stan.post(f"/cards/{hidden}/ask").status_code == stan.post("/cards/999/ask").status_code == 404
    with site.world.transaction() as session:
        session.get_one(Card, best).status = "archived"
    stan.post(f"/cards/{best}/ask")
    assert "Nobody answers for this card" in stan.get("/").text
    assert mails(site.world) == {}


def test_what_a_reader_cannot_open_is_never_counted_or_named(site: Site, best: int) -> None:
    demand(site, "withhold")
    stan, paths = api(site, "stan"), ("/lookup?q=refund", "/search?q=refund&explain=true", "/suggest?q=refund")

    def told() -> list[Any]:
        answers = [stan.get(path).get_json(force=True) for path in paths]
        for answer in answers[:2]:
            answer.update(generation="", took_ms=0)
        return [*answers, site.page("stan").get("/?q=refund", headers={"X-Fragment": "1"}).text.split("csrf_token")[0]]

    before = told()
    site.world.card("Refund floor", "A refund of the refund", collection="deals", tags=("refund",))
    site.index()
    for kind in ("withhold", "warn"):
        demand(site, kind, shelf="deals")
        assert told() == before
    assert lookup(site, "floor refund", "stan")["no_answer"].startswith("“Refund window”")
    assert "Deals" not in str(lookup(site, "floor", "stan"))
    demand(site, "withhold", shelf="deals")
    assert lookup(site, "refund")["withheld"] == 2


def test_a_card_that_moves_answers_to_its_new_collection(site: Site, best: int) -> None:
    demand(site, "withhold", shelf="deals")
    with site.world.transaction() as session:
        deals = site.world.collection(session, "deals")
        session.get_one(Card, best).collection_id = deals.id
    site.runtime.indexer.rebuild()
    assert "“Deals” asks" in lookup(site, "refund")["no_answer"]
    with site.world.transaction() as session:
        session.get_one(Collection, deals.id).name = "Deal desk"
    assert "“Deal desk” asks" in lookup(site, "refund")["no_answer"]
