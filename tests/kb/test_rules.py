"""Rules of the policy: which counts for a card, when its next check falls due, what an overdue answer becomes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kb.cards.models import Breach, Card
from kb.trust.rules import About, Clause, Pace, Rule, SuggestedInterval, expiry_of
from kb.trust.timing import Shelf, Timing, timing_of
from tests.site import Site
from tests.world import START, World

BERLIN = ZoneInfo("Europe/Berlin")
PRICING = About(1, frozenset({"pricing"}), frozenset({"sales"}))
PLAIN = About(1)


def timing(card: About, *clauses: Clause, own: int | None = None, shelf: Shelf = Shelf()) -> Timing:  # noqa: B008
    return timing_of(card, own, None, clauses, shelf, 90)


def add_rule(world: World, **values: Any) -> None:
    """A rule as it stands after somebody applied it."""
    with world.transaction() as session:
        session.add(Rule(**{"position": 1, "created_at": world.now, **values}))


@pytest.mark.parametrize(
    ("clauses", "days", "source"),
    [
        ([], 90, "installation"),
        ([Clause(tag="pricing", interval_days=30)], 30, "rule"),
        ([Clause(tag="legal", interval_days=30)], 90, "installation"),
        ([Clause(1, "pricing", "sales", 7)], 7, "rule"),
        ([Clause(2, "pricing", "sales", 7)], 90, "installation"),
        ([Clause(1, "pricing", "support", 7)], 90, "installation"),
        ([Clause(interval_days=60), Clause(tag="pricing", interval_days=30)], 60, "rule"),
        ([Clause(expiry=Breach.WARN), Clause(tag="pricing", interval_days=30)], 30, "rule"),
    ],
)
def test_the_first_rule_about_a_card_that_says_it_counts(clauses: list[Clause], days: int, source: str) -> None:
    found = timing(PRICING, *clauses)
    assert (found.interval_days, found.source) == (days, source)


def test_a_cards_own_interval_comes_before_every_rule_and_is_never_adaptive() -> None:
    found = timing(PRICING, Clause(interval_days=7, pace=Pace.ADAPTIVE), own=200, shelf=Shelf(30, is_adaptive=True))
    assert (found.interval_days, found.source, found.is_adaptive) == (200, "card", False)


def test_a_rule_comes_before_the_collection_and_that_before_the_installation() -> None:
    assert timing(PLAIN, shelf=Shelf(30)).interval_days == 30
    assert timing(PLAIN, Clause(1, interval_days=45), shelf=Shelf(30)).interval_days == 45


def test_a_card_for_everybody_is_not_written_for_an_audience() -> None:
    assert timing(PLAIN, Clause(audience="sales", interval_days=7)).interval_days == 90


@pytest.mark.parametrize(("suggested", "days"), [(None, 90), (30, 30), (365, 90), (0, 1)])
def test_an_adaptive_check_comes_when_it_is_suggested_but_never_later_than_people_allow(
    suggested: int | None, days: int
) -> None:
    found = timing(PLAIN, Clause(pace=Pace.ADAPTIVE))
    assert found.due(START, suggested, BERLIN) == START + timedelta(days=days)


def test_a_rule_may_make_an_adaptive_collections_cards_fixed() -> None:
    shelf = Shelf(is_adaptive=True)
    assert timing(PLAIN, shelf=shelf).is_adaptive
    assert not timing(PLAIN, Clause(pace=Pace.FIXED), shelf=shelf).is_adaptive


@pytest.mark.parametrize(
    ("verified_at", "due"),
    [
        (datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC), datetime(2026, 2, 28, 23, tzinfo=UTC)),
        (datetime(2026, 2, 28, 23, 0, tzinfo=UTC), datetime(2027, 2, 28, 23, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), datetime(2027, 2, 28, 23, tzinfo=UTC)),
    ],
)
def test_a_yearly_date_comes_back_every_year_at_midnight_in_the_installations_zone(
    verified_at: datetime, due: datetime
) -> None:
    found = timing(PLAIN, Clause(check_on=date(2024, 3, 1), is_yearly=True))
    assert found.due(verified_at, None, BERLIN) == due


def test_the_29th_of_february_is_the_28th_in_other_years() -> None:
    found = timing(PLAIN, Clause(check_on=date(2024, 2, 29), is_yearly=True))
    assert found.due(START, None, ZoneInfo("UTC")) == datetime(2027, 2, 28, tzinfo=UTC)


def test_a_single_day_counts_once_then_the_interval() -> None:
    found = timing(PLAIN, Clause(check_on=date(2026, 12, 1), interval_days=10))
    day = datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert found.due(START, None, BERLIN) == day
    assert found.due(day, None, BERLIN) == day + timedelta(days=10)


def test_what_happens_to_an_overdue_answer_is_said_by_the_first_rule_that_says_it() -> None:
    clauses = [Clause(tag="pricing", interval_days=7), Clause(1, expiry=Breach.WARN), Clause(expiry=Breach.WITHHOLD)]
    assert expiry_of(clauses, PRICING) is Breach.WARN
    assert expiry_of(clauses, About(2)) is Breach.WITHHOLD
    assert expiry_of(clauses[:1], PRICING) is None


def test_a_check_is_due_as_the_rules_say_from_the_next_verification_on(world: World) -> None:
    card = world.card(verified=True, tags=("pricing",))
    add_rule(world, tag="pricing", interval_days=30)
    with world.read() as session:
        assert session.get_one(Card, card).verify_by == START + timedelta(days=90)
        assert world.policy.interval_of(session.get_one(Card, card)) == 30
    world.later(days=1)
    world.verify(card)
    with world.read() as session:
        assert session.get_one(Card, card).verify_by == world.now + timedelta(days=30)


def test_an_adaptive_collection_follows_last_nights_suggestion(world: World) -> None:
    card, other = world.card(), world.card()
    with world.transaction() as session:
        world.collection(session, "billing").is_adaptive = True
        session.add(SuggestedInterval(card_id=card, days=20, at=world.now))
    for each in (card, other):
        world.verify(each)
    with world.read() as session:
        dues = [session.get_one(Card, each).verify_by for each in (card, other)]
    assert dues == [START + timedelta(days=20), START + timedelta(days=90)]


@pytest.mark.parametrize(
    ("contract", "expiry", "overdue", "flagged"),
    [
        ("serve", None, "given", "given"),
        ("serve", "warn", "warned", "warned"),
        ("serve", "withhold", "withheld", "withheld"),
        ("withhold", None, "withheld", "withheld"),
        ("withhold", "serve", "given", "withheld"),
        ("withhold", "warn", "warned", "withheld"),
    ],
)
def test_a_rule_says_what_becomes_of_an_overdue_answer(
    site: Site, contract: str, expiry: str | None, overdue: str, flagged: str
) -> None:
    """What else the collection asks for still counts: a report weighs no less on a card that is overdue too."""
    world = site.world
    card = world.card("Refund window", verified=True, interval_days=10, tags=("pricing",))
    with world.transaction() as session:
        shelf = world.collection(session, "billing")
        shelf.contract, shelf.min_trust = contract, "verified" if contract != "serve" else None
    add_rule(world, tag="pricing", expiry=expiry)
    site.index()
    rita = site.api("rita")
    for days, expected in ((9.9, "given"), (0.2, overdue)):
        world.later(days=days)
        assert outcome(rita.get("/lookup?q=refund").json) == expected
    world.flag(card)
    site.index()
    assert outcome(rita.get("/lookup?q=refund").json) == flagged


def outcome(found: Any) -> str:
    if found["answer"] is None:
        return "withheld"
    return "warned" if found["answer"]["warning"] else "given"
