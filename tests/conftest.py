"""Fixtures of all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from scrapers.settings import ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of captured pages, which may not be kept in the repository."""
    folder = ROOT.parent / "shared" / "data" / "whoscored"
    if not folder.is_dir():
        pytest.skip(f"captured pages are not there: {folder}")
    return folder
