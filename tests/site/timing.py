"""Where a match stands so long after its kick-off."""

from __future__ import annotations

from tests.site.codes import SHOOT_OUT
from tests.site.outcome import Outcome
from tests.site.play import Moment

# Seconds between the end of a period and the next one.
_BREAKS = {1: 15 * 60, 2: 5 * 60, 3: 60, 4: 4 * 60}
_KICK = 60


def moment(outcome: Outcome, elapsed: float) -> Moment | None:
    """Period and its second; second 0 in the break before it; None when all is over."""
    begin = 0
    periods = dict(outcome.lengths)
    if outcome.shoot_out:
        periods[SHOOT_OUT] = _KICK * len(outcome.shoot_out)
    for period in sorted(periods):
        length = periods[period]
        if elapsed < begin + length:
            return period, max(0, int(elapsed - begin))
        begin += length + _BREAKS.get(period, 0)
    return None


def break_off(outcome: Outcome, minute: int) -> tuple[Moment, float]:
    """For a match broken off at a minute of its clock: the moment, and seconds after kick-off."""
    if minute < 45:
        return (1, minute * 60), minute * 60
    second = (minute - 45) * 60
    return (2, second), outcome.lengths[1] + _BREAKS[1] + second
