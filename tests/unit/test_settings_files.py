"""Settings from files: every one can, and a file that will not do is refused by its name."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from scrapers.doctor.masking import secret_names
from scrapers.errors import ConfigInvalid
from scrapers.settings import FILE_SUFFIX, PREFIX, Settings, given_variables, load_settings

GOOD = {
    "database_url": "postgresql+psycopg2://user:sesame@127.0.0.1:1/none",
    "broker_url": "redis://:sesame@127.0.0.1:1/0",
    "cache_url": "redis://:sesame@127.0.0.1:1/1",
    "archive_url": "file:///nowhere",
}
BROKER, BROKER_FILE = f"{PREFIX}BROKER_URL", f"{PREFIX}BROKER_URL{FILE_SUFFIX}"


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Good settings from the environment, no `.env`."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", value)
    monkeypatch.chdir(tmp_path)


def refusal() -> str:
    with pytest.raises(ConfigInvalid) as refused:
        load_settings()
    assert "sesame" not in str(refused.value)
    assert "sesame" not in str(refused.value.facts)
    return refused.value.detail


def test_no_name_of_a_setting_is_that_of_anothers_file() -> None:
    """`TOUCHLINE_NAMES_FILE` is a setting of its own: there must never be a setting `names`."""
    names = set(Settings.model_fields)
    assert not {name for name in names if f"{name}{FILE_SUFFIX.lower()}" in names}


def test_the_secrets_are_known_as_such() -> None:
    assert {"database_url", "broker_url", "cache_url"} <= secret_names()


@pytest.mark.parametrize("name", sorted(secret_names()))
@pytest.mark.parametrize("ending", ["", "\n", "\r\n", " \n\n"])
def test_every_secret_can_come_from_a_file(
    name: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With whatever ending an editor gives it, and with the mark that Windows puts before it."""
    value = GOOD.get(name, "https://:sesame@127.0.0.1")
    path = tmp_path / "secret"
    path.write_bytes(b"\xef\xbb\xbf" + f"{value}{ending}".encode())
    monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)
    monkeypatch.setenv(f"{PREFIX}{name.upper()}{FILE_SUFFIX}", str(path))
    held = str(getattr(load_settings(), name))
    assert "sesame" not in held
    if name in GOOD:
        assert getattr(load_settings(), name).get_secret_value() == value


def test_a_file_may_be_named_in_dot_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As .env.example says; the environment goes before it."""
    (tmp_path / "secret").write_text("redis://in-the-file/0\n", encoding="utf-8")
    (tmp_path / ".env").write_text(f"{BROKER_FILE}={tmp_path}/secret\n", encoding="utf-8")
    assert load_settings().broker_url.get_secret_value() == GOOD["broker_url"]
    monkeypatch.delenv(BROKER)
    assert load_settings().broker_url.get_secret_value() == "redis://in-the-file/0"
    (tmp_path / "other").write_text("redis://in-the-other/0\n", encoding="utf-8")
    monkeypatch.setenv(BROKER_FILE, str(tmp_path / "other"))
    assert load_settings().broker_url.get_secret_value() == "redis://in-the-other/0"


def test_a_file_of_the_environment_goes_before_a_value_in_dot_env(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("redis://in-the-file/0\n", encoding="utf-8")
    (tmp_path / ".env").write_text(f"{BROKER}=redis://in-dot-env/0\n", encoding="utf-8")
    monkeypatch.delenv(BROKER)
    monkeypatch.setenv(BROKER_FILE, str(tmp_path / "secret"))
    assert load_settings().broker_url.get_secret_value() == "redis://in-the-file/0"


@pytest.mark.parametrize("kind", ["missing", "folder", "socket", "no text", "no path"])
def test_a_file_that_cannot_be_read_is_named(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    if kind == "folder":
        path.mkdir()
    elif kind == "socket":
        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("secret")
    elif kind == "no text":
        path.write_bytes(b"sesame\xff\xfe")
    monkeypatch.delenv(BROKER)
    monkeypatch.setenv(BROKER_FILE, "x" * 5000 if kind == "no path" else str(path))
    detail = refusal()
    assert f"{BROKER_FILE} names a file that can't be read" in detail
    assert "correct the path" in detail


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything; a socket stands for it")
def test_a_file_without_the_right_to_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_text("redis://:sesame@host/0", encoding="utf-8")
    path.chmod(0)
    monkeypatch.delenv(BROKER)
    monkeypatch.setenv(BROKER_FILE, str(path))
    assert f"{BROKER_FILE} names a file that can't be read (PermissionError)" in refusal()


@pytest.mark.parametrize("content", ["", "\n", "  \r\n\t"])
def test_an_empty_file_is_no_empty_secret(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_text(content, encoding="utf-8")
    monkeypatch.delenv(BROKER)
    monkeypatch.setenv(BROKER_FILE, str(path))
    assert f"{BROKER_FILE} names a file with nothing in it" in refusal()


def test_a_value_and_a_file_are_one_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of them was meant is not ours to guess; an empty variable says nothing."""
    path = tmp_path / "secret"
    path.write_text("redis://in-the-file/0", encoding="utf-8")
    monkeypatch.setenv(BROKER_FILE, str(path))
    assert f"{BROKER} and {BROKER_FILE} are both set: keep one of them" in refusal()
    monkeypatch.setenv(BROKER, "")
    assert load_settings().broker_url.get_secret_value() == "redis://in-the-file/0"


def test_all_wrong_files_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BROKER_URL", "CACHE_URL"):
        monkeypatch.delenv(f"{PREFIX}{name}")
        monkeypatch.setenv(f"{PREFIX}{name}{FILE_SUFFIX}", "/no/such/file")
    detail = refusal()
    assert "TOUCHLINE_BROKER_URL_FILE" in detail
    assert "TOUCHLINE_CACHE_URL_FILE" in detail


def test_the_place_of_each_variable_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(f"{PREFIX}LOOKBACK_DAYS=5\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv(f"{PREFIX}BASE_URL", "")
    given = given_variables()
    assert given[".env"] == {f"{PREFIX}LOOKBACK_DAYS": "5"}
    assert set(given["environment"]) == {f"{PREFIX}{name.upper()}" for name in GOOD}
