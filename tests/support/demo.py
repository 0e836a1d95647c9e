"""The demo in a folder of a test: up, down, status."""

from __future__ import annotations

import os
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


def up(home: Path) -> str:
    """Start it; what it tells."""
    told = demo("up", home)
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


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
