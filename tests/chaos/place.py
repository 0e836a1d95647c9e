"""The place of the chaos: one running platform, put back to nothing before each scenario."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from scrapers.pipeline.intervals import parse_day
from scrapers.settings import ROOT
from scrapers.warehouse.engine import engine as engine_of
from scrapers.warehouse.tables import LINEAGE
from tests.chaos.commands import Command, Zygote
from tests.chaos.wire import Wire
from tests.site.world import World
from tests.support import landed
from tests.support import stack as stacks
from tests.support.s3 import S3Server
from tests.support.stack import Stack
from tests.support.supervise import free_ports

DAY = "2022-08-13"
NIGHT = ("scrape", "--from", DAY)
READABLE = [
    match
    for match in World().matches_on(parse_day(DAY))
    if match.status == "finished" and match.has_match_centre
]
# Everything that waits does so for moments here: what is proven is the order of things, and
# that nothing is asked of the site more often than the bound says. How long a trouble has to last
# before it is told stays as the register has it: minutes.
SETTINGS = {
    "page_interval_seconds": "0.05",
    "resend_after_seconds": "3",
    "sweep_interval_seconds": "1",
    "lease_seconds": "6",
    "health_interval_seconds": "2",
    "hub_probe_seconds": "1",
    "hub_probe_longest_seconds": "4",
    "session_start_timeout_seconds": "20",
    "page_load_timeout_seconds": "10",
    "script_timeout_seconds": "5",
    "fetch_soft_limit_seconds": "60",
    "fetch_hard_limit_seconds": "70",
    "visibility_timeout_seconds": "100",
    "refusal_pause_minutes": "0.05",
    "refusal_longest_pause_hours": "0.003",
    "outage_pause_seconds": "2",
    "outage_longest_pause_minutes": "0.15",
    "outage_failures": "3",
    "run_late_hours": "0.01",
}
LOOK_SECONDS = 0.05
_BESIDES = ("/_Incapsula_Resource", "/favicon.ico")
_MOST_ROWS = 300  # of larger tables nothing is told but that they differ


@dataclass(frozen=True)
class Alert:
    """A message that was taken; `good`: it tells of an end."""

    at: float
    title: str
    good: bool


class _Receiver(BaseHTTPRequestHandler):
    """Takes alerts as a webhook would, or refuses them."""

    server: Alerts

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.server.refuses:
            self.server.refused += 1
            self.send_response(503)
        else:
            told = json.loads(body)
            alert = Alert(time.time(), told["title"], told.get("type") == "success")
            self.server.received.append(alert)
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


class Alerts(ThreadingHTTPServer):
    """The receiver of alerts: a webhook on 127.0.0.1.

    Attributes:
        received: the messages it took.
        refuses: whether it answers 503 instead.
        refused: how often it did.
    """

    daemon_threads: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.received: list[Alert] = []
        self.refuses = False
        self.refused = 0
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address as apprise writes it."""
        return f"json://127.0.0.1:{self.server_port}/"

    def bad_news(self) -> list[Alert]:
        """The messages that tell of trouble, not of its end."""
        return [alert for alert in self.received if not alert.good]


@dataclass
class Place:
    """A running platform to be harmed.

    Attributes:
        stack: its processes.
        engine: its warehouse.
        alerts: who is told.
        truth: hashes of the core tables after a night without any trouble; see `learn_truth`.
        truth_rows: the rows themselves, of small tables, to tell what differs.
        quiet_requests: pages that such a night asks of the site.
        running: the night that runs, or ran last.
        second: another run beside it.
        asked_before: pages asked of a site whose process is no more.
        tidy: what a strike has left to be undone, whatever becomes of the scenario.
        wire: the way of the platform to PostgreSQL, where the place has one.
        s3: the object store of the archive, where the place has one.
    """

    stack: Stack
    engine: Engine
    alerts: Alerts
    zygote: Zygote
    truth: dict[str, str] = field(default_factory=dict)
    truth_rows: dict[str, set[str]] = field(default_factory=dict)
    quiet_requests: int = 0
    running: Command | None = None
    second: Command | None = None
    asked_before: int = 0
    tidy: list[Callable[[], object]] = field(default_factory=list)
    wire: Wire | None = None
    s3: S3Server | None = None
    _releases: int = 0
    _watchman: Command | None = None

    def touchline(self, *arguments: str) -> Command:
        """Start a command."""
        return self.zygote.start(*arguments)

    def night(self) -> Command:
        """Start the night."""
        self.running = self.touchline(*NIGHT)
        return self.running

    @property
    def archive(self) -> Path:
        """The folder of the archive, where it is one."""
        return self.stack.home / "archive"

    @property
    def injected(self) -> Path:
        """A folder that every program imports `sitecustomize` from, if there is one."""
        return self.stack.home / "injected"

    @property
    def hubs(self) -> list[str]:
        """Names of the hubs' programs."""
        return stacks.hubs_of(self.stack.ports)

    def outage_seen(self) -> float | None:
        """Unix time at which the watchman found PostgreSQL away; None: he has not."""
        try:
            found = json.loads(self._state.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        since = (found.get("outage") or {}).get("since")
        return datetime.fromisoformat(since).timestamp() if since else None

    @property
    def _state(self) -> Path:
        return self.stack.home / "watchman.json"

    def fault(self, pattern: str, kind: str, **options: Any) -> None:
        """Make the site answer badly."""
        stated = {"pattern": pattern, "kind": kind, **options}
        self.stack.control("faults", json.dumps(stated).encode())

    def requests(self) -> list[dict[str, Any]]:
        """Pages asked of the site since `reset`: at, path, fault.

        What a page makes the browser load besides is not asked by us.
        """
        found = json.loads(self.stack.control("requests"))
        return [one for one in found if not one["path"].startswith(_BESIDES)]

    def asked(self) -> int:
        """How many pages were asked of the site since `reset`."""
        return self.asked_before + len(self.requests())

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

    def difference(self, table: str) -> str:
        """A row of a table that is not as in a quiet night, and how it is there."""
        found, wanted = self._rows(table), self.truth_rows[table]
        more, missing = sorted(found - wanted), sorted(wanted - found)
        if not more or not missing:
            return f"{len(more)} rows more, {len(missing)} missing"
        here, there = json.loads(more[0]), json.loads(missing[0])
        return ", ".join(
            f"{name} {here[name]!r} instead of {there[name]!r}"
            for name in here
            if here[name] != there[name]
        )

    def _rows(self, table: str) -> set[str]:
        columns = "to_jsonb(t) - CAST(:lineage AS text[])"
        query = f"SELECT ({columns})::text FROM core.{table} t LIMIT {_MOST_ROWS}"
        with self.engine.connect() as connection:
            return set(connection.scalars(text(query), {"lineage": list(LINEAGE)}))

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
        for undo in reversed(self.tidy):
            undo()
        self.tidy.clear()
        if self.running is not None and self.running.alive():
            self.running.kill()
        group = self.stack.group
        wanted = [*self._services(), *stacks.WORKERS]
        self._start_all(wanted)
        self.until("PostgreSQL answers", self._answers)
        for path in ("faults/clear", "amend/clear"):
            self.stack.control(path, b"{}")
        self._restore_files()
        self.until(
            "the warehouse is empty",
            lambda: landed.emptied(self.engine, self._releases or 1_000_000),
            90,
        )
        for database in (0, 1):
            with redis.Redis(port=self.stack.ports["redis"], db=database) as client:
                client.flushdb()
        self.alerts.received.clear()
        self.alerts.refuses, self.alerts.refused = False, 0
        self.until(
            "every program runs",
            lambda: all(group.states()[name] == "RUNNING" for name in wanted),
        )
        self._watch()
        self.stack.control("requests/clear", b"{}")
        self.asked_before = 0

    def _services(self) -> list[str]:
        states = self.stack.group.states()
        return [name for name in states if name not in stacks.WORKERS]

    def _start_all(self, wanted: Sequence[str]) -> None:
        group = self.stack.group
        states = group.states()
        group.start(*(name for name in wanted if states[name] in ("STOPPED", "EXITED", "FATAL")))

    def _answers(self) -> bool:
        try:
            return bool(self.scalar("SELECT 1"))
        except DBAPIError:
            return False

    def _restore_files(self) -> None:
        """The selector files as they are in the repository, an empty archive, no export."""
        for name in ("selectors", "archive", "export"):
            folder = self.stack.home / name
            folder.mkdir(exist_ok=True)
            for inside in folder.iterdir():
                shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
        shutil.copytree(ROOT / "selectors", self.stack.home / "selectors", dirs_exist_ok=True)

    def _watch(self) -> None:
        """Let a watchman watch, as production has one beside beat."""
        if self._watchman is None or not self._watchman.alive():
            self._watchman = self.touchline("watchman", "--state", str(self._state))
        else:
            self._state.unlink(missing_ok=True)

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
        self.truth_rows = {name: self._rows(name) for name in self.truth}
        self.quiet_requests = len(self.requests())
        self._releases = self.scalar("SELECT max(release_id) FROM ops.selector_release")


@contextmanager
def a_place(
    home: Path,
    *,
    settings: Mapping[str, str] | None = None,
    kind: type[Place] | None = None,
    **options: Any,
) -> Iterator[Place]:
    """Bring a place up in `home`, and take it down again.

    Args:
        settings: settings of the platform beside `SETTINGS`.
        kind: what stands for it; `Place` by default.
        options: as `tests.support.stack.start` has them, such as slots=2 or broker="rabbitmq".
    """
    alerts = Alerts()
    told = {
        "alerts_on_call": alerts.url,
        "alerts_data_engineers": alerts.url,
        "selectors_dir": str(home / "selectors"),
        "export_url": (home / "export").as_uri(),
    }
    options.setdefault("hubs", 2)
    options.setdefault("airflow", False)
    variables = {
        # Before the project, so that a scenario can put a defect into it.
        "PYTHONPATH": f"{home / 'injected'}:{ROOT}",
        **options.pop("variables", {}),
    }
    stack = stacks.start(
        home,
        settings={**SETTINGS, **told, **(settings or {})},
        variables=variables,
        prepare=lambda: shutil.copytree(ROOT / "selectors", home / "selectors"),
        **options,
    )
    zygote = None
    try:
        zygote = Zygote(stack)
        engine = engine_of(stack.settings)
        place = (kind or Place)(stack, engine, alerts, zygote)
        # Test databases forget their last moments when they are killed; this one may not.
        place.execute("ALTER DATABASE touchline SET synchronous_commit = on")
        place.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = 'touchline' AND pid <> pg_backend_pid()"
        )
        place.learn_truth()
        yield place
        for undo in reversed(place.tidy):
            undo()
    finally:
        if zygote is not None:
            zygote.close()
        alerts.shutdown()
        stack.stop()


@contextmanager
def a_wired_place(home: Path) -> Iterator[Place]:
    """A place whose platform reaches PostgreSQL through a wire that can be cut."""
    port, door = free_ports(2)
    with (
        Wire(door, port) as wire,
        a_place(home, fixed_ports={"postgres": port}, through={"postgres": door}) as place,
    ):
        place.engine = create_engine(
            place.engine.url.set(port=port), pool_pre_ping=True
        )  # our own eyes see past the wire
        place.wire = wire
        yield place


@contextmanager
def an_s3_place(home: Path) -> Iterator[Place]:
    """A place whose archive is an object store."""
    server = S3Server(home.with_name("s3"))
    server.start()
    try:
        server.make_bucket("pages")
        with a_place(
            home,
            settings={"archive_url": "s3://pages/archive"},
            variables=server.environment,
        ) as place:
            place.s3 = server
            yield place
    finally:
        server.stop()
