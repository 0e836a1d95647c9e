"""What the commands say of the ledger: what is open and what is over, unknown names, legends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from click.testing import Result
from sqlalchemy import Engine, insert, update
from typer.testing import CliRunner

from scrapers.cli import coverage as coverage_command
from scrapers.cli import field_coverage as fields_command
from scrapers.cli import follow as follow_command
from scrapers.cli import gaps as gaps_command
from scrapers.cli import incidents as incidents_command
from scrapers.cli import status as status_command
from scrapers.cli.main import app
from scrapers.errors import InvalidRows, LayoutChanged, SourceUnavailable
from scrapers.parsing import registry
from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from scrapers.warehouse import engine as engines
from scrapers.warehouse import holding, landing, ledger
from scrapers.warehouse.health_tables import GapRow, IncidentRow
from scrapers.warehouse.ops_tables import FollowedStageRow, PageCoverageRow, TargetRow
from scrapers.warehouse.records import BatchKey, PlannedTarget, State
from tests.support.rows import STAGE, feed_rows, new_batch, put

LALIGA = {"competition": "Spain LaLiga", "season": "2022/2023", "stage_id": STAGE}
Call = Callable[..., Result]


@pytest.fixture
def call(engine: Engine, make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> Call:
    settings = make_settings(follow=[LALIGA])
    for command in (
        *(coverage_command, fields_command, follow_command, gaps_command),
        *(incidents_command, status_command),
    ):
        monkeypatch.setattr(command, "settings", lambda: settings)
    monkeypatch.setattr(engines, "engine", lambda _: engine)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def fail(engine: Engine, match_id: int, *errors: Any) -> Target:
    """A match that failed so, one after the other."""
    target = Target.match_centre(match_id)
    key = BatchKey("night", str(match_id), PageKind.MATCH_CENTRE)
    ledger.open_batch(engine, key, [PlannedTarget(target, "new")], None)
    for error in errors:
        with engine.begin() as connection:
            connection.execute(
                update(TargetRow)
                .where(TargetRow.target_key == target.key)
                .values(state=State.PLANNED, due_at=datetime(2022, 1, 1, tzinfo=UTC))
            )
        claim = holding.claim_fetch(engine, target.key, uuid4())
        assert claim is not None
        holding.failed(engine, claim, error, "fetch", State.PLANNED)
    return target


def test_mended_failures_are_told_from_open_ones(engine: Engine, call: Call) -> None:
    fail(engine, 1, SourceUnavailable("late"), LayoutChanged("moved"))
    mended = fail(engine, 2, LayoutChanged("moved too"))
    fail(engine, 3, InvalidRows("odd"))
    with engine.begin() as connection:
        connection.execute(
            update(TargetRow).where(TargetRow.target_key == mended.key).values(state=State.LANDED)
        )
    told = json.loads(call("status", "--json").stdout)["latest_failures"]
    found = {(one["detail"], one["open"], one["state"]) for one in told}
    assert found == {
        ("late", False, "blocked"),
        ("moved", True, "blocked"),
        ("moved too", False, "landed"),
        ("odd", True, "blocked"),
    }
    shown = call("status").stdout
    assert shown.count("OPEN, blocked") == 2
    assert "over, landed" in shown


def test_alike_failures_are_told_once_with_the_way_to_mend_a_layout(
    engine: Engine, call: Call
) -> None:
    for match_id in range(1, 8):
        fail(engine, match_id, LayoutChanged(f"moved on {match_id}", fields=["venue_name"]))
    fail(engine, 8, LayoutChanged("moved elsewhere", fields=["events", "venue_name"]))
    for match_id in range(11, 25):
        fail(engine, match_id, InvalidRows("odd"))
    shown = " ".join(call("status").stdout.split())
    assert "Latest failures (22; alike ones together)" in shown
    assert re.search(r"│ 7 │ LayoutChanged │ venue_name +│ OPEN, blocked", shown)
    assert re.search(r"│ 1 │ LayoutChanged │ events, venue_name │ OPEN, blocked │", shown)
    assert "moved on 7" in shown
    assert "and 4 more" in shown, "three of the seven targets are named"
    assert "moved on 6" not in shown, "one of them is example enough"
    assert shown.count("touchline selectors suggest --kind match_centre") == 1
    assert "docs/layout-changed.md" in shown
    told = json.loads(call("status", "--json").stdout)["latest_failures"]
    assert len(told) == 22
    assert {one["detail"] for one in told} >= {"moved on 6", "moved on 7"}


def test_a_layout_that_is_mended_needs_no_mend(engine: Engine, call: Call) -> None:
    target = fail(engine, 1, LayoutChanged("moved", fields=["venue_name"]))
    with engine.begin() as connection:
        connection.execute(
            update(TargetRow).where(TargetRow.target_key == target.key).values(state=State.LANDED)
        )
    shown = call("status").stdout
    assert "over, landed" in shown
    assert "suggest" not in shown


def test_gaps_tell_of_pages_that_are_none_and_what_to_do(engine: Engine, call: Call) -> None:
    assert call("gaps").stdout == "No gap is open.\n"
    for match_id in (1, 2):
        fail(engine, match_id, LayoutChanged("moved", fields=["venue_name"]))
    fail(engine, 3, InvalidRows("odd"))
    gap = fail(engine, 4, *[SourceUnavailable("late")] * 5)
    given_up = fail(engine, 5, *[SourceUnavailable("late")] * 5)
    with engine.begin() as connection:
        late = TargetRow.target_key.in_([gap.key, given_up.key])
        connection.execute(update(TargetRow).where(late).values(state=State.BLOCKED))
        connection.execute(
            insert(GapRow).values(target_key=gap.key, failure_class="SourceUnavailable")
        )
    shown = call("gaps").stdout
    assert "Open gaps (1)" in shown
    for line in (
        "  LayoutChanged: 2 match_centre blocked. Mend the selector file, prove and promote it, "
        "re-parse (docs/runbooks/LayoutChanged.md)",
        "  SourceUnavailable: 1 match_centre blocked. given up, or of a run that is not over: the "
        "next run of their days asks again",
    ):
        assert line in shown.splitlines()
    assert "  InvalidRows: 1 match_centre blocked." in shown
    assert "touchline selectors suggest --kind match_centre" in shown
    assert [one["target_key"] for one in json.loads(call("gaps", "--json").stdout)] == [gap.key]


def test_an_unknown_field_or_version_is_told_with_the_known_ones(
    engine: Engine, call: Call
) -> None:
    assert call("selectors", "coverage", "nonsense").exit_code == 0, "nothing was read yet"
    fail(engine, 1)
    with engine.begin() as connection:
        connection.execute(
            insert(PageCoverageRow).values(
                target_key=Target.match_centre(1).key,
                page_hash="a" * 64,
                page_kind="match_centre",
                selector_version="match_centre/2022-08",
                fetched_at=datetime(2022, 8, 14, tzinfo=UTC),
                fields={"events.x": [3, 3], "venue_name": [1, 1]},
            )
        )
    shown = call("selectors", "coverage", "events.*")
    assert shown.exit_code == 0
    assert "match_centre/2022-08, not in force" in shown.stdout
    assert "not in force: it has read these pages" in shown.stdout
    registry.register(engine, ROOT / "selectors", "ops")
    assert "not in force" not in call("selectors", "coverage", "events.*").stdout
    told = json.loads(call("selectors", "coverage", "events.*", "--json").stdout)
    assert [(one["selector_version"], one["in_force"]) for one in told] == [
        ("match_centre/2022-08", True)
    ]
    for arguments, said in (
        (("nonsense",), "Page kinds that were read: match_centre; versions: match_centre/2022-08"),
        (("venue_nam",), "Near: venue_name"),
        (("match_centre",), "write --page-kind match_centre"),
        (("match_centre/2022-08",), "write --version match_centre/2022-08"),
        (("--version", "match_centre/1999"), "those that read pages are match_centre/2022-08"),
    ):
        ended = call("selectors", "coverage", *arguments)
        assert ended.exit_code == 2, arguments
        assert said in ended.stderr
    below = call("selectors", "coverage", "venue_name", "--below", "0.5")
    assert below.exit_code == 0, "a field that is filled is no wrong name"


def test_who_unfollows_is_told_what_the_settings_follow_still(engine: Engine, call: Call) -> None:
    with engine.begin() as connection:
        for stage_id, season in ((STAGE, "2022/2023"), (24533, "2025/2026")):
            connection.execute(
                insert(FollowedStageRow).values(
                    stage_id=stage_id,
                    competition_id=4,
                    season_id=stage_id,
                    competition="Spain LaLiga",
                    season=season,
                )
            )
    told = json.loads(call("follow", "Spain LaLiga", "--remove", "--json").stdout)
    assert [stage["stage_id"] for stage in told["removed"]] == [24533]
    assert [stage["stage_id"] for stage in told["still_followed_by_settings"]] == [STAGE]


def test_tables_explain_their_words(engine: Engine, call: Call) -> None:
    fixture = {"status": "finished", "kickoff_utc": datetime(2022, 8, 13, 19, tzinfo=UTC)}
    feed = put(engine, Target.schedule(STAGE, "202208"), feed_rows("202208", {1: fixture}))
    assert landing.land(engine, new_batch(engine), [feed])
    shown = call("coverage").stdout
    assert "1 unplanned" in shown
    assert "unplanned: no run has asked for it yet" in shown
    assert json.loads(call("coverage", "--json").stdout)[0]["missing"] == {"unplanned": 1}
    with engine.begin() as connection:
        connection.execute(
            insert(IncidentRow).values(
                failure_class="LayoutChanged",
                subject="match_centre",
                severity="P3",
                detail="x",
                facts={"watch": {"announced_at": "2026-11-28T00:00:00+00:00"}},
            )
        )
    shown = call("incidents").stdout
    assert "touchline incidents show NUMBER" in shown
    assert "lasts: " in shown
