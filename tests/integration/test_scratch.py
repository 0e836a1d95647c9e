"""Temporary folders of processes that work, that have ended, and that were killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scrapers.backup.dump import Dump, check, open_place
from scrapers.errors import ExportFailed
from scrapers.export.stored import brought
from scrapers.scratch import scratch

HOLD = """
from scrapers.scratch import scratch
with scratch() as folder:
    (folder / "dump").write_bytes(b"x" * 1000)
    print(folder, flush=True)
    input()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@contextmanager
def another() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process that has a folder, and the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        yield process, Path(process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_a_folder_is_there_for_its_block_only(place: Path) -> None:
    with suppress(KeyError), scratch() as folder:
        assert folder.parent == place
        (folder / "inner").mkdir()
        (folder / "inner" / "dump").write_bytes(b"x")
        raise KeyError
    assert not list(place.iterdir())


def test_what_a_killed_process_has_left_is_removed_by_the_next_one(place: Path) -> None:
    with another() as (process, left):
        assert (left / "dump").stat().st_size == 1000
        process.kill()
        process.wait()
        assert left.exists()
        with scratch() as folder:
            assert list(place.iterdir()) == [folder]


def test_what_a_running_process_has_stays(place: Path) -> None:
    with another() as (process, theirs):
        with scratch() as mine, scratch() as mine_too:
            assert {*place.iterdir()} == {mine, mine_too, theirs}
        assert (theirs / "dump").stat().st_size == 1000
        process.communicate("\n")
        assert process.returncode == 0
    assert not list(place.iterdir())


def test_what_is_not_ours_stays(place: Path) -> None:
    (place / "touchline-export-of-mine").mkdir()
    (place / "notes").write_text("x", encoding="utf-8")
    with scratch():
        pass
    assert {path.name for path in place.iterdir()} == {"touchline-export-of-mine", "notes"}


def test_without_room_nothing_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere may be memory, which a dump would fill until its process is ended."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "gone"))
    with pytest.raises(ExportFailed, match="another folder in TMPDIR"), scratch():
        pass
    assert os.listdir(tmp_path) == []


def test_dumps_and_exports_are_read_back_through_it(
    place: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = tmp_path_factory.mktemp("store")
    files = open_place(store.as_uri())
    at = datetime(2022, 8, 14, 4, tzinfo=UTC)
    dump = Dump(
        name="20220814T040000Z", taken_at=at, revision="1", size_bytes=1, sha256="", rows={}
    )
    (store / dump.path).write_bytes(b"x")
    place.rmdir()
    with pytest.raises(ExportFailed, match="TMPDIR"):
        check(files, dump)
    with pytest.raises(ExportFailed, match="TMPDIR"), brought(files, dump.path):
        pass
