"""The last twelve weeks under another rule: checks due, and what they would have found earlier."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from curator.capacity.time import Calendar
from curator.rules.replay import Past, due_checks, found_earlier, load_past, replay, since_twelve_weeks
from curator.rules.terms import PolicyCard, Terms, policy_cards
from kb.cards import commands
from kb.cards.commands import Edit
from kb.cards.models import Card
from kb.trust.rules import About, Clause
from tests.curator.cast import read
from tests.world import START, World

ZONE = ZoneInfo("UTC")
CARD = PolicyCard(1, "A card", About(1), None, None, None, None, 3, 0, START, True, START, False)
MONDAY = Calendar(START.date(), ZONE)


def every(days: int) -> Terms:
    return Terms((Clause(interval_days=days),), {}, 90, ZONE)


def past(
    *, checks: tuple[float, ...] = (), corrections: tuple[float, ...] = (), use: dict[int, int] | None = None
) -> Past:
    """Days are counted from the start, the card was born 100 days before."""

    def at(day: float) -> datetime:
        return START + timedelta(days=day)

    impressions = {(START + timedelta(days=day)).date(): number for day, number in (use or {}).items()}
    return Past(CARD, tuple(map(at, checks)), tuple(map(at, corrections)), at(-100), impressions)


def days(some: list[datetime]) -> list[int]:
    return [(each - START).days for each in some]


def test_checks_are_due_from_the_last_one_before_the_window_on_each_on_its_day() -> None:
    assert days(list(due_checks(past(checks=(-10,)), every(30), START, START + timedelta(days=84)))) == [20, 50, 80]


def test_what_was_overdue_when_the_window_begins_is_checked_at_once() -> None:
    assert days(list(due_checks(past(checks=(-50,)), every(30), START, START + timedelta(days=84)))) == [0, 30, 60]


def test_a_card_that_was_first_checked_within_the_window_begins_there_and_one_that_never_was_never_does() -> None:
    end = START + timedelta(days=84)
    assert days(list(due_checks(past(checks=(14, 20)), every(30), START, end))) == [44, 74]
    assert list(due_checks(past(), every(30), START, end)) == []


def test_a_correction_is_found_earlier_as_likely_as_the_check_comes_late_in_its_doubt() -> None:
    card = past(checks=(0,), corrections=(40,), use=dict.fromkeys(range(60), 10))
    at = START + timedelta(days=40)
    assert found_earlier(card, at, []) == (0, 0)
    assert found_earlier(card, at, [START + timedelta(days=20)]) == (0.5, 0.5 * 190)
    assert found_earlier(card, at, [START + timedelta(days=50)]) == (0, 0)
    likely, spared = found_earlier(card, at, [START + timedelta(days=10 * each) for each in (1, 2, 3)])
    assert likely == pytest.approx(0.75)
    assert spared == pytest.approx(0.25 * (290 + 190 + 90))


def test_a_shorter_interval_means_more_checks_and_earlier_corrections() -> None:
    cards = [past(checks=(-10, 50), corrections=(70,), use=dict.fromkeys(range(84), 5))]
    found = replay(cards, every(90), every(20), MONDAY, START + timedelta(days=84))
    assert sum(week.due for week in found.before) == 1
    assert [week.due for week in found.after] == [0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]
    assert (sum(found.checks_made), sum(found.corrections)) == (1, 1)
    assert sum(week.found_earlier for week in found.before) == 0
    assert sum(week.found_earlier for week in found.after) == pytest.approx(0)
    assert (
        sum(week.found_earlier for week in replay(cards, every(90), every(7), MONDAY, START + timedelta(days=84)).after)
        > 0.5
    )


def test_the_window_is_twelve_weeks_that_end_with_this_one() -> None:
    calendar = since_twelve_weeks(START, Calendar.from_this_week(START, ZONE))
    assert calendar.monday == date(2026, 8, 31)
    assert calendar.week_of(START) == 11


def test_the_record_is_read_as_it_was_written(world: World) -> None:
    card = world.card(verified=True)
    read(world, card, shown=7)
    world.later(days=3)
    text = world.text("Refunds", "Full refund within 14 days.")
    with world.transaction() as session:
        row = session.get_one(Card, card)
        commands.edit_card(session, world.actor(session, "axel"), row, text, Edit(1), world.policy, world.now)
    with world.read() as session:
        cards = policy_cards(session, Card.id == card, world.settings.freshness, world.now)
        found = load_past(session, cards, START - timedelta(days=80))[0]
    assert (found.checks, found.corrections, found.born_at) == ((START,), (world.now,), START)
    assert found.impressions == {START.date(): 7}
