"""The demo after a crash; that it comes up and goes, test_airflow_runs proves."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import demo, down, up
from tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The demo's folder; whatever happens, nothing of it is left running."""
    folder = tmp_path / "demo"
    yield folder
    demo("down", folder)


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
