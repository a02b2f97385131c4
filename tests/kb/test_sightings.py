"""Who saw which version when is known to the second, costs readers nothing, and loses the person after its term."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from curator import jobs
from curator.jobs import JobContext
from kb.cards import commands
from kb.cards.models import Card
from kb.use.models import Sighting
from kb.use.recorder import Use, UseRecorder
from tests.kb.together import Meet, at_once
from tests.site import Site
from tests.world import World

QUIET = 3600.0
Row = tuple[int, str | None, str, datetime, datetime, int]


def seen(world: World, card_id: int) -> list[Row]:
    """(version, person, kind, first, last, times)"""
    with world.read() as session:
        people = {world.person(session, name).id: name for name in ("ada", "cora", "axel", "vera", "rita", "stan")}
        rows = session.scalars(select(Sighting).where(Sighting.card_id == card_id))
        found = [(row.version, people.get(row.person_id or 0), row.kind, row.first_at, row.last_at, row.times)
                 for row in rows]  # fmt: skip
    return sorted(found, key=lambda row: (row[0], row[1] or "", row[2]))


def edit(world: World, card_id: int, body: str) -> None:
    with world.transaction() as session:
        card, actor = session.get_one(Card, card_id), world.actor(session, "axel")
        text = world.text(card.title, body)
        commands.edit_card(session, actor, card, text, commands.Edit(card.version), world.policy, world.now)


def flush(site: Site) -> None:
    site.runtime.services.recorder.flush()


@pytest.fixture
def card(site: Site) -> int:
    """A verified card that can be found."""
    card_id = site.world.card("Refund window", "Full refund within 30 days.", verified=True)
    site.index()
    return card_id


def test_every_way_to_see_a_card_names_the_version_that_was_seen(site: Site, card: int) -> None:
    world, rita, program = site.world, site.page("rita"), site.api("stan")
    first = world.now
    rita.get("/?q=refund+window")
    rita.get(f"/preview/{card}")
    shown = rita.get(f"/cards/{card}")
    copied = unescape(re.findall(r'data-copy-log="([^"]+)"', shown.text)[0])
    world.later(seconds=60)
    edit(world, card, "Full refund within 14 days.")
    site.index()
    assert rita.post(copied).status_code == 204, "the page was drawn before the edit"
    assert program.get("/lookup?q=refund").status_code == 200
    assert program.get(f"/cards/{card}").status_code == 200
    for version in (1, 7, None):
        event = {"kind": "copy", "card_id": card, "version": version}
        assert program.call("POST", "/events", json=event).status_code == 204
    flush(site)
    assert seen(world, card) == [
        (1, "rita", "copy", world.now, world.now, 1),
        (1, "rita", "shown", first, first, 2),
        (1, "rita", "view", first, first, 1),
        (1, "stan", "copy", world.now, world.now, 1),
        (2, "stan", "copy", world.now, world.now, 2),
        (2, "stan", "shown", world.now, world.now, 1),
        (2, "stan", "view", world.now, world.now, 1),
    ]


@pytest.mark.parametrize("version", ["0", "-1", "x", "99999999999999999999", ""])
def test_a_version_that_never_was_counts_as_the_current_one(site: Site, card: int, version: str) -> None:
    assert site.page("rita").post(f"/cards/{card}/copied?version={version}").status_code == 204
    flush(site)
    assert [row[:3] for row in seen(site.world, card)] == [(1, "rita", "copy")]


def test_what_is_withheld_or_may_not_be_read_was_not_seen(site: Site) -> None:
    secret = site.world.card("Discount floor", "Never below list.", collection="deals")
    site.index()
    stan, program = site.page("stan"), site.api("stan")
    for path in (f"/cards/{secret}", f"/preview/{secret}", "/?q=discount+floor"):
        stan.get(path)
    stan.post(f"/cards/{secret}/copied?version=1")
    program.get(f"/cards/{secret}")
    program.call("POST", "/events", json={"kind": "view", "card_id": secret})
    flush(site)
    assert seen(site.world, secret) == []


def test_several_processes_lose_no_sighting_and_keep_the_first_and_the_last_instant(world: World) -> None:
    card = world.card()
    with world.read() as session:
        rita = world.person(session, "rita").id

    def work(place: int) -> Any:
        def run(meet: Meet) -> None:
            recorder = UseRecorder(world.database, seconds=QUIET)
            meet()
            for step in range(5):
                recorder.record(Use(card, 1, "view", False, rita, world.now + timedelta(seconds=3 * step + place)))
                recorder.flush()

        return run

    assert at_once(work(0), work(1), work(2)) == [None] * 3
    assert seen(world, card) == [(1, "rita", "view", world.now, world.now + timedelta(seconds=14), 15)]


def test_a_failed_write_keeps_what_was_seen_and_a_deleted_card_is_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = world.card(), world.card()
    recorder = UseRecorder(world.database, seconds=QUIET)
    with world.read() as session:
        rita = world.person(session, "rita").id
    for card in (kept, gone):
        recorder.record(Use(card, 1, "copy", False, rita, world.now))
    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr("kb.use.sightings.write", lambda *_: (_ for _ in ()).throw(RuntimeError("full disk")))
        recorder.flush()
    recorder.record(Use(kept, 1, "copy", False, rita, world.now + timedelta(seconds=1)))
    with world.transaction() as session:
        ada, doomed = world.actor(session, "ada"), session.get_one(Card, gone)
        commands.archive_card(session, ada, doomed, world.now)
        commands.delete_card(session, ada, doomed, world.now)
    recorder.flush()
    assert seen(world, kept) == [(1, "rita", "copy", world.now, world.now + timedelta(seconds=1), 2)]
    assert seen(world, gone) == []


@pytest.mark.parametrize("settings_values", [{"privacy": {"sighting_days": 30}}])
def test_after_its_term_a_sighting_is_somebodys(world: World) -> None:
    card = world.card()
    recorder = UseRecorder(world.database, seconds=QUIET)
    with world.read() as session:
        rita, stan = world.person(session, "rita").id, world.person(session, "stan").id
    old = world.now
    recorder.record(Use(card, 1, "view", False, rita, old))
    recorder.record(Use(card, 1, "view", False, stan, old + timedelta(seconds=1)))
    recorder.flush()
    world.later(days=30, seconds=1)
    jobs.housekeeping(JobContext.on(world.installation, lambda: world.now))
    recorder.record(Use(card, 1, "view", False, rita, world.now))
    recorder.flush()
    assert [(row[1], row[5]) for row in seen(world, card)] == [(None, 1), ("rita", 1), ("stan", 1)]
