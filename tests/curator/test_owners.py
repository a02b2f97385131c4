"""Three names with reasons, never assigned by themselves; and the report of what is ill owned."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from curator.absences.away import Leave, plan_absence
from curator.owners.suggest import blend, edits_everywhere, suggest_owners
from kb.cards import commands
from kb.cards.models import Card
from kb.people.commands import deactivate_person
from kb.people.models import AuditEntry, Role
from kb.trust.orphans import without_assignee
from tests.kb.test_assignee import change
from tests.site import Site
from tests.world import World


def edit(world: World, card: int, by: str, *, minor: bool = False) -> None:
    """Somebody changes a card."""
    with world.transaction() as session:
        found = session.get_one(Card, card)
        text = world.text(found.title, f"{found.body} And more, {found.version}.")
        step = commands.Edit(found.version, is_minor=minor)
        commands.edit_card(session, world.actor(session, by), found, text, step, world.policy, world.now)


def suggested(
    world: World, card: int, *similar: int, to: str = "ada", but: tuple[str, ...] = ()
) -> list[tuple[str, str]]:  # fmt: skip
    """Names and reasons."""
    with world.read() as session:
        others = [world.person(session, name).id for name in but]
        found = suggest_owners(
            session, world.actor(session, to), session.get_one(Card, card), similar, world.now, but=others
        )  # fmt: skip
    return [(each.person.name, each.reason) for each in found]


def test_who_edited_the_card_and_those_like_it_comes_first_with_the_reason(world: World) -> None:
    card = world.card(author="cora")
    alike = [world.card(author="axel") for _ in range(3)] + [world.card(author="cora")]
    edit(world, card, "axel")
    edit(world, card, "axel")
    names = suggested(world, card, *alike)
    assert names[0] == ("Axel", "edited this card twice this year; edited 3 of the 4 similar cards this year")
    assert names[1] == ("Cora", "edited this card once this year; edited 1 of the 4 similar cards this year")


def test_old_edits_count_less_and_minor_ones_nothing(world: World) -> None:
    card = world.card(author="axel")
    world.later(days=360)
    with world.transaction() as session:
        world.person(session, "axel").last_seen_at = world.now
        world.person(session, "vera").last_seen_at = world.now
    edit(world, card, "vera")
    edit(world, card, "cora", minor=True)
    assert [name for name, _ in suggested(world, card)] == ["Vera", "Axel"]


def test_whoever_was_not_seen_for_half_a_year_comes_last(world: World) -> None:
    card = world.card(author="axel")
    world.later(days=190)
    assert suggested(world, card)[0][0] == "Axel"
    edit(world, world.card(author="cora"), "cora")
    assert [name for name, _ in suggested(world, card)] == ["Cora", "Axel"]
    assert dict(suggested(world, card))["Cora"] == "writes in Billing"


def test_nobody_is_suggested_who_could_not_have_the_card_and_the_owner_not_again(world: World) -> None:
    card = world.card(author="axel")
    edit(world, card, "vera")
    assert [name for name, _ in suggested(world, card, but=("axel",))] == ["Vera"]
    change(world, "vera", Role.REP)
    assert suggested(world, card, but=("axel",)) == []


def test_edits_of_cards_that_the_asker_may_not_see_count_nothing(world: World) -> None:
    card = world.card(author="cora")
    before = suggested(world, card, to="axel")
    for _ in range(3):
        edit(world, world.card(collection="deals", author="vera"), "vera")
    assert suggested(world, card, to="axel") == before
    with world.read() as session:
        everywhere = edits_everywhere(session, world.actor(session, "axel"), world.now)
        assert world.person(session, "vera").id not in everywhere.in_all


def test_a_part_in_which_nobody_edited_gives_nobody_anything() -> None:
    assert blend([(0.4, {1: 3.0, 2: 1.0}), (0.6, {})]) == {1: pytest.approx(0.3), 2: pytest.approx(0.1)}


def test_an_owner_is_chosen_on_a_page_and_what_was_taken_is_noted(site: Site) -> None:
    world = site.world
    card = world.card("Refund window", author="cora", owner="axel")
    edit(world, card, "vera")
    site.index()
    cora = site.page("cora")
    assert f"/cards/{card}/owner" in cora.get(f"/cards/{card}").text
    page = cora.get(f"/cards/{card}/owner").text
    assert "Make Vera the owner" in page
    assert "edited this card once this year" in page
    with world.read() as session:
        vera, ada, number = (world.person(session, name).id for name in ("vera", "ada", "cora"))
        due = session.get_one(Card, card).verify_by
    shown = f"{number},{vera}"
    assert cora.post(f"/cards/{card}/owner", {"none": "1", "suggested": shown}).status_code == 303
    assert cora.post(f"/cards/{card}/owner", {"owner": str(ada), "suggested": shown}).status_code == 303
    assert cora.post(f"/cards/{card}/owner", {"owner": str(vera), "suggested": shown}).status_code == 303
    wrong = cora.post(f"/cards/{card}/owner", {"owner": "", "suggested": shown})
    assert (wrong.status_code, "Choose who owns" in wrong.text) == (422, True)
    with world.read() as session:
        found = session.get_one(Card, card)
        assert (found.owner_id, found.verify_by) == (vera, due)
        notes = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "owner_suggested")).all()
    assert [(note["chosen"], note["accepted"]) for note in notes] == [(None, False), (ada, False), (vera, True)]


@pytest.mark.parametrize(("who", "status"), [("cora", 200), ("axel", 200), ("vera", 403), ("stan", 403)])
def test_suggestions_are_for_those_who_may_change_the_owner(site: Site, who: str, status: int) -> None:
    card = site.world.card(owner="axel")
    assert site.page(who).get(f"/cards/{card}/owner").status_code == status
    assert site.api(who).get(f"/cards/{card}/owner-suggestions").status_code == status
    secret = site.world.card(collection="deals", owner="vera")
    assert site.page("axel").get(f"/cards/{secret}/owner").status_code == 404
    assert site.api("axel").get(f"/cards/{secret}/owner-suggestions").status_code == 404


def report(site: Site, who: str = "cora") -> Any:
    """The report as the API tells it."""
    return site.api(who).get("/reports/owners").json


def test_the_report_names_what_is_ill_owned_and_is_always_empty_of_unassigned_cards(site: Site) -> None:
    world = site.world
    fine = world.card("Fine", author="cora", owner="cora", verifiers=("cora",))
    world.card("Nobody's", owner=None, verifiers=("cora",))
    world.card("Of one who left", owner="axel", verifiers=("cora",))
    world.card("Of one who verifies no more", owner="cora", verifiers=("vera",))
    with world.transaction() as session:
        ada = world.actor(session, "ada")
        deactivate_person(session, ada, world.person(session, "axel"), world.now)
        deactivate_person(session, ada, world.person(session, "vera"), world.now)
    found = report(site)
    assert {row["title"]: row["faults"] for row in found["items"]} == {
        "Nobody's": ["no_owner"],
        "Of one who left": ["owner_left"],
        "Of one who verifies no more": ["verifiers_unable"],
    }
    assert (found["unassigned"], found["cards"], found["counts"]["owner_left"]) == (0, 4, 1)
    page = site.page("cora").get("/reports/owners").text
    assert "Every published card has exactly one able person" in page
    assert "Should hand over" in page
    assert fine not in [row["id"] for row in found["items"]]
    with world.read() as session:
        assert without_assignee(session) == []
    assert "vitrine_cards_unassigned 0.0" in site.page(None).get("/metrics").text


def test_an_owner_who_was_not_seen_for_half_a_year_is_in_the_report(site: Site) -> None:
    site.world.card("Old hand", owner="axel", author="axel", verifiers=("cora",))
    site.world.later(days=179)
    assert report(site)["items"] == []
    site.world.now += timedelta(days=2)
    assert [row["faults"] for row in report(site)["items"]] == [["owner_inactive"]]


def test_a_broken_assignment_is_found_by_report_metric_and_page(site: Site) -> None:
    card = site.world.card("Broken")
    with site.world.transaction() as session:
        session.get_one(Card, card).assignee_id = site.world.person(session, "rita").id
    assert report(site)["unassigned"] == 1
    assert "vitrine_cards_unassigned 1.0" in site.page(None).get("/metrics").text
    assert "1 published card without anybody able" in site.page("cora").get("/reports/owners").text


@pytest.mark.parametrize(("who", "status"), [("cora", 200), ("ada", 200), ("axel", 403), ("rita", 403)])
def test_the_report_is_for_those_who_curate_and_of_what_they_curate(site: Site, who: str, status: int) -> None:
    site.world.card("Secret", collection="deals", owner=None)
    assert site.api(who).get("/reports/owners").status_code == status
    assert site.page(who).get("/reports/owners").status_code == status


def test_a_curator_who_may_not_read_a_collection_does_not_see_its_cards_in_the_report(site: Site) -> None:
    site.world.card("Secret", collection="deals", owner=None)
    with site.world.transaction() as session:
        site.world.collection(session, "deals").steward_id = site.world.person(session, "ada").id
    assert report(site)["items"] == []
    assert [row["title"] for row in report(site, "ada")["items"]] == ["Secret"]


def test_who_is_away_is_marked_and_who_could_not_own_it_is_not_offered(site: Site) -> None:
    world = site.world
    card = world.card("Deep discounts", author="cora", owner="vera", collection="deals")
    edit(world, card, "cora")
    with world.transaction() as session:
        cora, axel = (world.person(session, name) for name in ("cora", "axel"))
        leave = Leave(world.now.date(), world.now.date() + timedelta(days=3))
        plan_absence(session, world.actor(session, "cora"), cora, leave, world.policy, world.now)
        axels = axel.id
    page = site.page("ada").get(f"/cards/{card}/owner").text
    assert "edited this card twice this year; away until 19 Nov" in page
    assert f'value="{axels}"' not in page  # Axel may not read Deals
    (first,) = site.api("ada", "read").get(f"/cards/{card}/owner-suggestions").get_json()["items"][:1]
    assert (first["person"]["name"], first["away_until"]) == ("Cora", "2026-11-19")
    world.later(days=4)
    assert "away until" not in site.page("ada").get(f"/cards/{card}/owner").text


def test_a_card_and_a_question_are_passed_on_with_the_absences_in_view(site: Site) -> None:
    world = site.world
    card = world.card(verifiers=("vera",))
    with world.transaction() as session:
        leave = Leave(world.now.date(), world.now.date())
        axel = world.person(session, "axel")
        plan_absence(session, world.actor(session, "axel"), axel, leave, world.policy, world.now)
    rita = site.page("rita")
    asked = rita.post("/questions", {"text": "How long is the warranty?", "detail": "", "card": ""})
    assert asked.status_code == 303
    cora = site.page("cora")
    assert "Axel, away until 16 Nov" in cora.get(f"/verify?scope=all&card={card}").text
    assert "Axel, away until 16 Nov" in cora.get(asked.location).text
