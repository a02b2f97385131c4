"""After a large import nobody's week holds more checks than they have time for."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from curator.capacity.layout import spread_within_capacity
from curator.capacity.planning import plan_all
from curator.capacity.workload import workload
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

CARDS, VERIFIERS = 1600, 10
WORDS = " ".join(f"word{number}" for number in range(150))


def test_after_1600_cards_for_ten_verifiers_no_week_exceeds_their_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the cards come verified on one and the same day, as another product hands them over."""
    monkeypatch.chdir(tmp_path)
    settings = Settings.model_validate({"storage": {"data_dir": tmp_path / "data"}})
    _ten_verifiers(settings)
    verified = f"{now().date().isoformat()}T00:00:00Z"
    with (tmp_path / "cards.jsonl").open("w") as file:
        for number in range(CARDS):
            item = {"external_id": f"c{number}", "title": f"Card {number}", "body": f"Answer {number}. {WORDS}"}
            done = {"verified_at": verified, "verified_by": f"v{number % VERIFIERS}@x.test", "updated_at": verified}
            file.write(json.dumps(item | (done if number % 2 else {})) + "\n")
    env = {"VITRINE_STORAGE_DATA_DIR": str(tmp_path / "data"), "VITRINE_LOG_FORMAT": "json"}
    arguments = ["import", "cards.jsonl", "--collection", "handbook", "--publish", "--json"]
    result = CliRunner().invoke(main, arguments, env=env)
    assert result.exit_code == 0, result.output + result.stderr
    assert json.loads(result.stdout)["first_checks_planned"] > CARDS / 2
    _nobody_is_over(settings)


def _ten_verifiers(settings: Settings) -> None:
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
        assert None not in session.scalars(select(Card.verify_by)).all()
        ids = set(session.scalars(select(Card.id)))
        assert spread_within_capacity(session, ids, settings, now()) == []
    assert plan_all(installation.database, settings, now()) == 0
    installation.close()
