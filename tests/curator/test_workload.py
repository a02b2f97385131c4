"""The forecast of checks against people's time, by person and group, and the staffing line."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from curator.absences.away import Leave, plan_absence
from curator.capacity.planning import plan_all
from curator.capacity.time import Calendar, weekly_budgets
from curator.capacity.workload import PersonLoad, Workload, workload
from curator.jobs import suggest_intervals
from kb.cards.models import Card
from kb.errors import Forbidden
from kb.people.commands import change_person, deactivate_person, reactivate_person
from kb.people.models import Role
from kb.trust.rules import SuggestedInterval
from tests.curator.cast import context
from tests.site import Site
from tests.world import World


def report(world: World, name: str = "cora") -> Workload:
    with world.read() as session:
        return workload(session, world.actor(session, name), world.settings, world.now)


def load_of(found: Workload, name: str) -> PersonLoad:
    return next(person for person in found.people if person.name == name)


def checks(found: Workload, name: str = "Vera") -> list[int]:
    return [week.checks for week in load_of(found, name).weeks]


def test_checks_fall_into_the_week_of_their_date_and_come_again_after_each_interval(world: World) -> None:
    world.card(verified=True, interval_days=28)
    assert checks(report(world)) == [0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]


def test_what_waits_already_is_work_of_this_week(world: World) -> None:
    world.card()
    late, reported = world.card(verified=True, interval_days=14), world.card(verified=True)
    world.later(days=15)
    world.flag(reported)
    found = report(world)
    assert checks(found)[0] == 3
    assert load_of(found, "Vera").waiting == 3
    assert late != reported


def test_a_first_check_that_was_planned_is_work_of_its_week(world: World) -> None:
    world.card()
    plan_all(world.database, world.settings, world.now)
    assert checks(report(world))[:2] == [0, 1]


def test_a_week_with_more_to_do_than_time_is_over(world: World) -> None:
    for _ in range(4):
        world.card()
    with world.transaction() as session:
        world.person(session, "vera").minutes_per_week = 1
    found = load_of(report(world), "Vera")
    assert found.weeks[0].is_over
    assert [week.budget for week in found.weeks] == [1] * 12
    assert found.weeks_over == 1


def test_reports_are_expected_at_the_rate_of_the_last_weeks(world: World) -> None:
    cards = [world.card(verified=True, interval_days=3000) for _ in range(3)]
    assert report(world).reports_per_week == 0
    for number in range(12):
        world.flag(cards[number % 3], f"Wrong {number}")
    for card in cards:
        world.verify(card)
    found = report(world)
    assert found.reports_per_week == 1
    assert load_of(found, "Vera").weeks[5].report_minutes >= 1


def test_a_group_has_the_load_and_the_time_of_all_its_members(world: World) -> None:
    world.card()
    found = report(world)
    experts = next(group for group in found.groups if group.slug == "experts")
    assert (experts.members, experts.weeks[0].checks, experts.weeks[0].budget) == (2, 1, 120)
    assert found.total[0].checks == 1


def test_everybody_sees_only_the_load_of_cards_they_may_read(world: World) -> None:
    world.card(collection="deals")
    world.card()
    assert checks(report(world))[0] == 2
    assert checks(report(world, "axel"))[0] == 1
    with pytest.raises(Forbidden):
        report(world, "rita")


def test_staffing_is_replayed_from_what_happened(world: World) -> None:
    found = report(world)
    assert (found.staffing.curators, found.staffing.readers) == (3, 4)  # with the installation's first admin
    assert found.staffing.readers_per_curator == 4 / 3
    world.later(days=7)
    with world.transaction() as session:
        ada, rita, stan = (world.person(session, name) for name in ("ada", "rita", "stan"))
        actor = world.actor(session, "ada")
        change_person(session, actor, rita, "Rita", Role.CURATOR, list(rita.groups), world.now)
        deactivate_person(session, actor, stan, world.now)
        assert ada.is_active
    world.later(days=7)
    with world.transaction() as session:
        reactivate_person(session, world.actor(session, "ada"), world.person(session, "stan"), world.now)
    world.later(days=7)
    trend = [(each.curators, each.readers) for _, each in report(world).staffing_trend]
    assert trend[-4:] == [(0, 0), (3, 4), (4, 2), (4, 3)]


def test_a_card_nobody_checks_is_not_lost(world: World) -> None:
    found = report(world)
    assert found.people == ()
    assert all(week.checks == 0 for week in found.unassigned)
    assert found.mondays[1] - found.mondays[0] == timedelta(days=7)


def test_the_page_the_file_and_the_api_say_the_same(site: Site) -> None:
    world = site.world
    for _ in range(3):
        world.card("Refund window")
    with world.transaction() as session:
        vera = world.person(session, "vera")
        vera.minutes_per_week, vera.name = 1, "=Vera"
    page = site.page("cora").get("/reports/workload")
    assert "=Vera (1 week) has more to check than time for it." in page.text
    assert "one for 1; 0 opened a card" in page.text
    answer: Any = site.api("cora").get("/reports/workload").json
    person = answer["people"][0]
    assert (person["name"], person["waiting"], person["weeks_over"]) == ("=Vera", 3, 1)
    assert person["weeks"][0]["checks"] == 3
    assert len(answer["weeks"]) == len(answer["staffing"]["trend"]) == 12
    for table in (site.page("cora").get("/reports/workload.csv"), site.api("cora").get("/reports/workload.csv")):
        rows = list(csv.DictReader(io.StringIO(table.text)))
        assert rows[0] | {"minutes": "", "budget_minutes": ""} == {
            "kind": "person", "name": "'=Vera", "week": "2026-11-16", "checks": "3", "minutes": "",
            "report_minutes": "0", "budget_minutes": "", "is_over": "True",
        }  # fmt: skip
    assert site.page("rita").get("/reports/workload").status_code == 403
    assert site.api("rita").get("/reports/workload").status_code == 403


def test_an_empty_installation_has_an_empty_workload(site: Site) -> None:
    assert "Nobody has a card to check yet." in site.page("cora").get("/reports/workload").text


def test_a_week_away_leaves_no_time_in_it(world: World) -> None:
    world.card()
    with world.transaction() as session:
        vera, monday = world.person(session, "vera"), world.now.date()
        plan_absence(
            session,
            world.actor(session, "ada"),
            vera,
            Leave(monday, monday + timedelta(days=8)),
            world.policy,
            world.now,
        )
    with world.read() as session:
        budgets = weekly_budgets(session, 60, Calendar.from_this_week(world.now, world.policy.zone))[vera.id]
    assert budgets[:3] == [0, 36, 60]


def test_adaptive_cards_follow_what_was_suggested_last_night(world: World) -> None:
    cards = [world.card(verified=True) for _ in range(3)]
    job = context(world)
    assert suggest_intervals(job) == "3 intervals suggested"
    assert suggest_intervals(job) == "nothing due"
    world.later(days=1)
    assert suggest_intervals(job) == "3 intervals suggested"
    with world.transaction() as session:
        world.collection(session, "billing").is_adaptive = True
        days = {row.card_id: row.days for row in session.scalars(select(SuggestedInterval))}
    world.verify(cards[0])
    with world.read() as session:
        due = session.get_one(Card, cards[0]).verify_by
    assert due == world.now + timedelta(days=min(90, days[cards[0]]))
