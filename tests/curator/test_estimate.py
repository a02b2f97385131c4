"""The model, without a database: what it promises for whatever evidence it is given."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curator.freshness.calibration import Said, calibrated, reliability, reports_per_stale_view
from curator.freshness.estimate import (
    BANDS,
    INTERVALS,
    Band,
    Posterior,
    band_of,
    days_until,
    minutes_for,
    p_over_time,
    p_with_reports,
    posterior_of,
    shelf_rates,
    stale_days_averted,
    suggested_interval,
)  # fmt: skip
from curator.freshness.evidence import Array, Checks, Edits, Evidence, Record, evidence_of, unchecked_days
from curator.freshness.reasons import MOST_REASONS, Grounds, reasons_for, told_in_words
from kb.settings import Freshness

SETTINGS = Freshness()
DAYS = st.floats(0, 3000)


def column(*values: float) -> Array:
    return np.array(values, dtype=np.float64)


def one_card(
    age: float = 1000, edits: tuple[float, ...] = (), checks: tuple[tuple[float, bool, bool], ...] = (),
    *, words: float = 300, corrects: bool = True,
) -> Record:  # fmt: skip
    """A card of that age, edited so many days ago, checked (days ago, found something, in a batch)."""
    return Record(
        age=column(age),
        words=column(words),
        shelf=np.zeros(1, dtype=np.int64),
        edits=Edits(np.zeros(len(edits), dtype=np.int64), column(*edits), np.full(len(edits), corrects)),
        checks=Checks(
            np.zeros(len(checks), dtype=np.int64),
            column(*(ago for ago, _, _ in checks)),
            np.array([found for _, found, _ in checks], dtype=np.bool_),
            np.array([batch for _, _, batch in checks], dtype=np.bool_),
        ),
        flags=column(0),
        views_per_day=column(1),
        views_since_check=column(0),
        multiplier=column(1),
    )


def judged(record: Record) -> tuple[Posterior, Evidence]:
    evidence = evidence_of(record, SETTINGS, 300)
    usual = np.full(len(record), 1 / 500)
    return posterior_of(evidence, usual, record.multiplier, SETTINGS), evidence


def p_of(record: Record, nu: float = 0.6) -> float:
    posterior, evidence = judged(record)
    return float(p_over_time(posterior, evidence.unchecked, nu, SETTINGS)[0])


RECORDS = st.builds(
    lambda age, edits, checks, words: one_card(
        age, tuple(min(ago, age) for ago in edits), tuple((min(ago, age), *rest) for ago, *rest in checks), words=words
    ),
    st.floats(0, 3000),
    st.lists(DAYS, max_size=8),
    st.lists(st.tuples(DAYS, st.booleans(), st.booleans()), max_size=8),
    st.floats(0, 20_000),
)


@given(RECORDS, st.floats(0.05, 3), st.floats(0, 10), st.floats(0, 1e7), st.floats(0, 1))
def test_p_and_worth_are_what_such_numbers_must_be(
    record: Record, nu: float, flags: float, views: float, rate: float
) -> None:
    posterior, evidence = judged(record)
    p_time = p_over_time(posterior, evidence.unchecked, nu, SETTINGS)
    p = p_with_reports(p_time, column(flags), column(views), rate, SETTINGS)
    worth = stale_days_averted(posterior, evidence.unchecked, p_time, p, SETTINGS)
    assert 0 <= p_time[0] <= 1
    assert 0 <= p[0] <= 1
    assert worth[0] >= 0
    assert np.isfinite(worth[0])
    assert posterior.rate[0] > 0


@given(RECORDS, DAYS, DAYS)
def test_p_rises_with_the_days_since_the_check(record: Record, one: float, other: float) -> None:
    posterior, _ = judged(record)
    early, late = (p_over_time(posterior, column(days), 0.6, SETTINGS)[0] for days in sorted((one, other)))
    assert early <= late


@given(RECORDS, DAYS, DAYS)
def test_what_a_look_is_worth_rises_with_the_days_since_the_check(record: Record, one: float, other: float) -> None:
    posterior, _ = judged(record)
    worth = []
    for days in sorted((one, other)):
        p = p_over_time(posterior, column(days), 0.6, SETTINGS)
        worth.append(stale_days_averted(posterior, column(days), p, p, SETTINGS)[0])
    assert worth[0] <= worth[1] * (1 + 1e-5) + 1e-6  # a sum stands for the integral


@given(RECORDS, st.floats(0.001, 0.998), st.floats(0, 3), st.floats(0, 3), st.floats(0, 1e5))
def test_reports_raise_p_and_readers_who_report_nothing_lower_it(
    record: Record, p: float, few: float, more: float, views: float
) -> None:
    few, more = sorted((few, more))
    with_few, with_more = (
        p_with_reports(column(p), column(flags), column(views), 0.002, SETTINGS)[0] for flags in (few, more)
    )
    assert with_few <= with_more
    silent = p_with_reports(column(p), column(0), column(views), 0.002, SETTINGS)[0]
    assert silent <= p_with_reports(column(p), column(0), column(views / 2), 0.002, SETTINGS)[0] <= p + 1e-12


@given(RECORDS, st.floats(0.05, 0.6), st.floats(0.05, 0.6), st.floats(0.1, 3))
def test_the_interval_ends_where_p_crosses_the_target(record: Record, one: float, other: float, nu: float) -> None:
    posterior, _ = judged(record)
    strict, loose = (days_until(posterior, column(target), nu, SETTINGS) for target in sorted((one, other)))
    assert strict[0] <= loose[0]
    assert suggested_interval(strict[0]) <= suggested_interval(loose[0])
    if np.isfinite(strict[0]):
        assert p_over_time(posterior, strict, nu, SETTINGS)[0] == pytest.approx(min(one, other), abs=1e-6)


@given(st.floats(0, 1))
def test_every_p_has_a_band(p: float) -> None:
    assert band_of(p) in Band
    assert [band_of(limit) for limit, _ in BANDS] == list(Band)[1:]


def test_a_clean_check_lowers_p_and_one_in_a_batch_by_half() -> None:
    before, alone, batch = (
        p_of(one_card(400, checks=checks)) for checks in ((), ((30, False, False),), ((30, False, True),))
    )
    assert alone < batch < before


def test_a_batch_check_sets_the_clock_half_the_way_back_and_a_later_check_on_its_own_the_whole() -> None:
    cases = {
        (): 400.0,
        ((100, False, False),): 100.0,
        ((100, False, True),): 250.0,
        ((200, False, True), (100, False, True)): 200.0,
        ((200, False, False), (100, False, True)): 150.0,
        ((200, False, True), (100, False, False)): 100.0,
        ((200, False, False), (100, True, True), (50, False, True)): 100.0,
    }
    for checks, days in cases.items():
        assert unchecked_days(one_card(400, checks=checks), SETTINGS)[0] == pytest.approx(days)


def test_a_streak_of_clean_checks_lowers_the_rate_below_that_of_silence() -> None:
    clean = one_card(700, checks=tuple((ago, False, False) for ago in (90, 180, 270, 360)))
    assert judged(clean)[0].rate[0] < judged(one_card(700))[0].rate[0]


def test_an_edit_is_no_check_and_makes_p_rise() -> None:
    card, edited = one_card(400, checks=((200, False, False),)), one_card(400, (30,), ((200, False, False),))
    assert evidence_of(edited, SETTINGS).unchecked[0] == evidence_of(card, SETTINGS).unchecked[0] == 200
    assert p_of(edited) > p_of(card)


def test_a_check_that_found_something_and_the_edit_that_mended_it_are_one_event() -> None:
    both, edit, check = (
        evidence_of(one_card(400, edits, checks), SETTINGS).corrections[0]
        for edits, checks in (((50,), ((50, True, False),)), ((50,), ()), ((), ((50, True, False),)))
    )
    assert both == edit == check
    apart = evidence_of(one_card(400, (50,), ((90, True, False),)), SETTINGS).corrections[0]
    assert apart > both


def test_old_evidence_fades_by_half_in_a_half_life() -> None:
    new, old = (evidence_of(one_card(400, (ago,)), SETTINGS).corrections[0] for ago in (0, SETTINGS.half_life_days))
    assert old == pytest.approx(new / 2)


def test_an_addition_counts_less_than_a_correction() -> None:
    added, corrected = (
        evidence_of(one_card(400, (0,), corrects=corrects), SETTINGS).corrections[0] for corrects in (False, True)
    )
    assert added == pytest.approx(SETTINGS.addition_weight * corrected)


def test_a_long_card_changes_more_often() -> None:
    assert judged(one_card(words=3000))[0].rate[0] > judged(one_card(words=100))[0].rate[0]


def test_a_new_installation_begins_with_the_default_and_a_collection_learns_its_own_rate() -> None:
    nothing = evidence_of(one_card(0), SETTINGS)
    shelf = np.zeros(1, dtype=np.int64)
    assert shelf_rates(nothing, shelf, SETTINGS).overall == pytest.approx(1 / 500, rel=1e-6)
    busy = replace(nothing, corrections=column(50), watched=column(1000))
    rates = shelf_rates(busy, shelf, SETTINGS)
    assert rates.overall < rates.by_shelf[0] < 50 / 1000


def test_no_cards_at_all_are_no_trouble() -> None:
    ints, nothing, flags = np.zeros(0, dtype=np.int64), column(), np.zeros(0, dtype=np.bool_)
    record = Record(
        nothing, nothing, ints, Edits(ints, nothing, flags), Checks(ints, nothing, flags, flags),
        nothing, nothing, nothing, nothing,
    )  # fmt: skip
    evidence = evidence_of(record, SETTINGS)
    assert len(evidence.corrections) == 0
    assert len(shelf_rates(evidence, ints, SETTINGS).by_shelf) == 0


def test_what_was_just_checked_rests_unless_somebody_doubts_it() -> None:
    posterior, _ = judged(one_card(400))
    p = p_over_time(posterior, column(3), 0.6, SETTINGS)
    assert stale_days_averted(posterior, column(3), p, p, SETTINGS)[0] == 0
    doubted = p_with_reports(p, column(1), column(0), 0.002, SETTINGS)
    assert stale_days_averted(posterior, column(3), p, doubted, SETTINGS)[0] > 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_the_calibration_says_as_much_as_was_found(outcomes: list[tuple[float, bool]]) -> None:
    raw, found = column(*(p for p, _ in outcomes)), np.array([f for _, f in outcomes], dtype=np.bool_)
    nu = calibrated(raw, found, np.ones(len(raw)), SETTINGS)
    assert 0.05 <= nu <= 3
    if not outcomes:
        assert nu == pytest.approx(SETTINGS.calibration)


def test_finding_little_lowers_what_is_said_and_finding_much_raises_it() -> None:
    raw, ones = np.full(200, 0.4), np.ones(200)
    rare, often = (calibrated(raw, np.arange(200) < number, ones, SETTINGS) for number in (20, 100))
    assert rare < SETTINGS.calibration < often
    assert 1 - 0.6**rare == pytest.approx(0.1, abs=0.01)


def test_where_nobody_reports_anything_silence_soon_says_nothing() -> None:
    found = np.array([True, True, False])
    rate = reports_per_stale_view(column(0, 0, 0), column(4000, 4000, 90_000), found, SETTINGS)
    assert rate < SETTINGS.reports_per_stale_view / 10
    assert reports_per_stale_view(column(4, 4, 0), column(400, 400, 0), found, SETTINGS) > 0.01


def test_the_reliability_table_says_band_by_band_what_was_said_and_what_was_found() -> None:
    outcomes = (
        [Said(0.05, found=False)] * 9 + [Said(0.05, found=True)] + [Said(0.3, found=True), Said(0.4, found=False)]
    )
    rows = reliability(outcomes)
    assert [(row.band, row.checks) for row in rows] == [(Band.LIKELY_CURRENT, 10), (Band.PROBABLY_CHANGED, 2)]
    assert rows[0].said == pytest.approx(0.05)
    assert (rows[0].found, rows[1].found) == (0.1, 0.5)
    assert reliability([Said(1.0, found=True)])[0].band is Band.TREAT_AS_OUTDATED
    assert reliability([]) == ()


def test_intervals_are_round_and_a_persons_limit_is_kept() -> None:
    assert [suggested_interval(days) for days in (1, 20, 60, 75, 200, 1e9, np.inf)] == [14, 30, 60, 90, 180, 365, 365]
    assert suggested_interval(365, longest=45) == 45
    assert set(INTERVALS) == {14, 30, 60, 90, 180, 365}


def test_minutes_are_two_and_one_for_each_two_hundred_words() -> None:
    assert [minutes_for(words, SETTINGS) for words in (0, 200, 1000)] == [2, 3, 7]


def grounds(**changes: Any) -> Grounds:
    plain: dict[str, Any] = {
        "age_days": 800, "days_since_check": 70, "was_checked": True, "batch_size": 1, "clean_checks": 1,
        "found_at_last": False, "corrections_in_a_year": 4, "usual_a_year": 0.7, "reports": 2, "detections": 0,
        "findings": (), "is_taken_back": False, "words": 300, "size": 1.0, "views_a_month": 318,
        "views_since_check": 700,
    }  # fmt: skip
    return Grounds(**plain | changes)


def test_the_reasons_are_words_that_a_curator_accepts() -> None:
    assert reasons_for(grounds()) == (
        "2 open reports",
        "Corrected 4 times in the last year; cards like it 0.7 times",
        "Not checked for 70 days",
        "Used 318 times in four weeks",
    )
    assert "Not checked for 70 days, and then with 22 others in one go" in reasons_for(grounds(batch_size=23))
    assert "Never checked, published 800 days ago" in reasons_for(grounds(was_checked=False, days_since_check=800))
    assert "The last 3 checks found nothing" in reasons_for(grounds(clean_checks=3))
    assert "Opened 700 times since, and nobody reported it" in reasons_for(grounds(reports=0))
    assert "2 open reports, flagged by a detector" in reasons_for(grounds(detections=1))
    assert "Flagged by a detector" in reasons_for(grounds(reports=0, detections=1))
    assert "Corrected once in the last year; cards like it 0.7 times" in reasons_for(grounds(corrections_in_a_year=1))
    assert (
        told_in_words("Pricing", "It leads to a card that is archived.")
        == "“Pricing”: it leads to a card that is archived"
    )
    assert "Long: about 1,900 words" in reasons_for(grounds(words=1900, size=1.5))
    assert len(reasons_for(grounds(findings=("One", "Two", "Three", "Four"), clean_checks=5))) == MOST_REASONS
