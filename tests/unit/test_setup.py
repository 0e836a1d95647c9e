"""The set-up tells what it lacks: the exact command, and an exit code that is not 0."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from scrapers.settings import ROOT


def machine(folder: Path, *, user_id: int, apt: bool) -> Path:
    """A PATH with the bare tools of a machine without Chromium."""
    folder.mkdir()
    for tool in ("bash", "env", "dirname", "sleep", "sha256sum", "cat"):
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    script(folder / "id", f"echo {user_id}")
    if apt:
        script(folder / "apt-get", f'echo "$@" >> {folder.parent / "apt.log"}')
    return folder


def script(path: Path, line: str) -> None:
    """An executable of one line."""
    path.write_text(f"#!/bin/bash\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


def set_up(
    path: Path, part: str = "browser", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a part of the set-up there."""
    return subprocess.run(
        [ROOT / ".ci" / "setup", part],
        env={"PATH": str(path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_user_is_told_the_exact_command(tmp_path: Path) -> None:
    """Not root: nothing is tried, the command is printed."""
    ended = set_up(machine(tmp_path / "bin", user_id=1000, apt=True))
    assert ended.returncode == 1
    assert (
        "sudo sh -c 'apt-get update && apt-get install --yes --no-install-recommends "
        "chromium chromium-driver fonts-liberation'" in ended.stderr
    )
    assert not (tmp_path / "apt.log").exists()


def test_without_apt_the_packages_are_named(tmp_path: Path) -> None:
    """Another system: its user knows its package manager."""
    ended = set_up(machine(tmp_path / "bin", user_id=0, apt=False))
    assert ended.returncode == 1
    assert "chromium chromium-driver fonts-liberation" in ended.stderr


def test_root_installs_after_an_update(tmp_path: Path) -> None:
    """Root: apt-get update comes first; what is still missing afterwards is said."""
    ended = set_up(machine(tmp_path / "bin", user_id=0, apt=True))
    calls = (tmp_path / "apt.log").read_text(encoding="utf-8").splitlines()
    assert calls[0].startswith("update")
    assert "install" in calls[1]
    assert "--no-install-recommends" in calls[1]
    assert ended.returncode == 1
    assert "still not on PATH" in ended.stderr


def test_a_machine_that_has_all_is_left_alone(tmp_path: Path) -> None:
    """No package manager is asked."""
    path = machine(tmp_path / "bin", user_id=0, apt=True)
    script(path / "chromium", "true")
    script(path / "chromedriver", "true")
    ended = set_up(path)
    assert ended.returncode == 0
    assert not (tmp_path / "apt.log").exists()


def test_rabbitmq_is_installed_for_the_tests_only_where_it_is_missing(tmp_path: Path) -> None:
    """Its programs are looked for where Debian's package puts them; no service is needed."""
    path, lib = machine(tmp_path / "bin", user_id=1000, apt=True), tmp_path / "rabbitmq"
    missing = set_up(path, "broker", RABBITMQ_LIB=str(lib))
    assert missing.returncode == 1
    assert "install --yes --no-install-recommends rabbitmq-server'" in missing.stderr
    programs = lib / "lib" / "rabbitmq_server-3.10.8" / "sbin"
    programs.mkdir(parents=True)
    script(programs / "rabbitmq-server", "true")
    assert set_up(path, "broker", RABBITMQ_LIB=str(lib)).returncode == 0


def test_docker_is_installed_for_the_compose_test_only_where_a_part_is_missing(
    tmp_path: Path,
) -> None:
    """A client alone is no daemon; with all programs there no package manager is asked."""
    path = machine(tmp_path / "bin", user_id=1000, apt=True)
    script(path / "docker", "true")
    missing = set_up(path, "docker")
    assert missing.returncode == 1
    assert "install --yes --no-install-recommends docker.io docker-compose" in missing.stderr
    for program in ("dockerd", "docker-compose", "debootstrap", "iptables"):
        script(path / program, "true")
    assert set_up(path, "docker").returncode == 0
