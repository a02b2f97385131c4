"""The geometry of the report's charts."""

from itertools import pairwise

import pytest

from curator.reports.charts import NARROW, WIDE, WeekMix, mix_bar, percent_of, stacked_bars


def week(label: str = "16 Nov", verified: int = 250, due: int = 22, overdue: int = 28, flagged: int = 13) -> WeekMix:
    return WeekMix(label, verified, due, overdue, flagged)


def test_the_wide_chart_shows_twelve_weeks_and_the_narrow_one_six() -> None:
    weeks = [week(f"week {n}") for n in range(20)]
    assert len(stacked_bars(weeks, WIDE).bars) == 12
    assert len(stacked_bars(weeks, NARROW).bars) == 6


def test_the_last_week_is_always_labelled_and_labels_are_counted_back_from_it() -> None:
    bars = stacked_bars([week(f"week {n}") for n in range(12)], WIDE).bars
    assert bars[-1].label == "week 11"
    assert [bool(bar.label) for bar in bars[-4:]] == [False, True, False, True]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_part_stays_inside_the_picture_and_above_the_one_before(width: int) -> None:
    chart = stacked_bars([week(verified=n * 97, overdue=n) for n in range(1, 13)], width)
    for bar in chart.bars:
        for part in bar.parts:
            assert chart.left <= part.x
            assert part.x + part.width <= chart.width
            assert part.y >= 0
            assert part.y + part.height <= chart.baseline
        for below, above in pairwise(bar.parts):
            assert above.y + above.height <= below.y


def test_bars_do_not_touch() -> None:
    bars = stacked_bars([week() for _ in range(12)], NARROW).bars
    for left, right in pairwise(bars):
        assert left.parts[0].x + left.parts[0].width < right.parts[0].x


@pytest.mark.parametrize("most", [0, 1, 2, 9, 10, 99, 316, 1000, 99_999])
def test_there_are_a_few_grid_lines_and_none_above_the_highest_bar(most: int) -> None:
    ticks = stacked_bars([week(verified=most, due=0, overdue=0, flagged=0)]).ticks
    assert 2 <= len(ticks) <= 5
    assert ticks[0].label == "0"
    assert all(tick.y >= 0 for tick in ticks)


def test_a_state_without_cards_is_not_drawn() -> None:
    chart = stacked_bars([week(overdue=0, flagged=0)])
    assert [part.kind for part in chart.bars[0].parts] == ["verified", "due_soon"]


def test_no_weeks_make_an_empty_chart_with_words() -> None:
    chart = stacked_bars([])
    assert chart.bars == ()
    assert chart.description == "No weeks yet."


def test_the_description_says_where_it_began_and_where_it_ended() -> None:
    text = stacked_bars([week("9 Nov", flagged=14), week("16 Nov", flagged=0)]).description
    assert "9 Nov: 250 verified" in text
    assert "14 flagged" in text
    assert text.endswith("28 overdue.")


def test_a_mix_is_a_hundred_wide_and_shows_even_one_card_of_many() -> None:
    parts = mix_bar(WeekMix("", 9_999, 0, 1, 0)).parts
    assert parts[-1].x + parts[-1].width == 100
    assert parts[-1].kind == "overdue"
    assert parts[-1].width >= 1


def test_a_mix_of_nothing_has_words_and_no_parts() -> None:
    bar = mix_bar(WeekMix("", 0, 0, 0, 0))
    assert bar.parts == ()
    assert bar.words == "no cards"


@pytest.mark.parametrize(
    ("count", "longest", "percent"), [(0, 11, 0), (11, 11, 100), (1, 10_000, 2), (5, 0, 0), (6, 12, 50)]
)
def test_the_length_of_a_bar_is_its_share_of_the_longest(count: int, longest: int, percent: int) -> None:
    assert percent_of(count, longest) == percent
