"""Days, intervals and months: what a run covers.

A day of football runs from 05:00 to 05:00 UTC and bears the date on which it begins. At 05:00
UTC nobody on earth is in the middle of an evening's match: Europe's matches keep their own
date, and a match that kicks off in São Paulo at 21:30 belongs to that evening, though UTC and
the site's clock already write the next date. The day is over when it ends, so a run right at
its end finds its matches played.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scrapers.errors import ConfigInvalid

DAY_BEGINS = time(5, tzinfo=UTC)
SITE_ZONE = ZoneInfo("Europe/London")  # the clock by which the site sorts matches into months


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time, `start` included, `end` not; both aware."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ConfigInvalid("an interval needs times with a zone: write 2022-08-13T05:00Z")
        if self.start >= self.end:
            raise ConfigInvalid(
                f"the interval ends ({self.end:%Y-%m-%d %H:%M}) before it starts "
                f"({self.start:%Y-%m-%d %H:%M}): exchange from and to"
            )

    @classmethod
    def of_days(cls, first: date, last: date) -> Interval:
        """The days `first` to `last`, both included."""
        if last < first:
            raise ConfigInvalid(
                f"the last day ({last}) is before the first ({first}): exchange from and to"
            )
        return cls(_begin(first), _begin(last + timedelta(days=1)))

    @classmethod
    def of_day(cls, text: str) -> Interval:
        """The day written as YYYY-MM-DD.

        Raises:
            ConfigInvalid: the text is no such date.
        """
        day = parse_day(text)
        return cls.of_days(day, day)

    @classmethod
    def last_whole_day(cls, now: datetime) -> Interval:
        """The latest day that is over at `now`."""
        day = (now.astimezone(UTC) - timedelta(hours=DAY_BEGINS.hour)).date() - timedelta(days=1)
        return cls.of_days(day, day)

    def with_lookback(self, days: int) -> Interval:
        """The interval with `days` before it."""
        return Interval(self.start - timedelta(days=days), self.end)

    def months(self) -> Iterator[date]:
        """First days of the months, on the site's clock, that the interval touches."""
        month = self.start.astimezone(SITE_ZONE).date().replace(day=1)
        last = (self.end - timedelta(microseconds=1)).astimezone(SITE_ZONE).date()
        while month <= last:
            yield month
            month = next_month(month)

    def __str__(self) -> str:
        first = _day_of(self.start)
        last = _day_of(self.end - timedelta(microseconds=1))
        return f"{first}" if first == last else f"{first} to {last}"


def parse_day(text: str) -> date:
    """The date written as YYYY-MM-DD; raises ConfigInvalid for anything else."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise ConfigInvalid(f"{text!r} is no day: write YYYY-MM-DD, such as 2022-08-13") from error


def next_month(month: date) -> date:
    """First day of the month after the one in which `month` lies."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_end(month: date) -> datetime:
    """When the month ends on the site's clock."""
    return datetime.combine(next_month(month), time(), SITE_ZONE)


def _begin(day: date) -> datetime:
    return datetime.combine(day, DAY_BEGINS)


def _day_of(moment: datetime) -> date:
    return (moment.astimezone(UTC) - timedelta(hours=DAY_BEGINS.hour)).date()
