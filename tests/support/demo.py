"""The demo in a folder of a test: up, down, status."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from scrapers.settings import ROOT
from tests.support.stack import Stack


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


def up(home: Path) -> None:
    """Start it; it shows what there is to look at."""
    told = demo("up", home)
    assert told.returncode == 0, told.stdout + told.stderr
    assert_shown(told.stdout, home)


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
