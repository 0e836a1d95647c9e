"""`touchline gaps drop`: what should never have been asked for is dropped, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Engine, insert, select, text, update
from typer.testing import CliRunner

from scrapers.cli import gaps as command
from scrapers.cli.main import app
from scrapers.pipeline.completeness import completeness
from scrapers.pipeline.intervals import Interval
from scrapers.pipeline.plan import plan
from scrapers.pipeline.reparse import choose
from scrapers.pipeline.reparse_request import ReparseRequest
from scrapers.pipeline.request import Request
from scrapers.targets import PageKind, Target
from scrapers.warehouse import engine as engines
from scrapers.warehouse import landing, ledger
from scrapers.warehouse.health_tables import GapRow
from scrapers.warehouse.ops_tables import QuarantineRow, TargetRow
from scrapers.warehouse.records import BatchKey, PlannedTarget, State
from tests.support.rows import STAGE, feed_rows, match_rows, new_batch, put

DAY = Interval.of_day("2022-08-13")
FEED = Target.schedule(STAGE, "202208")
MATCH = Target.match_centre(1)
Drop = Callable[..., Result]


@pytest.fixture
def drop(engine: Engine, make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> Drop:
    monkeypatch.setattr(command, "settings", make_settings)
    monkeypatch.setattr(engines, "engine", lambda _: engine)

    def call(target: Target, *arguments: str) -> Result:
        given = ["gaps", "drop", target.key, "--reason", "mistyped", "--by", "Ada", *arguments]
        return CliRunner().invoke(app, given)

    return call


def failed_night(engine: Engine) -> None:
    """A night whose only match could not be had: it is a gap."""
    fixture = {"status": "finished", "kickoff_utc": datetime(2022, 8, 13, 19, tzinfo=UTC)}
    feed = put(engine, FEED, feed_rows("202208", {1: fixture}))
    assert landing.land(engine, new_batch(engine), [feed])
    key = BatchKey("whoscored_nightly", "night", PageKind.MATCH_CENTRE)
    batch_id = ledger.open_batch(engine, key, [PlannedTarget(MATCH, "new")], None)
    with engine.begin() as connection:
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key == MATCH.key)
            .values(state=State.BLOCKED, failure_class="SourceUnavailable")
        )
    ledger.close_batch(engine, batch_id, ledger.PUBLISHED, {})


def test_what_is_dropped_is_kept_with_who_and_why_and_asked_for_by_force_alone(
    engine: Engine, make_settings: Any, drop: Drop
) -> None:
    failed_night(engine)
    settings = make_settings()
    request = Request(DAY, (STAGE,), page_kinds=(PageKind.MATCH_CENTRE,))
    assert completeness(engine, request).missing == {"blocked SourceUnavailable": 1}
    assert plan(engine, settings, request, PageKind.MATCH_CENTRE)

    ended = drop(MATCH, "--json")
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout) == {
        **{"target": MATCH.key, "was": "blocked", "by": "Ada", "reason": "mistyped"}
    }
    with engine.connect() as connection:
        row = connection.execute(select(TargetRow.__table__).filter_by(target_key=MATCH.key)).one()
        assert connection.scalars(select(GapRow.closed_by)).all() == ["given up"]
    assert (row.state, row.failure_detail) == (State.DROPPED, "dropped by Ada: mistyped")
    found = completeness(engine, request)
    assert (found.expected, found.missing, found.share) == (0, {}, 1.0)
    assert plan(engine, settings, request, PageKind.MATCH_CENTRE) == []
    assert choose(engine, ReparseRequest()).planned == []
    by_force = Request(DAY, (STAGE,), page_kinds=(PageKind.MATCH_CENTRE,), force=True)
    (planned,) = plan(engine, settings, by_force, PageKind.MATCH_CENTRE)
    key = BatchKey("touchline", "by force", PageKind.MATCH_CENTRE)
    batch_id = ledger.open_batch(engine, key, [planned], None)
    assert ledger.progress(engine, batch_id).by_state == {State.PLANNED: 1}


def test_what_was_dropped_since_it_was_planned_stays_dropped(engine: Engine, drop: Drop) -> None:
    failed_night(engine)
    planned = [PlannedTarget(MATCH, "recheck")]
    assert drop(MATCH).exit_code == 0
    key = BatchKey("whoscored_nightly", "late", PageKind.MATCH_CENTRE)
    progress = ledger.progress(engine, ledger.open_batch(engine, key, planned, None))
    assert (progress.by_state, progress.done) == ({State.DROPPED: 1}, True)


def test_with_a_page_that_was_put_aside_its_rows_are_dropped_too(
    engine: Engine, drop: Drop
) -> None:
    batch_id = new_batch(engine)
    staged = put(engine, MATCH, match_rows(1))
    with engine.begin() as connection:
        connection.execute(
            insert(QuarantineRow).values(
                target_key=MATCH.key, batch_id=batch_id, staged_id=staged.staged_id, reasons=[]
            )
        )
        connection.execute(update(TargetRow).values(state=State.QUARANTINED))
    assert drop(MATCH).exit_code == 0
    with engine.connect() as connection:
        assert connection.scalars(select(QuarantineRow.resolved_at)).one() is not None
        assert connection.scalar(text("SELECT count(*) FROM staging.event")) == 0


def test_what_landed_or_is_under_way_or_unknown_is_not_dropped(engine: Engine, drop: Drop) -> None:
    failed_night(engine)
    for target, why in (
        (FEED, "has landed rows"),
        (Target.match_centre(77), "was never asked for"),
        (Target.of(PageKind.TOURNAMENTS), "touchline follow asks for it whenever it needs it"),
    ):
        refused = drop(target)
        assert (refused.exit_code, why in refused.stderr) == (2, True), refused.stderr
    refused = drop(MATCH, "--reason", " ")
    assert (refused.exit_code, "--reason: is empty" in refused.stderr) == (2, True)
    key = BatchKey("touchline", "again", PageKind.MATCH_CENTRE)
    batch_id = ledger.open_batch(engine, key, [PlannedTarget(MATCH, "recheck")], None)
    assert "is waited for by the run touchline again" in drop(MATCH).stderr
    ledger.close_batch(engine, batch_id, ledger.FAILED, {})
    assert drop(MATCH).exit_code == 0
    assert "is dropped already: dropped by Ada: mistyped" in drop(MATCH).stderr
