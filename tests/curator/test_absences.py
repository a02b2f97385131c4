"""While somebody is away their cards wait for the stand-in, to the second, and come back by themselves."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from curator import jobs
from curator.absences import away
from curator.absences.away import Leave
from curator.notices.models import Notice
from curator.notices.transitions import ASSIGNED
from curator.queue.queue import Scope, queue_of
from kb.cards.models import Card
from kb.errors import Invalid
from kb.people.absences import Absence
from kb.people.commands import deactivate_person
from kb.people.models import AuditEntry
from kb.trust.duties import Assignment
from tests.curator.cast import context
from tests.infra.cases import in_one_world
from tests.kb.test_assignee import assignee, orphans
from tests.site import Site
from tests.world import START, World

TODAY = date(2026, 11, 16)


def plan(world: World, name: str, first: int, last: int, stand_in: str | None = None) -> int:
    """The person is away from the first to the last day, counted from today."""
    with world.transaction() as session:
        instead = world.person(session, stand_in).id if stand_in else None
        day = world.now.date()
        leave = Leave(day + timedelta(days=first), day + timedelta(days=last), instead)
        actor, person = world.actor(session, "ada"), world.person(session, name)
        made = away.plan_absence(session, actor, person, leave, world.policy, world.now)
        session.flush()
        return made.id


def follow(world: World) -> str:
    """The job, now."""
    outcome = jobs.absences(context(world))
    with world.read() as session:
        assert orphans(session) == []
    return outcome


def waiting(site: Site, name: str) -> int:
    """How many cards wait for somebody, as the API says."""
    answer: Any = site.api(name).get("/queue").json
    return int(answer["total"])


def test_a_stand_in_has_the_cards_from_the_first_to_the_last_day_and_then_they_come_back(world: World) -> None:
    card = world.card(verifiers=("vera",), owner="axel")
    plan(world, "vera", 1, 2, "cora")
    seen = []
    for hour in (9, 23.999, 24, 48, 71.999, 72, 100):  # from nine o'clock today: away on the 17th and the 18th
        world.now = START.replace(hour=0) + timedelta(hours=hour)
        follow(world)
        seen.append(assignee(world, card))
    assert seen == ["vera", "vera", "cora", "cora", "cora", "vera", "vera"]


def test_without_a_stand_in_the_next_in_line_takes_the_card_and_gives_it_back(world: World) -> None:
    card = world.card(verifiers=("vera",), owner="axel")
    plan(world, "vera", 0, 1)
    assert assignee(world, card) == "axel"
    world.later(days=2)
    assert (follow(world), assignee(world, card)) == ("1 card moved", "vera")
    assert follow(world) == "0 cards moved"


def test_the_card_says_whom_it_waits_for_and_why(site: Site) -> None:
    card = site.world.card(verifiers=("vera",), owner="axel")
    plan(site.world, "vera", 0, 1, "cora")
    assert "Cora, while Vera is away" in site.page("rita").get(f"/cards/{card}").text


def test_who_is_reassigned_a_card_while_away_is_stood_in_for_and_the_page_says_so(site: Site) -> None:
    card = site.world.card(verifiers=("axel",), owner="axel")
    plan(site.world, "vera", 0, 1, "cora")
    with site.world.read() as session:
        vera, cora = (site.world.person(session, name).id for name in ("vera", "cora"))
    said = site.page("axel").post(f"/verify/{card}/reassign", {"to": vera}, follow_redirects=True)
    assert "Reassigned to Vera, who is away. Meanwhile it waits for Cora." in said.text
    assert assignee(site.world, card) == "cora"
    with site.world.read() as session:
        told = session.scalars(select(Notice.person_id).where(Notice.kind == ASSIGNED)).all()
    assert told == [cora]


def test_a_stand_in_who_may_not_read_the_collection_is_passed_over(world: World) -> None:
    card = world.card(collection="deals", verifiers=("vera",), owner="cora")
    plan(world, "vera", 0, 1, "axel")
    assert assignee(world, card) == "cora"


def test_of_a_group_another_member_steps_in_and_the_card_finds_its_way_back(world: World) -> None:
    cards = [world.card(verifiers=("experts",)) for _ in range(4)]
    before = [assignee(world, card) for card in cards]
    assert before == ["axel", "vera", "axel", "vera"]
    plan(world, "axel", 0, 3)
    assert [assignee(world, card) for card in cards] == ["vera"] * 4
    assert assignee(world, world.card(verifiers=("experts",))) == "vera"
    world.later(days=4)
    follow(world)
    assert [assignee(world, card) for card in cards] == before


def test_a_ring_of_stand_ins_is_harmless_and_a_chain_is_followed(world: World) -> None:
    card = world.card(verifiers=("vera",), owner="axel")
    plan(world, "vera", 0, 3, "axel")
    plan(world, "axel", 0, 3, "vera")
    assert assignee(world, card) == "cora"
    with world.transaction() as session:
        ring = session.scalars(select(Absence).where(Absence.person_id == world.person(session, "axel").id)).one()
        leave = Leave(ring.first_day, ring.last_day, world.person(session, "ada").id)
        away.change_absence(session, world.actor(session, "axel"), ring, leave, world.policy, world.now)
    assert assignee(world, card) == "ada"


def test_when_everybody_is_away_the_absent_have_the_cards_in_their_order(world: World) -> None:
    card = world.card(verifiers=("vera",), owner="axel")
    for name in ("vera", "axel", "cora", "ada"):
        plan(world, name, 0, 5)
    with world.transaction() as session:
        admin = session.get_one(Card, card).assignee
        assert admin is not None
        assert admin.name == "Admin"
        away.plan_absence(
            session, world.actor(session, "system"), admin, Leave(TODAY, TODAY), world.policy, world.now
        )  # fmt: skip
    assert assignee(world, card) == "vera"
    world.later(days=1)
    follow(world)
    assert assignee(world, card) == "admin"


def test_a_card_that_is_published_meanwhile_waits_for_the_stand_in_and_then_for_its_verifier(world: World) -> None:
    plan(world, "vera", 0, 1, "cora")
    card = world.card(verifiers=("vera",), owner="axel")
    assert assignee(world, card) == "cora"
    world.later(days=2)
    follow(world)
    assert assignee(world, card) == "vera"


def test_when_the_stand_in_leaves_or_the_absent_leaves_somebody_able_has_the_card(world: World) -> None:
    first, second = (world.card(verifiers=(name,), owner="cora") for name in ("vera", "axel"))
    plan(world, "vera", 0, 9, "axel")
    assert assignee(world, first) == "axel"
    with world.transaction() as session:
        ada = world.actor(session, "ada")
        deactivate_person(session, ada, world.person(session, "axel"), world.now)
    assert (assignee(world, first), assignee(world, second)) == ("cora", "cora")
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "vera"), world.now)
        assert session.get_one(Assignment, first).instead_of_id is None
    world.later(days=10)
    follow(world)
    assert assignee(world, first) == "cora"


def test_no_verification_date_moves_and_whoever_was_given_doubted_cards_is_told(world: World) -> None:
    good, doubted = world.card(verified=True), world.card(verified=True)
    world.flag(doubted)
    with world.read() as session:
        before = [session.get_one(Card, card).verify_by for card in (good, doubted)]
    plan(world, "vera", 0, 1, "cora")
    with world.read() as session:
        assert [session.get_one(Card, card).verify_by for card in (good, doubted)] == before
        cora = world.person(session, "cora").id
        told = session.execute(select(Notice.card_id, Notice.person_id, Notice.kind)).all()
    assert told == [(doubted, cora, ASSIGNED)]


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(2, 1, "to"), (-3, -1, "to"), (0, 366, "to"), (3, 5, "from")],
    ids=["backwards", "over", "endless", "overlapping"],
)
def test_a_wrong_absence_is_refused_and_names_its_field(world: World, first: int, last: int, field: str) -> None:
    plan(world, "vera", 4, 6)
    with pytest.raises(Invalid) as refused:
        plan(world, "vera", first, last)
    assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.parametrize("name", ["vera", "rita"])
def test_nobody_stands_in_for_themselves_nor_does_a_rep(world: World, name: str) -> None:
    with pytest.raises(Invalid, match=r"Choose|themselves"):
        plan(world, "vera", 0, 1, name)


def test_the_queue_is_right_in_the_second_the_day_begins_also_when_no_scheduler_runs(site: Site) -> None:
    world = site.world
    world.card("Stale", verifiers=("vera",), owner="axel")
    plan(world, "vera", 1, 1, "axel")
    vera, axel = site.page("vera"), site.page("axel")
    assert "Stale" in vera.get("/verify").text
    assert "Stale" not in axel.get("/verify").text
    world.now = world.now.replace(day=17, hour=0, minute=0)
    vera, axel = site.page("vera"), site.page("axel")
    assert "Stale" in axel.get("/verify").text
    assert "Stale" not in vera.get("/verify").text
    assert waiting(site, "axel") == 1
    world.now = world.now.replace(day=18)
    assert waiting(site, "axel") == 0
    with world.read() as session:
        assert (
            queue_of(
                session, world.actor(session, "vera"), Scope.MINE, world.policy, world.settings.freshness, world.now
            ).total
            == 1
        )


def test_people_plan_their_own_absences_on_a_page_and_admins_everybodys(site: Site) -> None:
    vera, ada = site.page("vera"), site.page("ada")
    with site.world.read() as session:
        number, axel = (site.world.person(session, name).id for name in ("vera", "axel"))
    assert "/account/absences" in vera.get("/account").text
    form = {"from": "2026-12-03", "to": "2026-12-14", "stand_in": str(axel)}
    assert vera.post("/account/absences", form).status_code == 303
    assert "3 Dec to 14 Dec 2026" in vera.get("/account/absences").text
    assert "Axel stands in" in ada.get(f"/admin/people/{number}").text
    wrong = vera.post("/account/absences", {**form, "from": "soon"})
    assert wrong.status_code == 422
    assert "must be a date" in wrong.text
    assert "2026-12-14" in wrong.text
    again = vera.post("/account/absences", form)
    assert again.status_code == 422
    assert "overlaps" in again.text
    with site.world.read() as session:
        absence = session.scalars(select(Absence)).one().id
    page = f"/admin/people/{number}/absences"
    assert "Change this absence" in ada.get(f"{page}?edit={absence}").text
    assert ada.post(f"{page}/{absence}", {**form, "to": "2026-12-20", "stand_in": ""}).status_code == 303
    assert "20 Dec 2026" in ada.get(page).text
    assert ada.post(f"{page}/{absence}/end").status_code == 303
    assert "None." in vera.get("/account/absences").text
    with site.world.read() as session:
        noted = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == number)).all()
    assert noted.count("absence_planned") == 1
    assert "absence_ended" in noted


@in_one_world(("who", "status"), [("cora", 403), ("axel", 403), ("rita", 403), ("ada", 200)])
def test_only_the_person_and_admins_see_absences(site: Site, who: str, status: int) -> None:
    with site.world.read() as session:
        number = site.world.person(session, "vera").id
    assert site.page(who).get(f"/admin/people/{number}/absences").status_code == status
    assert site.api(who).get(f"/people/{number}/absences").status_code == status


def test_a_rep_has_no_absences_because_nothing_waits_for_reps(site: Site) -> None:
    rita = site.page("rita")
    assert rita.get("/account/absences").status_code == 403
    assert "/account/absences" not in rita.get("/account").text


def test_the_api_plans_changes_lists_and_ends(site: Site) -> None:
    vera = site.api("vera", "read", "write")

    def call(method: str, path: str, sent: Any = None) -> Any:
        answer = vera.call(method, path, sent)
        assert answer.status_code < 300, answer.text
        return answer.json

    with site.world.read() as session:
        number = site.world.person(session, "vera").id
    base = f"/people/{number}/absences"
    body: dict[str, Any] = {"from": "2026-11-16", "to": "2026-11-20", "stand_in": "axel@northwind.example"}
    made = call("POST", base, body)
    assert (made["from"], made["is_now"], made["stand_in"]["name"]) == ("2026-11-16", True, "Axel")
    path = f"{base}/{made['id']}"
    changed = call("PUT", path, {**body, "to": "2026-11-25", "stand_in": None})
    assert (changed["to"], changed["stand_in"]) == ("2026-11-25", None)
    assert call("GET", path) == changed
    assert len(call("GET", base)["items"]) == 1
    call("DELETE", path)
    assert call("GET", base)["items"] == []
    assert vera.call("POST", base, {**body, "to": "2026-11-01"}).status_code == 422
    refused: Any = vera.call("POST", base, {**body, "stand_in": "nobody@x.example"}).json
    assert refused["errors"][0]["field"] == "stand_in"
    assert site.api("vera").call("POST", base, body).status_code == 403  # a token that may only read
    assert site.api("ada", "admin").get("/people/999/absences").status_code == 404
