"""The source out, refusing and paused by hand: real workers and browsers, the site's own log."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from scrapers.targets import SOURCE, Target
from scrapers.warehouse import source
from scrapers.warehouse.engine import engine as open_engine
from scrapers.warehouse.health_tables import GapRow, RequestHourRow
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import State
from scrapers.warehouse.source import GENTLE_FACTORS, PAGES_EACH
from scrapers.warehouse.tables import Match
from tests.site.world import World
from tests.support import stack as stacks
from tests.support.airflow import wait_until
from tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(600)]

READABLE = [m.id for m in World().matches() if m.status == "finished" and m.has_match_centre][:20]
FEW = READABLE[:8]
SLOTS = 3
INTERVAL = 0.25
PAUSE = 6.0  # of an outage, in seconds


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = stacks.start(
        tmp_path_factory.mktemp("source") / "stack",
        airflow=False,
        slots=SLOTS,
        settings={
            "page_interval_seconds": str(INTERVAL),
            "page_interval_jitter": "0",
            "sweep_interval_seconds": "1",
            "outage_failures": "3",
            "outage_pause_seconds": str(PAUSE),
            "outage_longest_pause_minutes": str(PAUSE / 60),
        },
    )
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def engine(stack: Stack) -> Iterator[Engine]:
    """The warehouse, without a row; the site without faults and memories."""
    made = open_engine(stack.settings)
    tables = text(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN "
        "('raw', 'staging', 'core', 'ops') AND tablename NOT IN ('alembic_version', 'hub_state')"
    )
    with made.begin() as connection:
        names = ", ".join(connection.scalars(tables))
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
    for path in ("faults/clear", "requests/clear"):
        stack.control(path, b"{}")
    yield made
    made.dispose()


def fault(stack: Stack, pattern: str, kind: str, **options: Any) -> None:
    stack.control("faults", json.dumps({"pattern": pattern, "kind": kind, **options}).encode())


def requests(stack: Stack) -> list[dict[str, Any]]:
    """Pages asked of the site, each with its moment, path and fault.

    A refusal's page has parts that the browser fetches with it; they are no pages.
    """
    asked = json.loads(stack.control("requests"))
    return [item for item in asked if item["path"].startswith("/matches/")]


def moments(asked: list[dict[str, Any]]) -> list[datetime]:
    return [datetime.fromisoformat(item["at"]) for item in asked]


def scrape(stack: Stack, *match_ids: int) -> subprocess.Popen[str]:
    wanted = [part for number in match_ids for part in ("--match", str(number))]
    return subprocess.Popen(
        [stack.home / "touchline", "scrape", *wanted],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=stack.group.work,
    )


def state(engine: Engine) -> str:
    return str(source.describe(engine, SOURCE)["state"])


def count(engine: Engine, what: Any, *where: Any) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(what).where(*where)) or 0


def target(engine: Engine, match_id: int) -> Any:
    key = Target.match_centre(match_id).key
    with engine.connect() as connection:
        return connection.execute(
            select(TargetRow.__table__).where(TargetRow.target_key == key)
        ).one()


def test_out_all_workers_stop_one_page_tries_and_it_is_asked_gently_again(stack, engine):
    fault(stack, "/matches/", "status", status=503)
    process = scrape(stack, *FEW)
    try:
        wait_until("the source is paused", lambda: state(engine) == "paused")
        # Those that told, and what the other slots had under way.
        told = len(requests(stack))
        assert told <= 3 + SLOTS - 1
        # Three pauses long nothing but one page each; all wait in the ledger without a loss.
        wait_until(
            "it was tried three times",
            lambda: source.describe(engine, SOURCE)["pauses"] >= 4,
            seconds=240,
        )
        asked = requests(stack)
        probes = moments(asked)[-3:]
        assert len(asked) - told <= 3 + 1
        assert all(later - sooner > timedelta(seconds=PAUSE) for sooner, later in pairwise(probes))
        stack.control("faults/clear", b"{}")
        before = len(requests(stack))
        wait_until("all have landed", lambda: process.poll() is not None, seconds=300)
        assert process.returncode == 0, process.communicate()[0]
    finally:
        process.kill()
    back = moments(requests(stack)[before:])
    assert len(back) == len(FEW), "each page is asked for once"
    steps = [(later - sooner).total_seconds() for sooner, later in pairwise(back)]
    for number, step in enumerate(steps):
        # The pause after a page is by the pages that were right when the next one took its turn.
        factor = (*GENTLE_FACTORS, 1.0)[min((number + SLOTS) // PAGES_EACH, len(GENTLE_FACTORS))]
        assert step > factor * INTERVAL * 0.9, steps
    assert steps[0] > GENTLE_FACTORS[0] * INTERVAL * 0.9, "the first is the slowest"
    with engine.connect() as connection:
        assert connection.scalar(select(func.sum(RequestHourRow.requests))) == len(requests(stack))
        assert connection.scalar(select(func.sum(TargetRow.attempts))) <= len(FEW) + 3
    assert count(engine, GapRow) == 0


def test_a_refused_night_is_caught_up_once_the_site_takes_us_again(stack, engine):
    first = FEW[0]
    fault(stack, "/matches/", "refuse")
    process = scrape(stack, first)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "SourceRefused" in output
    assert len(requests(stack)) == 1
    gaps = json.loads(stack.touchline("gaps", "--json").stdout)
    assert [gap["target_key"] for gap in gaps] == [Target.match_centre(first).key]
    assert Target.match_centre(first).key in stack.touchline("gaps").stdout
    # While it is paused the catch-up does nothing at all.
    idle = json.loads(stack.touchline("catch-up", "--json").stdout)
    assert "is paused until" in idle["idle"]
    assert len(requests(stack)) == 1
    stack.control("faults/clear", b"{}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.source_state SET paused_until = now()"))
    assert state(engine) == "half-open"
    done = stack.touchline("catch-up")
    assert "landed" in done.stdout
    assert target(engine, first).state == State.LANDED
    assert count(engine, Match) == 1
    with engine.connect() as connection:
        assert connection.scalars(select(GapRow.closed_by)).all() == ["landed"]
    assert "No gap is open" in stack.touchline("gaps").stdout
    again = json.loads(stack.touchline("catch-up", "--json").stdout)
    assert again["idle"]
    assert len(requests(stack)) == 2, "once refused, once caught up"


def test_paused_by_hand_in_mid_batch_all_workers_obey_at_once(stack, engine):
    process = scrape(stack, *READABLE)
    try:
        wait_until("pages come in", lambda: len(requests(stack)) >= 3)
        end = datetime.now(UTC) + timedelta(hours=1)
        source.pause_by_hand(engine, SOURCE, who="ada", until=end, reason="x")
        paused_at = datetime.now(UTC)
        wait_until(
            "nobody works at a page",
            lambda: not count(engine, TargetRow, TargetRow.holder.is_not(None)),
        )
        # Who had leave at that very moment may still be on the way to the site.
        paused_at += timedelta(seconds=1)
        late = [at for at in moments(requests(stack)) if at > paused_at]
        assert late == [], "whoever waited for a turn has given it back"
        seen = len(requests(stack))
        assert count(engine, TargetRow, TargetRow.state == State.PLANNED) == len(READABLE) - seen
        assert len(READABLE) - seen >= 2
        # Another one pauses it for longer, on the command line.
        said = stack.touchline("source", "pause", "--for", "2h", "--reason", "the site asked us to")
        assert "is paused until" in said.stdout
        status = json.loads(stack.touchline("source", "status", "--json").stdout)
        assert (status["state"], status["reason"]) == ("paused", "the site asked us to")
        assert status["paused_by"] in stack.touchline("source", "status").stdout
        assert len(requests(stack)) == seen
        # Resumed, everything goes on by itself, the first pages slowly.
        stack.touchline("source", "resume")
        wait_until("all have landed", lambda: process.poll() is not None, seconds=300)
        assert process.returncode == 0, process.communicate()[0]
    finally:
        process.kill()
    back = moments(requests(stack)[seen:])
    assert (back[1] - back[0]).total_seconds() > GENTLE_FACTORS[0] * INTERVAL * 0.9
    assert len(requests(stack)) == len(READABLE)
    with engine.connect() as connection:
        assert set(connection.scalars(select(TargetRow.attempts))) == {1}
    assert "is not paused" in stack.touchline("source", "resume").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--for", "soon"), "write such as 30m, 2h or 1d"),
        (("--until", "tomorrow"), "is no moment"),
        (("--until", "2022-08-13"), "is over"),
        (("--for", "2h", "--until", "2999-01-01"), "keep one of them"),
    ],
)
def test_a_pause_that_is_no_pause_is_refused_by_name(stack, engine, arguments, said):
    ended = stack.touchline("source", "pause", *arguments, check=False)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert state(engine) == "asked"
