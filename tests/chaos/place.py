"""The place of the chaos: one running platform, put back to nothing before each scenario."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import redis
from sqlalchemy import Engine, text

from scrapers.pipeline.intervals import parse_day
from scrapers.warehouse.engine import engine as engine_of
from tests.chaos.commands import Command, Zygote
from tests.site.world import World
from tests.support import landed
from tests.support import stack as stacks
from tests.support.stack import Stack

DAY = "2022-08-13"
NIGHT = ("scrape", "--from", DAY)
READABLE = [
    match
    for match in World().matches_on(parse_day(DAY))
    if match.status == "finished" and match.has_match_centre
]
# Everything that waits does so for moments here: what is proven is the order of things, and
# that nothing is asked of the site more often than the bound says.
SETTINGS = {
    "page_interval_seconds": "0.05",
    "resend_after_seconds": "3",
    "sweep_interval_seconds": "1",
    "lease_seconds": "6",
}
LOOK_SECONDS = 0.05


class _Receiver(BaseHTTPRequestHandler):
    """Takes alerts as a webhook would, or refuses them."""

    server: Alerts

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.server.refuses:
            self.send_response(503)
        else:
            self.server.received.append((time.time(), json.loads(body)))
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


class Alerts(ThreadingHTTPServer):
    """The receiver of alerts: a webhook on 127.0.0.1.

    Attributes:
        received: (Unix time, message) of each alert.
        refuses: whether it answers 503 instead.
    """

    daemon_threads: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.received: list[tuple[float, dict[str, Any]]] = []
        self.refuses = False
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address as apprise writes it."""
        return f"json://127.0.0.1:{self.server_port}/"


@dataclass
class Place:
    """A running platform to be harmed.

    Attributes:
        stack: its processes.
        engine: its warehouse.
        alerts: who is told.
        truth: hashes of the core tables after a night without any trouble; see `learn_truth`.
        quiet_requests: pages that such a night asks of the site.
    """

    stack: Stack
    engine: Engine
    alerts: Alerts
    zygote: Zygote
    truth: dict[str, str] = field(default_factory=dict)
    quiet_requests: int = 0

    def touchline(self, *arguments: str) -> Command:
        """Start a command."""
        return self.zygote.start(*arguments)

    def night(self) -> Command:
        """Start the night."""
        return self.touchline(*NIGHT)

    def fault(self, pattern: str, kind: str, **options: Any) -> None:
        """Make the site answer badly."""
        stated = {"pattern": pattern, "kind": kind, **options}
        self.stack.control("faults", json.dumps(stated).encode())

    def requests(self) -> list[dict[str, Any]]:
        """What was asked of the site since `reset`: at, path, fault."""
        found = json.loads(self.stack.control("requests"))
        assert isinstance(found, list)
        return found

    def scalar(self, query: str, **values: Any) -> Any:
        """A value of the warehouse."""
        with self.engine.connect() as connection:
            return connection.scalar(text(query), values)

    def execute(self, statement: str, **values: Any) -> None:
        """Change something in the warehouse, as an operator or a fault would."""
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def contents(self) -> dict[str, str]:
        """Hashes of the core tables, to be compared with `truth`."""
        return landed.contents(self.engine)

    def until(self, what: str, ready: Callable[[], object], seconds: float = 60) -> float:
        """Wait until it is so; the seconds that took.

        Raises:
            TimeoutError: it is not so in time.
        """
        began = time.monotonic()
        while not ready():
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"{what}: not within {seconds:.0f} s")
            time.sleep(LOOK_SECONDS)
        return time.monotonic() - began

    def reset(self) -> None:
        """Nothing is landed, no message waits, the site is well, every program runs."""
        group = self.stack.group
        states = group.states()
        wanted = [*stacks.SERVICES, *stacks.WORKERS]
        group.start(*(name for name in wanted if states[name] in ("STOPPED", "EXITED", "FATAL")))
        for path in ("faults/clear", "amend/clear", "now/clear", "requests/clear"):
            self._control_if_known(path)
        _empty(self.engine)
        for database in (0, 1):
            with redis.Redis(port=self.stack.ports["redis"], db=database) as client:
                client.flushdb()
        self.alerts.received.clear()
        self.alerts.refuses = False
        self.until(
            "every program runs",
            lambda: all(group.states()[name] == "RUNNING" for name in wanted),
        )
        self.stack.control("requests/clear", b"{}")

    def learn_truth(self) -> None:
        """Run a night without trouble, and keep what it landed.

        Raises:
            AssertionError: it does not end well.
        """
        self.reset()
        night = self.night()
        code = night.wait(200)
        assert code == 0, night.said
        self.truth = self.contents()
        self.quiet_requests = len(self.requests())

    def _control_if_known(self, path: str) -> None:
        if path.startswith("now/"):
            return
        self.stack.control(path, b"{}")


@contextmanager
def a_place(
    home: Path, *, settings: Mapping[str, str] | None = None, **options: Any
) -> Iterator[Place]:
    """Bring a place up in `home`, and take it down again.

    Args:
        settings: settings of the platform beside `SETTINGS`.
        options: as `tests.support.stack.start` has them, such as slots=2 or broker="rabbitmq".
    """
    alerts = Alerts()
    told = {"alerts_on_call": alerts.url, "alerts_data_engineers": alerts.url}
    stack = stacks.start(
        home, airflow=False, settings={**SETTINGS, **told, **(settings or {})}, **options
    )
    zygote = None
    try:
        zygote = Zygote(stack)
        engine = engine_of(stack.settings)
        place = Place(stack, engine, alerts, zygote)
        place.learn_truth()
        yield place
    finally:
        if zygote is not None:
            zygote.close()
        alerts.shutdown()
        stack.stop()


_TABLES = (
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN "
    "('raw', 'staging', 'core', 'ops') AND tablename NOT IN "
    "('alembic_version', 'selector_release')"
)


def _empty(engine: Engine) -> None:
    """Remove every row, as quickly as workers that still write allow."""
    with engine.begin() as connection:
        names = ", ".join(connection.scalars(text(_TABLES)))
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
