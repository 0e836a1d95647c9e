"""The DVC pipeline that readers copy: green on a whole export, red on a broken one, green again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine

from scrapers.export.run import export, open_place
from scrapers.files import Files
from scrapers.settings import PREFIX, ROOT
from tests.support.exports import (
    cut,
    land_night,
    only_file,
    rewritten,
    the,
    two_matches,
    with_column,
)

PIPELINE = ROOT / "docs" / "guides" / "dvc"
PROGRAMS = Path(sys.executable).parent
_CONFIG = "[core]\n    no_scm = True\n    analytics = False\n    check_update = False\n"

# Each run of the pipeline starts three programs, of which one imports Great Expectations. So one
# test is red and green in `make test`; what else may be broken test_export_validate breaks too.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def files(engine: Engine, tmp_path: Path) -> Files:
    """An export of two matches."""
    return two_matches(engine, tmp_path)


class Repository:
    """A reader's repository: the files of the guide, and nothing of Touchline's settings."""

    def __init__(self, home: Path, at: str) -> None:
        self.home = home
        home.mkdir()
        for name in ("dvc.yaml", "params.yaml"):
            shutil.copy(PIPELINE / name, home / name)
        self.read_from(at)
        # As `dvc init --no-scm` leaves it; and its makers are told and asked nothing.
        (home / ".dvc").mkdir()
        (home / ".dvc" / "config").write_text(_CONFIG, encoding="utf-8")

    def read_from(self, at: str) -> None:
        """Say in params.yaml where the exports are."""
        params = self.home / "params.yaml"
        given = yaml.safe_load(params.read_text(encoding="utf-8"))
        given["export"]["at"] = at
        params.write_text(yaml.safe_dump(given), encoding="utf-8")

    def dvc(self, *arguments: str, good: bool = True) -> str:
        """Run `dvc …`; what it said. It must end as is expected."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        ended = subprocess.run(
            [PROGRAMS / "dvc", *arguments],
            cwd=self.home,
            env={
                **own,
                "PATH": f"{PROGRAMS}:{own['PATH']}",
                "HOME": str(self.home.parent),
                "DVC_GLOBAL_CONFIG_DIR": str(self.home.parent / "dvc-global"),
                "DVC_SYSTEM_CONFIG_DIR": str(self.home.parent / "dvc-system"),
                "DVC_SITE_CACHE_DIR": str(self.home.parent / "dvc-site"),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        said = ended.stdout + ended.stderr
        assert (ended.returncode == 0) is good, said
        return said

    @property
    def report(self) -> dict[str, Any]:
        """What the gate said last."""
        found: dict[str, Any] = json.loads(
            (self.home / "reports" / "validate_raw.json").read_text(encoding="utf-8")
        )
        return found


@pytest.fixture
def repository(files: Files, tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository", files.url)


@pytest.mark.long
def test_green_and_nothing_runs_again_until_there_is_a_newer_export(
    engine: Engine, files: Files, repository: Repository
):
    repository.dvc("repro")
    assert repository.report["passed"] is True
    assert repository.report["rows"] == the(files).rows
    lock = yaml.safe_load((repository.home / "dvc.lock").read_text(encoding="utf-8"))
    assert list(lock["stages"]) == ["load_data_from_sources", "validate_raw"]
    assert "Stage 'validate_raw' didn't change, skipping" in repository.dvc("repro")
    land_night(engine, 9)
    export(engine, files)
    assert "Running stage 'validate_raw'" in repository.dvc("repro")
    assert repository.report["export_id"] == the(files).export_id
    # The earlier state comes back from DVC's cache, without the exports.
    (repository.home / "dvc.lock").write_text(yaml.safe_dump(lock), encoding="utf-8")
    repository.dvc("checkout")
    assert the(open_place((repository.home / "data" / "raw").as_uri())).export_id != (
        the(files).export_id
    )


def test_values_that_break_an_expectation_are_red_and_the_mended_export_is_green(
    engine: Engine, files: Files, repository: Repository
):
    file = rewritten(files, "event", with_column("x", [500.0]))
    said = repository.dvc("repro", good=False)
    assert "failed to reproduce 'validate_raw'" in said
    assert f"event.x: x is between -10 and 110: not so 1 times in {file.path}" in said
    assert repository.report["passed"] is False
    export(engine, files, full=True)
    repository.dvc("repro")
    assert repository.report["passed"] is True


@pytest.mark.long
def test_a_truncated_file_of_the_export_is_red_and_the_mended_export_is_green(
    engine: Engine, files: Files, repository: Repository
):
    file, path = only_file(files, "event")
    cut(path)
    said = repository.dvc("repro", good=False)
    assert "failed to reproduce 'load_data_from_sources'" in said
    assert f"{file.path}: {file.size_bytes - 10} bytes, the manifest says" in said
    assert not (repository.home / "data" / "raw" / "manifest.json").exists()
    export(engine, files)
    repository.dvc("repro")
    assert repository.report["passed"] is True


@pytest.mark.long
def test_a_truncated_file_in_the_folder_is_red_and_is_brought_again(
    files: Files, repository: Repository
):
    repository.dvc("repro")
    file, path = only_file(open_place((repository.home / "data" / "raw").as_uri()), "event")
    path.chmod(0o644)
    cut(path)
    said = repository.dvc("repro", "--single-item", "validate_raw", good=False)
    assert "failed to reproduce 'validate_raw'" in said
    assert f"{file.path}: {file.size_bytes - 10} bytes, the manifest says" in said
    assert repository.report["passed"] is False
    repository.dvc("repro")
    assert repository.report["passed"] is True
    assert path.stat().st_size == file.size_bytes


@pytest.mark.long
def test_a_store_that_is_not_there_is_red(tmp_path: Path):
    repository = Repository(tmp_path / "repository", str(tmp_path / "nothing"))
    said = repository.dvc("repro", good=False)
    assert "there is no export" in said
    assert "failed to reproduce 'load_data_from_sources'" in said
