"""After a large import nobody's week holds more checks than they have time for."""

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from curator.capacity.layout import spread_within_capacity
from curator.capacity.planning import plan_all
from curator.capacity.time import Calendar
from curator.capacity.workload import workload
from curator.rules.terms import policy_cards, servable
from kb.cards.collections import CollectionFields, create_collection
from kb.cards.fields import VerifierRef
from kb.cards.models import Card
from kb.clock import now
from kb.installation import open_installation
from kb.people.actor import system_actor
from kb.people.commands import add_group, add_person, set_members
from kb.people.models import Role
from kb.settings import Settings
from vitrine.cli import main
from vitrine.commands import content

VERIFIERS, MINUTES = 3, 45
CARDS = 160 * VERIFIERS


def test_after_an_import_of_160_cards_for_each_verifier_no_week_exceeds_their_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the cards come verified on one and the same day, as another product hands them over.

    As many for each as when ten take over 1,600, which takes long; tests/curator/test_spreading.py lays out so many.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(content, "near_duplicates", lambda _context: "")  # it takes long and says nothing about time
    values = {"storage": {"data_dir": tmp_path / "data"}, "freshness": {"minutes_per_week": MINUTES}}
    settings = Settings.model_validate(values)
    _verifiers(settings)
    verified = f"{now().date().isoformat()}T00:00:00Z"
    with (tmp_path / "cards.jsonl").open("w") as file:
        for number in range(CARDS):
            item = {"external_id": f"c{number}", "title": f"Card {number}", "body": text_of(number)}
            done = {"verified_at": verified, "verified_by": f"v{number % VERIFIERS}@x.test", "updated_at": verified}
            file.write(json.dumps(item | (done if number % 2 else {})) + "\n")
    env = {"VITRINE_STORAGE_DATA_DIR": str(tmp_path / "data"), "VITRINE_LOG_FORMAT": "json",
           "VITRINE_FRESHNESS_MINUTES_PER_WEEK": str(MINUTES)}  # fmt: skip
    arguments = ["import", "cards.jsonl", "--collection", "handbook", "--publish", "--json"]
    result = CliRunner().invoke(main, arguments, env=env)
    assert result.exit_code == 0, result.output + result.stderr
    assert json.loads(result.stdout)["first_checks_planned"] > CARDS / 2
    _nobody_is_over(settings)


def text_of(number: int) -> str:
    """A text of 40 words that is like no other."""
    return " ".join(f"w{(number * 7919 + place * 104729) % 99991}" for place in range(40)) + "."


def _verifiers(settings: Settings) -> None:
    installation = open_installation(settings, now())
    with installation.database.transaction() as session:
        system = system_actor(session)
        people = [
            add_person(session, system, f"v{number}@x.test", f"V{number}", Role.AUTHOR, [], now())
            for number in range(VERIFIERS)
        ]
        group = add_group(session, system, "Checkers", now())
        set_members(session, system, group, "Checkers", people, now())
        fields = CollectionFields("Handbook", slug="handbook", verifiers=(VerifierRef(group_id=group.id),))
        create_collection(session, system, fields, now())
    installation.close()


def _nobody_is_over(settings: Settings) -> None:
    installation = open_installation(settings, now())
    with installation.database.read() as session:
        found = workload(session, system_actor(session), settings, now())
        assert len(found.people) == VERIFIERS
        assert {person.weeks_over for person in found.people} == {0}
        assert max(week.total / week.budget for person in found.people for week in person.weeks) <= 1
        cards = policy_cards(session, servable(system_actor(session).readable), settings.freshness, now())
        assert {card.is_verified for card in cards} == {True, False}
        calendar, weeks = Calendar.from_this_week(now(), settings.schedule.zone), Counter[tuple[int | None, int]]()
        for card in cards:
            assert card.verify_by is not None
            weeks[card.assignee_id, calendar.week_of(card.verify_by)] += card.minutes
        assert max(weeks.values()) <= settings.freshness.minutes_per_week
        ids = set(session.scalars(select(Card.id)))
        assert spread_within_capacity(session, ids, settings, now()) == []
    assert plan_all(installation.database, settings, now()) == 0
    installation.close()
