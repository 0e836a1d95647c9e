"""The gate around the rules: once only, whatever happens meanwhile, with a report to read."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from scrapers.errors import WarehouseUnavailable
from scrapers.quality import data_docs, suites
from scrapers.quality.checks import between
from scrapers.quality.gate import judge
from scrapers.quality.subjects import rule
from scrapers.settings import ROOT
from scrapers.warehouse import ledger
from scrapers.warehouse.landing import land
from scrapers.warehouse.ops_tables import FailureRow, QuarantineRow, TargetRow, ValidationRow
from scrapers.warehouse.records import Staged
from tests.integration.test_quality_batches import (
    HASH,
    Bench,
    bench,
    feeds,
    finished,
    pages_of,
    rows_of,
)
from tests.support.gates import lighten

__all__ = ["bench"]

WRITTEN = (ValidationRow, QuarantineRow, FailureRow)


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what a single match must hold to, only what is broken here is judged."""
    lighten(monkeypatch, "event", "references")


@pytest.fixture
def light_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, with the report."""
    lighten(monkeypatch, "event", "line_up", docs=True)


def _one_bad_of_three(bench: Bench) -> list[Staged]:
    pages = pages_of(finished()[:3])
    pages[finished()[1]]["event"][7]["x"] = 400
    return bench.batch(pages)


def test_the_ledger_says_what_is_wrong_with_a_target(bench: Bench) -> None:
    staged = _one_bad_of_three(bench)
    bad = finished()[1]
    verdict = judge(bench.engine, bench.batch_id, staged, bench.settings)
    with bench.engine.begin() as connection:
        target = connection.execute(
            select(TargetRow.failure_class, TargetRow.failure_detail, TargetRow.failure_facts)
            .where(TargetRow.target_key == bad)
        ).one()  # fmt: skip
        quarantine = connection.execute(select(*QuarantineRow.__table__.columns)).one()
        failure = connection.execute(select(*FailureRow.__table__.columns)).one()
        row = connection.execute(
            select(*ValidationRow.__table__.columns).where(~ValidationRow.success)
        ).one()
    assert target.failure_class == "InvalidRows"
    assert target.failure_detail == (
        "rows break what is expected: event: x is between -10 and 110 (1 rows)"
    )
    assert target.failure_facts["docs_path"] == str(verdict.docs_path)
    assert (failure.target_key, failure.stage, failure.page_hash) == (bad, "validate", HASH)
    assert quarantine.target_key == bad
    assert quarantine.staged_id == next(s.staged_id for s in staged if s.target_key == bad)
    assert quarantine.selector_version == "match_centre/2022-08"
    assert quarantine.reasons == verdict.bad[bad]
    assert quarantine.reasons[0]["expectation"] == "expect_column_values_to_be_between"
    assert quarantine.reasons[0]["examples"][0]["row_number"] == 8
    assert (row.suite, row.table_name, row.column_name) == ("match_centre", "event", "x")
    assert (row.scope, row.unexpected, row.targets) == ("target", 1, [bad])
    assert row.rows > 3000
    assert row.details["arguments"] == {"column": "x", "min_value": -10, "max_value": 110}


@pytest.mark.usefixtures("light")
def test_judged_twice_nothing_is_doubled(bench: Bench) -> None:
    """As after a kill between the verdict and the landing."""
    staged = _one_bad_of_three(bench)
    first = judge(bench.engine, bench.batch_id, staged, bench.settings)
    expectations = bench.count(ValidationRow)
    again = judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert again.good == first.good
    assert again.bad == {}  # it is put aside already
    assert (bench.count(QuarantineRow), bench.count(FailureRow)) == (1, 1)
    # The rest was judged anew, and what was found the first time still stands there.
    assert bench.count(ValidationRow) == 2 * expectations
    assert bench.unmet() == {("event", "x")}
    judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert bench.count(ValidationRow) == 2 * expectations


@pytest.mark.usefixtures("light")
def test_good_ones_judged_twice_nothing_is_doubled(bench: Bench) -> None:
    staged = bench.batch(pages_of(finished()[:1]))
    counts = []
    for _ in range(2):
        verdict = judge(bench.engine, bench.batch_id, staged, bench.settings)
        assert verdict.good == tuple(staged)
        counts.append(bench.count(ValidationRow))
    assert counts[0] == counts[1] > 0


@pytest.mark.usefixtures("light")
def test_a_kill_before_the_verdict_leaves_nothing_behind(bench: Bench) -> None:
    """The verdict's transaction is lost after its first words."""
    staged = _one_bad_of_three(bench)
    with bench.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION ops.kill_us() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'"
            )
        )
        connection.execute(
            text(
                "CREATE TRIGGER kill_us BEFORE INSERT ON ops.failure"
                " FOR EACH ROW EXECUTE FUNCTION ops.kill_us()"
            )
        )
    try:
        with pytest.raises(WarehouseUnavailable):
            judge(bench.engine, bench.batch_id, staged, bench.settings)
    finally:
        with bench.engine.begin() as connection:
            connection.execute(text("DROP FUNCTION ops.kill_us() CASCADE"))
    assert [bench.count(model) for model in WRITTEN] == [0, 0, 0]
    assert {state for state, _ in bench.states().values()} == {"parsed"}
    verdict = judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert (len(verdict.good), len(verdict.bad)) == (2, 1)


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("moment", ["before", "between", "after"])
def test_a_target_staged_anew_meanwhile_is_left_alone(
    bench: Bench, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is read, between two readings, or after it was judged."""
    staged = _one_bad_of_three(bench)
    bad = finished()[1]

    def stage_anew(*_: Any, **__: Any) -> None:
        bench.stage(bad, rows_of(bad))

    if moment == "before":
        stage_anew()
    with monkeypatch.context() as patched:
        if moment != "before":
            module, name = (
                (suites, "_judge_references") if moment == "between" else (data_docs, "write")
            )
            real = getattr(module, name)

            def meanwhile(*args: Any, **options: Any) -> Any:
                stage_anew()
                return real(*args, **options)

            patched.setattr(module, name, meanwhile)
        verdict = judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert [s.target_key for s in verdict.good] == [finished()[0], finished()[2]]
    assert verdict.bad == {}
    assert bench.states()[bad] == ("parsed", None)
    assert (bench.count(QuarantineRow), bench.count(FailureRow)) == (0, 0)
    # Its new rows are judged when the batch is published next.
    again = judge(
        bench.engine, bench.batch_id, ledger.staged(bench.engine, bench.batch_id), bench.settings
    )
    assert bad in {s.target_key for s in again.good}


def test_what_the_gate_lets_through_lands(bench: Bench) -> None:
    """Its foreign keys, unique keys and columns are what the core tables ask for."""
    feed = bench.judge(pages_of(feeds()[:2]))
    land(bench.engine, bench.batch_id, feed.good)
    staged = _one_bad_of_three(bench)
    verdict = judge(bench.engine, bench.batch_id, staged, bench.settings)
    counts = land(bench.engine, bench.batch_id, verdict.good)
    assert counts["match"].inserted == 2
    assert bench.states()[finished()[1]] == ("quarantined", "InvalidRows")


def test_more_matches_than_are_read_at_a_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tables and rules, of rows, of matches and of a match's two sides.
    lighten(monkeypatch, "event", "match", "line_up", "side", "volume", "marked", "references")
    staged = _one_bad_of_three(bench)
    whole = judge(bench.engine, bench.batch_id, staged, bench.settings)
    query = select(
        ValidationRow.table_name, ValidationRow.column_name, ValidationRow.expectation,
        ValidationRow.rows, ValidationRow.unexpected, ValidationRow.targets,
    )  # fmt: skip

    def written() -> list[Any]:
        with bench.engine.begin() as connection:
            return sorted(map(str, connection.execute(query).all()))

    before = written()
    with bench.engine.begin() as connection:
        connection.execute(text("TRUNCATE ops.validation, ops.quarantine, ops.failure"))
        connection.execute(text("UPDATE ops.target SET state = 'parsed'"))
    monkeypatch.setattr(suites, "AT_A_TIME", 1)
    parts = judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert (parts.good, parts.bad) == (whole.good, whole.bad)
    assert written() == before


# --- defects of a suite -----------------------------------------------------------------------


@pytest.mark.usefixtures("light")
def test_an_expectation_that_can_not_be_computed_lets_nothing_pass(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = bench.batch(pages_of(finished()[:1]))
    broken = rule(
        "broken",
        "SELECT target_key, 'text' AS said FROM staging.match WHERE target_key = ANY(:targets)",
        between("said", 1, 2),
    )
    kind = staged[0].page_kind
    suite = suites.SUITES[kind]
    wrong = suites.Suite(
        suite.name, suite.tables, (*suite.rules, broken), suite.references, suite.batch_rules
    )
    monkeypatch.setitem(suites.SUITES, kind, wrong)
    with pytest.raises(RuntimeError, match=r"between on match_centre\.broken can't be computed"):
        judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert [bench.count(model) for model in WRITTEN] == [0, 0, 0]


def test_a_page_kind_without_a_suite_lets_nothing_pass(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = bench.batch(pages_of(finished()[:1]))
    monkeypatch.delitem(suites.SUITES, staged[0].page_kind)
    with pytest.raises(RuntimeError, match="no suite judges match_centre"):
        judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert [bench.count(model) for model in WRITTEN] == [0, 0, 0]


# --- Data Docs --------------------------------------------------------------------------------


@pytest.mark.usefixtures("light_docs")
def test_the_report_names_what_is_not_met(bench: Bench) -> None:
    staged = _one_bad_of_three(bench)
    verdict = judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert verdict.docs_path is not None
    folder = bench.settings.data_docs_dir
    assert verdict.docs_path.is_relative_to(folder / "validations")
    page = verdict.docs_path.read_text(encoding="utf-8")
    assert "event.x" in page
    assert "x is between -10 and 110" in page
    assert finished()[1] in page
    assert "x 400" in page
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert str(verdict.docs_path.relative_to(folder)) in index
    assert f"batch-{bench.batch_id}" in index


@pytest.mark.usefixtures("light_docs")
def test_the_site_keeps_earlier_reports(bench: Bench) -> None:
    """Also after a gate that was killed in the midst of writing."""
    folder = bench.settings.data_docs_dir
    paths: list[Path] = []
    for number in range(3):
        staged = bench.batch(pages_of(finished()[number : number + 1]))
        verdict = judge(bench.engine, bench.batch_id, staged, bench.settings)
        assert verdict.docs_path is not None
        paths.append(verdict.docs_path)
        if number == 0:
            result = next((folder / "results").rglob(f"{paths[0].stem}.json"))
            result.write_text(result.read_text()[:40])
            (folder / "index.html").write_text("<html><bo")
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert len(set(paths)) == 3
    for path in paths:
        assert "event.x" in path.read_text(encoding="utf-8")
    assert [str(path.relative_to(folder)) in index for path in paths] == [False, True, True]


@pytest.mark.usefixtures("light_docs")
def test_what_a_page_says_is_no_markup_in_the_report(bench: Bench) -> None:
    rows = rows_of(finished()[0])
    rows["line_up"][0]["position"] = "<script>alert('$x')</script>"
    verdict = bench.judge({finished()[0]: rows})
    assert verdict.docs_path is not None
    page = verdict.docs_path.read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "alert(" in page


@pytest.mark.usefixtures("light_docs")
def test_a_site_that_can_not_be_written_stops_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.settings.data_docs_dir.write_text("a file where the folder should be")
    staged = _one_bad_of_three(bench)
    with caplog.at_level(logging.WARNING):
        verdict = judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert verdict.docs_path is None
    assert (len(verdict.good), len(verdict.bad)) == (2, 1)
    assert "FileExistsError" in caplog.text


@pytest.mark.usefixtures("light_docs")
def test_a_report_that_is_held_up_by_another_stops_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = bench.settings.data_docs_dir
    folder.mkdir(parents=True)
    holding = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.flock(f, 2);"
        " print(1, flush=True); time.sleep(300)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", holding, str(folder / ".lock")], stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        other.stdout.readline()
        monkeypatch.setattr(data_docs, "LOCK_SECONDS", 0.2)
        staged = bench.batch(pages_of(finished()[:1]))
        verdict = judge(bench.engine, bench.batch_id, staged, bench.settings)
        assert verdict.docs_path is None
        assert verdict.good == tuple(staged)
        assert "TimeoutError" in caplog.text
    finally:
        other.kill()
        other.wait()
    # Who dies lets go of the lock.
    again = judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert again.docs_path is not None


_SCRIPT = """
import json, sys, uuid
from scrapers.settings import load_settings
from scrapers.warehouse import ledger
from scrapers.warehouse.engine import engine
import logging, socket
logging.basicConfig(level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
def refuse(*given, **more):
    raise AssertionError(f"the network was asked for: {given}")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from scrapers.quality.gate import judge
settings = load_settings(_env_file=None, **json.loads(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
connections = engine(settings)
batch_id = uuid.UUID(sys.argv[2])
verdict = judge(connections, batch_id, ledger.staged(connections, batch_id), settings)
print(json.dumps([str(verdict.docs_path), len(verdict.good)]))
"""


def _gate(bench: Bench, folder: Path) -> subprocess.Popen[str]:
    given = bench.settings.model_dump(
        mode="json", include={"archive_url", "data_docs_dir", "completeness_floor"}
    )
    for name in ("database_url", "broker_url", "cache_url"):
        given[name] = getattr(bench.settings, name).get_secret_value()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder),
        "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, json.dumps(given), str(bench.batch_id)],
        cwd=folder, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_two_gates_at_once(bench: Bench, tmp_path: Path) -> None:
    """Quiet, without the network, without files anywhere but in the site."""
    home = tmp_path / "home"
    home.mkdir()
    bench.batch(pages_of(finished()[:1]))
    other = _gate(bench, home)
    assert other.stdout is not None
    assert other.stdout.readline() == "ready\n"
    staged = bench.batch(pages_of(finished()[1:2]))
    # The other begins now, all that it needs being imported; this process is the second gate.
    with ThreadPoolExecutor(1) as pool:
        saying = pool.submit(other.communicate, "\n", timeout=240)
        verdict = judge(bench.engine, bench.batch_id, staged, bench.settings)
        said, complained = saying.result()
    assert other.returncode == 0, complained
    path, good = json.loads(said)
    assert (good, verdict.good) == (1, tuple(staged))
    ours = [line for line in complained.splitlines() if not line.startswith("scrapers.")]
    assert ours == []
    folder = bench.settings.data_docs_dir
    index = (folder / "index.html").read_text(encoding="utf-8")
    for page in (Path(path), verdict.docs_path):
        assert page is not None
        assert "event.x" in page.read_text(encoding="utf-8")
        assert str(page.relative_to(folder)) in index
    assert list(home.iterdir()) == []
