"""A layout change from its first page to the closed gap, on a whole platform without Airflow.

The site renames a key. Pages are blocked; a YAML file mends it; the archive is read again, with
workers that are killed meanwhile, and nobody asks the site for anything.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from scrapers.pipeline.intervals import parse_day
from scrapers.settings import ROOT
from scrapers.targets import Target
from scrapers.warehouse.engine import engine as open_engine
from scrapers.warehouse.ops_tables import BatchRow, TargetRow
from scrapers.warehouse.tables import Match
from tests.site.world import World
from tests.support import landed
from tests.support import stack as stacks
from tests.support.airflow import wait_until
from tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DAY = "2022-08-13"
READABLE = [
    match
    for match in World().matches_on(parse_day(DAY))
    if match.status == "finished" and match.has_match_centre
]
CHANGED = READABLE[:2]
OLD, NEW = "match_centre/2022-08", "match_centre/2022-09"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The selector files, to be edited."""
    copied = tmp_path_factory.mktemp("selectors") / "selectors"
    shutil.copytree(ROOT / "selectors", copied)
    return copied


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Stack]:
    running = stacks.start(
        tmp_path_factory.mktemp("reparse") / "stack",
        airflow=False,
        settings={
            "page_interval_seconds": "0.05",
            "resend_after_seconds": "3",
            "sweep_interval_seconds": "1",
            "selectors_dir": str(folder),
            "coverage_min_pages": "4",
        },
    )
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Engine:
    return open_engine(stack.settings)


@pytest.fixture(scope="module")
def missed(stack: Stack, engine: Engine) -> list[int]:
    """A day is scraped while the layout of some pages has changed; the missing matches."""
    for match in CHANGED:
        fault = {
            "pattern": f"/matches/{match.id}/live",
            "kind": "replace",
            "old": '"venueName"',
            "new": '"stadium"',
        }
        stack.control("faults", json.dumps(fault).encode())
    kinds = ("--page-kind", "schedule", "--page-kind", "match_centre")
    ended = stack.touchline("scrape", "--from", DAY, *kinds, check=False)
    assert ended.returncode == 1
    assert f"{len(CHANGED)} blocked LayoutChanged" in ended.stderr
    stack.control("faults/clear", b"{}")
    return [match.id for match in CHANGED]


@pytest.fixture(scope="module")
def draft(folder: Path, missed: list[int]) -> Path:
    """The mended file: a YAML edit, nothing else."""
    file = folder / "whoscored" / "match_centre" / "2022-08.yaml"
    edited = (
        file.read_text(encoding="utf-8")
        .replace("version: 2022-08", "version: 2022-09", 1)
        .replace("effective_from: 2022-08-01", "effective_from: 2022-09-01", 1)
        .replace("matchCentreData.venueName", "matchCentreData.stadium")
    )
    path = file.with_name("2022-09.yaml")
    path.write_text(edited, encoding="utf-8")
    return path


def requests(stack: Stack) -> list[str]:
    return [item["path"] for item in json.loads(stack.control("requests"))]


def there(engine: Engine) -> set[int]:
    with engine.connect() as connection:
        return set(connection.scalars(select(Match.match_id)))


def ledger(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        query = select(TargetRow.__table__).order_by(TargetRow.target_key)
        return [tuple(row) for row in connection.execute(query)]


def staged(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM staging.event")) or 0)


def dry_run(stack: Stack, *options: str) -> tuple[int, dict[str, Any]]:
    ended = stack.touchline("reparse", "--dry-run", "--json", *options, check=False)
    return ended.returncode, json.loads(ended.stdout)


def test_a_mended_file_closes_the_gap_from_the_archive_without_a_request(
    stack: Stack, engine: Engine, missed: list[int], draft: Path
) -> None:
    assert there(engine).isdisjoint(missed)
    before = (landed.versions(engine), ledger(engine), staged(engine))
    stack.control("requests/clear", b"{}")

    # As it stands they fail again, by the same field; with the draft they would land.
    code, found = dry_run(stack, "--failure", "LayoutChanged")
    assert code == 1
    assert {key: why["facts"]["fields"] for key, why in found["failing"].items()} == {
        Target.match_centre(match_id).key: ["venue_name"] for match_id in missed
    }
    code, found = dry_run(stack, "--failure", "LayoutChanged", "--version", NEW)
    assert code == 0, found
    assert found["versions"] == {NEW: len(missed)}
    assert found["tables"]["match"]["inserted"] == len(missed)
    assert found["tables"]["event"]["inserted"] == sum(match.events for match in CHANGED)
    assert (landed.versions(engine), ledger(engine), staged(engine)) == before

    # Before it is promoted no worker may read with it.
    refused = stack.touchline(
        "reparse", "--failure", "LayoutChanged", "--version", NEW, check=False
    )
    assert refused.returncode == 2
    assert "is not in force" in refused.stderr
    stack.touchline("selectors", "promote", NEW, "--folder", str(draft.parents[2]))

    foreseen = {
        name: {kind: counts[kind] for kind in ("inserted", "updated", "deleted", "unchanged")}
        for name, counts in found["tables"].items()
    }
    mended = stack.touchline("reparse", "--failure", "LayoutChanged", "--json")
    published = json.loads(mended.stdout)["published"]
    assert published["states"] == {"landed": len(missed)}
    assert published["rows"] == foreseen
    assert there(engine) >= set(missed)
    with engine.connect() as connection:
        rows = connection.execute(select(Match.match_id, Match.selector_version)).all()
    versions = {row.match_id: row.selector_version for row in rows}
    assert {versions[match_id] for match_id in missed} == {NEW}
    assert {version for key, version in versions.items() if key not in missed} == {OLD}
    assert requests(stack) == []

    # Again there is nothing to mend, and all that has landed is read as it was.
    nothing = stack.touchline("reparse", "--failure", "LayoutChanged")
    assert "Nothing to do" in nothing.stdout
    rows = landed.versions(engine)
    stack.touchline("reparse", "--page-kind", "match_centre", "--page-kind", "schedule")
    assert landed.versions(engine) == rows
    assert requests(stack) == []


def test_lineage_and_coverage_tell_which_version_read_what(
    stack: Stack, engine: Engine, missed: list[int]
) -> None:
    told = json.loads(stack.touchline("lineage", "match", str(missed[0]), "--json").stdout)
    assert {version for rows in told["rows"] for version in rows["versions"]} >= {NEW}
    run = next(batch for batch in told["batches"] if batch["step"] == "reparse")
    assert run["run_id"].startswith("reparse__")
    assert run["expectations"] > 50
    assert told["pages"][0]["url"].startswith(stack.site_url)
    shown = stack.touchline("lineage", "match", str(missed[0]))
    assert NEW.partition("/")[2] in shown.stdout
    assert stack.touchline("lineage", "match", "1", check=False).returncode == 1

    shares = json.loads(stack.touchline("selectors", "coverage", "venue_name", "--json").stdout)
    assert {(one["selector_version"], one["pages"]) for one in shares} == {
        (NEW, len(missed)),
        (OLD, len(there(engine)) - len(missed)),
    }


@pytest.mark.long
def test_workers_that_die_in_mid_reparse_cost_time_and_nothing_else(
    stack: Stack, engine: Engine, missed: list[int]
) -> None:
    before = landed.versions(engine)
    stack.control("requests/clear", b"{}")
    arguments = ("reparse", "--page-kind", "match_centre", "--from", DAY)
    stack.group.stop("parse")
    first = subprocess.Popen(
        [stack.home / "touchline", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=stack.group.work,
    )
    archived = TargetRow.state == "archived"
    try:
        wait_until("the pages are planned", lambda: count(engine, archived) == len(READABLE))
    finally:
        # The command is killed; the same command takes its batch up, and a worker is killed too.
        first.kill()
        first.wait()
        stack.group.start("parse")
    wait_until("a page is read", lambda: count(engine, archived) < len(READABLE))
    os.kill(stack.group.pid("parse"), signal.SIGKILL)
    stack.touchline(*arguments)
    assert landed.versions(engine) == before
    assert requests(stack) == []
    with engine.connect() as connection:
        query = (
            select(BatchRow.state)
            .where(BatchRow.step == "reparse")
            .order_by(BatchRow.created_at.desc())
            .limit(1)
        )
        assert connection.scalar(query) == "published"


def count(engine: Engine, *where: Any) -> int:
    with engine.connect() as connection:
        return int(
            connection.scalar(select(func.count()).select_from(TargetRow).where(*where)) or 0
        )


@pytest.mark.long  # test_airflow_runs proves it of the DAG, test_watch_canaries of the command
def test_the_watch_tells_of_a_field_that_is_gone_before_anything_has_failed(
    stack: Stack, engine: Engine, missed: list[int]
) -> None:
    well = stack.touchline("watch", "--json", check=False)
    assert well.returncode == 0, well.stderr
    assert {c["state"] for c in json.loads(well.stdout)["canaries"]} == {"landed"}
    fault = {
        "pattern": "/matches/",
        "kind": "replace",
        "old": '"managerName"',
        "new": '"coach"',
    }
    stack.control("faults", json.dumps(fault).encode())
    # Within the hour the command takes up its own canaries only while they are under way.
    told = stack.touchline("watch", check=False)
    assert told.returncode == 1
    assert "LayoutChanged" in told.stderr
    assert "match_centre: teams.manager_name" in told.stderr
    stack.control("faults/clear", b"{}")
