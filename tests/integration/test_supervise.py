"""A group of processes ends without a rest, whatever happened to its supervisor."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.supervise import Group, GroupError, Program, free_ports, listening, wait_for

# Starts a child in a session of its own, as daemons and browsers do.
PARENT = "import subprocess, time; subprocess.Popen(['setsid', 'sleep', '999']); time.sleep(999)"


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    """A group that is ended in any case."""
    made = Group(tmp_path / "a folder with 100% odd name")
    yield made
    made.end()


def launch(group: Group) -> int:
    """Start a server, a parent with a runaway child, and one program that can't stay; the port."""
    (port,) = free_ports(1)
    server = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    group.launch(
        [
            Program("server", server, rank=10),
            Program("parent", [sys.executable, "-c", PARENT]),
            Program("broken", [sys.executable, "-c", "raise SystemExit('no such luck')"]),
        ],
        os.environ,
    )
    group.start("server", "parent")
    wait_for("server", lambda: listening(port), seconds=30, group=group)
    wait_for("runaway child", lambda: len(group.processes()) == 4, seconds=30)
    return port


@pytest.mark.parametrize("crashed", [False, True], ids=["asked", "supervisor killed"])
def test_nothing_is_left(group: Group, crashed: bool) -> None:
    """Neither a process nor a port, also when nobody is there to be asked."""
    port = launch(group)
    if crashed:
        os.kill(int((group.home / "supervisord.pid").read_text()), signal.SIGKILL)
    group.end()
    assert not group.processes()
    assert not listening(port)


def test_ends_twice_and_starts_again(group: Group) -> None:
    """Ending what has ended does nothing; the folder can be used again."""
    launch(group)
    group.end()
    group.end()
    assert listening(launch(group))


def test_a_program_that_gives_up_is_named_with_its_last_words(group: Group) -> None:
    """The wait for anything ends with the culprit instead of a time-out."""
    launch(group)
    group.start("broken")
    with pytest.raises(GroupError, match=r"broken is FATAL(.|\n)*no such luck"):
        wait_for("something else", lambda: False, seconds=60, group=group)


def test_a_killed_program_is_started_again(group: Group) -> None:
    """As production does with a worker that dies."""
    launch(group)
    first = group.pid("parent")
    os.kill(first, signal.SIGKILL)
    wait_for("a new one", lambda: group.pid("parent") not in (0, first), seconds=30)


def test_processes_of_another_folder_are_left_alone(group: Group, tmp_path: Path) -> None:
    """Two groups side by side, one ends."""
    other = Group(tmp_path / "other")
    try:
        port = launch(other)
        launch(group)
        group.end()
        assert listening(port)
        assert len(other.processes()) == 4
    finally:
        other.end()
