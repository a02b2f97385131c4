"""What stale answers are expected to cost, what the week averted, what was asked in vain: of what one may see only."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from curator import jobs
from curator.reports.charts import NARROW, columns
from curator.reports.dismissing import dismiss_gap
from curator.reports.expected import KEPT_WEEKS
from curator.reports.gaps import Asked, gaps
from curator.reports.models import CardWeek, DismissedGap
from curator.reports.rephrased import is_rephrase
from curator.reports.words import change_words
from curator.webhooks.commands import WebhookFields, add_webhook
from curator.webhooks.models import BodyForm, WebhookDelivery
from kb.cards.models import Card
from kb.people.models import Role
from kb.trust.commands import verify
from kb.trust.models import Outcome
from kb.use.models import SearchClick, SearchQuery
from tests.curator.cast import context, read
from tests.site import Site
from tests.world import START, World

DAY = timedelta(days=1)
MONDAY = START.date()


def report(site: Site, name: str, query: str = "") -> dict[str, Any]:
    api: Any = site.api(name, "read")
    answer: dict[str, Any] = api.get(f"/reports/weekly{query}").json
    return answer


def test_the_headline_is_what_readers_are_expected_to_meet_with_change_and_target(site: Site) -> None:
    world = site.world
    card = world.card("Refund window", verified=True)
    for weeks in range(4):
        read(world, card, shown=500, day=MONDAY + timedelta(days=7 * weeks))
    world.later(days=28)
    jobs.card_weeks(context(world))
    world.flag(card, "It is 14 days now")
    made = report(site, "cora")
    expected = made["expected"]
    assert expected["impressions"] == pytest.approx(500, abs=150)
    assert 0 < expected["last_week"] < expected["stale_impressions"] < expected["impressions"]
    assert expected["share"] == pytest.approx(expected["stale_impressions"] / expected["impressions"], abs=0.01)
    assert f"about {round(expected['stale_impressions']):,} stale answers a week" in made["headline"]
    assert "% more than the week before" in made["headline"]
    assert "at most 5% is the target" in made["headline"]
    assert "0% of the cards are verified, 100 points fewer; 90% is the target." in made["headline"]
    page = site.page("cora").get("/reports/weekly").get_data(as_text=True)
    assert made["headline"] in page
    assert "Target 5%" in page
    known = [week["stale_impressions"] is not None for week in expected["trend"]]
    assert (len(known), known[-5:]) == (12, [True] * 5)


def test_each_week_is_kept_once_without_hindsight_and_not_for_ever(world: World) -> None:
    card = world.card(verified=True)
    read(world, card, shown=50)
    world.later(days=7)
    assert jobs.card_weeks(context(world)) == f"{KEPT_WEEKS} weeks kept"
    assert jobs.card_weeks(context(world)) == "nothing due"

    def kept() -> list[tuple[date, float]]:
        with world.read() as session:
            rows = session.execute(select(CardWeek.monday, CardWeek.p_stale).order_by(CardWeek.monday))
            return [(monday, p_stale) for monday, p_stale in rows if monday >= MONDAY]

    (first,) = kept()
    world.flag(card)
    world.later(days=7)
    assert jobs.card_weeks(context(world)) == "1 week kept"
    assert kept()[0] == first
    assert kept()[1][1] > first[1]
    for _ in range(2 * KEPT_WEEKS):
        world.later(days=7)
        jobs.card_weeks(context(world))
    with world.read() as session:
        assert session.scalar(select(func.count(CardWeek.monday.distinct()))) in (KEPT_WEEKS, KEPT_WEEKS + 1)


def test_the_work_of_a_week_is_told_with_what_it_found_and_averted(site: Site) -> None:
    world = site.world
    cards = [world.card(verified=True, interval_days=10) for _ in range(4)]
    for card in cards:
        for day in range(28):
            read(world, card, shown=20, day=MONDAY + timedelta(days=day))
    world.later(days=28)
    jobs.card_weeks(context(world))
    world.later(days=1)
    with world.transaction() as session:
        vera = world.actor(session, "vera")
        for card, outcome, batch in zip(cards[:3], (Outcome.CORRECTED, Outcome.STILL_RIGHT, Outcome.STILL_RIGHT),
                                        (1, 2, 2), strict=True):  # fmt: skip
            verify(session, vera, session.get_one(Card, card), 1, world.policy, world.now, outcome=outcome,
                   batch_size=batch)  # fmt: skip
    world.later(seconds=1)
    work = report(site, "cora")["work"]
    assert (work["checks"], work["found"], work["in_batches"]) == (3, 1, 2)
    assert work["averted_stale_impressions"] > 0
    told = report(site, "cora")["reliability"]
    assert (told["checks"], told["found"]) == (3, pytest.approx(0.333))
    assert 0 < told["said"] < 1
    page = site.page("cora").get("/reports/weekly").get_data(as_text=True)
    assert "3 cards checked, 1 of them needed a change (33%)" in page
    assert "2 (67%): they find less" in page
    assert f"Said {round(100 * told['said'])}%, found 33% (3 checks in 12 weeks)" in page


def test_two_readers_with_different_rights_get_different_expectations_work_and_suggestions(site: Site) -> None:
    world = site.world
    open_card, closed = world.card("Refunds", verified=True), world.card("Discounts", collection="deals", verified=True)
    for card in (open_card, closed):
        read(world, card, shown=300)
    world.later(days=7)
    jobs.card_weeks(context(world))
    rita, stan = report(site, "rita"), report(site, "stan")
    assert rita["expected"]["impressions"] == pytest.approx(2 * stan["expected"]["impressions"], abs=0.2)
    assert stan["expected"]["trend"][-2]["stale_impressions"] < rita["expected"]["trend"][-2]["stale_impressions"]
    assert report(site, "rita", "?week=2026-W47")["work"]["checks"] == 2
    assert report(site, "stan", "?week=2026-W47")["work"]["checks"] == 1
    assert "Discounts" not in str(stan)


def test_what_nobody_reads_and_hardly_changes_is_to_be_archived_and_not_checked(site: Site) -> None:
    world = site.world
    read_by_nobody, read_by_some = world.card("Fax numbers", verified=True), world.card("Prices", verified=True)
    world.later(days=89)
    read(world, read_by_some, shown=1)
    assert report(site, "cora")["archive_suggestions"] == []
    world.later(days=2)
    assert [card["id"] for card in report(site, "cora")["archive_suggestions"]] == [read_by_nobody]
    assert "Archive rather than check" in site.page("cora").get("/reports/weekly").get_data(as_text=True)


# About a collection, a person


def test_a_report_about_a_collection_or_a_person_counts_these_cards_only(site: Site) -> None:
    world = site.world
    world.card("Vera checks this", verifiers=("vera",))
    world.card("Cora checks this", verifiers=("cora",), owner="cora")
    world.card("A deal", collection="deals", verifiers=("vera",), owner="vera")
    with world.read() as session:
        vera, rita = world.person(session, "vera").id, world.person(session, "rita").id

    def titles(name: str, query: str) -> list[str]:
        return sorted(row["title"] for row in report(site, name, query)["fix_first"])

    assert titles("cora", "?collection=billing") == ["Cora checks this", "Vera checks this"]
    assert titles("vera", "?person=me") == ["A deal", "Vera checks this"]
    assert titles("cora", f"?person={vera}") == ["A deal", "Vera checks this"]
    assert "Week of 16 November 2026, cards of Vera" in site.page("cora").get(
        f"/reports/weekly?person={vera}"
    ).get_data(as_text=True)
    rows = csv.DictReader(io.StringIO(site.page("vera").get("/reports/weekly.csv?person=me").get_data(as_text=True)))
    assert {row["title"] for row in rows} == {"A deal", "Vera checks this"}
    api = site.api("rita", "read")
    for query in (f"?person={vera}", "?person=9999", "?person=x", "?collection=none"):  # a rep curates nothing
        assert api.get(f"/reports/weekly{query}").status_code == 404
        assert site.page("rita").get(f"/reports/weekly{query}").status_code == 404
    assert api.get(f"/reports/weekly?person={rita}").status_code == 200
    stan = [site.page("stan").get(f"/reports/weekly?collection={slug}") for slug in ("deals", "none")]
    assert [(page.status_code, "Deals" in page.get_data(as_text=True)) for page in stan] == [(404, False)] * 2


def test_a_curator_sees_of_a_colleague_only_the_cards_in_what_they_curate(site: Site) -> None:
    """A steward who is an author curates Billing alone."""
    world = site.world
    world.card("In Billing", verifiers=("vera",), owner="vera")
    world.card("A deal", collection="deals", verifiers=("vera",), owner="vera")
    with world.transaction() as session:
        vera = world.person(session, "vera").id
        world.collection(session, "billing").steward_id = world.person(session, "axel").id
    assert [row["title"] for row in report(site, "axel", f"?person={vera}")["fix_first"]] == ["In Billing"]


# Gaps


def test_searches_with_mostly_the_same_words_are_one_gap_the_most_asked_first() -> None:
    asked = [Asked(words, person, None) for words, person in (
        ("battery recall", 1), ("battery recall", 2), ("the recall of batteries", 2), ("uk plug", 1), ("uk plug", 3),
    )]  # fmt: skip
    found = gaps(asked, 9)
    assert [(gap.words, gap.times, gap.people, gap.also) for gap in found] == [
        ("battery recall", 3, 2, ()), ("uk plug", 2, 2, ()),
    ]  # fmt: skip


def test_of_others_only_what_two_of_them_asked_is_told_word_for_word() -> None:
    one = [Asked("salary of the ceo", 1, None)]
    assert gaps(one, 9) == ()
    assert [gap.words for gap in gaps(one, 1)] == ["salary of the ceo"]
    assert [gap.words for gap in gaps(one, None, sees_all=True)] == ["salary of the ceo"]
    both = [
        Asked("refund acme annual", 1, None),
        Asked("annual refund globex", 2, None),
        Asked("annual refund", 3, None),
    ]
    assert [(gap.words, gap.also) for gap in gaps(both, 9)] == [("annual refund", ())]


def search(world: World, name: str | None, words: str, *, card: int | None = None, trust: str | None = None) -> None:
    with world.transaction() as session:
        person = world.person(session, name).id if name else None
        session.add(
            SearchQuery(id=f"{name}{words}"[:24], words=words, person_id=person, at=world.now, last_at=world.now,
                        results=0 if card is None else 1, first_card_id=card, best_trust=trust)
        )  # fmt: skip


def test_what_is_searched_for_by_who_may_read_more_is_not_told_to_who_may_read_less(site: Site) -> None:
    world = site.world
    for name in ("rita", "vera"):
        search(world, name, "zanzibar discount")
    for name in ("stan", "axel"):
        search(world, name, "battery recall")
    search(world, None, "old zanzibar")
    world.later(seconds=1)
    told = {name: [gap["words"] for gap in report(site, name)["gaps"]] for name in ("stan", "axel", "rita", "cora")}
    assert told == {
        "stan": ["battery recall"], "axel": ["battery recall"],
        "rita": ["battery recall", "zanzibar discount"], "cora": ["battery recall", "zanzibar discount"],
    }  # fmt: skip
    for path in ("/reports/weekly", "/reports/gaps"):
        assert "zanzibar" not in site.page("stan").get(path).get_data(as_text=True)
        assert "battery recall" in site.page("stan").get(path).get_data(as_text=True)
    apis: dict[str, Any] = {name: site.api(name, "read") for name in ("stan", "rita")}
    listed = {name: api.get("/reports/gaps").json["gaps"] for name, api in apis.items()}
    assert {name: [gap["words"] for gap in gaps] for name, gaps in listed.items()} == {
        name: told[name] for name in ("stan", "rita")
    }
    assert site.page("stan").get("/reports/gaps?collection=deals").status_code == 404


def test_doubted_answers_are_a_gap_where_their_card_may_be_read(site: Site) -> None:
    world = site.world
    card, secret = world.card("Refund window"), world.card("Discount floor", collection="deals")
    for name in ("stan", "axel"):
        search(world, name, "refund window", card=card, trust="unverified")
        search(world, name, "discount floor", card=secret, trust="overdue")
        search(world, name, "good answer", card=card, trust="verified")
    world.later(seconds=1)
    page = site.page("stan").get("/reports/weekly").get_data(as_text=True)
    assert "Only doubted answers" in page
    assert [gap["words"] for gap in report(site, "stan")["gaps"]] == ["refund window"]
    assert [gap["words"] for gap in report(site, "stan", "?collection=billing")["gaps"]] == ["refund window"]
    assert report(site, "stan", "?person=me")["gaps"] == []
    world.later(days=7)
    assert report(site, "stan")["gaps"] == []


def test_a_good_answer_that_nobody_opened_before_they_asked_in_other_words_is_a_gap(site: Site) -> None:
    world = site.world
    card = world.card("Refund window")
    for name in ("stan", "axel"):
        search(world, name, "cancel annual plan", card=card, trust="verified")
        world.later(seconds=90)
        search(world, name, "annual plan refund", card=card, trust="verified")
        world.later(seconds=121)
        search(world, name, "annual plan money back", card=card, trust="verified")
        world.later(seconds=600)
    for name in ("rita", "vera"):  # they opened it, and asked more
        search(world, name, "goodwill limit", card=card, trust="verified")
        with world.transaction() as session:
            session.add(SearchClick(query_id=f"{name}goodwill limit", card_id=card, kind="view", at=world.now))
        world.later(seconds=10)
        search(world, name, "goodwill limit of a team lead", card=card, trust="verified")
        world.later(seconds=600)
    [gap] = site.api("cora", "read").get("/reports/gaps").json["gaps"]
    assert (gap["words"], gap["times"], gap["people"], gap["rephrased"]) == ("cancel annual plan", 2, 2, 2)
    assert (gap["found_nothing"], gap["card_id"]) == (False, card)
    assert "Asked again in other words" in site.page("cora").get("/reports/gaps").text


@pytest.mark.parametrize(
    ("earlier", "later", "is_one"),
    [
        ("refund annual", "annual plan money", True), ("refund", "refund annual", False), ("refund x", "refund", False),
        ("refund annual", "vacation days", False), ("Refund Annual", "annual REFUND", True), ("", "refund", False),
        ("invoice email", "invoicing mail", True),
    ],
)  # fmt: skip
def test_typing_on_is_no_rephrase_and_neither_is_another_question(earlier: str, later: str, is_one: bool) -> None:
    assert is_rephrase(earlier, later) == is_one


def test_a_gap_leads_to_the_editor_to_an_expert_or_is_dismissed(site: Site) -> None:
    world = site.world
    for name in ("stan", "axel"):
        search(world, name, "battery recall", card=None)
    search(world, "stan", "the recall of batteries")
    world.later(seconds=1)
    shown = {name: site.page(name).get("/reports/gaps").text for name in ("stan", "axel", "cora")}
    assert "/questions/new?q=battery+recall" in shown["stan"]
    assert "Write this card" not in shown["stan"]
    assert "/cards/new?title=Battery+recall" in shown["axel"]
    assert ("Dismiss" in shown["axel"], "Dismiss" in shown["cora"]) == (False, True)
    assert "Battery recall" in site.page("axel").get("/cards/new?title=Battery+recall").text
    form = {"words": "battery recall", "back": "/reports/gaps"}
    assert site.page("axel").post("/reports/gaps/dismissals", form).status_code == 403
    cora = site.page("cora")
    for _ in range(2):
        assert cora.post("/reports/gaps/dismissals", form).headers["Location"] == "/reports/gaps"
    page = cora.get("/reports/gaps").text
    assert "Dismissed." in page
    assert site.api("stan", "read").get("/reports/gaps").json["gaps"] == []
    assert report(site, "stan")["gaps"] == []
    cora.post("/reports/gaps/dismissals", {**form, "do": "restore"})
    assert [gap["words"] for gap in report(site, "stan")["gaps"]] == ["battery recall"]
    assert cora.post("/reports/gaps/dismissals", {"words": " "}).status_code == 422


# Webhooks


def told(world: World) -> list[tuple[int, dict[str, Any]]]:
    with world.read() as session:
        rows = session.scalars(
            select(WebhookDelivery).where(WebhookDelivery.event == "weekly_report").order_by(WebhookDelivery.id)
        )
        return [(row.webhook_id, row.payload) for row in rows]


def hook(world: World, person: str, *, collection: str = "", is_personal: bool = False) -> int:
    with world.transaction() as session:
        shelf = world.collection(session, collection).id if collection else None
        fields = WebhookFields(
            "Channel", "https://hooks.example.com/in", BodyForm.SLACK, () if is_personal else ("weekly_report",),
            world.person(session, person).id, shelf, is_personal,
        )  # fmt: skip
        return add_webhook(session, world.actor(session, "ada"), fields, world.now).id


def test_a_webhook_is_told_once_a_week_what_its_person_may_see_in_its_collection(site: Site) -> None:
    world = site.world
    world.card("Refunds")
    deal = world.card("Deep discounts", collection="deals")
    for card in (deal, deal - 1):
        read(world, card, stale=9)
    hooks = [hook(world, "rita"), hook(world, "stan"), hook(world, "rita", collection="deals")]
    assert jobs.weekly_report(context(world)) == "nothing due"  # they were made after this week's hour
    world.later(days=7)
    assert jobs.weekly_report(context(world)) == "3 reports queued"
    assert jobs.weekly_report(context(world)) == "nothing due"
    payloads = dict(told(world))
    assert list(payloads) == hooks
    assert [[each["card_id"] for each in payloads[number]["cards"]] for number in hooks] == [
        [deal - 1, deal], [deal - 1], [deal],
    ]  # fmt: skip
    assert payloads[hooks[0]]["title"] == "Weekly stale report, week of 16 November 2026"
    assert payloads[hooks[2]]["url"].endswith("/reports/weekly?week=2026-W47&collection=deals")
    assert [payload["this_week"]["cards"] for payload in payloads.values()] == [2, 1, 1]
    assert "Deals" not in str(payloads[hooks[1]])
    assert ["Trust score", "0% (No change)"] in payloads[hooks[0]]["facts"]


def test_a_person_may_have_the_report_sent_to_webhooks_of_their_own(site: Site) -> None:
    world = site.world
    world.card("Refunds")
    number = hook(world, "rita", is_personal=True)
    rita = site.page("rita")
    rita.get("/reports/schedules")
    fields = {"about": "all", "weekday": "0", "hour": "8", "time_zone": "UTC", "channel": "webhook"}
    assert rita.post("/reports/schedules", fields).status_code == 303
    world.later(days=7)
    assert jobs.weekly_report(context(world)) == "1 report queued"
    assert jobs.weekly_report(context(world)) == "nothing due"
    assert [webhook for webhook, _ in told(world)] == [number]


# Words and charts


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [(82, 100, "18% fewer"), (5, 0.2, "5 more"), (0.2, 0, ""), (100.4, 100, ""), (3, 2, "50% more")],
)
def test_a_change_is_told_in_words_or_not_at_all(now: float, before: float, words: str) -> None:
    assert change_words(now, before) == words


def test_columns_stay_inside_and_a_week_that_nobody_knows_is_empty() -> None:
    weeks: list[tuple[str, float | None]] = [(f"{n} Nov", None if n < 3 else 10.0 * n) for n in range(12)]
    chart = columns(weeks, NARROW)
    assert (len(chart.bars), chart.description) == (6, "From 6 Nov: 60 to 11 Nov: 110.")
    for bar in chart.bars:
        for part in bar.parts:
            assert 0 <= part.y <= part.y + part.height <= chart.baseline
            assert part.x + part.width <= chart.width
    assert columns([("9 Nov", None)]).bars[0].parts == ()
    assert columns([]).description == "No weeks yet."


def test_what_was_dismissed_is_listed_and_brought_back(site: Site) -> None:
    for name in ("stan", "axel"):
        search(site.world, name, "battery recall", card=None)
    site.world.later(seconds=1)
    cora, form = site.page("cora"), {"words": "battery recall", "back": "/reports/gaps"}
    assert "Bring back" not in cora.get("/reports/gaps").text
    cora.post("/reports/gaps/dismissals", form)
    page = cora.get("/reports/gaps?dismissed=1").text
    assert "battery recall<small>Dismissed by Cora, " in page
    assert 'id="dismissed" open' in page
    assert "Bring back" not in site.page("axel").get("/reports/gaps").text
    back = cora.post("/reports/gaps/dismissals", {**form, "do": "restore"})
    assert back.status_code == 303
    shown = cora.get("/reports/gaps").text
    assert "Bring back" not in shown
    assert "/cards/new?title=Battery+recall" in shown


def test_a_curator_reads_no_dismissed_words_of_somebody_who_may_read_more(site: Site) -> None:
    world = site.world
    with world.transaction() as session:
        world.person(session, "axel").role = Role.CURATOR
        dismiss_gap(session, world.actor(session, "ada"), "secret discount", world.now)
        session.add(DismissedGap(stems="older", by_id=world.person(session, "axel").id, at=world.now))
    assert "secret discount" in site.page("cora").get("/reports/gaps").text
    page = site.page("axel").get("/reports/gaps").text
    assert ("secret discount" in page, "older<small>" in page) == (False, True)
