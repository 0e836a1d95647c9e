"""Statistics by minute: what adds up over the minutes and what does not.

| the page's statistic | total |
|---|---|
| counts: passesTotal, touches, shotsOnTarget, tackleSuccessful, … | sum of the minutes |
| possession: counts the team's time on the ball in small units | sum of the minutes |
| ratings: the rating up to that minute | null |
| shares in per cent of that minute: passSuccess, …Success, …Accuracy | null |
"""

from __future__ import annotations

from scrapers.parsing.extract import Row

RATING = "ratings"
_SHARES = ("Success", "Accuracy")


def adds_up(stat: str) -> bool:
    """Whether the values of a statistic can be summed over the minutes."""
    return stat != RATING and not stat.endswith(_SHARES)


def last_value(by_minute: dict[str, float]) -> float | None:
    """Value at the latest minute; the page does not keep the minutes in order."""
    return by_minute[max(by_minute, key=int)] if by_minute else None


def summary(stat: Row) -> Row:
    """`stat`, `by_minute`, `total` and `last` of a statistic."""
    by_minute = stat["by_minute"]
    return {
        "stat": stat["stat"],
        "by_minute": by_minute,
        # In the order of the minutes: sums of floats do not depend on the page's order then.
        "total": sum(by_minute[m] for m in sorted(by_minute, key=int))
        if adds_up(stat["stat"])
        else None,
        "last": last_value(by_minute),
    }


def rating(stats: list[Row]) -> float | None:
    """The rating at the end, from a player's or team's statistics."""
    return next((last_value(s["by_minute"]) for s in stats if s["stat"] == RATING), None)
