"""Slots fall due at the right instant, also when the clocks change, and only the latest one counts."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kb.schedule.slots import daily, instant_of, latest_daily, latest_weekly

BERLIN = ZoneInfo("Europe/Berlin")
SECOND = timedelta(seconds=1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "key"), [(-1, "2026-11-20"), (0, "2026-11-21"), (1, "2026-11-21")])
def test_a_day_is_due_from_its_hour_on(seconds: int, key: str) -> None:
    assert latest_daily(utc(2026, 11, 21, 7) + seconds * SECOND, 8, BERLIN).key == key


@pytest.mark.parametrize(("seconds", "key"), [(-1, "2026-W46"), (0, "2026-W47"), (1, "2026-W47")])
def test_a_week_is_due_from_its_day_and_hour_on(seconds: int, key: str) -> None:
    assert latest_weekly(utc(2026, 11, 20, 7) + seconds * SECOND, 4, 8, BERLIN).key == key


def test_the_last_days_of_december_may_belong_to_the_first_week_of_the_next_year() -> None:
    assert latest_weekly(utc(2024, 12, 30, 12), 0, 8, BERLIN).key == "2025-W01"


def test_the_first_days_of_january_may_belong_to_week_53() -> None:
    assert latest_weekly(utc(2027, 1, 2, 12), 0, 8, BERLIN).key == "2026-W53"


def test_after_a_month_of_silence_only_the_latest_week_is_due() -> None:
    assert latest_weekly(utc(2026, 12, 23), 0, 8, BERLIN).key == "2026-W52"


def test_an_hour_that_the_clocks_skip_is_due_at_the_first_instant_after_the_gap() -> None:
    assert daily(date(2026, 3, 29), 2, BERLIN).due == utc(2026, 3, 29, 1)
    assert instant_of(datetime(2026, 3, 29, 2, 30), BERLIN) == utc(2026, 3, 29, 1)  # noqa: DTZ001


def test_a_gap_of_half_an_hour_ends_where_it_ends() -> None:
    island = ZoneInfo("Australia/Lord_Howe")
    assert instant_of(datetime(2026, 10, 4, 2, 10), island) == utc(2026, 10, 3, 15, 30)  # noqa: DTZ001


def test_midnight_may_be_skipped_too() -> None:
    assert daily(date(2026, 3, 8), 0, ZoneInfo("America/Havana")).due == utc(2026, 3, 8, 5)


def test_an_hour_that_the_clocks_repeat_is_due_the_first_time_only() -> None:
    slot = daily(date(2026, 10, 25), 2, BERLIN)
    assert slot.due == utc(2026, 10, 25, 0)
    assert latest_daily(utc(2026, 10, 25, 1, 30), 2, BERLIN) == slot


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/Havana"])
def test_whatever_the_zone_the_latest_slot_is_due_and_the_next_is_not(zone: str) -> None:
    place = ZoneInfo(zone)
    for hours in range(0, 24 * 370, 5):
        now = utc(2026, 1, 1) + timedelta(hours=hours)
        slot = latest_daily(now, 8, place)
        following = daily(date.fromisoformat(slot.key) + timedelta(days=1), 8, place)
        assert slot.due <= now < following.due
