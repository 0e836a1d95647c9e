"""Fixtures of all tests."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from scrapers.settings import ROOT

# How fast an example runs says what the machine is doing besides, and nothing of the code.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")

# What a shell says of its terminal has no say in how wide our tables are, or in which colour.
for _name in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(_name, None)


@pytest.fixture(autouse=True)
def _same_logging() -> Iterator[None]:
    """No test leaves a level of ours behind: the next one reads what is logged."""
    ours = logging.getLogger("scrapers")
    yield
    left = (ours.level, ours.disabled, logging.root.manager.disable)
    ours.setLevel(logging.NOTSET)
    ours.disabled = False
    logging.disable(logging.NOTSET)
    assert left == (logging.NOTSET, False, logging.NOTSET)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of captured pages, which may not be kept in the repository."""
    folder = ROOT.parent / "shared" / "data" / "whoscored"
    if not folder.is_dir():
        pytest.skip(f"captured pages are not there: {folder}")
    return folder
