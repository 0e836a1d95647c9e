"""Fields that have fewer values than they had, told from what chance does from page to page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

# With fewer pages than this nothing is said of what is new.
FEWEST_RECENT = 2
# How unlikely the fall must be if nothing has changed: a layout has some hundred fields, and each
# is looked at every night.
CHANCE = 1e-4

# Of a page, by field: how often it was looked for, how often it had a value.
Counts = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Fall:
    """A field that has fallen.

    Attributes:
        before: mean share of filled values on the pages before, 0 to 1.
        now: the same on the recent pages.
        pages_before, pages: how many pages either is the mean of.
    """

    field: str
    before: float
    now: float
    pages_before: int
    pages: int

    def __str__(self) -> str:
        return (
            f"{self.field} {self.now:.0%} on {self.pages} pages, "
            f"was {self.before:.0%} on {self.pages_before}"
        )


def falls(
    baseline: Sequence[Counts], recent: Sequence[Counts], margin: float, fewest: int
) -> list[Fall]:
    """Fields whose share of filled values has fallen by more than `margin` of what it was.

    A page is one observation, since its rows are alike: a match has an own goal or has none. A
    fall counts when each recent page lies beyond the margin below the lowest page before, or
    when chance would make such a mean less often than `CHANCE`. A field that pages did not look
    for, as its group had no rows there, is judged by the pages that did.

    Args:
        baseline: pages before.
        recent: the pages to judge.
        margin: of the share before, 0 to 1.
        fewest: pages before that must have looked for a field for it to be judged.
    """
    found = []
    for field in dict.fromkeys(name for page in recent for name in page):
        before, now = _shares(baseline, field), _shares(recent, field)
        if len(before) < fewest or len(now) < FEWEST_RECENT:
            continue
        mean_before, mean_now = _mean(before), _mean(now)
        if mean_now >= mean_before * (1 - margin):
            continue
        if max(now) < min(before) * (1 - margin) or _chance(before, now) < CHANCE:
            found.append(Fall(field, mean_before, mean_now, len(before), len(now)))
    return found


def _shares(pages: Sequence[Counts], field: str) -> list[float]:
    return [
        filled / rows for page in pages if field in page for rows, filled in [page[field]] if rows
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _chance(before: Sequence[float], now: Sequence[float]) -> float:
    """Upper bound of how likely so low a mean is if nothing has changed.

    Chernoff's and Hoeffding's, which holds for anything between 0 and 1. What was always there
    is taken for almost always, by the rule of succession: few pages prove little.
    """
    expected = (sum(before) + 1) / (len(before) + 2)
    seen = _mean(now)
    if seen >= expected:
        return 1.0
    divergence = (1 - seen) * log((1 - seen) / (1 - expected))
    if seen > 0:
        divergence += seen * log(seen / expected)
    return exp(-len(now) * divergence)
