"""The landed rows as Parquet: what is in the files, what a reader sees, what a kill leaves."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from scrapers.errors import ConfigInvalid, ExportFailed
from scrapers.export import run as export_run
from scrapers.export import shape
from scrapers.export.manifest import Manifest, check
from scrapers.export.run import export, open_place
from scrapers.files import Files
from scrapers.settings import Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse.engine import engine as engine_of
from scrapers.warehouse.landing import land
from scrapers.warehouse.tables import CORE_TABLES
from tests.support.exports import AUGUST, land_night, the
from tests.support.rows import (
    AWAY,
    HOME,
    STAGE,
    event_row,
    feed_rows,
    league,
    match_rows,
    new_batch,
    put,
    row,
)
from tests.support.s3 import S3Server


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    server = S3Server(tmp_path_factory.mktemp("s3"))
    server.start()
    try:
        server.make_bucket("touchline")
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["file", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """An empty place of each kind."""
    if request.param == "file":
        return open_place((tmp_path / "export").as_uri())
    server = request.getfixturevalue("s3")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    # fsspec reads its part of the environment when it is imported.
    conf = {"endpoint_url": server.endpoint}
    monkeypatch.setitem(sys.modules["fsspec"].config.conf, "s3", conf)
    return open_place(f"s3://touchline/{tmp_path.name}")


@pytest.fixture
def local(tmp_path: Path) -> Files:
    return open_place((tmp_path / "export").as_uri())


def read(files: Files, manifest: Manifest, table: str) -> pa.Table:
    """A table of an export, read by its manifest as downstream reads it."""
    store, root = files.open()
    parts = []
    for file in manifest.tables[table].files:
        with store.open(f"{root}/{file.path}", "rb") as opened:
            parts.append(pq.read_table(opened))
    return pa.concat_tables(parts)


def test_every_row_and_value_comes_out_as_it_is_landed(engine: Engine, files: Files):
    odd = event_row(
        7,
        4,
        qualifiers=[{"type_id": 1, "name": 'a "quoted", \\ name\nof two lines', "value": None}],
        satisfied_event_types=[3, 2**31 - 1],
        end_x=12.3456789,
        outcome=True,
        card_type="",
    )
    rows = match_rows(7)
    rows["event"].append(odd)
    staged = [
        put(engine, AUGUST, feed_rows("202208", {7: "finished", 8: "postponed"})),
        put(engine, Target.match_centre(7), rows),
    ]
    land(engine, new_batch(engine), staged)
    summary = export(engine, files)
    manifest = the(files)
    assert summary.rows == manifest.rows == summary.written_rows
    with engine.connect() as connection:
        for table in CORE_TABLES:
            wanted = [
                dict(row)
                for row in connection.execute(
                    text(
                        f"SELECT * FROM core.{table.name} ORDER BY "
                        + ", ".join(c.name for c in table.primary_key.columns)
                    )
                ).mappings()
            ]
            assert manifest.tables[table.name].rows == len(wanted)
            if not wanted:
                continue
            found = read(files, manifest, table.name).to_pylist()
            assert [_plain(row) for row in found] == [_plain(row) for row in wanted], table.name
    (event,) = [e for e in read(files, manifest, "event").to_pylist() if e["event_id"] == 7004]
    assert event["satisfied_event_types"] == [3, 2**31 - 1]
    assert event["card_type"] == "", "an empty text is no null"
    assert event["second"] is None
    assert event["landed_at"].tzinfo is not None


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Values as both sides can have them: JSON as its text's meaning, decimals as doubles."""
    import json
    from decimal import Decimal
    from uuid import UUID

    def plain(name: str, value: Any) -> Any:
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, UUID):
            return str(value)
        if name in ("qualifiers", "by_minute", "period_end_minutes") and isinstance(value, str):
            return json.loads(value)
        return value

    return {name: plain(name, value) for name, value in row.items()}


def test_matches_are_divided_by_competition_season_and_month(engine: Engine, local: Files):
    september = Target.schedule(STAGE, "202209")
    fixtures = {9: {"status": "scheduled", "kickoff_utc": datetime(2022, 9, 3, tzinfo=UTC)}}
    land_night(engine, 7)
    land(engine, new_batch(engine), [put(engine, september, feed_rows("202209", fixtures))])
    export(engine, local)
    manifest = the(local)
    places = {(f.competition, f.season, f.month) for f in manifest.tables["fixture"].files}
    assert places == {(4, 9149, "2022-08"), (4, 9149, "2022-09")}
    (event,) = manifest.tables["event"].files
    assert event.path.startswith("data/event/competition=4/season=9149/month=2022-08/")
    (team,) = manifest.tables["team"].files
    assert "=" not in team.path
    order = read(local, manifest, "event").select(["match_id", "event_id"]).to_pylist()
    assert order == sorted(order, key=lambda row: (row["match_id"], row["event_id"]))


def test_rows_are_where_their_match_or_fixture_is_or_nowhere(engine: Engine, local: Files):
    """Previews: of a match that has landed, of one that is only scheduled, of one nobody knows."""
    land_night(engine, 7)
    feed = feed_rows("202208", {7: "finished", 8: "scheduled"})
    staged = [put(engine, AUGUST, feed)]
    for match_id in (7, 8, 99):
        preview = row("match_preview", match_id=match_id, home_team_id=HOME, away_team_id=AWAY)
        rows = {"team": league()["team"], "match_preview": [preview]}
        staged.append(put(engine, Target.of(PageKind.MATCH_PREVIEW, match_id=match_id), rows))
    land(engine, new_batch(engine), staged)
    export(engine, local)
    found = {}
    for file in the(local).tables["match_preview"].files:
        path = Path(local.url.removeprefix("file://")) / file.path
        ids = pq.ParquetFile(path).read().column("match_id").to_pylist()
        found[(file.competition, file.season, file.month)] = ids
    assert found == {(4, 9149, "2022-08"): [7, 8], (None, None, None): [99]}


def test_only_what_changed_is_written_anew(engine: Engine, local: Files):
    land_night(engine, 7)
    first = export(engine, local)
    again = export(engine, local)
    assert (again.written_files, again.export_id) == (0, first.export_id)
    # A corrected match: an event fewer. The rows that stay keep their landing's time.
    land(engine, new_batch(engine), [put(engine, Target.match_centre(7), match_rows(7, events=2))])
    changed = export(engine, local)
    assert changed.written_files == 1
    assert changed.written_rows == 2
    assert read(local, the(local), "event").num_rows == 2
    full = export(engine, local, full=True)
    assert full.written_files == full.files
    assert check(local, the(local)) == []


def test_an_earlier_reader_keeps_its_files_and_old_ones_go(
    engine: Engine, local: Files, monkeypatch: pytest.MonkeyPatch
):
    land_night(engine, 7)
    export(engine, local)
    read_by_somebody = the(local)
    for events in (4, 5, 6, 7):
        rows = match_rows(7, events=events)
        land(engine, new_batch(engine), [put(engine, Target.match_centre(7), rows)])
        assert export(engine, local, keep=2).removed_files == 0, "a day's grace"
        assert check(local, read_by_somebody) == []
    monkeypatch.setattr(export_run, "_GRACE", export_run._GRACE * -1)
    rows = match_rows(7, events=8)
    land(engine, new_batch(engine), [put(engine, Target.match_centre(7), rows)])
    assert export(engine, local, keep=2).removed_files > 0
    assert check(local, the(local)) == []
    assert check(local, read_by_somebody)


def test_a_row_that_no_file_can_hold_is_told_and_the_last_export_stays(
    engine: Engine, local: Files
):
    land_night(engine, 7)
    export(engine, local)
    before = the(local)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE core.team SET name = repeat('x', 3000000), landed_at = now()"
                " WHERE team_id = :id"
            ),
            {"id": HOME},
        )
    with pytest.raises(ExportFailed, match=r"core\.team.*longer than"):
        export(engine, local)
    assert the(local) == before
    assert check(local, before) == []


@pytest.mark.parametrize("damage", ["gone", "cut", "other", "no_parquet"])
def test_damaged_files_are_found_and_the_next_export_mends_what_is_gone(
    engine: Engine, local: Files, damage: str
):
    land_night(engine, 7)
    export(engine, local)
    (file,) = the(local).tables["event"].files
    path = Path(local.url.removeprefix("file://")) / file.path
    content = path.read_bytes()
    match damage:
        case "gone":
            path.unlink()
        case "cut":
            path.write_bytes(content[:-10])
        case "other":
            path.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
        case "no_parquet":
            path.write_bytes(b"x" * len(content))
    assert any(file.path in problem for problem in check(local, the(local)))
    mended = export(engine, local, full=damage not in ("gone", "cut"))
    assert mended.written_files >= 1
    if damage in ("gone", "cut"):
        assert check(local, the(local)) == []


def test_a_shape_that_is_no_addition_is_refused_by_name(
    engine: Engine, local: Files, monkeypatch: pytest.MonkeyPatch
):
    land_night(engine, 7)
    export(engine, local)
    given = shape.EXPORTED
    event = next(item for item in given if item.name == "event")
    without = [c for c in event.columns if c.name != "blocked_y"]
    fewer = shape.Exported(event.table, event.division, tuple(without), event.key)
    others = tuple(fewer if item.name == "event" else item for item in given)
    monkeypatch.setattr(shape, "EXPORTED", others)
    with pytest.raises(ExportFailed, match=r"event.blocked_y: double became nothing"):
        export(engine, local)
    # The other way round it is an addition: everything of the table is written anew.
    before = the(local).model_dump()
    del before["tables"]["event"]["columns"]["blocked_y"]
    local.write("manifest.json", Manifest.model_validate(before).text())
    monkeypatch.setattr(shape, "EXPORTED", given)
    assert export(engine, local).written_files == 1
    assert "blocked_y" in the(local).tables["event"].columns


def test_what_cannot_be_exported_to_is_refused(engine: Engine, tmp_path: Path):
    with pytest.raises(ConfigInvalid, match="TOUCHLINE_EXPORT_URL"):
        open_place("no-url")
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(ExportFailed):
        export(engine, open_place((blocked / "export").as_uri()))


def test_two_exports_at_once_are_one_after_the_other(engine: Engine, local: Files):
    land_night(engine, 7)
    with engine.connect() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": export_run._LOCK})
        with pytest.raises(ExportFailed, match="under way"):
            export(engine, local)
        other.rollback()
    export(engine, local)


_FORK = get_context("fork")  # all that an export needs is imported, which takes seconds anew


def _export_whole(database_url: str, export_url: str, ready: Event) -> None:
    warehouse = engine_of(Settings.model_construct(database_url=SecretStr(database_url)))
    ready.set()
    export(warehouse, open_place(export_url), full=True)


def test_killed_at_ten_points_readers_see_whole_exports_and_the_next_run_repairs(
    engine: Engine, local: Files, database_url: str
):
    land_night(engine, *range(7, 27), events=40)
    export(engine, local)
    whole = the(local)
    before = time.monotonic()
    export(engine, local, full=True)
    takes = time.monotonic() - before
    rng = random.Random(7)
    killed = rounds = 0
    # A child that ended before it was killed is no kill: how fast the machine is decides nothing.
    while killed < 10:
        rounds += 1
        assert rounds <= 60, f"only {killed} of {rounds - 1} children were killed in time"
        rows = match_rows(7, events=40 + rounds)
        land(engine, new_batch(engine), [put(engine, Target.match_centre(7), rows)])
        ready = _FORK.Event()
        child = _FORK.Process(target=_export_whole, args=(database_url, local.url, ready))
        child.start()
        assert ready.wait(60)
        time.sleep(rng.uniform(0.0, takes))
        child.kill()
        child.join()
        killed += child.exitcode == -signal.SIGKILL
        # What a reader finds is an export, whole: the last one, or the one that was written.
        assert check(local, the(local)) == []
    export(engine, local)
    assert the(local).export_id != whole.export_id
    assert check(local, the(local)) == []
    assert read(local, the(local), "event").num_rows == 19 * 40 + 40 + rounds
