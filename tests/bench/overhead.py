"""What Airflow costs: a run of `whoscored_scrape` beside `touchline scrape` of the same matches.

Both fetch every match centre anew through the same workers. The DAG has the same tasks for any
number of matches, so what Airflow adds ought to be the same for five and for fifty.
"""

from __future__ import annotations

import time
from datetime import datetime
from statistics import median
from typing import Any

from scrapers.settings import Settings
from scrapers.targets import PageKind
from tests.bench.figures import BenchError, Figure, alternate, differences, spread
from tests.bench.place import Place, matches, scrape
from tests.support.airflow import AirflowClient, wait_until
from tests.support.stack import Stack

DAG = "whoscored_scrape"
FEW, MANY = 5, 50
WORKING = ("dispatch_matches", "publish_matches")  # the tasks with matches to do
REST = "rest"


def measure(place: Place) -> list[Figure]:
    """Wall times for few and for many matches, and whether the difference grows.

    Raises:
        BenchError: a run of the DAG failed.
    """
    stack = place.stack
    client = AirflowClient.of(stack.environment)
    try:
        wait_until(f"DAG {DAG}", lambda: client.has_dag(DAG))
        client.unpause(DAG)
        ids = matches(MANY)
        place.say("warming up: browsers, workers, Airflow")
        scrape(stack, ids)
        _run(client, ids[:1])
        found: list[Figure] = []
        extra: dict[int, list[float]] = {}
        spent: dict[int, list[dict[str, float]]] = {}
        for count, rounds in ((FEW, 2 if place.quick else 3), (MANY, 1 if place.quick else 2)):
            place.say(f"{count} matches with Airflow and without, {rounds} times each")
            taken, spent[count] = _pairs(client, stack, ids[:count], rounds)
            extra[count] = differences(taken["with_airflow"], taken["without"])
            found.append(_figure(count, taken, extra[count], spent[count]))
    finally:
        client.close()
    return [*found, _growth(extra), _rest(spent)]


def _pairs(
    client: AirflowClient, stack: Stack, match_ids: list[int], rounds: int
) -> tuple[dict[str, list[float]], list[dict[str, float]]]:
    spent: list[dict[str, float]] = []
    taken = alternate(
        rounds,
        with_airflow=lambda: spent.append(_run(client, match_ids)),
        without=lambda: scrape(stack, match_ids),
    )
    return taken, spent


def _run(client: AirflowClient, match_ids: list[int]) -> dict[str, float]:
    """Run the DAG to its end; the seconds of its two tasks with matches, and the rest."""
    began = time.perf_counter()
    conf = {
        "match_ids": [str(one) for one in match_ids],
        "page_kinds": [PageKind.MATCH_CENTRE.value],
        "force": True,
    }
    run_id = client.trigger(DAG, conf=conf)
    state = client.wait_for_run(DAG, run_id)
    if state != "success":
        logs = [
            f"{name} is {task['state']}: {client.task_log(DAG, run_id, name)[-1500:]}"
            for name, task in client.tasks(DAG, run_id).items()
            if task["state"] == "failed"
        ]
        raise BenchError(f"run {run_id} of {DAG} is {state}\n" + "\n".join(logs))
    wall = time.perf_counter() - began
    tasks = client.tasks(DAG, run_id)
    working = {name: _seconds(tasks[name]) for name in WORKING}
    return {**working, REST: wall - sum(working.values())}


def _seconds(task: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(task[name]) for name in ("start_date", "end_date"))
    return (end - start).total_seconds()


def _figure(
    count: int,
    taken: dict[str, list[float]],
    extra: list[float],
    spent: list[dict[str, float]],
) -> Figure:
    each = median(extra) / count
    return Figure(
        "airflow",
        f"{count} matches by {DAG}",
        taken["with_airflow"],
        f"touchline scrape of the same {count}",
        taken["without"],
        note=f"Airflow adds {spread(extra)} s, {each:.2f} s a match; "
        + ", ".join(f"{name} {median(one[name] for one in spent):.1f} s" for name in WORKING),
    )


def _growth(extra: dict[int, list[float]]) -> Figure:
    more = (median(extra[MANY]) - median(extra[FEW])) / (MANY - FEW)
    interval = Settings.model_fields["page_interval_seconds"].default
    jitter = Settings.model_fields["page_interval_jitter"].default
    polite = MANY * interval * (1 + jitter / 2)
    return Figure(
        "airflow",
        f"what Airflow adds to {MANY} matches",
        extra[MANY],
        f"what it adds to {FEW}",
        extra[FEW],
        note=f"{more:+.3f} s for each further match; at the default interval {MANY} pages "
        f"take {polite:.0f} s, so Airflow adds {median(extra[MANY]) / polite:.0%}"
        + (
            "; below zero: other work disturbed the run"
            if min(*extra[FEW], *extra[MANY]) < 0
            else ""
        ),
    )


def _rest(spent: dict[int, list[dict[str, float]]]) -> Figure:
    return Figure(
        "airflow",
        f"between its tasks and in those with nothing to do, {MANY} matches",
        [one[REST] for one in spent[MANY]],
        f"the same for {FEW}",
        [one[REST] for one in spent[FEW]],
        note="by Airflow's own record; disturbed less than the difference of two walls",
    )
