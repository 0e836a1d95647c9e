"""What readers do with an export first: bring it near, and hold it against what is expected."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from scrapers.cli.main import app
from scrapers.errors import ExportFailed, InvalidBatch
from scrapers.export import validate as validating
from scrapers.export.expected import expected_of
from scrapers.export.fetch import fetch
from scrapers.export.manifest import Manifest, check
from scrapers.export.run import export, open_place
from scrapers.export.shape import EXPORTED
from scrapers.export.validate import validate
from scrapers.files import Files
from scrapers.quality.checks import Scope
from scrapers.settings import PREFIX
from scrapers.settings import settings as process_settings
from tests.support.exports import (
    announce,
    cut,
    land_night,
    only_file,
    rewritten,
    the,
    two_matches,
    with_column,
)


@pytest.fixture
def files(engine: Engine, tmp_path: Path) -> Files:
    """An export of two matches."""
    return two_matches(engine, tmp_path)


def folder_of(files: Files) -> Path:
    return Path(files.url.removeprefix("file://"))


def of_table(name: str) -> Any:
    (found,) = [exported for exported in EXPORTED if exported.name == name]
    return found


def test_an_export_of_landed_rows_passes(files: Files):
    found = validate(files, the(files))
    assert (found.problems, found.broken) == ([], [])
    assert found.passed
    assert found.rows == the(files).rows
    assert found.files == len(the(files).paths)
    found.refuse()


def test_what_the_gate_expects_of_a_table_is_expected_of_its_export():
    said = {check.says: check.scope for check in expected_of(of_table("event")).checks}
    assert said["x is between -10 and 110"] is Scope.TARGET
    assert said["qualifiers is one of array"] is Scope.TARGET
    assert said["match_id, event_id are unique in a file"] is Scope.TARGET
    assert said["page_hash is set"] is Scope.TARGET, "what may not be null, lineage included"
    # Every kind of page that writes players expects it of them; a season's year some only.
    player = {check.says: check.scope for check in expected_of(of_table("player")).checks}
    assert player["height_cm is between 120 and 230"] is Scope.TARGET
    season = {check.says: check.scope for check in expected_of(of_table("season")).checks}
    assert season["the name has a year, as 2022 or 2022/2023"] is Scope.NOTE


def test_what_is_unique_on_a_page_is_unique_for_its_match():
    lists = [
        check.arguments["column_list"]
        for check in expected_of(of_table("event")).checks
        if "column_list" in check.arguments
    ]
    assert ["target_key", "match_id", "ordinal"] in lists


@pytest.mark.parametrize(
    ("table", "column", "values", "says"),
    [
        ("event", "x", [50.0, 500.0], "x is between -10 and 110"),
        ("event", "period_id", [None], "period_id is set"),
        ("event", "qualifiers", ['{"a": 1}'], "qualifiers is one of array"),
        ("event", "event_id", [7001, 7001], "match_id, event_id are unique in a file"),
        ("team", "name", ["Bar\ufffdelona"], "name has lost no letter, and has at most 300"),
        ("match", "status", ["gone"], "status is one of"),
        ("player", "height_cm", [18], "height_cm is between 120 and 230"),
    ],
)
def test_values_that_break_an_expectation_are_told_by_table_column_and_file(
    files: Files, table: str, column: str, values: list[object], says: str
):
    file = rewritten(files, table, with_column(column, values))
    assert check(files, the(files)) == [], "bytes and rows are as the manifest says"
    found = validate(files, the(files))
    assert found.problems == []
    (broken,) = [one for one in found.broken if one.what.startswith(says)]
    assert (broken.table, broken.file) == (table, file.path)
    assert column in (broken.column or "")
    assert broken.rows >= 1
    assert column in broken.examples[0]
    with pytest.raises(InvalidBatch, match=f"{table}\\..*{file.path}"):
        found.refuse()


@pytest.mark.parametrize(
    ("table", "column", "says"),
    [
        ("event", "player_id", "player_id names a row of player"),
        ("line_up", "team_id", "match_id + team_id names a row of match_team"),
        ("match", "referee_id", "referee_id names a row of referee"),
    ],
)
def test_what_a_row_names_must_be_in_the_export(files: Files, table: str, column: str, says: str):
    file = rewritten(files, table, with_column(column, [99_999_999]))
    found = validate(files, the(files))
    assert found.problems == []
    (broken,) = [one for one in found.broken if one.what == says]
    assert (broken.table, broken.file) == (table, file.path)
    assert broken.rows == 1
    assert "99999999" in broken.examples[0]["value"]
    with pytest.raises(InvalidBatch, match=r"not so 1 times in .*such as value .*99999999"):
        found.refuse()


def test_what_is_named_of_a_table_that_is_not_whole_is_not_told(files: Files):
    cut(only_file(files, "player")[1])
    found = validate(files, the(files))
    assert {problem.table for problem in found.problems} == {"player"}
    assert found.broken == []


def test_what_is_only_noted_refuses_nothing(files: Files):
    rewritten(files, "line_up", with_column("position", ["Libero"]))
    found = validate(files, the(files))
    assert found.passed
    assert [(one.table, one.column) for one in found.notes] == [("line_up", "position")]


@pytest.mark.parametrize("damage", ["gone", "cut", "other", "no_parquet"])
def test_damaged_files_are_told_and_the_others_are_still_judged(files: Files, damage: str):
    rewritten(files, "match", with_column("status", ["gone"]))
    file, path = only_file(files, "event")
    content = path.read_bytes()
    match damage:
        case "gone":
            path.unlink()
        case "cut":
            cut(path)
        case "other":
            path.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
        case "no_parquet":
            path.write_bytes(b"x" * len(content))
    found = validate(files, the(files))
    (problem,) = found.problems
    assert (problem.table, problem.file) == ("event", file.path)
    assert file.path in problem.what
    assert [one.table for one in found.broken] == ["match"]
    with pytest.raises(ExportFailed, match=file.path):
        found.refuse()


def test_another_shape_is_refused_by_name_and_not_judged(files: Files):
    manifest = the(files)
    newer = manifest.model_copy(update={"schema_version": 99})
    (problem,) = validate(files, newer).problems
    assert "schema version 99" in problem.what
    assert validate(files, newer).rows == 0

    before = manifest.model_dump()
    before["tables"]["event"]["columns"]["x"] = "string"
    del before["tables"]["team"]
    found = validate(files, Manifest.model_validate(before))
    said = [str(problem) for problem in found.problems]
    assert "event: x is string, no double" in said
    assert "team: the manifest does not have it" in said
    assert any("x is double, the manifest says string" in one for one in said)


def test_a_table_and_a_column_that_are_new_are_additions(files: Files):
    rewritten(files, "team", lambda t: t.append_column("founded", pa.array([1899] * len(t))))
    before = the(files).model_dump()
    before["tables"]["team"]["columns"]["founded"] = "int64"
    before["tables"]["stadium"] = before["tables"]["event"]
    before["rows"] += before["tables"]["event"]["rows"]
    found = validate(files, Manifest.model_validate(before))
    assert (found.problems, found.broken) == ([], [])


def test_rows_that_are_not_where_they_belong_or_not_as_many_are_told(files: Files):
    before = the(files).model_dump()
    events = before["tables"]["event"]
    events["files"] *= 2
    found = validate(files, Manifest.model_validate(before))
    said = " ".join(map(str, found.problems))
    assert "the manifest says 6 rows, its files 12" in said
    before["tables"]["event"]["rows"] *= 2
    said = " ".join(map(str, validate(files, Manifest.model_validate(before)).problems))
    assert "its tables" in said


def test_a_match_in_two_files_is_told(files: Files):
    file, path = only_file(files, "event")
    twin = path.with_name("twin.parquet")
    twin.write_bytes(path.read_bytes())
    before = the(files).model_dump()
    other = {
        **before["tables"]["event"]["files"][0],
        "path": file.path.replace(path.name, twin.name),
    }
    before["tables"]["event"]["files"].append(other)
    said = [str(one) for one in validate(files, Manifest.model_validate(before)).problems]
    assert any(f"match_id 7 is in {file.path} too" in one for one in said)


def test_files_are_judged_together_up_to_a_bound_and_still_told_apart(
    files: Files, monkeypatch: pytest.MonkeyPatch
):
    file = rewritten(files, "event", with_column("x", [500.0]))
    whole = validate(files, the(files))
    monkeypatch.setattr(validating, "ROWS_TOGETHER", 1)
    apart = validate(files, the(files))
    assert apart.as_json() == whole.as_json()
    assert [one.file for one in apart.broken] == [file.path]


def test_a_folder_becomes_the_export_and_nothing_else(engine: Engine, files: Files, tmp_path: Path):
    into = tmp_path / "raw"
    first = fetch(files, into)
    place = open_place(into.as_uri())
    assert the(place) == the(files)
    assert check(place, the(place)) == []
    assert (first.brought_files, first.brought_bytes) == (first.files, first.size_bytes)
    (into / "data" / ".half.part").write_bytes(b"of a run that was killed")
    (into / "notes.txt").write_text("somebody's", encoding="utf-8")
    assert fetch(files, into).brought_files == 0
    assert {path.suffix for path in into.rglob("*") if path.is_file()} == {".json", ".parquet"}
    land_night(engine, 9)
    export(engine, files)
    again = fetch(files, into)
    assert 0 < again.brought_files < again.files
    assert again.removed_files == again.brought_files
    assert {str(p.relative_to(into)) for p in into.rglob("*.parquet")} == the(files).paths


def test_a_damaged_copy_is_brought_again(files: Files, tmp_path: Path):
    into = tmp_path / "raw"
    fetch(files, into)
    _, path = only_file(open_place(into.as_uri()), "event")
    cut(path)
    assert fetch(files, into).brought_files == 1
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert fetch(files, into).brought_files == 1
    assert check(open_place(into.as_uri()), the(files)) == []


def test_a_damaged_export_is_not_brought_and_the_folder_stays_the_earlier_one(
    engine: Engine, files: Files, tmp_path: Path
):
    into = tmp_path / "raw"
    fetch(files, into)
    earlier = the(files)
    land_night(engine, 9)
    export(engine, files)
    file, path = only_file(files, "event")
    cut(path)
    with pytest.raises(ExportFailed, match=f"{file.path}: .* bytes, the manifest says"):
        fetch(files, into)
    place = open_place(into.as_uri())
    assert the(place) == earlier
    assert check(place, earlier) == []


@pytest.mark.parametrize("path", ["../outside.parquet", "data/../../x", "/data/x", "data\\..\\x"])
def test_a_manifest_cannot_write_beyond_the_folder(files: Files, tmp_path: Path, path: str):
    before = the(files).model_dump()
    before["tables"]["event"]["files"][0]["path"] = path
    announce(files, Manifest.model_validate(before))
    with pytest.raises(ExportFailed, match="not under data"):
        fetch(files, tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def test_without_an_export_there_is_nothing_to_bring(tmp_path: Path):
    with pytest.raises(ExportFailed, match="there is no export"):
        fetch(open_place((tmp_path / "none").as_uri()), tmp_path / "raw")


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As readers have it: no setting, no warehouse."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("no_settings")
def test_the_commands_need_no_setting_and_end_as_others_do(files: Files, tmp_path: Path):
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["export", *arguments])

    brought = run("fetch", "--at", files.url, "--into", "raw", "--json")
    assert brought.exit_code == 0, brought.output
    assert json.loads(brought.stdout)["export_id"] == the(files).export_id
    good = run("validate", "--at", "raw", "--report", "reports/raw.json")
    assert good.exit_code == 0, good.output
    assert "are as they should be" in good.stdout
    assert json.loads((tmp_path / "reports" / "raw.json").read_bytes())["passed"] is True

    file = rewritten(files, "event", with_column("x", [500.0]))
    bad = run("validate", "--at", files.url, "--report", "reports/raw.json")
    assert bad.exit_code == 1
    assert f"event.x: x is between -10 and 110: not so 1 times in {file.path}" in bad.stdout
    assert "InvalidBatch" in bad.stderr
    told = json.loads(run("validate", "--at", files.url, "--json").stdout)
    assert told == json.loads((tmp_path / "reports" / "raw.json").read_bytes())
    assert told["passed"] is False
    assert [(one["column"], one["file"]) for one in told["broken"]] == [("x", file.path)]

    cut(folder_of(files) / file.path)
    short = run("validate", "--at", files.url)
    assert short.exit_code == 1
    assert "ExportFailed" in short.stderr
    assert file.path in short.stdout
    assert run("fetch", "--at", files.url, "--into", "raw").exit_code == 1
    assert run("validate", "--at", str(tmp_path / "nothing")).exit_code == 1
    process_settings.cache_clear()  # another test's
    assert run("validate").exit_code == 2, "without --at it is a setting's place"
