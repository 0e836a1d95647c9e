"""`touchline demo down` tells of drafts that are left in the folder of selector files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scrapers.settings import ROOT
from tests.demo import __main__ as demo


def test_drafts_that_are_left_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "selectors", tmp_path / "selectors")
    folder = tmp_path / "selectors" / "whoscored" / "match_centre"
    for path in folder.glob("*.yaml"):  # a working copy may have drafts of its own
        if path.stem != "2022-08":
            path.unlink()
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    home = tmp_path / "demo"
    assert demo.down(home) == 0
    assert "match_centre" not in capsys.readouterr().out
    shutil.copy(folder / "2022-08.yaml", folder / "2026-11.yaml")
    assert demo.down(home) == 0
    assert "match_centre/2026-11" in capsys.readouterr().out
