"""How fast is too fast: runs of checks, each decided in a fraction of the time that reading takes."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curator.checks.pace import SHORTEST_RUN, Checked, reading_seconds, runs, timed
from tests.world import START


def checks(
    gaps: Sequence[float], *, words: int = 240, known: int = 0, seconds: Sequence[int | None] | None = None
) -> list[Checked]:
    """One person's checks, so many seconds after one another."""
    made, at = [], START
    for number, gap in enumerate(gaps):
        at += timedelta(seconds=gap)
        noted = seconds[number] if seconds else round(gap)
        made.append(Checked(number + 1, number + 1, 7, at, noted, words, known))
    return made


def sizes(*args: Sequence[float], **kwargs: int) -> list[int]:
    return [len(run) for run in runs(checks(*args, **kwargs))]  # type: ignore[arg-type]


def test_a_card_is_read_at_a_pace_and_known_words_are_read_over() -> None:
    assert (reading_seconds(240), reading_seconds(240, 240), reading_seconds(0)) == (60, 30, 0)


@pytest.mark.parametrize(("seconds", "found"), [(11, [5]), (12, []), (13, [])])
def test_a_check_in_less_than_a_fifth_of_the_reading_time_is_implausible(seconds: float, found: list[int]) -> None:
    assert sizes([seconds] * 5) == found


@pytest.mark.parametrize(("seconds", "found"), [(1, [6]), (2, [])])
def test_even_the_shortest_card_needs_a_glance(seconds: float, found: list[int]) -> None:
    assert sizes([seconds] * 6, words=4) == found


def test_who_knows_the_card_may_be_twice_as_fast() -> None:
    assert sizes([8] * 5, known=240) == []
    assert sizes([5] * 5, known=240) == [5]


def test_four_quick_checks_are_no_series_and_a_careful_one_ends_a_series() -> None:
    assert sizes([3] * 4) == []
    assert sizes([3] * 4 + [40] + [3] * 4) == []
    assert sizes([3] * 6 + [40] + [3] * 5) == [6, 5]


def test_a_series_is_made_in_one_sitting() -> None:
    quick = [3] * 4
    assert [len(run) for run in runs(checks([*quick, 1790, *quick], seconds=[3] * 9))] == [9]
    assert runs(checks([*quick, 1810, 3, 3, 3], seconds=[3] * 8)) == []


def test_an_old_page_does_not_make_a_quick_check_slow() -> None:
    """The note on the page may be hours old; the decision before was three seconds ago."""
    assert [len(run) for run in runs(checks([3] * 6, seconds=[900] * 6))] == [5]


def test_without_any_time_nobody_can_tell() -> None:
    assert runs(checks([0], seconds=[None])) == []
    (only,) = timed(checks([0], seconds=[None]))
    assert (only.taken, only.is_implausible) == (None, False)


@given(st.lists(st.tuples(st.floats(0, 4000), st.one_of(st.none(), st.integers(0, 1800))), max_size=40))
def test_runs_are_disjoint_long_enough_and_only_of_implausible_checks(given_: list[tuple[float, int | None]]) -> None:
    made = checks([gap for gap, _ in given_], seconds=[noted for _, noted in given_])
    quick = {each.check.record_id for each in timed(made) if each.is_implausible}
    found = [each.check.record_id for run in runs(made) for each in run]
    assert len(found) == len(set(found))
    assert found == sorted(found)
    assert quick.issuperset(found)
    assert all(len(run) >= SHORTEST_RUN for run in runs(made))
