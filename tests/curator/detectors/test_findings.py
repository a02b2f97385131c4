"""Findings: found with their words, dismissed with a reason, silent until those words change, gone when untrue."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from curator import jobs
from curator.detectors.examining import DETECTORS
from curator.detectors.models import ExaminedCard, Finding
from curator.detectors.rounds import RoundFailed
from curator.detectors.weights import DETECTORS as NAMES
from curator.detectors.weights import multiplier_of
from kb.cards import commands
from kb.cards.models import Card
from kb.people.commands import add_person, deactivate_person
from kb.people.models import Role
from kb.trust import commands as trust_commands
from kb.trust.models import Flag
from kb.use.commands import give_feedback
from kb.use.models import SearchClick, SearchQuery
from tests.curator.cast import context
from tests.curator.detectors.rounds import detect, edit, flags, found
from tests.site import Site
from tests.world import World

FINDINGS = "/cards/{}/findings"


def person(world: World, name: str, *, left: bool = False) -> int:
    with world.transaction() as session:
        system = world.actor(session, "system")
        address = name.lower().replace(" ", ".") + "@northwind.example"
        new = add_person(session, system, address, name, Role.AUTHOR, [], world.now)
        if left:
            deactivate_person(session, system, new, world.now)
        return new.id


def api(site: Site, name: str, *scopes: str) -> Any:
    return site.api(name, *scopes)


def card_of_today(world: World, body: str, **more: object) -> int:
    return world.card(body=body, verified=True, **more)  # type: ignore[arg-type]


def test_a_date_is_found_on_the_day_and_flags_the_card(world: World) -> None:
    card = card_of_today(world, "The offer holds until 30 November 2026.")
    assert found(world, card) == {}
    world.later(days=14)  # the last day itself
    assert found(world, card) == {}
    world.later(days=1)
    assert found(world, card) == {"date_passed": ["until 30 November 2026"]}
    assert flags(world, card) == [("date_passed", "“until 30 November 2026”: The time is over.")]


def test_a_day_is_looked_at_when_it_comes_and_not_only_at_night(world: World) -> None:
    card = card_of_today(world, "New prices from 17 November 2026.")
    detect(world)
    with world.read() as session:
        due = session.get_one(ExaminedCard, card).next_due_at
    assert due == world.policy.start_of(world.now.date() + timedelta(days=1))
    world.now = due
    assert found(world, card) == {"date_passed": ["from 17 November 2026"]}


def test_a_date_that_had_passed_at_the_check_or_was_written_down_afterwards_is_a_record(world: World) -> None:
    old = card_of_today(world, "Founded on 3 May 2021, moved in June 2024.")
    late = card_of_today(world, "It works like this.")
    world.later(days=10)
    edit(world, late, "It works like this since 20 November 2026.")
    assert found(world, old) == found(world, late) == {}


def test_an_edit_elsewhere_does_not_hide_a_date_that_came_before_it(world: World) -> None:
    card = card_of_today(world, "The offer holds until 20 November 2026. Ask Rita.")
    world.later(days=10)
    edit(world, card, "The offer holds until 20 November 2026. Ask Stan instead.")
    assert found(world, card) == {"date_passed": ["until 20 November 2026"]}


def test_a_check_answers_a_date_and_its_flag(world: World) -> None:
    card = card_of_today(world, "The offer holds until 20 November 2026.")
    world.later(days=10)
    assert found(world, card)
    world.verify(card)
    world.later(seconds=60)
    assert found(world, card) == {}
    assert world.trust(card).is_good


def test_a_dismissal_closes_the_flag_and_is_silent_until_the_words_change(site: Site) -> None:
    world = site.world
    card = card_of_today(world, "The offer holds until 20 November 2026.")
    world.later(days=10)
    detect(world)
    vera = api(site, "vera", "read", "verify")
    [finding] = vera.get(FINDINGS.format(card)).json["items"][:1]
    assert (finding["words"], finding["dismissed"]) == ("until 20 November 2026", None)
    answer = vera.call("POST", f"/findings/{finding['id']}/dismissal", {"reason": "It was prolonged by a year"})
    assert answer.status_code == 200
    assert answer.json["dismissed"]["by"] == "Vera"
    assert world.trust(card).is_good
    world.later(days=1)
    assert found(world, card) == {}
    edit(world, card, "The offer holds until 5 December 2026.")
    world.verify(card)
    world.later(days=10)
    assert found(world, card) == {"date_passed": ["until 5 December 2026"]}


def test_the_same_words_after_other_edits_stay_dismissed(site: Site) -> None:
    world = site.world
    card = world.card(body="Sync it with Salesforce.", verified=True)
    detect(world)
    cora = api(site, "cora", "read", "verify")
    [finding] = [f for f in cora.get(FINDINGS.format(card)).json["items"] if f["detector"] == "names_tool"]
    cora.call("POST", f"/findings/{finding['id']}/dismissal", {"reason": "Only the name"})
    edit(world, card, "Nothing to sync.")
    detect(world)
    edit(world, card, "Sync it with Salesforce, every day.")
    assert found(world, card) == {}
    edit(world, card, "Sync it with Salesforce and HubSpot.")
    assert found(world, card) == {"names_tool": ["Salesforce, HubSpot"]}


def test_a_dismissal_can_be_taken_back_and_flags_again(site: Site) -> None:
    world = site.world
    card = card_of_today(world, "The offer holds until 20 November 2026.")
    world.later(days=10)
    detect(world)
    vera = api(site, "vera", "read", "verify")
    number = vera.get(FINDINGS.format(card)).json["items"][0]["id"]
    assert vera.call("DELETE", f"/findings/{number}/dismissal").status_code == 409
    vera.call("POST", f"/findings/{number}/dismissal", {"reason": "no"})
    assert vera.call("POST", f"/findings/{number}/dismissal", {"reason": "no"}).status_code == 409
    assert vera.call("DELETE", f"/findings/{number}/dismissal").status_code == 204
    assert [kind for kind, _ in flags(world, card)] == ["date_passed"]


def test_whoever_resolves_the_flag_answers_the_finding(site: Site) -> None:
    world = site.world
    card = card_of_today(world, "The offer holds until 20 November 2026.")
    world.later(days=10)
    detect(world)
    with world.read() as session:
        flag = session.scalars(select(Flag.id)).one()
    with world.transaction() as session:
        trust_commands.resolve_flag(session, world.actor(session, "vera"), flag, "Still on the site", world.now)
    assert found(world, card) == {}
    world.later(days=1)
    assert found(world, card) == {}
    [dismissed, *_] = [f for f in api(site, "vera", "read").get(FINDINGS.format(card)).json["items"] if f["dismissed"]]
    assert dismissed["dismissed"]["reason"] == "Still on the site"


def test_a_finding_that_is_gone_closes_its_flag_and_speaks_up_again_when_it_is_back(world: World) -> None:
    card = card_of_today(world, "The offer holds until 20 November 2026.")
    world.later(days=10)
    detect(world)
    edit(world, card, "The offer holds.", is_minor=True)
    assert (found(world, card), flags(world, card)) == ({}, [])
    with world.transaction() as session:
        commands.archive_card(session, world.actor(session, "cora"), session.get_one(Card, card), world.now)
    detect(world)
    with world.read() as session:
        assert session.query(Finding).filter(Finding.gone_at.is_(None)).count() == 0
        assert session.query(ExaminedCard).count() == 0


def test_two_findings_that_share_a_flag_are_answered_together(world: World) -> None:
    card = card_of_today(world, "From 20 November 2026 on. From 20 November 2026, as said. Until 20 November 2026.")
    world.later(days=10)
    assert found(world, card) == {"date_passed": ["From 20 November 2026", "Until 20 November 2026"]}
    world.verify(card)
    world.later(seconds=60)
    assert (found(world, card), flags(world, card)) == ({}, [])


def test_a_deleted_card_takes_its_findings_with_it_and_old_ones_go(world: World) -> None:
    card, other = world.card(body="Made with Okta."), world.card(body="Made with Okta.")
    detect(world)
    edit(world, other, "Made by hand.")
    with world.transaction() as session:
        admin = world.actor(session, "ada")
        commands.archive_card(session, admin, session.get_one(Card, card), world.now)
        commands.delete_card(session, admin, session.get_one(Card, card), world.now)
    detect(world)
    world.later(days=181)
    jobs.housekeeping(context(world))
    with world.read() as session:
        assert {row.card_id for row in session.scalars(select(Finding))} <= {other}
        assert session.query(Finding).filter(Finding.gone_at.is_not(None)).count() == 0


def test_only_whoever_may_verify_sees_and_dismisses_and_to_others_there_is_nothing(site: Site) -> None:
    world = site.world
    secret = world.card(body="Made with Salesforce.", collection="deals")
    detect(world)
    number = api(site, "cora", "read").get(FINDINGS.format(secret)).json["items"][0]["id"]
    for name, status in (("rita", 403), ("stan", 404)):
        program = api(site, name, "read", "verify")
        assert program.get(FINDINGS.format(secret)).status_code == status
        missing = program.call("POST", "/findings/999999/dismissal", {"reason": "x"})
        hidden = program.call("POST", f"/findings/{number}/dismissal", {"reason": "x"})
        assert (missing.status_code, missing.json["detail"]) == (hidden.status_code, hidden.json["detail"])
    assert api(site, "cora", "read").call("POST", f"/findings/{number}/dismissal", {"reason": "x"}).status_code == 403
    assert api(site, "cora", "verify").call("POST", f"/findings/{number}/dismissal", {"reason": " "}).status_code == 422


def test_a_link_to_a_card_that_was_corrected_since_the_check(world: World) -> None:
    prices = world.card("Prices", "The Pro plan costs €49.")
    card = world.card(body=f"See [our prices](/cards/{prices}/prices).", verified=True)
    assert found(world, card) == {}
    world.later(days=1)
    edit(world, prices, "The Pro plan costs €59 now, and no longer less.")
    world.later(days=1)
    assert found(world, card) == {"linked_corrected": ["our prices"]}
    assert world.trust(card).is_good  # a reason to look, not to doubt
    world.verify(card)
    assert found(world, card) == {}


def test_a_link_that_leads_nowhere(world: World) -> None:
    gone = world.card("Gone")
    draft = world.card("Draft", publish=False)
    deals = world.card("Secret", collection="deals")
    address = world.settings.public_url
    body = f"[one](/cards/{gone}) [two]({address}/cards/{draft}/x) [three](/cards/{deals}) [four](/cards/99999)"
    card = world.card(body=body, verified=True)
    with world.transaction() as session:
        commands.archive_card(session, world.actor(session, "cora"), session.get_one(Card, gone), world.now)
    assert found(world, card) == {"broken_link": ["one", "two", "three", "four"]}
    with world.read() as session:
        details = {row.words: row.detail for row in session.scalars(select(Finding)) if row.detector == "broken_link"}
    assert details["three"] == details["four"]  # whoever can't open it can't tell whether it is there


def test_people_who_left_by_name_and_by_address(world: World) -> None:
    person(world, "Nora Quist", left=True)
    person(world, "Karl Lind")
    card = world.card(body="Ask Nora Quist (nora.quist@northwind.example) or Karl Lind.", verified=True)
    assert found(world, card) == {"names_left_person": ["Nora Quist", "nora.quist@northwind.example"]}


def test_a_namesake_who_is_here_is_meant(world: World) -> None:
    person(world, "Nora Quist", left=True)
    with world.transaction() as session:
        system = world.actor(session, "system")
        add_person(session, system, "nq@northwind.example", "Nora Quist", Role.AUTHOR, [], world.now)
    assert found(world, world.card(body="Ask Nora Quist.", verified=True)) == {}


def test_many_people_are_one_finding(world: World) -> None:
    for name in ("Ann Ek", "Bo Falk", "Cai Grip"):
        person(world, name)
    card = world.card(body="Ann Ek, Bo Falk and Cai Grip decide.", verified=True)
    assert found(world, card) == {"names_people": ["Ann Ek, Bo Falk, Cai Grip"]}


def test_a_new_card_says_so_for_ninety_days(world: World) -> None:
    card = world.card(verified=True)
    detect(world)
    with world.read() as session:
        assert session.scalars(select(Finding.detector).where(Finding.card_id == card)).all() == ["new_card"]
    world.later(days=90)
    detect(world)
    with world.read() as session:
        assert session.scalars(select(Finding.gone_at).where(Finding.detector == "new_card")).one() is not None


def test_an_owner_who_was_not_seen_for_half_a_year(world: World) -> None:
    card = world.card(body="Still true.", owner="axel", author="axel")
    world.later(days=181)
    assert found(world, card)["owner_inactive"] == ["Axel"]
    world.verify(card, by="axel")
    assert "owner_inactive" not in found(world, card)


def test_readers_who_are_not_helped(world: World) -> None:
    card = world.card(verified=True)

    def rate(name: str, is_helpful: bool) -> None:
        with world.transaction() as session:
            give_feedback(
                session, world.actor(session, name), session.get_one(Card, card), is_helpful, "too old", world.now
            )

    world.later(days=1)
    for name in ("rita", "rita", "rita", "stan"):
        rate(name, False)
    assert found(world, card) == {}  # one person three times is one person
    rate("axel", False)
    rate("vera", True)
    world.later(days=1)
    assert found(world, card) == {"low_rating": ["too old"]}
    assert flags(world, card) == [("low_rating", "3 readers of 4 say it does not help.")]


def test_searches_that_end_on_the_card_unopened(world: World) -> None:
    card = world.card("Refunds", verified=True)
    with world.transaction() as session:
        for number, name in enumerate(("rita", "stan", "axel", "vera")):
            session.add(
                SearchQuery(
                    id=f"q{number}",
                    words="Refund Poland",
                    person_id=world.person(session, name).id,
                    at=world.now,
                    last_at=world.now,
                    results=3,
                    first_card_id=card,
                    best_trust="verified",
                )
            )
        session.flush()
        session.add(SearchClick(query_id="q3", card_id=card, kind="view", at=world.now))
    world.later(days=1)
    assert found(world, card) == {"failed_searches": ["refund poland"]}


def test_one_poisoned_card_keeps_no_other_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = world.card("Poison", "Made with Okta."), world.card(body="Made with Okta.")
    real = DETECTORS[1]

    def poisoned(batch: object) -> object:
        if bad in batch.ids:  # type: ignore[attr-defined]
            raise ValueError("no")
        return real(batch)  # type: ignore[arg-type]

    monkeypatch.setattr("curator.detectors.examining.DETECTORS", (poisoned,))
    with pytest.raises(RoundFailed, match=f"card {bad}: ValueError: no"):
        detect(world)
    monkeypatch.undo()
    with world.read() as session:
        assert session.scalars(select(Finding.card_id)).all() == [good]
    assert found(world, bad) == {"names_tool": ["Okta"]}


def test_a_round_with_nothing_new_writes_no_finding_and_raises_no_flag_again(world: World) -> None:
    card = card_of_today(world, "The offer holds until 20 November 2026, in Salesforce.")
    world.later(days=10)
    detect(world)
    assert detect(world) == "0 cards examined, 0 new findings"
    world.later(days=1)
    assert detect(world) == "1 card examined, 0 new findings"
    assert len(flags(world, card)) == 1


def test_every_detector_has_a_multiplier() -> None:
    assert all(1 <= multiplier_of(name) <= 2 for name in NAMES)
    assert multiplier_of("no such detector") == 1
