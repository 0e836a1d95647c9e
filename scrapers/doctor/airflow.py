"""Airflow's side, as far as its variables tell: nothing of Airflow is imported here.

What its variables do not set stands in its own configuration file and is not looked at.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError

from scrapers.doctor.context import CONNECT_SECONDS, Context
from scrapers.doctor.result import Check, fail, ok, skipped
from scrapers.errors import ConfigInvalid, WarehouseUnavailable
from scrapers.warehouse.engine import unavailable

DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
FERNET = "AIRFLOW__CORE__FERNET_KEY"
SECRETS = ("AIRFLOW__API__SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET")
FOLDERS = ("AIRFLOW__CORE__DAGS_FOLDER", "AIRFLOW__CORE__PLUGINS_FOLDER")
FOLDERS_CHECK, KEYS, METADATA = "airflow.folders", "airflow.secrets", "airflow.database"
CHECKS = {
    FOLDERS_CHECK: "the folders of DAGs and plugins that its variables name hold Python files",
    KEYS: "Airflow's secrets are long enough, its Fernet key is one",
    METADATA: "Airflow's own database answers",
}
_FERNET_BYTES = 32
_SHORTEST_SECRET = 16
# With these Airflow asks a command or a secrets backend for the value.
_ELSEWHERE = ("_CMD", "_SECRET")
_KEY_COMMAND = (
    "python -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
)


def look(context: Context) -> list[Check]:
    """All checks of Airflow's variables."""
    del context
    return [*_folders(), *_secrets(), _database()]


def _folders() -> list[Check]:
    found = []
    for name in FOLDERS:
        if folder := os.environ.get(name):
            if any(Path(folder).rglob("*.py")):
                found.append(ok(FOLDERS_CHECK, folder, subject=name))
            else:
                mend = f"set {name} to the project's folder of them"
                text = f"{folder} holds no Python file"
                found.append(fail(FOLDERS_CHECK, ConfigInvalid, text, mend, subject=name))
    return found or [skipped(FOLDERS_CHECK, "no variable names them")]


def _secrets() -> list[Check]:
    found = []
    if (key := os.environ.get(FERNET)) is not None:
        # Several, the newest first, while keys are changed.
        if all(_is_fernet(part) for part in key.split(",")):
            found.append(ok(KEYS, "set", subject=FERNET))
        else:
            mend = f"set {FERNET} to what this prints: {_KEY_COMMAND}"
            text = "is no 32 bytes in url-safe base64"
            found.append(fail(KEYS, ConfigInvalid, text, mend, subject=FERNET))
    for name in SECRETS:
        value = os.environ.get(name)
        if value is None:
            continue
        if len(value) >= _SHORTEST_SECRET:
            found.append(ok(KEYS, "set", subject=name))
        else:
            text = f"is empty or shorter than {_SHORTEST_SECRET} characters"
            mend = f"set {name} to what `openssl rand -hex 32` prints, alike for all services"
            found.append(fail(KEYS, ConfigInvalid, text, mend, subject=name))
    return found or [skipped(KEYS, "no variable sets them")]


def _is_fernet(key: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(key)) == _FERNET_BYTES
    except (binascii.Error, ValueError):
        return False


def _database() -> Check:
    url = os.environ.get(DATABASE)
    if not url:
        return skipped(METADATA, f"{DATABASE} is not set")
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "postgresql":
            return skipped(METADATA, f"it is {parsed.get_backend_name()}", subject=DATABASE)
    except (ArgumentError, ValueError):  # their words hold the address
        mend = f"write postgresql+psycopg2://user:password@host:5432/airflow into {DATABASE}"
        return fail(METADATA, ConfigInvalid, "is no address", mend, subject=DATABASE)
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg2"),
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )
    try:
        with engine.connect():
            where = f"{parsed.host}:{parsed.port or 5432}/{parsed.database}"
            return ok(METADATA, f"PostgreSQL at {where}", subject=DATABASE)
    except (OperationalError, InterfaceError) as error:
        known = isinstance(unavailable(error), WarehouseUnavailable)
        cause = str(error.orig).strip().splitlines()[:1]
        mend = f"start PostgreSQL, make the database and its user, or correct {DATABASE}"
        kind = WarehouseUnavailable if known else ConfigInvalid
        return fail(METADATA, kind, "".join(cause), mend, subject=DATABASE)
    finally:
        engine.dispose()
