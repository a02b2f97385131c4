"""One card over the API as of an earlier instant: the text and trust of then, for whoever may read it today."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from kb.cards.commands import Edit, archive_card, edit_card
from kb.cards.models import Card
from kb.cards.replacements import replace_card
from kb.use.models import Sighting
from tests.infra.cases import in_one_world
from tests.site import Site
from tests.world import START, World


def stamp(instant: datetime) -> str:
    """An instant as the API spells it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def at(site: Site, card: int, instant: datetime, who: str = "rita") -> dict:  # type: ignore[type-arg]
    """The card as of then."""
    reply = site.api(who, "lookup").get(f"/cards/{card}?as_of={stamp(instant)}")
    assert reply.status_code == 200, reply.text
    return dict(reply.get_json())


@pytest.fixture
def changed(world: World) -> int:
    """Thirty days, checked; fourteen days ten days later, not checked; a report another day later."""
    card = world.card("Refunds", "Full refund within **30 days**.", tags=("refunds",), verified=True)
    world.later(days=10)
    with world.transaction() as session:
        text = world.text("Refunds now", "Full refund within 14 days.")
        loaded = session.get_one(Card, card)
        edit_card(session, world.actor(session, "cora"), loaded, text, Edit(1), world.policy, world.now)
    world.later(days=1)
    world.flag(card)
    world.later(days=1)
    return card


def test_it_has_the_text_trust_and_version_of_then(site: Site, changed: int) -> None:
    then, now = (
        at(site, changed, START + timedelta(days=1)),
        site.api("rita", "lookup").get(f"/cards/{changed}").get_json(),
    )
    assert (then["title"], then["version"], then["trust"]["state"], then["tags"]) == (
        "Refunds", 1, "verified", ["refunds"],
    )  # fmt: skip
    assert then["body"] == "Full refund within **30 days**."
    assert "<strong>30 days</strong>" in then["html"]
    assert (then["verifiers"], then["assignee"], then["interval_days"], then["template"]) == ([], None, None, None)
    assert at(site, changed, START + timedelta(days=10.5))["trust"]["state"] == "unverified"
    assert (now["title"], now["version"], now["trust"]["state"]) == ("Refunds now", 2, "flagged")
    assert at(site, changed, site.world.now)["trust"]["state"] == "flagged"


@pytest.mark.parametrize(("seconds", "version"), [(-1, 1), (0, 2), (1, 2)])
def test_the_very_second_of_an_edit_decides(site: Site, changed: int, seconds: int, version: int) -> None:
    assert at(site, changed, START + timedelta(days=10, seconds=seconds))["version"] == version


def test_looking_back_is_no_sighting(site: Site, changed: int) -> None:
    at(site, changed, START + timedelta(days=1))
    site.runtime.services.recorder.flush()
    with site.world.read() as session:
        assert session.scalar(select(func.count()).select_from(Sighting)) == 0


@in_one_world("instant", ["2031-01-01T00:00Z", "2001-01-01", "yesterday"])
def test_an_instant_nothing_is_known_of_is_refused_by_name(site: Site, changed: int, instant: str) -> None:
    reply = site.api("rita", "lookup").get(f"/cards/{changed}?as_of={instant}")
    assert (reply.status_code, [error["field"] for error in reply.get_json()["errors"]]) == (422, ["as_of"])


def test_what_may_be_read_today_decides_and_never_more(site: Site) -> None:
    world = site.world
    card, hidden = world.card("Refunds"), world.card("Discount floor", collection="deals")
    world.later(days=1)
    then = stamp(world.now)
    world.later(days=1)
    with world.transaction() as session:
        archive_card(session, world.actor(session, "cora"), session.get_one(Card, card), world.now)
    stan, cora = site.api("stan", "lookup"), site.api("cora", "lookup")
    assert stan.get(f"/cards/{hidden}?as_of={then}").status_code == 404
    assert stan.get(f"/cards/{card}?as_of={then}").status_code == 410, "archived today, and not theirs to restore"
    assert cora.get(f"/cards/{card}?as_of={then}").get_json()["title"] == "Refunds"
    assert cora.get(f"/cards/{card}?as_of={stamp(world.now)}").status_code == 410
    draft = world.card("Draft", publish=False)
    world.later(days=1)
    assert cora.get(f"/cards/{draft}?as_of={stamp(world.now)}").status_code == 404


def test_before_its_publication_it_was_no_answer(site: Site) -> None:
    world = site.world
    world.later(days=1)
    card = world.card("Refunds")
    world.later(days=1)
    reply = site.api("rita", "lookup").get(f"/cards/{card}?as_of={stamp(START + timedelta(hours=1))}")
    assert (reply.status_code, "not published yet" in reply.text) == (404, True)


def test_a_card_that_is_replaced_today_is_itself_before_and_leads_to_its_head_after(site: Site) -> None:
    world = site.world
    old, new = world.card("Refund window", "Thirty days."), world.card("Refund window now", "Fourteen days.")
    world.later(days=1)
    with world.transaction() as session:
        replace_card(
            session, world.actor(session, "cora"), session.get_one(Card, old), session.get_one(Card, new), world.now
        )
    world.later(days=1)
    assert at(site, old, START + timedelta(hours=1))["title"] == "Refund window"
    after = stamp(START + timedelta(days=1, hours=1))
    reply = site.api("rita", "lookup").get(f"/cards/{old}?as_of={after}")
    assert (reply.status_code, reply.get_json()["replaced_by"]) == (308, new)
    assert reply.headers["Location"].endswith(f"/cards/{new}?as_of={after}")
