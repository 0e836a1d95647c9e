"""Nights of the running place: an undisturbed one, then struck ones that must land the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.chaos.airflow_place import DAG, Run
from tests.compose.daemon import DockerError
from tests.compose.place import Place, is_healthy
from tests.compose.strikes import Strike
from tests.demo.night import choose_day
from tests.support import landed
from tests.support.airflow import AirflowClient, wait_until

NIGHT_SECONDS = 900.0
_HEALTHY_SECONDS = 300.0
# So that there is a middle to strike in.
_SLOW = {"pattern": "/matches/", "kind": "slow", "seconds": 2.0}
_LOOK_SECONDS = 2.0
_MIDDLE = (
    "SELECT count(page_hash) >= 2 AND count(*) FILTER (WHERE state = 'fetching') > 0 "
    "FROM ops.target WHERE page_kind = 'match_centre'"
)
_LATEST_RELEASE = "SELECT max(release_id) FROM ops.selector_release"


@dataclass
class Night:
    """What became of a night.

    Attributes:
        what: what struck it.
        healthy: seconds from the strike until what was struck is healthy again by Docker's word;
            None: nothing was killed.
        ended: seconds from the strike (or, without one, from the night's beginning) to its end.
        pages: pages asked of the site.
        problems: what is not as it has to be; empty: all is well.
    """

    what: str
    healthy: float | None = None
    ended: float = 0.0
    pages: int = 0
    problems: list[str] = field(default_factory=list)


class Nights:
    """The nights of a place that is up, all of the same day.

    Attributes:
        day: the day of football, YYYY-MM-DD.
        rows: by core table, after the undisturbed night.
        truth: a hash of each core table's rows then.
        quiet: that night.
    """

    def __init__(self, place: Place) -> None:
        self.day = choose_day()
        self.rows: dict[str, int] = {}
        self.truth: dict[str, str] = {}
        self.quiet = Night("nothing")
        self._place = place
        self._airflow = _ready(place)
        self._release = int(place.scalar(_LATEST_RELEASE))

    def undisturbed(self) -> Night:
        """A night without a strike: what it landed is the truth from now on.

        Raises:
            DockerError: it does not end well, or nothing landed.
        """
        self._go(self.quiet)
        warehouse = self._place.warehouse()
        self.truth, self.rows = landed.contents(warehouse), landed.row_counts(warehouse)
        self.quiet.pages = len(self._place.site("requests"))
        if self.quiet.problems or not self.rows["core.event"]:
            raise DockerError(f"the first night: {self.quiet.problems}, rows: {self.rows}")
        return self.quiet

    def again(self, what: str) -> Night:
        """Another night without a strike, compared with the undisturbed one."""
        night = Night(what)
        self._go(night)
        self._judge_rows(night)
        return night

    def _go(self, night: Night) -> None:
        run = self._begin()
        began = time.monotonic()
        self._wait(night, lambda: run.wait(0) is not None)
        night.ended = time.monotonic() - began
        self._judge_end(run, night)

    def struck(self, strike: Strike) -> Night:
        """A night that is struck while pages are fetched; compared with the undisturbed one."""
        night = Night(strike.what)
        try:
            self._strike(strike, night)
        except (DockerError, DBAPIError, TimeoutError, OSError) as error:
            night.problems.append(f"{type(error).__name__}: {error}"[:1500])
        return night

    def _strike(self, strike: Strike, night: Night) -> None:
        self._place.wait_until_healthy(_HEALTHY_SECONDS)
        run = self._begin()
        warehouse = self._place.warehouse()
        wait_until(
            "matches are being fetched",
            lambda: _in_the_middle(warehouse),
            seconds=NIGHT_SECONDS,
            every=0.5,
        )
        before = self._place.container(strike.killed)["Id"] if strike.killed else ""
        restarts = self._restarts(before)
        struck = time.monotonic()
        strike.hit(self._place)
        try:
            time.sleep(strike.heal_after)
        finally:
            if strike.heal is not None:
                strike.heal(self._place)

        def over() -> bool:
            if not night.ended and run.wait(0) is not None:
                night.ended = time.monotonic() - struck
            if strike.killed and night.healthy is None and self._is_back(before, restarts):
                night.healthy = time.monotonic() - struck
            return bool(night.ended and (night.healthy is not None or not strike.killed))

        self._wait(night, over)
        self._judge_end(run, night)
        self._judge_rows(night)

    def _begin(self) -> Run:
        """Nothing is landed; a run of the nightly DAG for the day begins."""
        place = self._place
        place.site("faults/clear", {})
        wait_until("the warehouse is empty", self._emptied, seconds=_HEALTHY_SECONDS)
        place.site("faults", _SLOW)
        place.site("requests/clear", {})
        return Run(self._airflow, self._airflow.trigger(DAG, partition_key=self.day))

    def _emptied(self) -> bool:
        try:
            landed.empty(self._place.warehouse(), self._release)
        except DBAPIError:
            return False  # a sweep or a watch holds a row just now
        return True

    def _restarts(self, container: str) -> int:
        found = {one["Id"]: one for many in self._place.containers().values() for one in many}
        return int(found[container]["RestartCount"]) if container else 0

    def _is_back(self, container: str, restarts: int) -> bool:
        found = {one["Id"]: one for many in self._place.containers().values() for one in many}
        return is_healthy(found[container]) and found[container]["RestartCount"] > restarts

    def _wait(self, night: Night, over: Callable[[], bool]) -> None:
        end = time.monotonic() + NIGHT_SECONDS
        while not over():
            if time.monotonic() > end:
                night.problems.append(f"not over after {NIGHT_SECONDS:.0f} s")
                return
            time.sleep(_LOOK_SECONDS)

    def _judge_end(self, run: Run, night: Night) -> None:
        code = run.wait(30)
        if code is None:
            run.kill()
        if code != 0:
            states = run.said.replace("\n", ", ")
            night.problems.append(f"the run has {'failed' if code else 'not ended'}: {states}")

    def _judge_rows(self, night: Night) -> None:
        """As after the undisturbed night: nothing lost, nothing doubled, nothing other."""
        warehouse = self._place.warehouse()
        found = landed.contents(warehouse)
        wrong = [name for name, value in self.truth.items() if found[name] != value]
        if wrong:
            night.problems.append(f"other rows than in the undisturbed night: {', '.join(wrong)}")
        if doubled := landed.doubled_batches(warehouse):
            night.problems.append(f"{doubled} batches are doubled")
        night.pages = len(self._place.site("requests"))


def _in_the_middle(warehouse: Engine) -> bool:
    """Some matches are archived, and one is being fetched."""
    with warehouse.connect() as connection:
        return bool(connection.scalar(text(_MIDDLE)))


def _ready(place: Place) -> AirflowClient:
    """Airflow lets the nightly DAG run; what it catches up at once is none of ours."""
    client = place.airflow()
    wait_until(f"DAG {DAG}", lambda: client.has_dag(DAG), seconds=_HEALTHY_SECONDS)
    client.unpause(DAG)
    (last,) = wait_until("last night's run", lambda: client.runs(DAG), seconds=_HEALTHY_SECONDS)
    client.wait_for_run(DAG, last["dag_run_id"], seconds=NIGHT_SECONDS)
    return client
