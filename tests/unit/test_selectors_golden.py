"""The golden pages are read by the repository's files, as `selectors test` says in CI."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scrapers.cli.selectors import selectors_app
from scrapers.settings import PREFIX, ROOT
from scrapers.targets import PageKind


def test_golden_pages_are_read_without_a_warehouse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)  # no .env is read
    result = CliRunner().invoke(selectors_app, ["test", "--json"])
    assert result.exit_code == 0, result.output
    reports = json.loads(result.stdout)
    for kind in PageKind:
        pages = len(list((ROOT / "tests" / "golden" / kind.value).glob("*.html.gz")))
        assert pages > 0, kind
        assert reports[kind.value]["totals"]["read"] == pages
