"""The demo is what one would show a customer: a believable company, made with the product's own commands."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from curator.checks.series import quick_series
from curator.detectors.models import WatchedSource
from curator.detectors.source_diff import source_diff
from curator.owners.report import Fault, owners_report
from curator.questions.models import Question
from kb.cards.models import Card, Status
from kb.installation import open_installation
from kb.people.absences import absent
from kb.people.actor import actor_for
from kb.people.models import Person, Role
from kb.settings import Settings
from kb.text.renderer import Renderer
from kb.triggers.models import Trigger
from kb.trust import log
from kb.trust.queries import trust_by_card
from kb.trust.rules import rules_in_order
from kb.use.models import CardUse
from tests.world import START
from vitrine import demo
from vitrine.runtime import Runtime, assemble


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def runtime(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, renderer: Renderer
) -> Iterator[Runtime]:
    """The demo, filled once for all who only look at it."""
    values: dict[str, Any] = {"storage": {"data_dir": tmp_path_factory.mktemp("demo")}}
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    if server is not None:
        values["database"] = {"url": server.fresh_database()}
    installation = open_installation(Settings.model_validate(values), START)
    runtime = assemble(installation, renderer)
    assert demo.fill(runtime, START) is True
    yield runtime
    runtime.backend.close()
    installation.close()
    if server is not None:
        server.drop(values["database"]["url"])


def test_the_demo_fills_an_empty_installation_once_and_every_story_holds(runtime: Runtime) -> None:
    assert demo.fill(runtime, START) is False
    with runtime.services.database.read() as session:
        cards = session.scalars(select(Card)).all()
        assert len(cards) == 150
        served = [card for card in cards if card.replaced_by_id is None]
        trust = trust_by_card(session, served, runtime.services.policy, START)
        counts = Counter(found.state.value for found in trust.values())
        assert counts == {"verified": 108, "overdue": 15, "due_soon": 9, "unverified": 9, "flagged": 7}
        assert all(card.assignee_id for card in cards if card.status == Status.PUBLISHED)
        (source,) = session.scalars(select(WatchedSource))
        assert [
            line.kind for line in source_diff(session, source.card_id)[0].lines if line.kind in ("removed", "added")
        ]
        assert log.check(session).broken_id is None
        weeks = {day.isocalendar()[:2] for day in session.scalars(select(CardUse.day))}
        assert len(weeks) in (12, 13)
        roles = {person.role for person in session.scalars(select(Person).where(Person.deactivated_at.is_(None)))}
        assert roles == set(Role)


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_a_support_agent_of_the_demo_does_not_see_the_sales_plays(runtime: Runtime) -> None:
    with runtime.services.database.read() as session:
        guides = {person.role: person for _, person in demo.guides(session)}
        assert list(guides) == [Role.ADMIN, Role.CURATOR, Role.AUTHOR, Role.REP]
        tom = actor_for(session, guides[Role.REP])
        sales = session.scalars(select(Card).where(Card.collection.has(slug="sales"))).all()
        assert sales
        assert not {card.collection_id for card in sales} & tom.readable


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_the_demo_has_rules_absences_a_quick_series_and_cards_of_somebody_who_left(runtime: Runtime) -> None:
    services = runtime.services
    with services.database.read() as session:
        aoife = actor_for(session, next(person for _, person in demo.guides(session)))
        assert [rule.tag for rule in rules_in_order(session)] == ["pricing", "tax", "alerts"]
        assert len(absent(session, START)) == 1
        questions = session.scalars(select(Question).order_by(Question.id)).all()
        assert [(len(each.askers), each.closed_at is not None) for each in questions] == [
            (2, False),
            (1, False),
            (1, True),
        ]
        assert len({each.assignee_id for each in questions}) == 3
        assert [trigger.label for trigger in session.scalars(select(Trigger).order_by(Trigger.id))] == [
            "Topic",
            "Stage",
        ]
        (run,) = quick_series(session, aoife, START)
        assert (run.person.name, len(run.run)) == ("Elena Volkova", 6)
        ill = owners_report(session, aoife, START).with_fault(Fault.OWNER_LEFT)
        assert [each.card.title for each in ill] == [
            "Who decides: roles in a typical deal",
            "Win back a customer who cancelled",
        ]


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_who_opens_the_demo_later_finds_the_name_its_pages_have(runtime: Runtime, tmp_path: Path) -> None:
    elsewhere = Settings.model_validate({"storage": {"data_dir": tmp_path}})
    assert demo.named_as_filled(elsewhere).workspace.name == "Vitrine"
    settings = runtime.services.settings
    assert demo.named_as_filled(settings).workspace.name == "Northwind Support"
    own = settings.model_copy(update={"workspace": settings.workspace.model_copy(update={"name": "Acme"})})
    assert demo.named_as_filled(own).workspace.name == "Acme"
