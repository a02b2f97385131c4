"""The curator's pages: forms in, redirects and words out, for each only what they may see."""

from typing import Any

from curator.cards.shown import ACTIONS
from kb.cards.models import Card
from kb.trust.state import TrustState
from tests.curator.cast import mails, read
from tests.infra.cases import in_one_world
from tests.site import Site


def test_the_queue_leads_from_card_to_card_and_back_by_undo(site: Site) -> None:
    world, vera = site.world, site.page("vera")
    first, second = world.card("First"), world.card("Second")
    read(world, first, stale=9)
    page = vera.get("/verify")
    assert page.status_code == 200
    assert "2 to check, most harmful first" in page.text
    assert "0 of 2 done" in page.text
    response = vera.post(f"/verify/{first}", {"version": 1, "scope": "mine", "after": second})
    assert (response.status_code, response.headers["Location"]) == (303, f"/verify?scope=mine&card={second}")
    page = vera.get(response.headers["Location"])
    assert "Verified “First”." in page.text
    assert f'action="/verify/{first}/undo"' in page.text
    assert "1 of 2 done" in page.text
    assert world.trust(first).state is TrustState.VERIFIED
    response = vera.post(f"/verify/{first}/undo", {"scope": "mine"})
    assert response.headers["Location"] == f"/verify?scope=mine&card={first}"
    assert world.trust(first).state is TrustState.UNVERIFIED


def test_an_empty_queue_says_when_the_next_card_comes(site: Site) -> None:
    site.world.card(verified=True, interval_days=30)
    page = site.page("vera").get("/verify")
    assert "Nothing to check." in page.text
    assert "The next one comes up on 2 Dec." in page.text


def test_a_missing_note_is_asked_for_beside_the_same_card(site: Site) -> None:
    world, vera = site.world, site.page("vera")
    card = world.card("Refunds", verified=True)
    world.flag(card, "It is 14 days <now>")
    assert "It is 14 days &lt;now&gt;" in vera.get("/verify").text
    response = vera.post(f"/verify/{card}", {"version": 1, "note": " "})
    assert response.status_code == 422
    assert "Say what you checked" in response.text
    assert vera.post(f"/verify/{card}", {"version": 1, "note": "Asked finance"}).status_code == 303
    assert world.trust(card).is_good


def test_a_card_that_moved_on_is_not_verified_and_its_reader_is_told(site: Site) -> None:
    world, vera = site.world, site.page("vera")
    card = world.card()
    response = vera.post(f"/verify/{card}", {"version": 2})
    assert response.headers["Location"] == f"/verify?scope=mine&card={card}"
    assert "you read version 2" in vera.get(response.headers["Location"]).text
    assert not world.trust(card).is_good


def test_later_reassign_and_their_words(site: Site) -> None:
    world, vera = site.world, site.page("vera")
    card = world.card("Refunds")
    response = vera.post(f"/verify/{card}/later", {"days": 3})
    page = vera.get(response.headers["Location"])
    assert "Later: it is back on 19 Nov." in page.text
    assert "Nothing to check." in page.text
    vera.post(f"/verify/{card}/later/undo")
    with world.read() as session:
        axel = world.person(session, "axel").id
    response = vera.post(f"/verify/{card}/reassign", {"to": axel})
    assert "Reassigned to Axel." in vera.get(response.headers["Location"]).text
    assert "Refunds" in site.page("axel").get("/verify").text


@in_one_world("path", ["", "/undo", "/later", "/later/undo", "/reassign"])
def test_an_invisible_card_is_not_found_and_a_rep_may_not_act(site: Site, path: str) -> None:
    hidden, seen = site.world.card(collection="deals"), site.world.card()
    fields: dict[str, Any] = {"version": 1, "days": 1, "to": 1}
    stan = site.page("stan")
    assert stan.post(f"/verify/{hidden}{path}", fields).status_code == 404
    if path != "/later/undo":
        assert stan.post(f"/verify/{seen}{path}", fields).status_code == 403


def test_the_number_beside_verify_counts_my_cards(site: Site) -> None:
    for _ in range(3):
        site.world.card()
    assert '<span class="count">3' in site.page("vera").get("/verify").text
    assert 'class="count"' not in site.page("rita").get("/verify").text


def test_the_manager_lists_filters_and_pages(site: Site) -> None:
    site.world.card("Refunds <i>", tags=("vat",))
    site.world.card("Deep discounts", collection="deals")
    stan = site.page("stan").get("/cards")
    assert "Refunds &lt;i&gt;" in stan.text
    assert "Deep discounts" not in stan.text
    assert "/cards/bulk" not in stan.text
    cora = site.page("cora")
    page = cora.get("/cards?tag=vat&sort=-views")
    assert "1 card" in page.text
    assert "1 to 1 of 1" in page.text
    assert cora.get("/cards?trust=green").status_code == 422


def test_a_bulk_action_shows_what_it_does_before_it_does_it(site: Site) -> None:
    world, cora = site.world, site.page("cora")
    fine, reported = world.card("Fine"), world.card("Reported")
    world.flag(reported)
    page = cora.post("/cards/bulk", {"do": "verify", "card": [str(fine), str(reported)], "q": ""})
    assert page.status_code == 200
    assert "1 of 2 left out: it has open reports." in page.text
    assert not world.trust(fine).is_good
    page = cora.post(
        "/cards/bulk", {"do": "verify", "chosen": f"{fine}:1,{reported}:1", "step": "apply", "back": "q=x"}
    )
    assert "Verified: 1 card" in page.text
    assert 'href="/cards?q=x"' in page.text
    assert world.trust(fine).is_good


def test_an_interval_is_applied_only_after_its_effect_was_shown(site: Site) -> None:
    world, cora = site.world, site.page("cora")
    card = world.card(verified=True)
    world.later(days=10)
    cora = site.page("cora")
    first = cora.post("/cards/bulk", {"do": "interval", "card": str(card)})
    assert 'value="apply"' not in first.text
    fields = {"do": "interval", "chosen": f"{card}:1", "value": "5"}
    shown = cora.post("/cards/bulk", {**fields, "step": "show"})
    assert "Applied now, 1 card becomes overdue at once." in shown.text
    assert world.trust(card).state is TrustState.VERIFIED
    done = cora.post("/cards/bulk", {**fields, "step": "apply", "spread": "now"})
    assert "Interval set: 1 card" in done.text
    assert world.trust(card).state is TrustState.OVERDUE


def test_a_bad_value_is_said_at_its_field_and_nothing_is_done(site: Site) -> None:
    card = site.world.card()
    page = site.page("cora").post(
        "/cards/bulk", {"do": "interval", "chosen": f"{card}:1", "value": "0", "step": "apply"}
    )
    assert page.status_code == 422
    assert "An interval is a whole number of days" in page.text
    with site.world.read() as session:
        assert session.get_one(Card, card).interval_days is None


def test_choosing_nothing_leads_back_with_a_word(site: Site) -> None:
    cora = site.page("cora")
    response = cora.post("/cards/bulk", {"do": "archive", "q": "refund"})
    assert (response.status_code, response.headers["Location"]) == (303, "/cards?q=refund")
    assert "Choose at least one card." in cora.get("/cards").text


@in_one_world("action", list(ACTIONS))
def test_every_action_has_its_first_page_and_touches_nothing_of_a_rep(site: Site, action: str) -> None:
    card = site.world.card(verified=True)
    assert site.page("cora").post("/cards/bulk", {"do": action, "card": str(card)}).status_code == 200
    page = site.page("rita").post("/cards/bulk", {"do": action, "card": str(card), "value": "x", "step": "apply"})
    assert page.status_code in (200, 422)
    with site.world.read() as session:
        assert session.get_one(Card, card).status == "published"


def test_the_report_is_a_page_a_file_and_a_nudge(site: Site) -> None:
    world, cora = site.world, site.page("cora")
    card = world.card("=Refunds", verified=True, interval_days=1)
    world.later(days=3)
    cora = site.page("cora")
    read(world, card, stale=4)
    page = cora.get("/reports/weekly")
    assert page.status_code == 200
    assert "Week of 16 November 2026" in page.text
    assert f'action="/reports/weekly/nudges/{card}"' in page.text
    file = cora.get("/reports/weekly.csv?week=2026-W47")
    assert (file.mimetype, file.text.splitlines()[1].split(",")[1]) == ("text/csv", "'=Refunds")
    assert 'filename="stale-2026-W47.csv"' in file.headers["Content-Disposition"]
    cora.post(f"/reports/weekly/nudges/{card}")
    assert [mail.to_address for mail in mails(world).values()] == ["vera@northwind.example"]
    page = cora.get("/reports/weekly")
    assert "Nudged Vera." in page.text
    assert "Nudged today" in page.text


def test_a_stranger_sees_no_closed_collection_in_the_report(site: Site) -> None:
    card = site.world.card("Deep discounts", collection="deals")
    read(site.world, card, stale=4)
    stan = site.page("stan")
    for path in ("/reports/weekly", "/reports/weekly.csv"):
        response = stan.get(path)
        assert response.status_code == 200
        assert "Deep" not in response.text
        assert "Deals" not in response.text
    assert stan.post(f"/reports/weekly/nudges/{card}").status_code == 404


@in_one_world("week", ["nonsense", "2026-W54", "2027-W01"])
def test_a_week_that_does_not_exist_is_refused_with_words(site: Site, week: str) -> None:
    response = site.page("rita").get(f"/reports/weekly?week={week}")
    assert response.status_code == 422
    assert "week" in response.text


@in_one_world("path", ["/verify", "/cards", "/reports/weekly", "/reports/weekly.csv"])
def test_nobody_sees_anything_without_signing_in(site: Site, path: str) -> None:
    response = site.page(None).get(path)
    assert response.status_code in (302, 303, 401)
    assert "/sign-in" in response.headers.get("Location", "")
