"""After a correction exactly those are told who saw what was wrong, each once, and it is known who has seen it."""

import random
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from curator.recall import commands as recalls
from curator.recall.models import RecallReceipt
from curator.recall.reach import Wrong, reach_of
from kb.cards.models import Card
from kb.people.commands import deactivate_person
from kb.use.recorder import Use, UseKind
from tests.curator.cast import mails
from tests.kb.together import Meet, at_once
from tests.site import Site
from tests.world import email

NAMES = ("ada", "cora", "axel", "vera", "rita", "stan")
WORDS = "It is 14 days, not 30."


def edit(site: Site, card: int, body: str, *, checked: bool = False) -> None:
    with site.world.read() as session:
        version = session.get_one(Card, card).version
    patch = {"version": version, "body": body, "checked": checked}
    assert site.api("ada", "admin").call("PATCH", f"/cards/{card}", patch).status_code == 200


def see(site: Site, card: int, name: str, *, copy: bool = False) -> None:
    if copy:
        assert site.page(name).post(f"/cards/{card}/copied").status_code == 204
    else:
        assert site.page(name).get(f"/cards/{card}").status_code == 200


def recall(site: Site, card: int, name: str = "cora", **body: Any) -> Any:
    return site.api(name, "verify").call("POST", f"/cards/{card}/recalls", {"words": WORDS, **body})


def told(site: Site) -> set[str]:
    """The first names of those who were written to."""
    return {mail.to_address.partition("@")[0] for key, mail in mails(site.world).items() if key.startswith("recall:")}


@pytest.fixture
def wrong(site: Site) -> int:
    """A card verified at first, seen by Stan before its last check and by Rita and Vera after it; then corrected."""
    world = site.world
    card = world.card("Refund window", "Thirty days.", verified=True)
    world.later(days=1)
    see(site, card, "stan")
    world.later(days=1)
    world.verify(card)
    world.later(days=1)
    see(site, card, "rita")
    see(site, card, "vera", copy=True)
    world.later(days=1)
    edit(site, card, "Fourteen days.", checked=True)
    world.later(days=1)
    see(site, card, "axel")
    return card


def test_those_who_saw_it_since_the_last_check_are_told_and_nobody_else(site: Site, wrong: int) -> None:
    found = site.api("cora", "verify").get(f"/cards/{wrong}/recalls").get_json()
    assert found["reach"] == {"people": 2, "copied": 1, "viewed": 1, "shown": 0, "forgotten": 0}
    assert (found["first_version"], found["last_version"], found["items"]) == (1, 1, [])
    reply = recall(site, wrong)
    assert (reply.status_code, reply.json["told"], reply.json["seen"], reply.json["hidden"]) == (201, 2, 0, 0)
    assert told(site) == {"rita", "vera"}
    mail = mails(site.world)[f"recall:{reply.json['id']}:{person(site, 'rita')}"]
    assert mail.subject == "Correction of “Refund window”"
    assert WORDS in mail.text
    assert WORDS in mail.html


def test_the_curator_may_name_a_version_or_an_onset(site: Site, wrong: int) -> None:
    assert recall(site, wrong, since="2026-11-16T00:00Z").json["told"] == 3
    assert recall(site, wrong, first_version=2, last_version=2).json["told"] == 1
    assert told(site) == {"rita", "vera", "stan", "axel"}
    for body, field in (
        ({"last_version": 3}, "first_version"), ({"first_version": 2, "last_version": 1}, "first_version"),
        ({"since": "2198-01-01"}, "since"), ({"words": "  "}, "words"), ({"words": "x" * 2001}, "words"),
    ):  # fmt: skip
        reply = recall(site, wrong, **body)
        assert (reply.status_code, reply.json["errors"][0]["field"]) == (422, field), body


def test_two_clicks_tell_once_and_a_late_sighting_is_told_later(site: Site, wrong: int) -> None:
    first = recall(site, wrong)
    again = recall(site, wrong, words="Other words")
    assert (again.status_code, again.json["id"], again.json["words"]) == (200, first.json["id"], WORDS)
    assert len(mails(site.world)) == 2
    site.page("stan").post(f"/cards/{wrong}/copied?version=1")  # from a page that was left open
    assert recall(site, wrong).json["told"] == 3
    assert len(mails(site.world)) == 3


def test_two_curators_at_once_tell_each_person_once(site: Site, wrong: int) -> None:
    world = site.world
    site.runtime.services.recorder.flush()

    def work(name: str) -> Any:
        def run(meet: Meet) -> None:
            meet()
            with world.transaction() as session:
                card, actor = session.get_one(Card, wrong), world.actor(session, name)
                what = Wrong(1, 1, world.now - timedelta(days=3))
                recalls.tell(session, actor, card, what, WORDS, world.settings, world.now)

        return run

    assert at_once(work("ada"), work("cora")) == [None, None]
    assert told(site) == {"rita", "vera"}
    with world.read() as session:
        assert len(session.scalars(select(RecallReceipt)).all()) == 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_list_is_exactly_the_set_from_the_event_log(site: Site, seed: int) -> None:
    """Random sightings of random versions, against a list of all of them."""
    world, chance = site.world, random.Random(seed)  # noqa: S311  (a sample, not a secret)
    card = world.card("Refund window", "1 day.")
    with world.read() as session:
        people = {name: world.person(session, name).id for name in NAMES}
    log: list[tuple[int, int, datetime]] = []
    for version in range(1, 5):
        for _ in range(12):
            world.later(seconds=chance.randint(1, 900))
            name, seen = chance.choice(NAMES), chance.randint(1, version)
            kind: UseKind = chance.choice(("shown", "view", "copy"))
            site.runtime.services.recorder.record(Use(card, seen, kind, False, people[name], world.now))
            log.append((people[name], seen, world.now))
            if chance.random() < 0.2:
                site.runtime.services.recorder.flush()
        edit(site, card, f"{version + 1} days.")
    site.runtime.services.recorder.flush()
    for _ in range(40):
        first = chance.randint(1, 5)
        what = Wrong(first, chance.randint(first, 5), chance.choice(log)[2] + timedelta(seconds=chance.choice((0, 1))))
        expected = {who for who, seen, at in log
                    if what.first_version <= seen <= what.last_version and at >= what.since}  # fmt: skip
        with world.read() as session:
            assert {each.person_id for each in reach_of(session, card, what).people} == expected


def test_who_may_not_read_the_card_any_more_is_counted_and_told_nothing(site: Site) -> None:
    world, ada = site.world, site.api("ada", "admin")
    card = world.card("Discount floor", "Never below list.", verified=True)
    world.later(days=1)
    for name in ("stan", "rita", "vera"):
        see(site, card, name)
    edit(site, card, "Never below half of the list.")
    ada.call("PATCH", f"/cards/{card}", {"version": 2, "collection": "deals"})
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "vera"), world.now)
    reply = recall(site, card, last_version=1)
    assert (reply.json["told"], reply.json["hidden"]) == (1, 2)
    assert told(site) == {"rita"}
    stan = site.page("stan")
    assert "Discount" not in stan.get("/").text + stan.get("/recalls").text
    assert site.api("stan").get("/recalls").get_json()["items"] == []
    assert site.api("stan").call("POST", f"/recalls/{reply.json['id']}/receipt").status_code == 404
    assert "Can&#39;t read it any more" in site.page("cora").get(f"/cards/{card}/recall").text


def test_the_notice_stands_on_every_page_until_it_was_seen(site: Site, wrong: int) -> None:
    number = recall(site, wrong).json["id"]
    rita, cora = site.page("rita"), site.page("cora")
    said = "“Refund window” was wrong when you saw it."
    for path in ("/", "/account", f"/cards/{wrong}"):
        assert said in rita.get(path).text
    assert said not in site.page("stan").get("/").text
    assert WORDS in rita.get("/recalls").text
    site.world.later(seconds=60)
    assert rita.post(f"/recalls/{number}/receipt").status_code == 303
    site.world.later(seconds=3600)
    assert rita.post(f"/recalls/{number}/receipt").status_code == 303
    assert said not in rita.get("/").text
    receipts = site.api("cora", "verify").get(f"/cards/{wrong}/recalls").get_json()["items"][0]["receipts"]
    assert {each["person"]["name"]: each["seen_at"] for each in receipts} == {
        "Vera": None, "Rita": (site.world.now - timedelta(hours=1)).isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    page = cora.get(f"/cards/{wrong}/recall").text
    assert "1 of 2 have seen it" in page
    assert "Told, not seen yet" in page


def test_a_reminder_goes_once_to_those_who_have_not_seen_it(site: Site, wrong: int) -> None:
    number = recall(site, wrong).json["id"]
    assert site.api("rita").call("POST", f"/recalls/{number}/receipt").status_code == 204
    for status in (200, 409):
        assert site.api("cora", "verify").call("POST", f"/recalls/{number}/reminder").status_code == status
    reminders = [mail.to_address for key, mail in mails(site.world).items() if key.endswith(":reminder")]
    assert reminders == [email("vera")]


def test_only_curators_of_the_collection_and_the_owner_may_tell(site: Site, wrong: int) -> None:
    number = recall(site, wrong, "axel").json["id"]
    secret = site.world.card("Discount floor", collection="deals")
    for name, status in (("ada", 200), ("cora", 200), ("axel", 200), ("vera", 403), ("rita", 403), ("stan", 403)):
        assert site.page(name).get(f"/cards/{wrong}/recall").status_code == status, name
        assert site.api(name, "verify").get(f"/cards/{wrong}/recalls").status_code == status, name
        assert recall(site, wrong, name).status_code == status, name
        if status == 403:
            assert site.api(name, "verify").call("POST", f"/recalls/{number}/reminder").status_code == 403, name
    assert site.page("stan").get(f"/cards/{secret}/recall").status_code == 404
    assert recall(site, secret, "stan").status_code == 404
    for number in ("999", "0", str(2**31), str(2**63), "9" * 100):
        assert site.api("vera").call("POST", f"/recalls/{number}/receipt").status_code == 404, number
        assert site.api("cora", "verify").call("POST", f"/recalls/{number}/reminder").status_code == 404, number


@pytest.mark.parametrize("how", ["archive", "replacement", "unverify"])
def test_a_card_that_was_withdrawn_or_is_in_doubt_was_wrong_itself(site: Site, how: str) -> None:
    world, ada = site.world, site.api("ada", "admin")
    card, other = world.card("Refund window", verified=True), world.card("Refund window now")
    world.later(days=1)
    see(site, card, "rita")
    if how == "archive":
        ada.call("POST", f"/cards/{card}/archive", {})
    elif how == "replacement":
        ada.call("PUT", f"/cards/{card}/replacement", {"card_id": other})
    else:
        ada.call("DELETE", f"/cards/{card}/verification", {"reason": "Prices changed"})
    reply = recall(site, card)
    assert (reply.status_code, reply.json["last_version"], reply.json["told"]) == (201, 1, 1)


def test_nothing_corrected_is_nothing_to_tell(site: Site) -> None:
    card = site.world.card("Refund window", verified=True)
    see(site, card, "rita")
    page = site.page("cora").get(f"/cards/{card}/recall").text
    assert "Nothing was corrected yet" in page
    assert recall(site, card).status_code == 409
    assert site.page("cora").post(f"/cards/{card}/recall", {"words": "x"}).status_code == 409
    assert recall(site, card, last_version=1).json["told"] == 1, "but a curator may say that it was wrong"


def test_the_page_tells_in_one_step_with_words_that_can_be_changed(site: Site, wrong: int) -> None:
    cora = site.page("cora")
    page = cora.get(f"/cards/{wrong}/recall").text
    assert "Tell 2 people" in page
    assert "“Refund window” was corrected on" in page
    fields = dict(re.findall(r'<input type="hidden" name="(first|last|since)" value="([^"]+)"', page))
    empty = cora.post(f"/cards/{wrong}/recall", {**fields, "words": " "})
    assert empty.status_code == 422
    assert "Say what was wrong and what is right." in empty.text
    assert cora.post(f"/cards/{wrong}/recall", {**fields, "words": WORDS}).status_code == 303
    assert cora.post(f"/cards/{wrong}/recall", {**fields, "words": WORDS}).status_code == 303
    assert told(site) == {"rita", "vera"}
    assert len(mails(site.world)) == 2
    chosen = cora.get(f"/cards/{wrong}/recall?first=2&last=2").text
    assert "Axel" in chosen
    assert cora.get(f"/cards/{wrong}/recall?first=9&last=2").status_code == 422
    assert "Told who saw a wrong version" in cora.get(f"/cards/{wrong}/audit").text


def person(site: Site, name: str) -> int:
    with site.world.read() as session:
        return site.world.person(session, name).id
