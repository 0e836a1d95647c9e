"""What follows a struck night: the runbook's commands, another night, the catch-up."""

from __future__ import annotations

from tests.chaos.place import DAY, NIGHT, Place
from tests.chaos.run import end_of
from tests.chaos.runbooks import follow
from tests.chaos.scenario import Step

_SECONDS = 180.0
_HOURS = 4
_NOT_PAUSED = "SELECT NOT EXISTS (SELECT FROM ops.source_state WHERE paused_until > now())"
# The night before: its pages are known when tonight's come.
EARLIER = "2022-08-12"


def by_runbook(failure_class: str, *, page_kind: str = "", by_hand: Step | None = None) -> Step:
    """A person follows the class's runbook; see `follow`."""
    return lambda place: follow(place, failure_class, "mend", page_kind=page_kind, by_hand=by_hand)


def command(*arguments: str, ends: tuple[int, ...] = (0,)) -> Step:
    """`touchline arguments…`, which has to end so."""

    def step(place: Place) -> None:
        ran = place.touchline(*arguments)
        code = ran.wait(_SECONDS)
        assert code in ends, f"touchline {' '.join(arguments)} ended with {code}: {end_of(ran)}"

    return step


def catch_up(place: Place) -> None:
    """The hourly catch-up, as often as it takes until no gap is open; hours pass in between."""
    for _ in range(_HOURS):
        place.until("the source is not paused", lambda: place.scalar(_NOT_PAUSED), 120)
        command("catch-up")(place)
        if not place.scalar("SELECT count(*) FROM ops.gap WHERE closed_at IS NULL"):
            return
        place.execute("UPDATE ops.gap SET tried_at = tried_at - interval '1 day'")
    raise AssertionError(f"gaps are open after {_HOURS} catch-ups")


night_again = command(*NIGHT)
earlier_night = command("scrape", "--from", EARLIER)


def second_night(place: Place) -> None:
    """A run of its own over the same day, at the same time."""
    place.tidy.append(lambda: second.kill() if second.alive() else None)
    second = place.touchline("scrape", "--from", DAY, "--to", DAY)
    place.second = second


def second_has_ended(place: Place) -> None:
    """It has ended well."""
    assert place.second is not None
    code = place.second.wait(_SECONDS)
    assert code == 0, f"the second run ended with {code}: {end_of(place.second)}"
