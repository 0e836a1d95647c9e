"""Nights of the running place: an undisturbed one, then struck ones that must land the same.

A night is struck while its matches are being fetched; when what was struck is well again and the
run still goes on, the next strike follows in the same night.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.chaos.airflow_place import DAG, Run
from tests.compose.daemon import DockerError
from tests.compose.place import Container, Place, is_healthy, service_of
from tests.compose.strikes import Strike
from tests.demo.night import choose_day
from tests.support import landed
from tests.support.airflow import AirflowClient, wait_until

NIGHT_SECONDS = 900.0
# In one night; Airflow's tasks are tried again a few times only.
MOST_STRIKES = 8
_HEALTHY_SECONDS = 600.0
# So that there is a middle to strike in.
_SLOW = {"pattern": "/matches/", "kind": "slow", "seconds": 10.0}
_LOOK_SECONDS = 2.0
_MIDDLE = (
    "SELECT count(page_hash) >= 2 AND count(*) FILTER (WHERE state = 'fetching') > 0 "
    "FROM ops.target WHERE page_kind = 'match_centre'"
)
_LATEST_RELEASE = "SELECT max(release_id) FROM ops.selector_release"


@dataclass
class Hit:
    """What became of a strike.

    Attributes:
        strike: it.
        at: Unix time at which it struck.
        healthy: seconds until what was struck was healthy again by Docker's word; None: nothing
            was killed, or it never was.
        ended: seconds until the night's run was over.
    """

    strike: Strike
    at: float
    healthy: float | None = None
    ended: float = 0.0


@dataclass
class Night:
    """What became of a night.

    Attributes:
        what: how it differs from others, apart from strikes.
        hits: the strikes, in order.
        seconds: from its beginning to its end, by Airflow's clock.
        pages: pages asked of the site.
        problems: what is not as it has to be; empty: all is well.
    """

    what: str = ""
    hits: list[Hit] = field(default_factory=list)
    seconds: float = 0.0
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
        self.quiet = Night("undisturbed")
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
        self._wait(run, night)

    def struck(self, strikes: Sequence[Strike]) -> Night:
        """A night with the first of these strikes, and the next few if they find it going on."""
        night = Night()
        try:
            self._place.wait_until_healthy(_HEALTHY_SECONDS)
            self._strike(strikes, night)
        except (DockerError, DBAPIError, httpx.HTTPError, TimeoutError, OSError) as error:
            night.problems.append(f"{type(error).__name__}: {error}"[:1500])
        return night

    def _strike(self, strikes: Sequence[Strike], night: Night) -> None:
        run = self._begin()
        warehouse = self._place.warehouse()
        wait_until(
            "matches are being fetched",
            lambda: _in_the_middle(warehouse),
            seconds=NIGHT_SECONDS,
            every=0.5,
        )
        for strike in strikes[:MOST_STRIKES]:
            if night.hits and not run.alive():
                break
            night.hits.append(self._hit(strike, night))
        ended = self._wait(run, night)
        # What came when the run was just over is to be done again, in another night.
        night.hits = [hit for hit in night.hits if hit.at < ended]
        for hit in night.hits:
            hit.ended = ended - hit.at
        self._judge_rows(night)

    def _hit(self, strike: Strike, night: Night) -> Hit:
        """Strike, heal, and wait until what was killed is there again and healthy."""
        before = self._place.container(strike.killed) if strike.killed else None
        hit = Hit(strike, time.time())
        strike.hit(self._place)
        try:
            time.sleep(strike.heal_after)
        finally:
            if strike.heal is not None:
                strike.heal(self._place)
        while before is not None and hit.healthy is None:
            passed = time.time() - hit.at
            if self._is_back(before):
                hit.healthy = passed
            elif passed > _HEALTHY_SECONDS:
                night.problems.append(f"{strike.name} not healthy after {passed:.0f} s")
                break
            else:
                time.sleep(_LOOK_SECONDS)
        return hit

    def _begin(self) -> Run:
        """Nothing is landed; a run of the nightly DAG for the day begins."""
        place = self._place
        place.site("faults/clear", {})
        wait_until(
            "the warehouse is empty",
            lambda: landed.emptied(place.warehouse(), self._release),
            seconds=_HEALTHY_SECONDS,
        )
        place.site("faults", _SLOW)
        place.site("requests/clear", {})
        return Run(self._airflow, self._airflow.trigger(DAG, partition_key=self.day))

    def _is_back(self, before: Container) -> bool:
        now = self._place.containers()[service_of(before)]
        return any(
            one["Id"] == before["Id"]
            and one["RestartCount"] > before["RestartCount"]
            and is_healthy(one)
            for one in now
        )

    def _wait(self, run: Run, night: Night) -> float:
        """Wait until the run is over and note how it ended; the Unix time at which it did."""
        code = run.wait(NIGHT_SECONDS)
        if code is None:
            night.problems.append(f"the run is not over after {NIGHT_SECONDS:.0f} s more")
            run.kill()
        elif code:
            states = run.said.replace("\n", ", ")
            night.problems.append(f"the run has failed: {states}")
        told = wait_until(
            "Airflow's word on the run",
            lambda: _asked(lambda: self._airflow.run(DAG, run.run_id)),
            seconds=_HEALTHY_SECONDS,
        )
        began, ended = (
            datetime.fromisoformat(told[name]).timestamp() for name in ("queued_at", "end_date")
        )
        night.seconds = ended - began
        return ended

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
    wait_until(f"DAG {DAG}", lambda: _asked(lambda: client.has_dag(DAG)), seconds=_HEALTHY_SECONDS)
    client.unpause(DAG)
    (last,) = wait_until(
        "last night's run", lambda: _asked(lambda: client.runs(DAG)), seconds=_HEALTHY_SECONDS
    )
    if Run(client, last["dag_run_id"]).wait(NIGHT_SECONDS) is None:
        raise DockerError("last night's run is not over in time")
    return client


def _asked(question: Callable[[], Any]) -> Any:
    """What Airflow answers; None: it does not, which may be what was struck, or a busy machine."""
    with suppress(httpx.TransportError):
        return question()
