"""The compose file as the test brings it up: another hub in Selenoid's place, and a site."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

import yaml
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from scrapers.settings import ROOT
from tests.compose import standins
from tests.compose.daemon import Docker, DockerError
from tests.site.world import World
from tests.support.airflow import AirflowClient
from tests.support.stack import BROWSER_ARGS

PROJECT = "touchline"
# Of its own on this machine, so that nobody else's port 8080 is in the way.
UI_ADDRESS = "127.10.20.30"
_UP_SECONDS = 900.0
_SITE_PORT = 8000
_LABEL = "com.docker.compose"

Container = dict[str, Any]  # as `docker inspect` describes it


class Place:
    """The running compose file; the key `name` is left out, which old Composes refuse.

    Args:
        docker: the daemon.

    Attributes:
        docker: the same.
        services: the services that are started, as the compose file has them.
    """

    def __init__(self, docker: Docker) -> None:
        self.docker = docker
        self._home = docker.home
        file = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
        file.pop("name")
        # The hub here starts no containers, and this machine may have no such socket.
        file["services"]["selenoid"]["volumes"] = []
        self.services: dict[str, dict[str, Any]] = {
            name: item for name, item in file["services"].items() if "profiles" not in item
        }
        for name, content in (("docker-compose.yml", file), ("override.yml", self._override())):
            (self._home / name).write_text(yaml.safe_dump(content), encoding="utf-8")

    def _override(self) -> dict[str, Any]:
        """What only the test has: ChromeDriver as hub, the stand-in site among the browsers."""
        hub = {
            "command": ["--silent"],
            "mem_limit": "3g",  # the browsers run in it
            "cpus": 2.0,
            "pids_limit": 1024,
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
            "image": self.services["init"]["image"],
            "init": True,
            "user": "10001:10001",
            "working_dir": "/app",
            "command": ["python", "-c", start, "--port", str(_SITE_PORT)],
            "volumes": [f"{ROOT}/tests:/app/tests:ro"],
            "networks": ["browsers"],
        }
        return {"services": {"selenoid": hub, "site": site}}

    @property
    def lasting(self) -> list[str]:
        """Services that run until they are told to end."""
        return [name for name, item in self.services.items() if item["restart"] != "no"]

    @property
    def secrets(self) -> list[str]:
        """Names of the secrets."""
        return sorted(path.name for path in (self._home / "secrets").iterdir())

    def secret(self, name: str) -> str:
        """What a secret holds."""
        return (self._home / "secrets" / name).read_text(encoding="utf-8").strip()

    def compose(self, *arguments: str) -> str:
        """Run docker-compose on it; what it printed.

        Raises:
            DockerError: it failed.
        """
        given = {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "SECRETS_DIR": str(self._home / "secrets"),
            "DOCKER_GID": "65534",  # nobody's: there is no socket to own
            "UI_ADDRESS": UI_ADDRESS,
            "TOUCHLINE_FOLLOW": json.dumps(World().follow()),
            "TOUCHLINE_BASE_URL": f"http://site:{_SITE_PORT}",
            "TOUCHLINE_ALLOWED_HOSTS": "site",
            "TOUCHLINE_BROWSER_ARGS": BROWSER_ARGS,
            "TOUCHLINE_PAGE_INTERVAL_SECONDS": "0.1",
        }
        return self.docker.run(
            *("docker-compose", f"--project-directory={ROOT}"),
            *(f"--file={self._home / name}" for name in ("docker-compose.yml", "override.yml")),
            *arguments,
            environment=given,
        )

    def build(self) -> None:
        """The images: stand-ins of what is pulled, then ours as they are built anywhere."""
        standins.make(self.docker, standins.wanted(self.services))
        # Named, so that the packages that it has installed are there for the next time.
        self.docker.build(ROOT, "touchline-test/build:0.1.0", "--target=build")
        for context, service in ((ROOT, "init"), (ROOT / ".docker/object-store", "object-store")):
            self.docker.build(context, self.services[service]["image"])
        self.docker.prune()

    def up(self) -> float:
        """Secrets, then everything up; the seconds until all of it is healthy.

        Raises:
            DockerError: something does not become healthy; with the end of its log.
        """
        subprocess.run(
            ["sh", str(ROOT / ".docker" / "make-secrets")],
            env={**os.environ, "SECRETS_DIR": str(self._home / "secrets")},
            check=True,
            capture_output=True,
        )
        began = time.monotonic()
        self.compose("up", "--detach", "--no-build")
        self.wait_until_healthy(_UP_SECONDS)
        return time.monotonic() - began

    def scale(self, numbers: Mapping[str, int]) -> None:
        """Run so many containers of each of these services, and wait until they are well."""
        words = [f"--scale={service}={number}" for service, number in numbers.items()]
        self.compose("up", "--detach", "--no-build", "--no-recreate", *words)
        self.wait_until_healthy(_UP_SECONDS)

    def wait_until_healthy(self, seconds: float) -> None:
        """Wait until every service that lasts says that it is well.

        Raises:
            DockerError: one does not, with the end of its log.
        """
        end = time.monotonic() + seconds
        while ill := self.ill():
            if time.monotonic() > end:
                logs = self.compose("logs", "--no-color", "--tail=30", *ill)
                raise DockerError(f"not healthy: {', '.join(ill)}\n{logs[-4000:]}")
            time.sleep(1)

    def ill(self) -> list[str]:
        """Services of which a container is not healthy, or is not there."""
        found = self.containers()
        return [
            name
            for name in self.lasting
            if not found.get(name) or not all(is_healthy(one) for one in found[name])
        ]

    def containers(self) -> dict[str, list[Container]]:
        """All containers by service."""
        ids = self.docker.run(
            *("docker", "ps", "--all", "--quiet", f"--filter=label={_LABEL}.project={PROJECT}")
        ).split()
        found: dict[str, list[Container]] = {}
        for one in json.loads(self.docker.run("docker", "inspect", *ids)) if ids else ():
            found.setdefault(service_of(one), []).append(one)
        return found

    def container(self, service: str) -> Container:
        """The only container of a service."""
        (found,) = self.containers()[service]
        return found

    def _address(self, service: str, network: str) -> str:
        networks = self.container(service)["NetworkSettings"]["Networks"]
        return str(networks[f"{PROJECT}_{network}"]["IPAddress"])

    def address(self, service: str) -> str:
        """Its address in the inner network, which this host reaches too."""
        return self._address(service, "back")

    def touchline(self, *arguments: str) -> str:
        """Run a command of the platform in a worker's container; what it printed."""
        return self.compose("exec", "-T", "parse-worker", "touchline", *arguments)

    def warehouse(self) -> Engine:
        """The warehouse, seen by the server's superuser; a connection is made for each use."""
        server = make_url(self.secret("postgres_url"))
        return create_engine(
            server.set(host=self.address("postgres"), database="touchline"),
            poolclass=NullPool,
            connect_args={"connect_timeout": 5},
        )

    def scalar(self, query: str) -> Any:
        """A value of the warehouse."""
        with self.warehouse().connect() as connection:
            return connection.scalar(text(query))

    def airflow(self) -> AirflowClient:
        """Airflow's API on its published port."""
        return AirflowClient(f"http://{UI_ADDRESS}:8080", self.secret("airflow_admin_password"))

    def site(self, path: str, stated: dict[str, Any] | None = None) -> Any:
        """Call a control route of the stand-in site: posted if there is something to state."""
        url = f"http://{self._address('site', 'browsers')}:{_SITE_PORT}/__control/{path}"
        body = None if stated is None else json.dumps(stated).encode()
        with urllib.request.urlopen(url, data=body, timeout=20) as response:
            return json.loads(response.read())

    def down(self) -> None:
        """Containers, networks and volumes go; images stay for the next time."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout=20")


def is_healthy(container: Container) -> bool:
    """By Docker's own word."""
    return bool(container["State"].get("Health", {}).get("Status") == "healthy")


def service_of(container: Container) -> str:
    """The service that a container is of."""
    return str(container["Config"]["Labels"][f"{_LABEL}.service"])
