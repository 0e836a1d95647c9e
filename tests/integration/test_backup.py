"""From a dump and the archive to the same rows: the warehouse is lost and comes back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select, text

from scrapers.backup.adopt import adopt, settle
from scrapers.backup.dump import (
    Dump,
    back_up,
    being_restored,
    check,
    dumps,
    open_place,
    restore,
    restored,
    the_dump,
)
from scrapers.errors import ConfigInvalid, ExportFailed, SourceRefused
from scrapers.files import Files
from scrapers.parsing.registry import register
from scrapers.pipeline.intervals import parse_day
from scrapers.pipeline.publish import publish
from scrapers.pipeline.reparse import choose, run_reparse
from scrapers.pipeline.reparse_request import ReparseRequest
from scrapers.settings import ROOT, Settings
from scrapers.targets import Target
from scrapers.tasks.tools import Tools
from scrapers.warehouse.engine import engine as engine_of
from scrapers.warehouse.migrations import upgrade
from scrapers.warehouse.ops_tables import FailureRow, TargetRow
from scrapers.warehouse.records import State
from scrapers.whoscored.needs import unmet
from tests.site.faults import Answer as Served
from tests.site.faults import Fault, Faults
from tests.site.world import World
from tests.support import landed, postgres
from tests.support.archived import (
    FETCHED,
    fetched,
    land_pages,
    open_for_fetch,
    parse_all,
    played_workers,
    put_page,
)
from tests.support.site_pages import page_of

MATCHES = [
    match
    for match in World().matches_on(parse_day("2022-08-13"))
    if match.status == "finished" and match.has_match_centre
][:4]
FIRST, SECOND, THIRD, FOURTH = (Target.match_centre(match.id) for match in MATCHES)
FEED = Target.schedule(MATCHES[0].stage_id, "202208")
LOST = ReparseRequest(failure="WarehouseUnavailable")


@pytest.fixture
def settings(make_settings: Any, tmp_path: Path) -> Settings:
    return make_settings(
        backup_url=(tmp_path / "backup").as_uri(), backup_keep=2, pg_bin_dir=str(postgres.BIN)
    )


@pytest.fixture
def files(settings: Settings) -> Files:
    return open_place(settings.backup_url)


@pytest.fixture
def tools(settings: Settings, engine: Engine) -> Tools:
    register(engine, ROOT / "selectors", "test", unmet)
    return Tools(settings)


@pytest.fixture
def elsewhere(settings: Settings, empty_database: str) -> Tools:
    """The tools of a new, empty database beside the same archive."""
    return Tools(settings.model_copy(update={"database_url": SecretStr(empty_database)}))


def land(tools: Tools, *targets: Target, later: timedelta = timedelta()) -> None:
    summary = land_pages(tools, {t: page_of(t) for t in targets}, FETCHED + later)
    assert summary.states == {"landed": len(targets)}


def read_lost(tools: Tools) -> None:
    run_reparse(
        tools.engine, tools.settings, LOST, played_workers(tools), run_id="r", poll_seconds=0
    )


def states(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        query = select(TargetRow.target_key, TargetRow.state)
        return {row[0]: row[1] for row in connection.execute(query)}


def test_a_dump_and_the_archive_give_the_same_rows_again(
    tools: Tools, files: Files, elsewhere: Tools
):
    land(tools, FEED, FIRST, SECOND)
    # While the dump is taken a page is parsed and not landed, and another one is being fetched.
    open_for_fetch(tools.engine, THIRD, FOURTH)
    fetched(tools, THIRD, page_of(THIRD), FETCHED)
    parse_all(tools)
    dump = back_up(tools.engine, tools.settings, files)
    assert dump.rows["match"] == 2
    # What happens afterwards is in the archive alone: a corrected page, and new ones.
    _rest(tools)
    wanted = landed.contents(tools.engine)

    restore(elsewhere.engine, elsewhere.settings, files, the_dump(files))
    settle(elsewhere.engine)
    assert adopt(elsewhere.engine, elsewhere.archive).pages == 1  # FOURTH's
    read_lost(elsewhere)
    assert landed.contents(elsewhere.engine) == wanted
    assert set(states(elsewhere.engine).values()) == {"landed"}
    with elsewhere.engine.connect() as connection:
        gaps = connection.execute(text("SELECT target_key, closed_by FROM ops.gap")).all()
    assert {tuple(gap) for gap in gaps} == {(FOURTH.key, "landed")}, "it was being fetched"
    assert adopt(elsewhere.engine, elsewhere.archive).pages == 0, "a second time finds nothing"


def _rest(tools: Tools) -> None:
    """Bring the night to its end: everything that is planned is fetched and lands."""
    fetched(tools, FOURTH, page_of(FOURTH), FETCHED + timedelta(hours=1))
    parse_all(tools)
    with tools.engine.connect() as connection:
        batch = connection.scalar(text("SELECT batch_id FROM ops.batch WHERE state = 'open'"))
    assert batch is not None
    assert publish(tools.engine, batch, tools.settings).states == {"landed": 2}


@pytest.mark.long  # the dump and the archive give them in make test
def test_the_archive_alone_gives_the_same_rows_again(tools: Tools, elsewhere: Tools):
    land(tools, FEED, FIRST, SECOND)
    _a_refusal(tools)
    wanted = landed.contents(tools.engine)

    upgrade(elsewhere.settings)
    register(elsewhere.engine, ROOT / "selectors", "test", unmet)
    found = adopt(elsewhere.engine, elsewhere.archive)
    assert (found.pages, found.targets, found.refused) == (4, 3, 1)
    read_lost(elsewhere)
    assert landed.contents(elsewhere.engine) == wanted
    with elsewhere.engine.connect() as connection:
        query = select(FailureRow.failure_class).where(FailureRow.target_key == THIRD.key)
        assert connection.scalars(query).all() == ["SourceRefused"], "it is known as no page"


def test_an_answer_that_there_is_no_such_page_is_adopted_as_that(tools: Tools, elsewhere: Tools):
    put_page(tools, FOURTH, page_of(THIRD), FETCHED, status=404)
    words = b"<html><head><title>Not Found</title></head><body></body></html>"
    put_page(tools, THIRD, words, FETCHED)
    upgrade(elsewhere.settings)
    found = adopt(elsewhere.engine, elsewhere.archive)
    assert (found.pages, found.targets, found.refused) == (2, 0, 2)
    with elsewhere.engine.connect() as connection:
        assert set(connection.scalars(select(TargetRow.page_hash))) == {None}
        assert set(connection.scalars(select(FailureRow.failure_class))) == {"TargetAbsent"}
    assert choose(elsewhere.engine, LOST).planned == []


def _a_refusal(tools: Tools) -> None:
    good = Served(200, "text/html", page_of(THIRD))
    page = Faults().spoil(Fault.of({"kind": "refuse"}), good).body
    open_for_fetch(tools.engine, THIRD)
    fetched(tools, THIRD, page, FETCHED, SourceRefused("refused"))


def test_a_restore_that_was_killed_goes_on(tools: Tools, files: Files, elsewhere: Tools):
    land(tools, FEED, FIRST)
    open_for_fetch(tools.engine, SECOND)
    dump = back_up(tools.engine, tools.settings, files)
    restore(elsewhere.engine, elsewhere.settings, files, dump)
    # Killed here: nothing is settled, and no other dump may be put over it.
    assert being_restored(elsewhere.engine) == dump.name
    other = dump.model_copy(update={"name": "20000101T000000Z"})
    with pytest.raises(ConfigInvalid, match="not empty"):
        restore(elsewhere.engine, elsewhere.settings, files, other)
    restore(elsewhere.engine, elsewhere.settings, files, dump)
    settle(elsewhere.engine)
    restored(elsewhere.engine)
    assert being_restored(elsewhere.engine) == ""
    assert states(elsewhere.engine)[SECOND.key] == State.BLOCKED
    with elsewhere.engine.connect() as connection:
        batches = connection.scalars(text("SELECT DISTINCT state FROM ops.batch")).all()
    assert set(batches) == {"published", "failed"}


@pytest.mark.parametrize(
    ("query", "variable"),
    [("?sslmode=verify-full", "PGSSLMODE=verify-full"), ("?host=/run/pg", "PGHOST=/run/pg")],
)
def test_the_options_of_the_address_reach_the_dump(
    tools: Tools, files: Files, make_settings: Any, tmp_path: Path, query: str, variable: str
):
    seen = tmp_path / "seen"
    spy = tmp_path / "pg_dump"
    spy.write_text(f"#!/bin/sh\nenv > {seen}\nexit 1\n")
    spy.chmod(0o755)
    plain = make_settings(pg_bin_dir=str(tmp_path))
    address = plain.database_url.get_secret_value() + query
    settings = plain.model_copy(update={"database_url": SecretStr(address)})
    with pytest.raises(ExportFailed):
        back_up(tools.engine, settings, files)
    assert variable in seen.read_text().splitlines()
    strange = SecretStr(address + "&unknown=1")
    with pytest.raises(ConfigInvalid, match="the option unknown"):
        back_up(tools.engine, settings.model_copy(update={"database_url": strange}), files)


def test_nothing_is_overwritten(tools: Tools, files: Files, settings: Settings):
    land(tools, FEED)
    dump = back_up(tools.engine, settings, files)
    with pytest.raises(ConfigInvalid, match="not empty"):
        restore(tools.engine, settings, files, dump)
    assert states(tools.engine)[FEED.key] == State.LANDED


def test_the_newest_dumps_are_kept_and_a_damaged_one_is_found(
    tools: Tools, files: Files, settings: Settings, elsewhere: Tools
):
    made: list[Dump] = []
    for number in range(3):
        dump = back_up(tools.engine, settings, files)
        # Dumps of one second would bear one name: make each an hour older than the next.
        name = f"2022081{number}T040000Z"
        for ending in (".dump", ".json"):
            place = Path(settings.backup_url.removeprefix("file://"))
            (place / f"{dump.name}{ending}").rename(place / f"{name}{ending}")
        note = dump.model_copy(update={"name": name})
        files.write(f"{name}.json", note.model_dump_json().encode())
        made.append(note)
    files.write("20220811T050000Z.dump", b"never finished")
    last = back_up(tools.engine, settings, files)
    assert [dump.name for dump in dumps(files)] == [made[-1].name, last.name]
    assert files.size("20220811T050000Z.dump") is None
    place = Path(settings.backup_url.removeprefix("file://")) / last.path
    content = place.read_bytes()
    place.write_bytes(content[:500] + bytes([content[500] ^ 1]) + content[501:])
    assert "other bytes" in check(files, last)
    with pytest.raises(ExportFailed, match="other bytes"):
        restore(elsewhere.engine, elsewhere.settings, files, last)
    with elsewhere.engine.connect() as connection:
        there = connection.scalar(text("SELECT count(*) FROM pg_namespace WHERE nspname = 'core'"))
    assert there == 0, "nothing is half restored"
    with pytest.raises(ConfigInvalid, match=made[-1].name):
        the_dump(files, "20000101T000000Z")


def test_what_is_missing_is_named(tools: Tools, files: Files, make_settings: Any, tmp_path: Path):
    settings = make_settings(pg_bin_dir=str(tmp_path))
    with pytest.raises(ConfigInvalid, match="TOUCHLINE_PG_BIN_DIR"):
        back_up(tools.engine, settings, files)
    with pytest.raises(ConfigInvalid, match="touchline backup run"):
        the_dump(files)
    wrong = tmp_path / "pg_dump"
    wrong.write_text('#!/bin/sh\necho "pg_dump: error: the disk is full" >&2\nexit 1\n')
    wrong.chmod(0o755)
    with pytest.raises(ExportFailed, match="the disk is full"):
        back_up(tools.engine, settings, files)
    assert dumps(files) == []


def test_no_password_is_on_a_command_line(
    tools: Tools, files: Files, make_settings: Any, tmp_path: Path
):
    seen = tmp_path / "seen"
    spy = tmp_path / "pg_dump"
    spy.write_text(f'#!/bin/sh\necho "$0 $@" > {seen}\nexit 1\n')
    spy.chmod(0o755)
    settings = make_settings(pg_bin_dir=str(tmp_path))
    with pytest.raises(ExportFailed):
        back_up(tools.engine, settings, files)
    password = engine_of(settings).url.password
    assert password
    assert "--snapshot" in seen.read_text()
    assert password not in seen.read_text()
