"""Items that were verified elsewhere: recorded as made then, by whom, if that can be known, and never otherwise."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from kb.cards.models import Card
from kb.importing.report import ImportReport
from kb.trust import log
from kb.trust.models import Verification
from tests.kb.importing.conftest import Importing, outcomes
from tests.world import START, World, email

DAY = timedelta(days=1)
ITEM = {
    "external_id": "1", "title": "Refunds", "body": "Full refund.", "owner": email("axel"),
    "updated_at": (START - 20 * DAY).isoformat(), "verified_at": (START - 10 * DAY).isoformat(),
}  # fmt: skip


def bring(importing: Importing, *, publish: bool = True, **changes: object) -> ImportReport:
    item = {key: value for key, value in {**ITEM, **changes}.items() if value is not None}
    return importing(importing.put("cards.jsonl", json.dumps(item).encode()), publish=publish)


def test_a_past_verification_counts_from_then(importing: Importing, world: World) -> None:
    card = importing.card(bring(importing), "line 1")
    assert card.verified_at == START - 10 * DAY
    assert card.updated_at == card.created_at == START - 20 * DAY
    assert card.verify_by == card.verified_at + timedelta(days=world.policy.interval_days)
    assert world.trust(card.id).verified_by == "Axel"
    with world.read() as session:
        (record,) = session.scalars(select(Verification)).all()
        assert (record.basis, record.actor, record.at) == ("import", email("axel"), START - 10 * DAY)
        assert (record.outcome, record.seconds, record.batch_size) == ("still_right", None, 1)
        assert log.check(session).broken_id is None


def test_it_is_recorded_once(importing: Importing, world: World) -> None:
    bring(importing)
    assert outcomes(bring(importing)) == {"line 1": "unchanged"}
    with world.read() as session:
        assert len(session.scalars(select(Verification)).all()) == 1


def test_a_newer_one_is_recorded_too_and_an_older_one_is_not(importing: Importing, world: World) -> None:
    bring(importing)
    newer, older = START - 5 * DAY, START - 15 * DAY
    assert outcomes(bring(importing, verified_at=newer.isoformat())) == {"line 1": "updated"}
    report = bring(importing, verified_at=older.isoformat())
    assert outcomes(report) == {"line 1": "unchanged"}
    assert importing.card(report, "line 1").verified_at == newer


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"owner": None}, "it is not known here who verified it"),
        ({"owner": "stranger@northwind.example"}, "it is not known here who verified it"),
        ({"owner": None, "author": email("axel")}, "it is not known here who verified it"),
        ({"owner": email("rita")}, "may not verify this card"),
        ({"verified_by": "stranger@northwind.example"}, "it is not known here who verified it"),
        ({"verified_at": (START + DAY).isoformat()}, "it lies in the future"),
        ({"updated_at": (START - 5 * DAY).isoformat()}, "the text changed after it"),
    ],
)
def test_what_cannot_be_attributed_is_left_out_and_said(
    importing: Importing, changes: dict[str, Any], reason: str
) -> None:
    report = bring(importing, **changes)
    assert importing.card(report, "line 1").verified_at is None
    assert reason in report.items[0].notices[-1].detail


def test_a_draft_is_verified_when_it_is_published(importing: Importing) -> None:
    assert importing.card(bring(importing, publish=False), "line 1").verified_at is None
    assert importing.card(bring(importing), "line 1").verified_at == START - 10 * DAY


def test_reports_made_here_are_not_closed_by_the_past(importing: Importing, world: World) -> None:
    card_id = importing.card(bring(importing, verified_at=None), "line 1").id
    world.flag(card_id)
    report = bring(importing)
    assert "problems were reported since" in report.items[0].notices[-1].detail
    assert world.trust(card_id).state == "flagged"


def test_a_text_that_changed_and_was_verified_there_is_verified_here(importing: Importing, world: World) -> None:
    card_id = importing.card(bring(importing), "line 1").id
    world.later(days=30)
    then = world.now - 3 * DAY
    report = bring(importing, body="Half a refund.", updated_at=(then - DAY).isoformat(), verified_at=then.isoformat())
    assert outcomes(report) == {"line 1": "updated"}
    with world.read() as session:
        card = session.get_one(Card, card_id)
        assert (card.verified_at, card.verified_version, card.updated_at) == (then, 2, then - DAY)
        came_of_it = session.scalars(select(Verification.outcome).order_by(Verification.id)).all()
        assert came_of_it == ["still_right", None, "corrected"]  # in between, the edit un-verified it
        assert log.check(session).broken_id is None
