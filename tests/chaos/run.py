"""One scenario with one seed: strike, heal, wait, compare."""

from __future__ import annotations

import math
import random
import threading
import time

from tests.chaos.commands import Command
from tests.chaos.place import Place
from tests.chaos.scenario import Outcome, Scenario
from tests.chaos.strikes import slow_matches


def run(place: Place, scenario: Scenario, seed: int) -> Outcome:
    """Run it; what is not as it has to be stands in the outcome's problems."""
    rng = random.Random(f"{scenario.name} {seed}")
    outcome = Outcome(scenario.name, seed)
    outcome.bound = math.floor(scenario.bound[0] * place.quiet_requests) + scenario.bound[1]
    place.reset()
    if scenario.moment is not None:
        slow_matches(place)
        night = place.night()
        scenario.moment(place, rng)
        struck = time.monotonic()
        scenario.strike(place, rng)
    else:
        struck = time.monotonic()
        scenario.strike(place, rng)
        night = place.night()
    noticed = _Watch(place, scenario.sign, struck)
    if scenario.heal is not None:
        time.sleep(scenario.heal_after)
        scenario.heal(place)
    code = night.wait(scenario.seconds)
    if scenario.runbook is not None:
        if code is None:
            outcome.problems.append(f"the run hangs: {_end(night)}")
        night = scenario.runbook(place, night)
        code = night.wait(scenario.seconds)
    outcome.recovered = round(time.monotonic() - struck, 1)
    outcome.detected = noticed.end()
    if code is None:
        night.kill()
        outcome.problems.append(f"the night hangs: {_end(night)}")
    elif code:
        outcome.problems.append(f"the night ended with {code}: {_end(night)}")
    _compare(place, scenario, outcome)
    return outcome


def _compare(place: Place, scenario: Scenario, outcome: Outcome) -> None:
    if scenario.whole:
        found = place.contents()
        wrong = [name for name, value in place.truth.items() if found.get(name) != value]
        if wrong:
            outcome.problems.append(f"other rows than in a quiet night: {', '.join(wrong)}")
    outcome.requests = len(place.requests())
    if outcome.requests > outcome.bound:
        outcome.problems.append(f"{outcome.requests} requests, at most {outcome.bound}")
    outcome.alerts = len(place.alerts.received)
    low, high = scenario.alerts
    if not low <= outcome.alerts <= high:
        outcome.problems.append(f"{outcome.alerts} alerts, not {low} to {high}")
    if scenario.sign is not None and outcome.detected is None:
        outcome.problems.append("no sign of it was seen")
    doubled = place.scalar(
        "SELECT count(*) FROM (SELECT 1 FROM ops.batch GROUP BY dag_id, run_id, step, round "
        "HAVING count(*) > 1) AS twice"
    )
    if doubled:
        outcome.problems.append(f"{doubled} batches are doubled")
    if scenario.check is not None:
        try:
            scenario.check(place)
        except AssertionError as error:
            outcome.problems.append(str(error) or "a check of the scenario fails")


def _end(night: Command) -> str:
    return " | ".join(night.said.strip().splitlines()[-3:])[-400:]


class _Watch:
    """Looks for the first sign of a fault while the night goes on."""

    def __init__(self, place: Place, sign: str | None, since: float) -> None:
        self._seen: float | None = None
        self._over = threading.Event()
        self._thread = None
        if sign is not None:
            self._thread = threading.Thread(target=self._look, args=(place, sign, since))
            self._thread.start()

    def _look(self, place: Place, sign: str, since: float) -> None:
        from sqlalchemy.exc import DBAPIError

        while not self._over.wait(0.1):
            try:
                if place.scalar(sign):
                    self._seen = time.monotonic() - since
                    return
            except DBAPIError:
                continue  # PostgreSQL itself is what was struck

    def end(self) -> float | None:
        """Seconds until the first sign; None: none was seen, or asked for."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        return None if self._seen is None else round(self._seen, 1)
