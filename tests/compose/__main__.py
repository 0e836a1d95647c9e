"""`python -m tests.compose`: bring the compose file up, look at it, land a day of football.

It takes a while and some gigabytes: all images are made here. `--keep` leaves everything running.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from scrapers.pipeline.intervals import parse_day
from scrapers.settings import ROOT
from tests.compose import standins
from tests.compose.daemon import Docker, DockerError, daemon
from tests.site.world import World

DAY = "2022-08-13"
_UP_SECONDS = 900
_SITE = "http://site:8000"
# Chromium can't make its sandbox inside a container without rights; pages here are our own.
_BROWSER = "--headless=new,--no-sandbox,--disable-gpu,--disable-dev-shm-usage,--no-first-run"


def main(arguments: list[str] | None = None) -> int:
    """Do it; the exit code: 1 if anything is not as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.compose", description=__doc__)
    default = Path(tempfile.gettempdir()) / "touchline-compose"
    parser.add_argument("--home", type=Path, default=default, help="the daemon's folder")
    parser.add_argument("--keep", action="store_true", help="leave it running until Enter")
    chosen = parser.parse_args(arguments)
    try:
        with daemon(chosen.home) as docker:
            place = Place(docker, chosen.home)
            try:
                place.up()
                place.look()
                place.land()
                if chosen.keep:
                    input("running; Enter ends it: ")
            finally:
                place.down()
    except DockerError as error:
        print(f"compose-test: {error}", file=sys.stderr)
        return 1
    print("compose-test: everything is as it has to be")
    return 0


class Place:
    """The compose file as the test brings it up: `name` left out, which old Composes refuse.

    Args:
        docker: the daemon.
        home: folder of the secrets and of the files that are made.
    """

    def __init__(self, docker: Docker, home: Path) -> None:
        self._docker = docker
        self._home = home
        file = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
        file.pop("name")
        # The hub here starts no containers, and this machine may have no such socket.
        file["services"]["selenoid"]["volumes"] = []
        self._services: dict[str, dict[str, Any]] = {
            name: item for name, item in file["services"].items() if "profiles" not in item
        }
        (home / "docker-compose.yml").write_text(yaml.safe_dump(file), encoding="utf-8")
        (home / "override.yml").write_text(yaml.safe_dump(self._override()), encoding="utf-8")

    def _override(self) -> dict[str, Any]:
        """Another hub in Selenoid's place, and the stand-in site among the browsers."""
        hub = {
            "command": ["--silent"],
            "mem_limit": "2g",
            "pids_limit": 512,
            "tmpfs": ["/tmp"],
            "environment": {"HOME": "/tmp"},
            "healthcheck": {
                "test": ["CMD-SHELL", "wget -q -O /dev/null http://127.0.0.1:4444/wd/hub/status"]
            },
        }
        start = (
            "import tests.site.server as s; s.HOST = '0.0.0.0'; "
            "from tests.site.__main__ import main; main()"
        )
        site = {
            "image": self._services["init"]["image"],
            "user": "10001:10001",
            "working_dir": "/app",
            "command": ["python", "-c", start, "--port", "8000"],
            "volumes": [f"{ROOT}/tests:/app/tests:ro"],
            "networks": ["browsers"],
        }
        return {"services": {"selenoid": hub, "site": site}}

    def _compose(self, *arguments: str) -> str:
        stage = World().matches_on(parse_day(DAY))[0].stage_id
        followed = [{"competition": "a league", "season": "2022/2023", "stage_id": stage}]
        given = {
            "COMPOSE_PROJECT_NAME": "touchline",
            "SECRETS_DIR": str(self._home / "secrets"),
            "DOCKER_GID": str(self._docker.socket.stat().st_gid or 65534),
            "TOUCHLINE_FOLLOW": json.dumps(followed),
            "TOUCHLINE_BASE_URL": _SITE,
            "TOUCHLINE_ALLOWED_HOSTS": "site",
            "TOUCHLINE_BROWSER_ARGS": _BROWSER,
            "TOUCHLINE_PAGE_INTERVAL_SECONDS": "0.1",
        }
        ended = subprocess.run(
            ["docker-compose", f"--project-directory={ROOT}",
             f"--file={self._home / 'docker-compose.yml'}",
             f"--file={self._home / 'override.yml'}", *arguments],
            env={**self._docker.environment, **given},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if ended.returncode:
            said = (ended.stdout + ended.stderr)[-4000:]
            raise DockerError(
                f"docker-compose {arguments[0]} ended with {ended.returncode}:\n{said}"
            )
        return ended.stdout

    def up(self) -> None:
        """Images, secrets, then everything up and healthy."""
        standins.make(self._docker, standins.wanted(self._services))
        for context, image in ((ROOT, "init"), (ROOT / ".docker/object-store", "object-store")):
            self._docker.build(context, self._services[image]["image"])
        subprocess.run(
            ["sh", str(ROOT / ".docker" / "make-secrets")],
            env={**os.environ, "SECRETS_DIR": str(self._home / "secrets")},
            check=True,
            capture_output=True,
        )
        self._compose("up", "--detach", "--no-build")
        end = time.monotonic() + _UP_SECONDS
        while waiting := [name for name, state in self._states().items() if state != "healthy"]:
            if time.monotonic() > end:
                logs = self._compose("logs", "--tail=30", *waiting)
                raise DockerError(f"not healthy: {', '.join(waiting)}\n{logs[-4000:]}")
            time.sleep(5)

    def _container(self, service: str) -> dict[str, Any]:
        name = self._compose("ps", "--quiet", service).strip()
        found: list[dict[str, Any]] = json.loads(self._docker.run("docker", "inspect", name))
        return found[0]

    def _states(self) -> dict[str, str]:
        lasting = [name for name, item in self._services.items() if item["restart"] != "no"]
        found = {}
        for service in lasting:
            state = self._container(service)["State"]
            found[service] = state.get("Health", {}).get("Status", state["Status"])
        return found

    def look(self) -> None:
        """What the containers are, by Docker's own word: limited, not root, not started again.

        Raises:
            DockerError: one is not.
        """
        for service in self._services:
            found = self._container(service)
            host, user = found["HostConfig"], found["Config"]["User"]
            wrong = [
                what
                for what, is_so in {
                    "runs as root": user in ("", "root", "0") or user.startswith("0:"),
                    "has no memory limit": not host["Memory"],
                    "may write its root folder": not host["ReadonlyRootfs"],
                    "was started again": found["RestartCount"] > 0,
                    "has failed": service == "init" and found["State"]["ExitCode"] != 0,
                }.items()
                if is_so
            ]
            secrets = self._home / "secrets"
            held = {path.read_text(encoding="utf-8") for path in secrets.glob("*_password")}
            shown = json.dumps(found["Config"])
            if any(secret in shown for secret in held):
                wrong.append("shows a secret")
            if wrong:
                raise DockerError(f"{service} {', '.join(wrong)}")

    def land(self) -> None:
        """A day of football, dumped and read back.

        Raises:
            DockerError: nothing landed, or a command failed.
        """
        inside = ("exec", "-T", "parse-worker", "touchline")
        self._compose(*inside, "scrape", "--from", DAY, "--to", DAY)
        told = self._compose(*inside, "coverage", "--json")
        if not sum(row["landed"] for row in json.loads(told)):
            raise DockerError(f"nothing has landed: {told}")
        self._compose(*inside, "backup", "run")
        self._compose(*inside, "backup", "check")

    def down(self) -> None:
        """Containers and volumes go; images stay for the next time."""
        self._compose("down", "--volumes", "--remove-orphans")


if __name__ == "__main__":
    sys.exit(main())
