"""A Docker daemon by hand: no service of the machine, nothing of its data anywhere else."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_SECONDS = 60
PROGRAMS = ("dockerd", "docker", "docker-compose", "debootstrap", "iptables", "nsenter")


class DockerError(RuntimeError):
    """A program failed; the text is the end of what it said."""


@dataclass(frozen=True)
class Docker:
    """Docker's programs, bound to one daemon.

    Attributes:
        home: folder of the daemon's data, socket and log.
    """

    home: Path

    @property
    def socket(self) -> Path:
        """The daemon's socket."""
        return self.home / "docker.sock"

    @property
    def environment(self) -> dict[str, str]:
        """What the programs need to find this daemon and no other."""
        return {**os.environ, "DOCKER_HOST": f"unix://{self.socket}", "DOCKER_BUILDKIT": "0"}

    def run(
        self,
        *command: str,
        stdin: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run a program, with more variables if they are given; what it printed.

        Raises:
            DockerError: it failed.
        """
        ended = subprocess.run(
            command,
            env={**self.environment, **(environment or {})},
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            said = (ended.stdout + ended.stderr)[-4000:]
            raise DockerError(f"{' '.join(command[:4])} … ended with {ended.returncode}:\n{said}")
        return ended.stdout

    def build(self, folder: Path, name: str, *arguments: str) -> None:
        """Build an image; steps see the host's network, so that packages can be had."""
        self.run(
            *("docker", "build", "--network=host", "--force-rm", f"--tag={name}"),
            *(*arguments, str(folder)),
        )

    def prune(self) -> None:
        """Remove layers that no named image has: what earlier builds have left."""
        self.run("docker", "image", "prune", "--force")

    def versions(self) -> str:
        """Docker's and Compose's versions, and how layers are stored, in words."""
        docker = self.run("docker", "info", "--format", "Docker {{.ServerVersion}} on {{.Driver}}")
        compose = self.run("docker-compose", "version", "--short")
        return f"{docker.strip()}, Compose {compose.strip()}"

    def has(self, name: str) -> bool:
        """Whether there is an image of this name."""
        return bool(self.run("docker", "images", "--quiet", name).strip())


@contextmanager
def daemon(home: Path) -> Iterator[Docker]:
    """The daemon runs within the block; its images stay in `home` for the next time.

    Raises:
        DockerError: a program is missing, or the daemon does not come up.
    """
    _check()
    home.mkdir(parents=True, exist_ok=True)
    docker = Docker(home)
    log = (home / "dockerd.log").open("ab")
    command = [
        "dockerd",
        f"--host=unix://{docker.socket}",
        f"--data-root={home / 'data'}",
        f"--exec-root={home / 'exec'}",
        f"--pidfile={home / 'dockerd.pid'}",
        # No storage driver is named: it takes overlay2, else what else shares layers, else vfs,
        # which copies them.
    ]
    process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(docker, process)
        yield docker
    finally:
        process.terminate()
        process.wait(timeout=120)
        log.close()


def _check() -> None:
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing or os.geteuid() != 0:
        raise DockerError(
            f"run this as root; missing: {', '.join(missing) or 'nothing'}; `.ci/setup docker` "
            "installs what it needs"
        )


def _wait(docker: Docker, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        if docker.socket.exists() and _answers(docker, ("docker", "info")):
            return
        time.sleep(0.5)
    text = (docker.home / "dockerd.log").read_text(encoding="utf-8", errors="replace")
    raise DockerError("dockerd does not come up:\n" + text[-3000:])


def _answers(docker: Docker, command: Sequence[str]) -> bool:
    ended = subprocess.run(command, env=docker.environment, capture_output=True, check=False)
    return ended.returncode == 0
