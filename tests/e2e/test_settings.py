"""Settings that are missing or wrong are refused at start, by name, and never shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scrapers.cli.main import app
from scrapers.settings import load_settings

GOOD = {
    "TOUCHLINE_DATABASE_URL": "postgresql+psycopg2://user:sesame@127.0.0.1:1/none",
    "TOUCHLINE_BROKER_URL": "redis://:sesame@127.0.0.1:1/0",
    "TOUCHLINE_CACHE_URL": "redis://:sesame@127.0.0.1:1/1",
    "TOUCHLINE_ARCHIVE_URL": "file:///nowhere",
}
COMMANDS = {
    "cli": ["-m", "scrapers.cli", "status"],
    "scrape": ["-m", "scrapers.cli", "scrape", "--match", "1650630"],
    "migration": ["-m", "scrapers.cli", "db", "upgrade"],
    "worker": ["-m", "celery", "--app=scrapers.tasks.app", "worker", "--queues=fetch"],
    "beat": ["-m", "celery", "--app=scrapers.tasks.app", "beat", "--pidfile="],
}


def start(
    command: list[str], folder: Path, **changes: str | None
) -> subprocess.CompletedProcess[str]:
    """Start a program with `GOOD` settings and `changes`; None removes one."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOUCHLINE_")}
    wanted = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**own, **wanted},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_missing_settings_are_named(command: list[str], tmp_path: Path) -> None:
    """Every program says which ones, all of them, and ends at once."""
    names = ("TOUCHLINE_DATABASE_URL", "TOUCHLINE_CACHE_URL", "TOUCHLINE_ARCHIVE_URL")
    ended = start(command, tmp_path, **dict.fromkeys(names))
    assert ended.returncode not in (0, -9)
    told = ended.stderr + ended.stdout
    assert [name for name in names if f"{name} is missing" not in told] == []
    assert "sesame" not in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"TOUCHLINE_PAGE_INTERVAL_SECONDS": "fast"}, "TOUCHLINE_PAGE_INTERVAL_SECONDS"),
        ({"TOUCHLINE_BASE_URL": "http://elsewhere.example"}, "not in allowed_hosts"),
        ({"TOUCHLINE_FOLLOW": '[{"competition": "x"}]'}, "TOUCHLINE_FOLLOW"),
        ({"TOUCHLINE_FOLLOW": "LaLiga"}, "TOUCHLINE_FOLLOW"),
        ({"TOUCHLINE_VISIBILITY_TIMEOUT_SECONDS": "10"}, "visibility_timeout_seconds"),
        ({"TOUCHLINE_BROKER_URL": "postgresql://user:sesame@host/x"}, "broker_url"),
        ({"TOUCHLINE_BROKER_URL": "redis://:sesame@host:many/0"}, "broker_url"),
        ({"TOUCHLINE_BROKER_URL": "redis://:sesame@host:6379/first"}, "broker_url"),
        ({"TOUCHLINE_BROKER_URL": "amqp://user:sesame@:5672//"}, "broker_url"),
        (
            {
                "TOUCHLINE_BROKER_URL": "amqp://user:sesame@host:5672//",
                "TOUCHLINE_FETCH_HARD_LIMIT_SECONDS": "1800",
                "TOUCHLINE_VISIBILITY_TIMEOUT_SECONDS": "3600",
            },
            "consumer_timeout",
        ),
        ({"TOUCHLINE_PAGE_INTERVAL_SECONDS": "600"}, "page_interval_seconds"),
        ({"TOUCHLINE_LOOKBACK_DAYS": "1"}, "lookback_days"),
        (
            {"TOUCHLINE_BROKER_URL": None, "TOUCHLINE_BROKER_URL_FILE": "/no/such/file"},
            "TOUCHLINE_BROKER_URL_FILE",
        ),
    ],
)
def test_a_wrong_setting_is_named(
    changes: dict[str, str | None],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the reason and without its value; exit code 2, no traceback."""
    for name in [name for name in os.environ if name.startswith("TOUCHLINE_")]:
        monkeypatch.delenv(name)
    for name, value in {**GOOD, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("scrapers.cli.status.settings", load_settings)  # those of now
    with pytest.raises(SystemExit) as ended:
        app(["status"])
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert words in said.err
    assert "Traceback" not in said.err
    assert "sesame" not in said.err + said.out


def test_a_program_ends_at_once_over_a_wrong_setting(tmp_path: Path) -> None:
    ended = start(COMMANDS["cli"], tmp_path, TOUCHLINE_PAGE_INTERVAL_SECONDS="fast")
    assert ended.returncode == 2
    assert "TOUCHLINE_PAGE_INTERVAL_SECONDS" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unreachable_warehouse_is_one_clear_line(tmp_path: Path) -> None:
    """A failure of the platform, not of its settings: exit code 1, its class, no secret."""
    ended = start(COMMANDS["cli"], tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.startswith("WarehouseUnavailable: ")
    assert "Traceback" not in ended.stderr
    assert "sesame" not in ended.stderr
