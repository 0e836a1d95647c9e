"""The whole way without Airflow, on real parts: workers, browser, archive, gate, core tables.

The stand-in site is made to fail in every way that it can; processes are killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import Engine, func, select, text

from scrapers.archive.store import Archive
from scrapers.pipeline.intervals import parse_day
from scrapers.settings import PREFIX
from scrapers.targets import Target
from scrapers.warehouse.engine import engine as open_engine
from scrapers.warehouse.ops_tables import FailureRow, PageRow, TargetRow
from scrapers.warehouse.records import State
from scrapers.warehouse.tables import Event, Fixture, LineUp, Match, MatchTeam
from tests.site.world import World
from tests.support import landed
from tests.support import stack as stacks
from tests.support.airflow import wait_until
from tests.support.pages import REAL_MATCH_ID, real_match_page
from tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DAY = "2022-08-13"
MATCHES = World().matches_on(parse_day(DAY))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    captured = Path(__file__).resolve().parents[3] / "shared" / "data" / "whoscored"
    running = stacks.start(
        tmp_path_factory.mktemp("way") / "stack",
        airflow=False,
        site=["--captured", str(captured)] if captured.is_dir() else [],
        settings={
            "page_interval_seconds": "0.05",
            "resend_after_seconds": "3",
            "sweep_interval_seconds": "1",
            # Pages fail on purpose here, one after another; test_source_way.py has the outages.
            "outage_failures": "9",
        },
    )
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def engine(stack: Stack) -> Iterator[Engine]:
    """The warehouse, without a row; the site without faults, corrections and memories."""
    made = open_engine(stack.settings)
    empty(made)
    for path in ("faults/clear", "amend/clear", "requests/clear"):
        stack.control(path, b"{}")
    yield made
    made.dispose()


def empty(engine: Engine) -> None:
    """Remove every row."""
    tables = text(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN "
        "('raw', 'staging', 'core', 'ops') AND tablename <> 'alembic_version'"
    )
    with engine.begin() as connection:
        names = ", ".join(connection.scalars(tables))
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))


def fault(stack: Stack, pattern: str, kind: str, **options: Any) -> None:
    stack.control("faults", json.dumps({"pattern": pattern, "kind": kind, **options}).encode())


def requests(stack: Stack) -> list[str]:
    """Paths asked of the site since the test began."""
    return [item["path"] for item in json.loads(stack.control("requests"))]


def scrape(stack: Stack, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return stack.touchline("scrape", *arguments, check=check)


def scrape_meanwhile(stack: Stack, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [stack.home / "touchline", "scrape", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=stack.group.work,
    )


def ended_well(process: subprocess.Popen[str]) -> None:
    output, _ = process.communicate(timeout=200)
    assert process.returncode == 0, output


def count(engine: Engine, what: Any, *where: Any) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(what).where(*where)) or 0)


def target(engine: Engine, match_id: int) -> Any:
    key = Target.match_centre(match_id).key
    with engine.connect() as connection:
        return connection.execute(
            select(TargetRow.__table__).where(TargetRow.target_key == key)
        ).one()


def failures(engine: Engine, match_id: int) -> list[str]:
    key = Target.match_centre(match_id).key
    with engine.connect() as connection:
        query = (
            select(FailureRow.failure_class)
            .where(FailureRow.target_key == key)
            .order_by(FailureRow.failure_id)
        )
        return list(connection.scalars(query))


# --- what lands -----------------------------------------------------------------------------


def test_the_real_page_through_a_browser_lands_as_it_is(stack, engine, shared_data):
    scrape(stack, "--match", str(REAL_MATCH_ID))
    with engine.connect() as connection:
        match = connection.execute(select(Match.__table__)).one()
    assert count(engine, Event) == 1465
    assert count(engine, LineUp) == 46
    assert (match.home_score, match.away_score) == (0, 0)
    assert match.venue_name == "Spotify Camp Nou"
    assert f"{match.kickoff_page:%Y-%m-%d %H:%M}" == "2022-08-13 20:00"
    assert f"{match.kickoff_utc:%Y-%m-%d %H:%M}" == "2022-08-13 19:00"
    # Lineage: the row names the page, the page is in the archive, and it holds the match.
    page = Archive(stack.settings.archive_url).get(match.page_hash)
    assert match.selector_version == "match_centre/2022-08"
    assert abs(len(page) - len(real_match_page(shared_data))) < 20_000
    assert b"Spotify Camp Nou" in page


def test_a_night_lands_as_it_was_played_and_again_changes_no_row(stack, engine):
    scrape(stack, "--from", DAY)
    readable = [m for m in MATCHES if m.status == "finished" and m.has_match_centre]
    assert readable
    with engine.connect() as connection:
        rows = connection.execute(
            select(Match.match_id, Match.home_score, Match.away_score, Match.stage_id)
        ).all()
        counted = select(Event.match_id, func.count()).group_by(Event.match_id)
        events = {row[0]: row[1] for row in connection.execute(counted)}
    found = {row.match_id: (row.home_score, row.away_score, row.stage_id) for row in rows}
    for match in readable:
        assert found[match.id] == (match.home_score, match.away_score, match.stage_id)
        assert events[match.id] == match.events
    assert count(engine, Fixture) >= len(MATCHES)

    before, visited = landed.versions(engine), len(requests(stack))
    scrape(stack, "--from", DAY)
    assert len(requests(stack)) == visited, "what is landed is not asked for again"
    scrape(stack, "--from", DAY, "--force")
    assert len(requests(stack)) == 2 * visited
    assert landed.versions(engine) == before


@pytest.mark.long  # test_landing proves it of the rows, in make test
def test_a_corrected_match_ends_as_the_page_has_it_now(stack, engine):
    match = next(m for m in MATCHES if m.status == "finished" and m.has_match_centre)
    by_id = ("--match", str(match.id))
    scrape(stack, *by_id)
    first = count(engine, Event)
    first_ids = event_ids(engine)
    for change, more in (("add_event", 1), ("remove_event", 0)):
        amend = {"match_id": match.id, "change": change}
        stack.control("amend", json.dumps(amend).encode())
        scrape(stack, *by_id, "--force")
        assert count(engine, Event) == first + more
    assert event_ids(engine) != first_ids
    stack.control("amend/clear", b"{}")
    scrape(stack, *by_id, "--force")
    assert event_ids(engine) == first_ids
    assert count(engine, MatchTeam) == 2


def event_ids(engine: Engine) -> set[int]:
    with engine.connect() as connection:
        return set(connection.scalars(select(Event.event_id)))


# --- the source fails -----------------------------------------------------------------------


@pytest.mark.long  # hours of it in test_source_storms, its nights in the chaos
def test_a_refusal_pauses_the_source_and_lands_nothing(stack, engine):
    first, second = (m.id for m in MATCHES[:2])
    fault(stack, f"/matches/{first}/", "refuse")
    refused = scrape(stack, "--match", str(first), check=False)
    assert refused.returncode == 1
    assert "SourceRefused" in refused.stderr
    assert "incident" in target(engine, first).failure_detail
    assert count(engine, Match) == 0
    assert count(engine, PageRow) == 1, "the refusal is archived like any page"
    assert "is paused until" in stack.touchline("status").stdout

    # While it is paused, nobody asks it for anything; the work waits in the ledger.
    visited = requests(stack)
    waiting = scrape_meanwhile(stack, "--match", str(second))
    try:
        wait_until(
            "the target is put off",
            lambda: count(engine, TargetRow, TargetRow.due_at > func.now() + text("'10 min'")),
        )
        assert requests(stack) == visited
        assert target(engine, second).attempts == 0
        # The pause ends: the sweep sends it, nobody starts anything.
        with engine.begin() as connection:
            connection.execute(text("UPDATE ops.source_state SET paused_until = now()"))
            connection.execute(text("UPDATE ops.target SET due_at = now() WHERE state = 'planned'"))
        ended_well(waiting)
    finally:
        waiting.kill()
    assert target(engine, second).state == State.LANDED


def test_every_passing_fault_is_tried_again_and_the_night_is_complete(stack, engine):
    readable = [m for m in MATCHES if m.status == "finished" and m.has_match_centre]
    kinds = {"status": {"status": 503}, "drop": {}, "truncate": {}, "empty": {}, "download": {}}
    for match, (kind, options) in zip(readable, kinds.items(), strict=False):
        fault(stack, f"/matches/{match.id}/", kind, times=1, **options)
    slow = readable[5]
    fault(stack, f"/matches/{slow.id}/", "slow", seconds=3, times=1)
    scrape(stack, "--from", DAY)
    for match, kind in zip(readable, kinds, strict=False):
        assert failures(engine, match.id) == ["SourceUnavailable"], kind
        assert (target(engine, match.id).state, target(engine, match.id).attempts) == (
            State.LANDED,
            2,
        )
    assert failures(engine, slow.id) == []
    assert target(engine, slow.id).state == State.LANDED


@pytest.mark.long  # test_reparse_way begins with the same, in make test
def test_a_changed_layout_lands_nothing_of_its_page_and_the_others_go_on(stack, engine):
    readable = [m for m in MATCHES if m.status == "finished" and m.has_match_centre]
    changed = readable[0]
    fault(stack, f"/matches/{changed.id}/", "replace", old='"venueName"', new='"stadium"')
    ended = scrape(stack, "--from", DAY, check=False)
    assert ended.returncode == 1, "below the floor of completeness the run fails"
    assert "1 blocked LayoutChanged" in ended.stderr
    found = target(engine, changed.id)
    assert (found.state, found.failure_class) == (State.BLOCKED, "LayoutChanged")
    assert found.failure_facts["fields"] == ["venue_name"]
    assert count(engine, Match, Match.match_id == changed.id) == 0
    assert (
        count(engine, Match)
        == count(
            engine,
            TargetRow,
            TargetRow.page_hash.is_not(None),
            TargetRow.page_kind == "match_centre",
        )
        - 1
    )
    # The page is kept, and explained by its hash as `lineage` prints it.
    told = stack.touchline("selectors", "explain", found.page_hash[:12], "venue_name", check=False)
    assert "venue_name" in told.stdout
    stack.control("faults/clear", b"{}")
    scrape(stack, "--from", DAY)
    assert target(engine, changed.id).state == State.LANDED


def test_a_match_without_a_match_centre_is_absent_and_no_failure(stack, engine):
    absent = json.loads(stack.control("world"))["special"]["no_match_centre"][0]
    scrape(stack, "--match", str(absent))
    assert target(engine, absent).state == State.ABSENT
    assert failures(engine, absent) == []


# --- our own parts stop and fail -----------------------------------------------------------


@pytest.mark.long  # by parts in test_source_storms and test_dropping
def test_a_mistyped_match_id_is_told_and_dropped(stack, engine):
    wrong = 99_999_999
    ended = scrape(stack, "--match", str(wrong))
    assert f"look whether match_id {wrong} is right" in ended.stderr
    assert (target(engine, wrong).state, failures(engine, wrong)) == (State.ABSENT, [])
    assert "No gap is open" in stack.touchline("gaps").stdout
    key = Target.match_centre(wrong).key
    stack.touchline("gaps", "drop", key, "--reason", "mistyped", "--by", "Ada")
    asked = requests(stack)
    again = scrape(stack, "--match", str(wrong))
    assert "is dropped: dropped by Ada: mistyped" in again.stderr
    assert requests(stack) == asked, "nothing is asked of the site"


def test_a_worker_told_to_stop_quits_its_browsers(stack, engine):
    scrape(stack, "--match", str(MATCHES[0].id))
    hub = psutil.Process(stack.group.pid("hub"))
    assert hub.children(recursive=True), "the session is kept for the next page"
    stack.group.stop("fetch")
    try:
        wait_until("no browser is left", lambda: not hub.children(recursive=True), seconds=20)
    finally:
        stack.group.start("fetch")


def in_mid_batch(stack: Stack, engine: Engine) -> subprocess.Popen[str]:
    """Start the night with slow pages; it comes back when some pages are archived, not all."""
    fault(stack, "/matches/", "slow", seconds=1)
    running = scrape_meanwhile(stack, "--from", DAY)
    matches = TargetRow.page_kind == "match_centre"
    wait_until(
        "the middle of the batch",
        lambda: (
            count(engine, TargetRow, matches, TargetRow.page_hash.is_not(None)) >= 2
            and count(engine, TargetRow, matches, TargetRow.state == State.FETCHING)
        ),
    )
    return running


@pytest.fixture(scope="module")
def undisturbed(stack: Stack) -> dict[str, str]:
    """What the night lands without any trouble; `engine` then empties the warehouse again."""
    scrape(stack, "--from", DAY)
    made = open_engine(stack.settings)
    found = landed.contents(made)
    made.dispose()
    return found


def kill_fetch_worker(stack: Stack) -> None:
    worker = psutil.Process(stack.group.pid("fetch"))
    for process in [worker, *worker.children(recursive=True)]:
        process.kill()


def kill_fetch_child(stack: Stack) -> None:
    worker = psutil.Process(stack.group.pid("fetch"))
    worker.children()[0].kill()


def kill_parse_worker(stack: Stack) -> None:
    os.kill(stack.group.pid("parse"), signal.SIGKILL)


def kill_redis(stack: Stack) -> None:
    # Broker and cache; it keeps nothing on disk, so every message is lost.
    os.kill(stack.group.pid("redis"), signal.SIGKILL)


def kill_hub(stack: Stack) -> None:
    hub = psutil.Process(stack.group.pid("hub"))
    for process in [hub, *hub.children(recursive=True)]:
        process.kill()


def restart_postgres(stack: Stack) -> None:
    stack.group.stop("postgres")
    stack.group.start("postgres")


# `make chaos` does the same at more places of a run, and `make test` its quick part.
@pytest.mark.long
@pytest.mark.parametrize(
    "strike",
    [
        kill_fetch_worker,
        kill_fetch_child,
        kill_parse_worker,
        kill_redis,
        kill_hub,
        restart_postgres,
    ],
)
def test_a_part_that_dies_in_mid_batch_costs_time_and_nothing_else(
    stack: Stack, engine: Engine, undisturbed: dict[str, str], strike: Callable[[Stack], None]
):
    running = in_mid_batch(stack, engine)
    strike(stack)
    output, _ = running.communicate(timeout=240)
    assert running.returncode == 0, output
    assert landed.contents(engine) == undisturbed
    batches = "SELECT count(*) FROM ops.batch WHERE step = 'match_centre'"
    with engine.connect() as connection:
        assert connection.scalar(text(batches)) == 1


def test_no_secret_is_in_any_log(stack):
    password = stack.environment["PGPASSWORD"]
    for log in stack.group.logs.glob("*.log"):
        assert password not in log.read_text(errors="replace"), log.name
    assert stack.environment[f"{PREFIX}DATABASE_URL"].count(password) == 1
