"""The compose file's object store without Docker: its command line and secrets, other ports."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from scrapers.settings import ROOT
from tests.support.s3 import WEED
from tests.support.supervise import Program

NAME = "object-store"
PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc",
         "filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc")  # fmt: skip


def make_secrets(folder: Path) -> None:
    """All secrets of the compose file, as on the host."""
    subprocess.run(
        ["sh", str(ROOT / ".docker" / "make-secrets")],
        env={**os.environ, "SECRETS_DIR": str(folder)},
        check=True,
        capture_output=True,
    )


def program(home: Path, secrets: Path, ports: Mapping[str, int]) -> Program:
    """SeaweedFS as the compose file starts it.

    Args:
        home: folder of its data and sockets.
        secrets: folder of the secrets.
        ports: by the names of `PORTS`.
    """
    data = home / "objects"
    data.mkdir(parents=True)
    file = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    command = [
        word.replace("/srv/objects", str(data)).replace("/run/secrets", str(secrets))
        for word in file["services"][NAME]["command"]
        if not word.startswith("-s3.port=")
    ]
    numbers = [f"-{name}={ports[name]}" for name in PORTS]
    sockets = [f"-{name}.localSocket={home}/{name}" for name in ("s3", "filer")]
    return Program(NAME, [str(WEED), *command, *numbers, *sockets], stop_signal="KILL")
