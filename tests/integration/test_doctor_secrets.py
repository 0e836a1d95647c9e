"""No secret is printed: right or wrong, by variable or file, in the text, in JSON, in the logs."""

from __future__ import annotations

import json
import logging
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
import redis
from s3fs import S3FileSystem
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from scrapers.cli.main import app
from scrapers.doctor.masking import MASKED, Mask, secret_names
from scrapers.settings import PREFIX, ROOT
from tests.integration.conftest import Services
from tests.support.doctor import MARKER, Patient, patient
from tests.support.s3 import S3Server

# What a password may look like that breaks the address around it, as people write them.
BADLY_QUOTED = [MARKER, f"{MARKER}@{MARKER}", f"{MARKER}/{MARKER}", f"{MARKER}:{MARKER}#x"]


@pytest.fixture
def sick(
    database_url: str,
    engine: Engine,
    redis_port: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Patient:
    del engine  # emptied
    return patient(database_url, redis_port, tmp_path, monkeypatch)


def say(caplog: pytest.LogCaptureFixture, *arguments: str) -> str:
    """All that `touchline doctor` says, on every way out."""
    with caplog.at_level(logging.DEBUG):
        ended = CliRunner().invoke(app, ["doctor", "--no-session", *arguments])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.output + caplog.text


def has_no_secret(caplog: pytest.LogCaptureFixture, *words: str) -> None:
    for arguments in ([], ["--json"]):
        said = say(caplog, *arguments)
        assert MARKER not in said
        for word in words:
            assert word in said, word


def put(sick: Patient, name: str, value: str, *, by_file: bool) -> None:
    if by_file:
        path = sick.folder / f"{name}-secret"
        path.write_text(f"{value}\n", encoding="utf-8")
        sick.set(**{name: None, f"{name}_file": path})
    else:
        sick.set(**{name: value})


@pytest.fixture
def servers(services: Services, redis_port: int, engine: Engine) -> Iterator[dict[str, str]]:
    """Addresses of servers whose password is the marker, by the setting's name."""
    name = f"role_{secrets.token_hex(4)}"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{MARKER}'"))
    with redis.Redis(port=redis_port, single_connection_client=True) as client:
        client.config_set("requirepass", MARKER)
        try:
            yield {
                "database_url": f"postgresql://{name}:{MARKER}@127.0.0.1:"
                f"{services.ports['postgres']}/touchline",
                "broker_url": f"redis://:{MARKER}@127.0.0.1:{redis_port}/0",
                "cache_url": f"redis://:{MARKER}@127.0.0.1:{redis_port}/1",
            }
        finally:
            client.config_set("requirepass", "")
            with engine.begin() as connection:
                connection.execute(text(f"DROP ROLE {name}"))


@pytest.mark.parametrize("by_file", [False, True], ids=["variable", "file"])
def test_right_passwords(
    sick: Patient, servers: dict[str, str], by_file: bool, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in servers.items():
        put(sick, name, value, by_file=by_file)
    source = "TOUCHLINE_BROKER_URL_FILE" if by_file else "environment"
    has_no_secret(caplog, source, "PostgreSQL 18", "answers at redis://127.0.0.1")


# How an address is taken apart does not hang on where it comes from: one of them comes from files.
@pytest.mark.parametrize(
    ("password", "by_file"),
    [*((password, False) for password in BADLY_QUOTED), (BADLY_QUOTED[1], True)],
)
def test_wrong_passwords(
    sick: Patient,
    services: Services,
    redis_port: int,
    password: str,
    by_file: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each of the secrets at once; an address that falls apart is refused, and not shown."""
    port = services.ports["postgres"]
    wrong = {
        "database_url": f"postgresql://touchline:{password}@127.0.0.1:{port}/touchline",
        "broker_url": f"amqp://user:{password}@127.0.0.1:{redis_port}//",
        "cache_url": f"redis://:{password}@127.0.0.1:{redis_port}/1",
    }
    for name in sorted(secret_names()):
        value = wrong.get(name, f"https://user:{password}@127.0.0.1/{password}")
        put(sick, name, value, by_file=by_file)
    sick.set(hub_urls=f"http://user:{password}@127.0.0.1:{port}/wd/hub")
    has_no_secret(caplog, "TOUCHLINE_")


@pytest.mark.parametrize("name", sorted(secret_names()))
@pytest.mark.parametrize(
    ("value", "by_file"),
    [
        (MARKER, False),
        (f"nowhere://x:{MARKER}@host/", False),
        (f"redis://:{MARKER}@host:{MARKER}/0", False),
        (f"redis://:{MARKER}@host:{MARKER}/0", True),
    ],
)
def test_a_secret_in_the_wrong_place(
    sick: Patient, name: str, value: str, by_file: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A password without its address, another scheme, a port that is none."""
    put(sick, name, value, by_file=by_file)
    has_no_secret(caplog, f"TOUCHLINE_{name.upper()}")


def test_secrets_in_names_that_nobody_knows(
    sick: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    """A misspelt variable may hold one too; and other programs' variables do."""
    sick.set(database_urls=f"postgresql://u:{MARKER}@h/d", archive_url=f"s3://k:{MARKER}@b/x")
    sick.patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"postgresql://a:{MARKER}@h:{MARKER}/")
    sick.patch.setenv("AIRFLOW__API__SECRET_KEY", MARKER)
    has_no_secret(caplog, "TOUCHLINE_DATABASE_URLS", "TOUCHLINE_ARCHIVE_URL")


def test_an_object_stores_login(
    sick: Patient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The store's own variables, right and wrong; and an endpoint with a login in it."""

    def parse() -> str:
        # Clients are kept for a process's life, with the login that they were made with.
        S3FileSystem.clear_instance_cache()
        said = say(caplog, "--for", "parse", "--json")
        assert MARKER not in said
        return said

    server = S3Server(tmp_path / "s3", secret_key=f"{MARKER}-{secrets.token_hex(8)}")
    server.start()
    try:
        server.make_bucket("archive")
        sick.set(archive_url="s3://archive/raw")
        for name, value in server.environment.items():
            sick.patch.setenv(name, value)
        # fsspec reads its part of the environment when it is imported.
        sick.patch.setitem(fsspec.config.conf, "s3", {"endpoint_url": server.endpoint})
        assert "written, read back and deleted" in parse()
        sick.set(archive_url="s3://nowhere/raw")
        said = parse()
        assert "ArchiveUnavailable" in said
        assert "make the bucket" in said
        sick.set(archive_url="s3://archive/raw")
        sick.patch.setenv("AWS_SECRET_ACCESS_KEY", f"{MARKER}-wrong")
        said = parse()
        assert "ArchiveUnavailable" in said
        assert "AWS_SECRET_ACCESS_KEY" in said
    finally:
        server.stop()
    sick.patch.setenv("FSSPEC_S3_ENDPOINT_URL", f"http://u:{MARKER}@127.0.0.1:1")
    said = run("--for", "parse")
    assert "ArchiveUnavailable" in said
    assert "FSSPEC_S3_ENDPOINT_URL" in said


def run(*arguments: str) -> str:
    """What the program says; fsspec reads its variables when it is imported, and never again."""
    ended = subprocess.run(
        [sys.executable, "-m", "scrapers.cli", "doctor", "--no-session", "--json", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert "Traceback" not in said
    assert MARKER not in said
    return said


def test_the_program_itself(sick: Patient) -> None:
    """As it is called: exit code 1, JSON that names the settings, nothing secret on either way."""
    sick.set(
        database_url=f"postgresql://touchline:{MARKER}@127.0.0.1:1/x",
        broker_url=f"redis://:{MARKER}@127.0.0.1:1/0",
    )
    command = [sys.executable, "-m", "scrapers.cli", "doctor", "--no-session"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [*command, "--json"], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert MARKER not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    told = json.loads(ended.stdout)
    assert told["well"] is False
    rows = {row["name"]: (row["source"], row["value"]) for row in told["settings"]}
    assert rows[f"{PREFIX}DATABASE_URL"] == ("environment", "set")
    assert rows[f"{PREFIX}LOOKBACK_DAYS"] == ("default", "7")
    # It says for what it waits before its time is over, and longer than any machine takes to look.
    with subprocess.Popen(
        [*command, "--for", "beat", "--wait", "100"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as waiting:  # fmt: skip
        assert waiting.stderr is not None
        first = waiting.stderr.readline()
        waiting.kill()
        said = first + "".join(waiting.communicate())
    assert first.startswith("waiting for broker.connection")
    assert MARKER not in said
    assert "Traceback" not in said


def test_where_messages_are_sent_to_is_secret(sick: Patient) -> None:
    """A hook's address is its password; several stand in one setting."""
    from scrapers.doctor.masking import mask_of

    others = sorted(secret_names() - {"database_url", "broker_url", "cache_url"})
    for name in others:
        sick.set(**{name: f"json://u:pw-{MARKER}@127.0.0.1/T0/{MARKER}-x, discord://1/{MARKER}-y"})
    masked = mask_of()(f"POST /T0/{MARKER}-x of {MARKER}-y: pw-{MARKER}")
    assert not others or MARKER not in masked


@pytest.mark.parametrize("arguments", [["--for", "nobody"], ["--wait", "-1"]])
def test_arguments_that_are_wrong(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["doctor", *arguments]).exit_code == 2


def test_warnings_are_no_failure(
    sick: Patient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    sick.set(data_docs_dir=tmp_path / "file" / "docs")
    ended = CliRunner().invoke(app, ["doctor", "--for", "parse"])
    assert "1 warn" in ended.output
    assert ended.exit_code == 0


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("pass word", "failed for pass%20word and pass+word"),
        ("left@right", 'could not translate host name "right@host"'),
        (MARKER, f"at postgresql://user:{MARKER}@host:5432/name"),
        ("", "at http://user:pw@host/"),
        ("a-long-word-of-a-hook", "POST https://hooks.example/a-long-word-of-a-hook failed"),
    ],
)
def test_the_mask(secret: str, said: str) -> None:
    masked = Mask([secret])(said)
    assert MASKED in masked
    for part in ("word", "right", "sesame", "pw"):
        assert part not in masked
