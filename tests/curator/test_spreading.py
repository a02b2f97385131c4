"""Laying checks out: nobody's week holds more than they have time for, the urgent and the used come first."""

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from curator.capacity.spreading import Check, Rooms, days_of_week, lay_out, shared_evenly

MONDAY = date(2026, 11, 23)
people = st.integers(1, 4)
checks = st.lists(
    st.builds(Check, st.integers(), people, st.integers(1, 30), st.integers(0, 50), st.none() | st.integers(0, 9)),
    max_size=60, unique_by=lambda check: check.card_id,
)  # fmt: skip
budgets = st.dictionaries(people, st.lists(st.integers(30, 90), min_size=1, max_size=4), min_size=4)
taken = st.dictionaries(st.tuples(people, st.integers(0, 12)), st.integers(0, 120), max_size=20)


def load(found: dict[int, int], given_checks: list[Check]) -> Counter[tuple[int | None, int]]:
    minutes: Counter[tuple[int | None, int]] = Counter()
    for check in given_checks:
        minutes[check.person_id, found[check.card_id]] += check.minutes
    return minutes


@given(checks, budgets, taken)
def test_every_check_gets_a_week_and_no_week_becomes_overfull(
    some: list[Check], each: dict[int, list[int]], already: dict[tuple[int | None, int], int]
) -> None:
    found = lay_out(some, Rooms(each, dict(already)))
    assert found.keys() == {check.card_id for check in some}
    for (person, week), minutes in load(found, some).items():
        assert minutes <= Rooms(each).budget(person, week) - already.get((person, week), 0)


@given(checks, budgets)
def test_of_two_equally_long_checks_the_one_due_earlier_then_the_more_used_comes_no_later(
    some: list[Check], each: dict[int, list[int]]
) -> None:
    found = lay_out(some, Rooms(each))
    for one in some:
        for other in some:
            is_alike = (one.person_id, one.minutes) == (other.person_id, other.minutes)
            if is_alike and ((one.due or 0), -one.use) < ((other.due or 0), -other.use):
                assert found[one.card_id] <= found[other.card_id]


@given(checks, budgets, st.integers(0, 5))
def test_nothing_goes_past_the_latest_week_it_may_go_to(
    some: list[Check], each: dict[int, list[int]], latest: int
) -> None:
    limited = [Check(c.card_id, c.person_id, c.minutes, c.use, c.due, latest) for c in some]
    assert all(week <= latest for week in lay_out(limited, Rooms(each)).values())


@given(checks, budgets)
def test_the_same_checks_in_any_order_are_laid_out_alike(some: list[Check], each: dict[int, list[int]]) -> None:
    assert lay_out(some, Rooms(each)) == lay_out(some[::-1], Rooms(each))


@given(checks, budgets, st.integers(1, 6))
def test_what_is_shared_over_some_weeks_stays_within_them(
    some: list[Check], each: dict[int, list[int]], weeks: int
) -> None:
    limited = [Check(c.card_id, c.person_id, c.minutes, c.use, c.due, weeks - 1) for c in some]
    found = lay_out(limited, shared_evenly(limited, Rooms(each), weeks))
    assert all(0 <= week < weeks for week in found.values())


def test_spread_over_four_weeks_means_four_also_where_the_first_has_room_for_all() -> None:
    some = [Check(number, 1, 5, latest=3) for number in range(8)]
    found = lay_out(some, shared_evenly(some, Rooms({1: [600]}), 4))
    assert Counter(found.values()) == {0: 2, 1: 2, 2: 2, 3: 2}


def test_a_check_longer_than_any_week_gets_a_week_of_its_own() -> None:
    some = [Check(1, 1, 10), Check(2, 1, 100), Check(3, 1, 10)]
    assert lay_out(some, Rooms({1: [60]})) == {1: 0, 2: 1, 3: 0}


def test_the_checks_of_somebody_without_time_are_spread_over_twelve_weeks() -> None:
    found = lay_out([Check(number, 1, 5) for number in range(24)], Rooms({1: [0]}))
    assert Counter(found.values()) == dict.fromkeys(range(12), 2)
    assert lay_out([Check(1, None, 5)], Rooms({})) == {1: 0}


def test_a_week_away_holds_nothing() -> None:
    found = lay_out([Check(number, 1, 30) for number in range(4)], Rooms({1: [60, 0, 0, 60]}))
    assert Counter(found.values()) == {0: 2, 3: 2}


def test_a_backlog_takes_the_first_weeks() -> None:
    rooms = Rooms({1: [60]})
    rooms.work_off(1, 150)
    assert [rooms.left(1, week) for week in range(4)] == [0, 0, 30, 60]


def test_a_weeks_checks_are_spread_over_its_working_days() -> None:
    days = days_of_week(MONDAY, [Check(number, 1, 6) for number in range(10)])
    assert Counter(day.weekday() for day in days.values()) == {0: 2, 1: 2, 2: 2, 3: 2, 4: 2}
    assert days[0] == MONDAY
    assert days_of_week(MONDAY, []) == {}


def test_sixteen_hundred_checks_of_ten_people_fit() -> None:
    some = [Check(number, number % 10, 2 + number % 7, use=number % 50) for number in range(1600)]
    each = {person: [60] for person in range(10)}
    found = lay_out(some, Rooms(each))
    minutes = load(found, some)
    assert max(minutes.values()) <= 60
    assert max(found.values()) <= -(-sum(check.minutes for check in some) // 600) + 2
