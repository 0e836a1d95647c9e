"""One scenario with one seed: strike, heal, wait, mend, compare."""

from __future__ import annotations

import math
import random
import time
from collections import Counter

import psutil
from sqlalchemy.exc import DBAPIError

from tests.chaos.commands import Command
from tests.chaos.place import Place
from tests.chaos.runbooks import follow
from tests.chaos.scenario import Outcome, Scenario
from tests.chaos.strikes import slow_matches
from tests.chaos.watch import Watch
from tests.support import landed
from tests.support.supervise import GroupError

# For messages that are due when all has landed.
_ALERT_SECONDS = 15.0
_BROKEN = (AssertionError, TimeoutError, OSError, GroupError, DBAPIError, psutil.Error)


def run(place: Place, scenario: Scenario, seed: int, *, look: bool = True) -> Outcome:
    """Run it; what is not as it has to be stands in the outcome's problems.

    Args:
        look: whether the `look` commands of the runbooks are run afterwards.
    """
    began = time.monotonic()
    outcome = Outcome(scenario.name, seed)
    outcome.bound = math.floor(scenario.bound[0] * place.quiet_requests) + scenario.bound[1]
    try:
        place.reset()
        _go(place, scenario, outcome, random.Random(f"{scenario.name} {seed}"))
        _compare(place, scenario, outcome)
        for name in scenario.classes if look else ():
            follow(place, name, "look")
    except _BROKEN as error:
        outcome.problems.append(f"{type(error).__name__}: {error}"[:700])
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


def _go(place: Place, scenario: Scenario, outcome: Outcome, rng: random.Random) -> None:
    if scenario.before is not None:
        scenario.before(place)
        place.stack.control("requests/clear", b"{}")
    if scenario.moment is not None:
        if scenario.slow:
            slow_matches(place)
        place.night()
        scenario.moment(place, rng)
    struck, at = time.monotonic(), time.time()
    watch = Watch(place, scenario, at)
    try:
        scenario.strike(place, rng)
        if scenario.moment is None:
            place.night()
        if scenario.heal is not None:
            time.sleep(max(0.0, struck + scenario.heal_after - time.monotonic()))
            scenario.heal(place)
        _wait(place, scenario, outcome)
        for step in scenario.then:
            step(place)
    finally:
        outcome.recovered = round(time.monotonic() - struck, 1)
        outcome.detected = watch.end()
    if outcome.detected is None and not scenario.silent:
        outcome.problems.append("no sign of it was seen")


def _wait(place: Place, scenario: Scenario, outcome: Outcome) -> None:
    night = place.running
    assert night is not None
    code = night.wait(scenario.seconds)
    if code is None:
        night.kill()
        outcome.problems.append(f"the night hangs: {end_of(night)}")
    elif code not in scenario.ends:
        outcome.problems.append(f"the night ended with {code}: {end_of(night)}")


def _compare(place: Place, scenario: Scenario, outcome: Outcome) -> None:
    found = place.contents()
    wrong = [name for name, value in place.truth.items() if found.get(name) != value]
    if wrong:
        outcome.problems.append(
            f"other rows than in a quiet night: {', '.join(wrong)}; {wrong[0]}: "
            f"{place.difference(wrong[0])}"[:600]
        )
    outcome.requests = place.asked()
    if outcome.requests > outcome.bound:
        asked = Counter(request["path"] for request in place.requests())
        often = [f"{path} {count}" for path, count in asked.most_common(3)]
        outcome.problems.append(
            f"{outcome.requests} requests, at most {outcome.bound}: {', '.join(often)}"
        )
    _compare_alerts(place, scenario, outcome)
    if doubled := landed.doubled_batches(place.engine):
        outcome.problems.append(f"{doubled} batches are doubled")
    if scenario.check is not None:
        scenario.check(place)


def _compare_alerts(place: Place, scenario: Scenario, outcome: Outcome) -> None:
    low, high = scenario.alerts
    end = time.monotonic() + _ALERT_SECONDS
    while len(place.alerts.bad_news()) < low and time.monotonic() < end:
        time.sleep(0.2)
    told = [alert.title for alert in place.alerts.bad_news()]
    outcome.alerts = len(told)
    if not low <= len(told) <= high:
        outcome.problems.append(f"{len(told)} alerts, not {low} to {high}: {'; '.join(told)}")
    if doubled := [title for title, count in Counter(told).items() if count > 1]:
        outcome.problems.append(f"told more than once: {'; '.join(doubled)}")
    twice = place.scalar(
        "SELECT count(*) FROM (SELECT 1 FROM ops.notice WHERE kind IN ('opened', 'closed') "
        "GROUP BY incident_id, kind, audience HAVING count(*) > 1) AS twice"
    )
    if twice:
        outcome.problems.append(f"{twice} notices are doubled")


def end_of(command: Command) -> str:
    """The last lines that a command said."""
    return " | ".join(command.said.strip().splitlines()[-3:])[-400:]
