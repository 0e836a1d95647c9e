"""The doctor: a whole platform is well; each fault is named with its setting and its mend."""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine, text

from scrapers.doctor import clock, folders
from scrapers.doctor.result import Check, Result
from scrapers.doctor.run import Service, catalogue
from scrapers.errors import FAILURE_CLASSES
from scrapers.parsing.registry import register
from scrapers.settings import ROOT
from scrapers.whoscored.needs import unmet
from tests.integration.conftest import Services
from tests.support.browser import ChromeDriver, Front
from tests.support.doctor import Patient, patient, with_password
from tests.support.supervise import free_ports


@pytest.fixture
def sick(
    database_url: str,
    engine: Engine,
    redis_port: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Patient:
    """A platform that lacks nothing but a hub, for a test to break."""
    del engine  # emptied
    return patient(database_url, redis_port, tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def driver() -> Iterator[ChromeDriver]:
    with ChromeDriver() as running:
        yield running


def is_failure(check: Check, failure: str, *words: str) -> None:
    """It fails as this class, and its texts name all that a person needs."""
    assert (check.result, check.failure) == (Result.FAIL, failure), check
    told = f"{check.subject} {check.found} {check.mend}"
    for word in words:
        assert word in told, (word, told)
    assert check.mend
    assert check.failure in FAILURE_CLASSES


def test_a_whole_platform_is_well(sick: Patient, driver: ChromeDriver) -> None:
    sick.set(hub_urls=driver.url)
    found = sick.checks(session=True)
    bad = [check for checks in found.values() for check in checks if check.result == "fail"]
    assert not bad
    assert list(found) == list(catalogue()), "each check is made, and in the catalogue's order"
    assert "PostgreSQL 18" in found["warehouse.connection"][0].found
    assert "chrom" in found["hubs.session"][0].found
    assert "nothing is kept on disk" in found["broker.memory"][0].found
    assert not list((sick.folder.parent / "archive" / "probes").iterdir())
    assert not driver.browsers(), "the probe session is quit"


_IMPORTS = """
import sys, threading
by_thread = {}
class Watch:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is not threading.main_thread():
            package = name.partition(".")[0]
            by_thread.setdefault(package, set()).add(threading.current_thread().name)
sys.meta_path.insert(0, Watch())
from scrapers.doctor.run import examine
examine(session=False)
print(sorted(name for name, threads in by_thread.items() if len(threads) > 1))
"""


def test_no_two_threads_import_one_package(sick: Patient) -> None:
    """Python's import locks may find them in a deadlock, and the doctor would end with it."""
    sick.set(archive_url="s3://touchline/archive", export_url="s3://touchline/export")
    ended = subprocess.run(
        [sys.executable, "-c", _IMPORTS], capture_output=True, text=True, check=True, timeout=120
    )
    assert ended.stdout.splitlines()[-1] == "[]"


def test_each_service_is_asked_only_for_what_it_touches(sick: Patient) -> None:
    kinds = {
        service: {name.split(".")[0] for name in sick.checks(service)} - {"settings"}
        for service in Service
    }
    assert kinds[Service.BEAT] == {"broker"}
    assert "hubs" in kinds[Service.FETCH]
    assert "hubs" not in kinds[Service.PARSE]
    assert "airflow" in kinds[Service.AIRFLOW]


def test_the_queues_are_the_workers(sick: Patient) -> None:
    from scrapers.doctor.broker import QUEUE_NAMES
    from scrapers.tasks.app import FETCH, PARSE, SWEEP  # reads the settings

    assert QUEUE_NAMES == (FETCH, PARSE, SWEEP)


# --- settings -----------------------------------------------------------------------------------


def test_a_missing_setting_is_named_and_nothing_else_is_asked(sick: Patient) -> None:
    sick.set(cache_url=None, lookback_days="many")
    found = sick.checks()
    missing, wrong = sorted(found["settings.values"], key=lambda check: check.subject)
    is_failure(missing, "ConfigInvalid", "TOUCHLINE_CACHE_URL", "TOUCHLINE_CACHE_URL_FILE")
    is_failure(wrong, "ConfigInvalid", "TOUCHLINE_LOOKBACK_DAYS")
    assert found["warehouse.connection"][0].result == "skipped"


def test_a_misspelt_variable_is_told_with_the_name_that_is_near(sick: Patient) -> None:
    sick.set(hub_url="http://x", database_url_fil="x")
    (sick.folder / ".env").write_text("TOUCHLINE_NOTHING_LIKE_IT=1\n", encoding="utf-8")
    found = {check.subject: check for check in sick.checks(Service.BEAT)["settings.unknown"]}
    assert found["TOUCHLINE_HUB_URL"].mend == "write TOUCHLINE_HUB_URLS"
    assert found["TOUCHLINE_DATABASE_URL_FIL"].mend == "write TOUCHLINE_DATABASE_URL_FILE"
    assert ".env" in found["TOUCHLINE_NOTHING_LIKE_IT"].found
    assert all(check.result == "warn" for check in found.values())


# --- PostgreSQL ---------------------------------------------------------------------------------


def test_a_warehouse_out_of_reach(sick: Patient, database_url: str, services: Services) -> None:
    (port,) = free_ports(1)
    sick.set(database_url=database_url.replace(f":{services.ports['postgres']}/", f":{port}/"))
    found = sick.checks(Service.PARSE)
    is_failure(
        found["warehouse.connection"][0],
        "WarehouseUnavailable",
        "TOUCHLINE_DATABASE_URL",
        "start PostgreSQL",
        str(port),
    )
    assert found["warehouse.schema"][0].result == "skipped"
    assert found["selectors.in_force"][0].result == "skipped"


def test_a_warehouse_that_does_not_know_us(sick: Patient, database_url: str) -> None:
    sick.set(database_url=with_password(database_url, "wrong"))
    is_failure(
        sick.one("warehouse.connection", Service.PARSE), "ConfigInvalid", "TOUCHLINE_DATABASE_URL"
    )
    sick.set(database_url=f"{database_url}-not")
    is_failure(
        sick.one("warehouse.connection", Service.PARSE),
        "ConfigInvalid",
        "TOUCHLINE_DATABASE_URL",
        "does not exist",
    )


def test_a_warehouse_that_takes_connections_and_says_nothing(sick: Patient) -> None:
    """Bounded: nobody waits for it longer than its time-out."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sick.set(database_url=f"postgresql://u:p@127.0.0.1:{server.getsockname()[1]}/x")
        began = time.monotonic()
        check = sick.one("warehouse.connection", Service.PARSE)
        assert time.monotonic() - began < 20
    is_failure(check, "WarehouseUnavailable", "TOUCHLINE_DATABASE_URL")


def test_a_database_without_our_schema(sick: Patient, empty_database: str) -> None:
    sick.set(database_url=empty_database)
    is_failure(sick.one("warehouse.schema", Service.PARSE), "ConfigInvalid", "touchline db upgrade")


@pytest.mark.parametrize(
    ("revision", "words"),
    [("0001", ("0001", "touchline db upgrade")), ("9999", ("9999", "newer release"))],
)
def test_a_schema_of_another_release(
    sick: Patient, engine: Engine, revision: str, words: tuple[str, ...]
) -> None:
    with engine.begin() as connection:
        before = connection.scalar(text("SELECT version_num FROM ops.alembic_version"))
        connection.execute(text("UPDATE ops.alembic_version SET version_num = :r"), {"r": revision})
    try:
        check = sick.one("warehouse.schema", Service.PARSE)
    finally:
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE ops.alembic_version SET version_num = :r"), {"r": before}
            )
    is_failure(check, "ConfigInvalid", *words)


@contextmanager
def role(engine: Engine, *grants: str) -> Iterator[tuple[str, str]]:
    """A login of its own with these rights."""
    name, password = f"role_{secrets.token_hex(4)}", secrets.token_hex(8)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'"))
        for grant in grants:
            connection.execute(text(grant.format(name)))
    try:
        yield name, password
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {name}"))
            connection.execute(text(f"DROP ROLE {name}"))


_ALL = [
    statement
    for schema in ("raw", "staging", "core", "ops")
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {{}}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {{}}",
    )
]


def test_rights_that_lack(sick: Patient, engine: Engine, database_url: str) -> None:
    less = [*_ALL, "REVOKE DELETE ON core.event FROM {}"]
    with role(engine, *less) as (name, password):
        sick.set(database_url=with_password(database_url, password, name))
        check = sick.one("warehouse.rights", Service.PARSE)
    is_failure(check, "ConfigInvalid", "DELETE on core.event", "TOUCHLINE_DATABASE_URL", "GRANT")
    with role(engine, *_ALL) as (name, password):
        sick.set(database_url=with_password(database_url, password, name))
        assert sick.one("warehouse.rights", Service.PARSE).result == "ok"
    with role(engine) as (name, password):
        sick.set(database_url=with_password(database_url, password, name))
        found = sick.checks(Service.PARSE)
    is_failure(found["warehouse.schema"][0], "ConfigInvalid", "GRANT", "TOUCHLINE_DATABASE_URL")
    is_failure(found["warehouse.rights"][0], "ConfigInvalid", "USAGE on schema staging")
    in_force = found["selectors.in_force"][0]
    assert (in_force.result, "its rights" in in_force.found) == ("skipped", True), in_force


def test_a_server_that_can_only_be_read(sick: Patient, engine: Engine, database_url: str) -> None:
    read_only = "ALTER ROLE {} SET default_transaction_read_only = on"
    with role(engine, *_ALL, read_only) as (name, password):
        sick.set(database_url=with_password(database_url, password, name))
        check = sick.one("warehouse.connection", Service.PARSE)
    is_failure(check, "ConfigInvalid", "can only be read", "TOUCHLINE_DATABASE_URL")


@pytest.mark.parametrize(
    ("off", "result"), [(0.0, "ok"), (-10.0, "warn"), (10.0, "warn"), (90.0, "fail")]
)
def test_a_clock_that_is_wrong(off: float, result: str) -> None:
    check = clock.compared("warehouse.clock", "PostgreSQL", lambda: time.time() - off)
    assert check.result == result
    assert result == "ok" or "chrony" in check.mend
    assert result == "ok" or ("ahead of" if off > 0 else "behind") in check.found


def test_a_slow_answer_is_no_wrong_clock() -> None:
    def ask() -> float:
        theirs = time.time()
        time.sleep(3 * clock.WARN_SECONDS / 2)
        return theirs

    assert clock.compared("warehouse.clock", "PostgreSQL", ask).result == "ok"


# --- the broker and the cache -------------------------------------------------------------------


def test_a_broker_out_of_reach(sick: Patient) -> None:
    (port,) = free_ports(1)
    for scheme in ("redis", "amqp"):
        sick.set(broker_url=f"{scheme}://127.0.0.1:{port}/")
        found = sick.checks(Service.BEAT)
        is_failure(
            found["broker.connection"][0],
            "BrokerUnavailable",
            "TOUCHLINE_BROKER_URL",
            "start the broker",
        )
        assert found["broker.queues"][0].result == "skipped"


@pytest.mark.parametrize("login", ["", ":wrong@"])
def test_logins_that_redis_refuses(sick: Patient, redis_port: int, login: str) -> None:
    address = f"redis://{login}127.0.0.1:{redis_port}/0"
    sick.set(broker_url=address, cache_url=address)
    with configured(redis_port, requirepass="right"):
        found = sick.checks(Service.FETCH)
    is_failure(
        found["broker.connection"][0], "ConfigInvalid", "TOUCHLINE_BROKER_URL", "correct the login"
    )
    is_failure(
        found["cache.connection"][0], "ConfigInvalid", "TOUCHLINE_CACHE_URL", "correct the login"
    )


def test_the_length_of_queues(sick: Patient, redis_port: int) -> None:
    with redis.Redis(port=redis_port, db=0) as client:
        client.delete(*["fetch", "parse", "sweep"])
        client.rpush("fetch", "a", "b")
        check = sick.one("broker.queues", Service.BEAT)
        client.delete("fetch")
    assert check.result == "ok"
    assert "fetch 2" in check.found


@contextmanager
def configured(port: int, **values: str) -> Iterator[None]:
    """A Redis whose configuration is another within the block."""
    # One connection, which a changed password does not shut out.
    with redis.Redis(port=port, single_connection_client=True) as client:
        names = {name.replace("_", "-"): value for name, value in values.items()}
        before = {name: client.config_get(name)[name] for name in names}
        for name, value in names.items():
            client.config_set(name, value)
        try:
            yield
        finally:
            for name, value in before.items():
                client.config_set(name, value)


def test_a_broker_that_throws_messages_away(sick: Patient, redis_port: int) -> None:
    with configured(redis_port, maxmemory_policy="allkeys-lru"):
        check = sick.one("broker.memory", Service.BEAT)
    is_failure(
        check, "ConfigInvalid", "allkeys-lru", "maxmemory-policy noeviction", "TOUCHLINE_BROKER_URL"
    )


def test_what_a_broker_keeps_is_told(sick: Patient, redis_port: int) -> None:
    with configured(redis_port, save="3600 1"):
        assert "snapshots are kept" in sick.one("broker.memory", Service.BEAT).found
    with configured(redis_port, appendonly="yes"):
        assert "append-only file" in sick.one("broker.memory", Service.BEAT).found


def test_a_cache_out_of_reach(sick: Patient) -> None:
    sick.set(cache_url=f"redis://127.0.0.1:{free_ports(1)[0]}/1")
    found = sick.checks(Service.FETCH)
    is_failure(
        found["cache.connection"][0], "CacheUnavailable", "TOUCHLINE_CACHE_URL", "start Redis"
    )
    assert found["cache.clock"][0].result == "skipped"


def test_a_cache_that_takes_no_key(sick: Patient, redis_port: int) -> None:
    """It answers a ping, and keeps no rate limit."""
    with configured(redis_port, min_replicas_to_write="1"):
        check = sick.one("cache.connection", Service.FETCH)
    is_failure(check, "CacheUnavailable", "does not serve us", "TOUCHLINE_CACHE_URL")


def test_a_cache_that_is_none(sick: Patient) -> None:
    sick.set(cache_url="http://127.0.0.1/")
    is_failure(sick.one("settings.values", Service.FETCH), "ConfigInvalid", "TOUCHLINE_CACHE_URL")


# --- the archive and the disks ------------------------------------------------------------------


def test_an_archive_that_cannot_be_written(sick: Patient, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sick.set(archive_url=(tmp_path / "file" / "archive").as_uri())
    is_failure(
        sick.one("archive.probe", Service.PARSE), "ArchiveUnavailable", "TOUCHLINE_ARCHIVE_URL"
    )
    sick.set(archive_url="nowhere://x")
    is_failure(sick.one("archive.probe", Service.PARSE), "ConfigInvalid", "TOUCHLINE_ARCHIVE_URL")


def test_data_docs_that_cannot_be_written(sick: Patient, tmp_path: Path) -> None:
    """Only visibility hangs on them: told, and no failure."""
    (tmp_path / "file").touch()
    sick.set(data_docs_dir=tmp_path / "file" / "docs")
    check = sick.one("data_docs.folder", Service.PARSE)
    assert check.result == "warn"
    assert check.subject == "TOUCHLINE_DATA_DOCS_DIR"
    assert "TOUCHLINE_DATA_DOCS_DIR" in check.mend


def test_places_of_exports_and_backups_that_cannot_be_written(
    sick: Patient, tmp_path: Path
) -> None:
    """A night lands without them: told, and no failure."""
    found = sick.checks(Service.AIRFLOW)
    assert [found[name][0].result for name in ("export.probe", "backup.probe")] == ["ok", "ok"]
    (tmp_path / "file").touch()
    sick.set(export_url=(tmp_path / "file" / "export").as_uri(), backup_url="nowhere://x")
    sick.set(pg_bin_dir=str(tmp_path))
    found = sick.checks(Service.AIRFLOW)
    for name, setting in (
        ("export.probe", "TOUCHLINE_EXPORT_URL"),
        ("backup.probe", "TOUCHLINE_BACKUP_URL"),
        ("backup.program", "TOUCHLINE_PG_BIN_DIR"),
    ):
        (check,) = found[name]
        assert (check.result, check.subject) == ("warn", setting)
        assert setting in check.mend
    assert "pg_dump is not to be found" in found["backup.program"][0].found
    for told, words in (
        ("pg_dump (PostgreSQL) 15.18 (Debian)", "version 15, PostgreSQL 18"),
        ("hello", "tells no version"),
    ):
        (tmp_path / "pg_dump").write_text(f"#!/bin/sh\necho '{told}'\n", encoding="utf-8")
        (tmp_path / "pg_dump").chmod(0o755)
        (check,) = sick.checks(Service.AIRFLOW)["backup.program"]
        assert check.result == "warn"
        assert words in check.found


def test_a_disk_that_gets_full(
    sick: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(tmp_path).free
    monkeypatch.setattr(folders, "WARN_BYTES", free * 2)
    check = next(
        c for c in sick.checks(Service.PARSE)["disk.space"] if "TOUCHLINE_ARCHIVE_URL" in c.subject
    )
    assert check.result == "warn"
    monkeypatch.setattr(folders, "FAIL_BYTES", free * 2)
    check = next(
        c for c in sick.checks(Service.PARSE)["disk.space"] if "TOUCHLINE_ARCHIVE_URL" in c.subject
    )
    is_failure(check, "ArchiveUnavailable", "GB free", "make room", "TOUCHLINE_ARCHIVE_URL")


# --- the hubs -----------------------------------------------------------------------------------


def test_a_hub_out_of_reach_beside_one_that_is_there(sick: Patient, driver: ChromeDriver) -> None:
    dead = f"http://127.0.0.1:{free_ports(1)[0]}/wd/hub"
    sick.set(hub_urls=f"{dead},{driver.url}")
    found = sick.checks(Service.FETCH)
    away, there = found["hubs.reachable"]
    is_failure(away, "BrowserUnavailable", dead, "TOUCHLINE_HUB_URLS", "start the hub")
    assert (there.subject, there.result) == (driver.url, "ok")
    assert "W3C hub" in there.found


def test_a_hub_that_is_no_address(sick: Patient) -> None:
    sick.set(hub_urls="ftp://127.0.0.1/wd/hub")
    is_failure(sick.one("hubs.reachable", Service.FETCH), "ConfigInvalid", "TOUCHLINE_HUB_URLS")


def test_a_selenoid_tells_its_slots_and_a_full_one_is_left_alone(
    sick: Patient, driver: ChromeDriver
) -> None:
    status = {"total": 4, "used": 4, "queued": 0, "pending": 0, "browsers": {"chrome": {}}}
    with Front(driver.port, status=status) as front:
        sick.set(hub_urls=front.url)
        found = sick.checks(Service.FETCH, session=True)
        assert "Selenoid, 4 of 4 slots taken" in found["hubs.reachable"][0].found
        assert found["hubs.session"][0].result == "skipped"
        assert front.opened == 0
        status["used"] = 1
        assert "1 of 4" in sick.one("hubs.reachable", Service.FETCH).found
        assert sick.one("hubs.session", Service.FETCH, session=True).result == "ok"
        assert (front.opened, front.closed) == (1, 1)


def test_a_hub_that_gives_no_session(sick: Patient, driver: ChromeDriver) -> None:
    sick.set(hub_urls=driver.url, browser_name="firefox")
    check = sick.one("hubs.session", Service.FETCH, session=True)
    is_failure(check, "BrowserUnavailable", "TOUCHLINE_BROWSER_NAME", "firefox", driver.url)


def test_a_browser_that_dies_at_once(sick: Patient, driver: ChromeDriver) -> None:
    with Front(driver.port, stuck_on="/url") as front:
        sick.set(hub_urls=front.url)
        check = sick.one("hubs.session", Service.FETCH, session=True)
        is_failure(check, "BrowserUnavailable", "hub's log")
        assert front.closed == 1


def test_a_browser_of_another_version_is_told(
    sick: Patient, driver: ChromeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick.set(hub_urls=driver.url)
    found = sick.one("hubs.session", Service.FETCH, session=True).found
    version = found.split()[1]
    sick.set(browser_version=version.split(".")[0])
    assert sick.one("hubs.session", Service.FETCH, session=True).result == "ok"
    # A hub that does not heed the wish gives what it has.
    from scrapers.doctor import hubs as module

    real = module.start_session
    monkeypatch.setattr(
        module,
        "start_session",
        lambda s, *rest: real(s.model_copy(update={"browser_version": ""}), *rest),
    )
    sick.set(browser_version="98.0")
    check = sick.one("hubs.session", Service.FETCH, session=True)
    assert check.result == "warn"
    assert "98.0" in check.found
    assert "TOUCHLINE_BROWSER_VERSION" in check.mend
    monkeypatch.setattr(module, "_ABLE", "return typeof ''.notYetInvented === 'function'")
    check = sick.one("hubs.session", Service.FETCH, session=True)
    is_failure(check, "ConfigInvalid", "too old", "111")


# --- files --------------------------------------------------------------------------------------


@pytest.fixture
def selectors(sick: Patient, tmp_path: Path) -> Path:
    """Selector files that may be spoilt, registered as `db upgrade` does."""
    folder = tmp_path / "selectors"
    shutil.copytree(ROOT / "selectors", folder)
    sick.set(selectors_dir=folder, names_file=folder / "names.yaml")
    return folder


def _newest(selectors: Path) -> Path:
    return sorted((selectors / "whoscored" / "match_centre").glob("*.yaml"))[-1]


def test_a_selector_file_with_a_fault(sick: Patient, selectors: Path, engine: Engine) -> None:
    register(engine, selectors, "test", unmet)
    path = _newest(selectors)
    path.write_text(path.read_text(encoding="utf-8") + "\nno_such_field: 1\n", encoding="utf-8")
    found = sick.checks(Service.PARSE)
    is_failure(found["selectors.files"][0], "ConfigInvalid", path.name, "no_such_field", "lint")
    in_force = found["selectors.in_force"][0]
    assert in_force.result == "warn", "the promoted text goes on"
    assert "edited" in in_force.found
    assert "promote match_centre/" in in_force.mend


def test_a_fault_before_anything_is_in_force(sick: Patient, selectors: Path) -> None:
    for path in (selectors / "whoscored" / "match_centre").glob("*.yaml"):
        path.write_text("page_kind: match_centre\n", encoding="utf-8")
    is_failure(
        sick.one("selectors.in_force", Service.PARSE), "ConfigInvalid", "match_centre", "promote"
    )


def test_no_selector_files(sick: Patient, tmp_path: Path) -> None:
    sick.set(selectors_dir=tmp_path / "nowhere")
    is_failure(
        sick.one("selectors.files", Service.PARSE),
        "ConfigInvalid",
        "TOUCHLINE_SELECTORS_DIR",
        "schedule, match_centre",
    )


def test_a_draft_is_told(sick: Patient, selectors: Path, engine: Engine) -> None:
    register(engine, selectors, "test", unmet)
    newest = _newest(selectors)
    shutil.copy(newest, newest.with_name("2030-01.yaml"))
    check = sick.one("selectors.in_force", Service.PARSE)
    assert check.result == "warn"
    assert "match_centre/2030-01" in check.found


def test_own_names_with_a_fault(sick: Patient, selectors: Path) -> None:
    (selectors / "names.yaml").write_text("teams:\n  65: FC Barcelona\n", encoding="utf-8")
    is_failure(
        sick.one("names.file", Service.PARSE), "ConfigInvalid", "TOUCHLINE_NAMES_FILE", "teams"
    )
    (selectors / "names.yaml").unlink()
    assert sick.one("names.file", Service.PARSE).result == "ok"


# --- Airflow's side -----------------------------------------------------------------------------


def test_what_airflows_variables_tell(
    sick: Patient, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {c.result for c in sick.checks(Service.AIRFLOW)["airflow.secrets"]} == {Result.SKIPPED}
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(tmp_path / "nowhere"))
    monkeypatch.setenv("AIRFLOW__CORE__PLUGINS_FOLDER", str(ROOT / "plugins"))
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "no key")
    monkeypatch.setenv("AIRFLOW__API__SECRET_KEY", "short")
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"{database_url}-not")
    found = sick.checks(Service.AIRFLOW)
    dags, plugins = found["airflow.folders"]
    is_failure(dags, "ConfigInvalid", "AIRFLOW__CORE__DAGS_FOLDER")
    assert plugins.result == "ok"
    for check in found["airflow.secrets"]:
        is_failure(check, "ConfigInvalid", check.subject, "prints")
    is_failure(found["airflow.database"][0], "ConfigInvalid", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")


# --- waiting ------------------------------------------------------------------------------------


def test_waiting_ends_when_the_service_is_there(
    sick: Patient, open_later: Callable[[int, float], int], redis_port: int
) -> None:
    port = open_later(redis_port, 2.0)
    sick.set(broker_url=f"redis://127.0.0.1:{port}/0")
    assert sick.one("broker.connection", Service.BEAT).result == "fail"
    (check,) = sick.checks(Service.BEAT, wait=30)["broker.connection"]
    assert check.result == "ok"


def test_waiting_ends_with_its_time(sick: Patient) -> None:
    sick.set(broker_url=f"redis://127.0.0.1:{free_ports(1)[0]}/0")
    began = time.monotonic()
    (check,) = sick.checks(Service.BEAT, wait=3)["broker.connection"]
    assert check.result == "fail"
    assert 2 < time.monotonic() - began < 20


@pytest.fixture
def open_later() -> Iterator[Callable[[int, float], int]]:
    """open_later(port, seconds): a port that leads to `port`, but only after so many seconds."""
    from threading import Timer

    from tests.support.forward import Forward

    made: list[Forward] = []

    def make(target: int, seconds: float) -> int:
        forward = Forward(target)
        made.append(forward)
        Timer(seconds, forward.start).start()
        return forward.port

    yield make
    for forward in made:
        forward.__exit__()
