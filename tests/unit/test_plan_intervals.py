"""Days of football, intervals and the months they touch."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from scrapers.errors import ConfigInvalid
from scrapers.pipeline.intervals import Interval, month_end


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_a_day_runs_from_five_to_five():
    assert Interval.of_day("2022-08-13") == Interval(utc(2022, 8, 13, 5), utc(2022, 8, 14, 5))


def test_days_include_the_last_one():
    week = Interval.of_days(date(2022, 8, 8), date(2022, 8, 14))
    assert week == Interval(utc(2022, 8, 8, 5), utc(2022, 8, 15, 5))
    assert str(week) == "2022-08-08 to 2022-08-14"
    assert str(Interval.of_day("2022-08-13")) == "2022-08-13"


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (utc(2022, 8, 14, 5), "2022-08-13"),  # the nightly run starts exactly here
        (utc(2022, 8, 14, 4, 59), "2022-08-12"),
        (utc(2022, 8, 14, 23), "2022-08-13"),
        (utc(2022, 1, 1, 6), "2021-12-31"),
    ],
)
def test_the_last_whole_day_is_the_one_that_is_over(now: datetime, day: str):
    assert Interval.last_whole_day(now) == Interval.of_day(day)


def test_months_are_those_of_the_sites_clock():
    # 23:30 UTC on 31 July is 00:30 on 1 August in London.
    late = Interval(utc(2022, 7, 31, 23, 30), utc(2022, 8, 1, 5))
    assert list(late.months()) == [date(2022, 8, 1)]


def test_months_reach_over_the_years_end_and_stop_before_the_intervals_end():
    days = Interval.of_days(date(2022, 12, 30), date(2023, 1, 2))
    assert list(days.months()) == [date(2022, 12, 1), date(2023, 1, 1)]
    assert list(Interval(utc(2022, 11, 3), utc(2022, 12, 1)).months()) == [date(2022, 11, 1)]


def test_lookback_reaches_into_the_month_before():
    day = Interval.of_day("2022-09-03").with_lookback(7)
    assert day.start == utc(2022, 8, 27, 5)
    assert list(day.months()) == [date(2022, 8, 1), date(2022, 9, 1)]


def test_the_last_day_of_a_month_touches_the_next_months_small_hours():
    assert list(Interval.of_day("2022-08-31").months()) == [date(2022, 8, 1), date(2022, 9, 1)]


def test_a_month_ends_on_the_sites_clock():
    assert month_end(date(2022, 8, 1)) == utc(2022, 8, 31, 23)  # British summer time
    assert month_end(date(2022, 12, 1)) == utc(2023, 1, 1, 0)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Interval.of_day("13.08.2022"), "write YYYY-MM-DD"),
        (lambda: Interval.of_day("2022-02-30"), "write YYYY-MM-DD"),
        (lambda: Interval.of_days(date(2022, 8, 2), date(2022, 8, 1)), "exchange from and to"),
        (lambda: Interval(utc(2022, 8, 2), utc(2022, 8, 2)), "exchange from and to"),
        (
            lambda: Interval(datetime(2022, 8, 2), datetime(2022, 8, 3)),  # noqa: DTZ001
            "with a zone",
        ),
    ],
)
def test_a_wrong_interval_is_refused_with_its_mend(make, says: str):
    with pytest.raises(ConfigInvalid, match=says):
        make()
