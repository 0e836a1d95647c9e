"""A place with Airflow: the night is a run of whoscored_nightly."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.chaos.place import DAY, Place, a_place
from tests.support.airflow import AirflowClient, wait_until

DAG = "whoscored_nightly"
_OVER = {"success": 0, "failed": 1}
_LOOK_SECONDS = 0.5


@dataclass
class Run:
    """A run of the nightly DAG, to be waited for as a command is."""

    client: AirflowClient
    run_id: str

    def wait(self, seconds: float) -> int | None:
        """0: it succeeded, 1: it failed; None: it still runs after `seconds`."""
        end = time.monotonic() + seconds
        while True:
            with suppress(httpx.HTTPError):  # the API server may be what was struck
                state = self.client.run(DAG, self.run_id)["state"]
                if state in _OVER:
                    return _OVER[state]
            if time.monotonic() >= end:
                return None
            time.sleep(_LOOK_SECONDS)

    def alive(self) -> bool:
        """Whether it still runs."""
        return self.wait(0) is None

    def kill(self) -> None:
        """Fail it, so that nothing of it goes on."""
        body = {"state": "failed"}
        self.client.request("PATCH", f"/dags/{DAG}/dagRuns/{self.run_id}", json=body)

    @property
    def said(self) -> str:
        """Its tasks and their states, a line each."""
        tasks = self.client.tasks(DAG, self.run_id)
        return "\n".join(f"{name}: {task['state']}" for name, task in tasks.items())


@dataclass
class AirflowPlace(Place):
    """A place whose nights Airflow runs."""

    client: AirflowClient | None = None
    backfill: int = 0

    def night(self) -> Any:
        """Trigger the run of the day."""
        self.running = self.of_airflow(self.api.trigger(DAG, partition_key=DAY))
        return self.running

    @property
    def api(self) -> AirflowClient:
        """Airflow's API."""
        if self.client is None:
            client = self.client = AirflowClient.of(self.stack.environment)
            wait_until(f"DAG {DAG}", lambda: client.has_dag(DAG))
            client.unpause(DAG)
            # A DAG that is let go catches last night up at once; that run is none of ours.
            (last_night,) = wait_until("last night's run", lambda: client.runs(DAG))
            client.wait_for_run(DAG, last_night["dag_run_id"])
            self.reset()
        return self.client

    def of_airflow(self, run_id: str) -> Any:
        """One of its runs."""
        return Run(self.api, run_id)


@contextmanager
def an_airflow_place(home: Path) -> Iterator[Place]:
    """A place with Airflow; nights of years ago are never late there."""
    settings = {"run_late_hours": "1000000"}
    with a_place(home, airflow=True, settings=settings, kind=AirflowPlace) as place:
        yield place


def clear_run(place: Place, _: random.Random) -> None:
    """Clear the matches' dispatch, which waits, as the UI's button does."""
    assert isinstance(place, AirflowPlace)
    run = place.running
    assert isinstance(run, Run)
    place.api.clear(DAG, run.run_id, ["dispatch_matches"])


def kill_task(place: Place, _: random.Random) -> None:
    """Kill the processes of the tasks that run now; scheduler and executor stay."""

    def tasks() -> list[psutil.Process]:
        scheduler = psutil.Process(place.stack.group.pid("airflow-scheduler"))
        found = []
        for process in scheduler.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if "airflow worker" in " ".join(process.cmdline()):
                    found += process.children()
        return found

    for process in wait_until("a task runs", tasks, seconds=60, every=0.05):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def backfill(place: Place) -> None:
    """Let a backfill cover the same day while the run is under way."""
    assert isinstance(place, AirflowPlace)
    place.backfill = place.api.backfill(DAG, DAY, DAY, reprocess="completed")


def backfill_has_ended(place: Place) -> None:
    """Airflow says that it is complete."""
    assert isinstance(place, AirflowPlace)
    place.api.wait_for_backfill(place.backfill, seconds=240)
