"""The demo itself: up shows rows and addresses, down leaves nothing; after a crash too."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scrapers.settings import ROOT
from tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def demo(action: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run the demo as `touchline demo` does, but in a folder of the test."""
    return subprocess.run(
        [sys.executable, "-m", "tests.demo", action, "--home", str(home)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The demo's folder; whatever happens, nothing of it is left running."""
    folder = tmp_path / "demo"
    yield folder
    demo("down", folder)


def test_up_shows_a_night_and_down_leaves_nothing(home: Path) -> None:
    """A new user's first minutes."""
    up(home)
    assert demo("status", home).returncode == 0
    down(home)


@pytest.mark.long
def test_up_after_a_crash_takes_away_what_is_left_of_the_first(home: Path) -> None:
    """The second try after everything was killed."""
    up(home)
    stack = Stack.of(home)
    assert stack is not None
    os.kill(int((home / "supervisord.pid").read_text()), signal.SIGKILL)
    up(home)
    assert not stack.open_ports(), "the crashed demo's ports are free again"
    down(home)


def up(home: Path) -> None:
    """Start it; it shows what there is to look at."""
    told = demo("up", home)
    assert told.returncode == 0, told.stdout + told.stderr
    assert_shown(told.stdout, home)


def down(home: Path) -> None:
    """Stop it; no process and no port is left, and stopping it again is well."""
    stack = Stack.of(home)
    assert stack is not None
    told = demo("down", home)
    assert told.returncode == 0, told.stdout
    assert not stack.group.processes()
    assert not stack.open_ports()
    assert demo("down", home).returncode == 0
    assert demo("status", home).returncode == 1


def assert_shown(text: str, home: Path) -> None:
    """Counts by table, and every address to look at; no password."""
    events = re.search(r"core\.event\D+([\d,]+)", text)
    assert events
    assert int(events.group(1).replace(",", "")) > 1000
    for word in ("Airflow", "http://127.0.0.1:", "Data Docs", str(home / "psql"), "make demo-down"):
        assert word in text
    stack = Stack.of(home)
    assert stack is not None
    assert stack.environment["PGPASSWORD"] not in text
