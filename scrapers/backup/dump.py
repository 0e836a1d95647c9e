"""Dumps: PostgreSQL's own, whole, proven, and as many as are kept.

<day and time>.dump     pg_dump's custom format, compressed
<day and time>.json     what it is; written last: a dump without it does not count
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, Engine, make_url, text

from scrapers.errors import ConfigInvalid, ExportFailed, WarehouseUnavailable
from scrapers.files import Files
from scrapers.scratch import scratch
from scrapers.settings import PREFIX, Settings
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.migrations import current_revision

log = logging.getLogger(__name__)

SCHEMAS = ("raw", "staging", "core", "ops")
_MAX_NOTE = 1_000_000
_MARK = "public.touchline_restore"
# In the catalogue, which everybody may read: the schema itself is closed to all but its owner.
_FIND_MARK = text(
    "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class c "
    "JOIN pg_namespace n ON n.oid = relnamespace "
    "WHERE nspname || '.' || relname = :mark AND relkind = 'r'"
)
# libpq's options that an address may carry, and the variables of the same meaning.
_OPTIONS = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "passfile": "PGPASSFILE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
    "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE",
    "options": "PGOPTIONS",
    "application_name": "PGAPPNAME",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


class Dump(BaseModel):
    """A dump as its note describes it.

    Attributes:
        name: day and time at which it was begun, UTC, as 20220814T040000Z.
        taken_at: the warehouse as of this moment is in it.
        revision: of the warehouse's schema.
        size_bytes, sha256: of the dump.
        rows: of the core tables, by name, for whoever restores it.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    taken_at: datetime
    revision: str
    size_bytes: int
    sha256: str
    rows: dict[str, int]

    @property
    def path(self) -> str:
        """Its path within the place of the backups."""
        return f"{self.name}.dump"


def open_place(url: str) -> Files:
    """The place of the backups.

    Raises:
        ConfigInvalid: the URL can't be used.
    """
    return Files(url, setting=f"{PREFIX}BACKUP_URL", what="backup", failure=ExportFailed)


def program(name: str, settings: Settings) -> str:
    """The path of one of PostgreSQL's client programs, such as pg_dump.

    Raises:
        ConfigInvalid: it is not installed where the settings say.
    """
    found = shutil.which(name, path=settings.pg_bin_dir or None)
    if found is None:
        raise ConfigInvalid(
            f"{name} is not to be found: install PostgreSQL's client programs of the server's "
            f"version, or set {PREFIX}PG_BIN_DIR to their folder",
            setting=f"{PREFIX}PG_BIN_DIR",
        )
    return found


def major_version(path: str) -> int:
    """The major version of a client program of PostgreSQL, 18 of 18.4.

    Raises:
        ExportFailed: it can't be started, or tells no version.
    """
    try:
        ran = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ExportFailed(f"{path} can't be started: {error}") from error
    told = re.search(r"\(PostgreSQL\) (\d+)", ran.stdout)
    if told is None:
        raise ExportFailed(f"{path} --version tells no version of PostgreSQL")
    return int(told.group(1))


def back_up(engine: Engine, settings: Settings, files: Files) -> Dump:
    """Dump the warehouse, read the dump back, note it, and let the oldest ones go.

    Killed anywhere, it leaves the earlier dumps as they were; the next one clears the rest.

    Raises:
        ExportFailed: pg_dump failed, or the dump could not be written whole.
        ConfigInvalid: there is no pg_dump, or it is older than the server.
        WarehouseUnavailable: PostgreSQL can't be reached.
    """
    tool = program("pg_dump", settings)
    revision = current_revision(engine)
    if revision is None:
        raise ConfigInvalid("the warehouse has no schema yet: run `touchline db upgrade` first")
    with scratch() as folder:
        local = folder / "dump"
        with transaction(engine) as connection:
            # The dump reads what this transaction sees, so that the counts are the dump's.
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
            taken_at = connection.scalar(text("SELECT now()"))
            assert isinstance(taken_at, datetime)
            rows = {
                name: int(connection.scalar(text(f'SELECT count(*) FROM core."{name}"')) or 0)
                for name in connection.scalars(
                    text("SELECT tablename FROM pg_tables WHERE schemaname = 'core' ORDER BY 1")
                )
            }
            _run(
                [
                    tool,
                    "--format=custom",
                    "--compress=6",  # gzip: a build without zstd can restore it
                    "--no-owner",
                    "--no-privileges",
                    f"--snapshot={snapshot}",
                    # What is staged is on its way; its pages are in the archive.
                    "--exclude-table-data=staging.*",
                    *(f"--schema={schema}" for schema in SCHEMAS),
                    f"--file={local}",
                ],
                settings,
            )
        moment = taken_at.astimezone(UTC)
        dump = Dump(
            name=f"{moment:%Y%m%dT%H%M%SZ}",
            taken_at=moment,
            revision=revision,
            size_bytes=local.stat().st_size,
            sha256=_hash_of(local),
            rows=rows,
        )
        files.put(local, dump.path)
    if problem := check(files, dump):
        raise files.failed(problem)
    files.write(f"{dump.name}.json", dump.model_dump_json(indent=1).encode())
    _clean(files, settings.backup_keep)
    log.info("backup %s: %d bytes, %d rows", dump.name, dump.size_bytes, sum(rows.values()))
    return dump


def dumps(files: Files) -> list[Dump]:
    """The dumps that are whole, oldest first.

    Raises:
        ExportFailed: they can't be listed, or a note is damaged.
    """
    found = []
    for name in files.listed(""):
        if not name.endswith(".json"):
            continue
        content = files.read(name, _MAX_NOTE, f"{name} is gone")
        try:
            found.append(Dump.model_validate_json(content))
        except ValidationError as error:
            raise files.failed(f"{name} is no note of a dump: remove it", error) from error
    return found


def the_dump(files: Files, name: str = "") -> Dump:
    """A dump by its name, or the newest.

    Raises:
        ConfigInvalid: there is none of this name, or none at all.
        ExportFailed: as `dumps`.
    """
    found = {dump.name: dump for dump in dumps(files)}
    if not found:
        raise ConfigInvalid(f"there is no backup in {files.url}: run `touchline backup run`")
    if not name:
        return found[max(found)]
    if name not in found:
        raise ConfigInvalid(f"there is no backup {name}: choose of {', '.join(sorted(found))}")
    return found[name]


def check(files: Files, dump: Dump) -> str:
    """What is wrong with a dump's bytes; empty: nothing.

    Raises:
        ExportFailed: the store can't be asked.
    """
    size = files.size(dump.path)
    if size != dump.size_bytes:
        return f"{dump.path} has {size or 0} bytes, its note says {dump.size_bytes}"
    with scratch() as folder:
        local = folder / "dump"
        files.get(dump.path, local)
        if _hash_of(local) != dump.sha256:
            return f"{dump.path} has other bytes than were written"
    return ""


def restore(engine: Engine, settings: Settings, files: Files, dump: Dump) -> None:
    """Bring a dump back into an empty database, in one transaction.

    Until `restored` is called the database is marked as being restored, so that a restore that
    was killed can be run again and goes on where it was.

    Raises:
        ConfigInvalid: the database has a schema already, its role may not make one, or there is no
            pg_restore.
        ExportFailed: the dump is damaged or pg_restore failed; nothing is half restored.
        WarehouseUnavailable: PostgreSQL can't be reached.
    """
    tool = program("pg_restore", settings)
    there = "SELECT count(*) FROM pg_namespace WHERE nspname = ANY (:schemas)"
    with transaction(engine) as connection:
        filled = connection.scalar(text(there), {"schemas": list(SCHEMAS)})
    marked = being_restored(engine)
    if filled and marked == dump.name:
        return
    if filled:
        raise ConfigInvalid(
            f"the database of {PREFIX}DATABASE_URL is not empty: a dump is restored into an "
            "empty one (CREATE DATABASE), so that nothing is overwritten",
            setting=f"{PREFIX}DATABASE_URL",
        )
    if problem := check(files, dump):
        raise files.failed(problem)
    with transaction(engine) as connection:
        connection.execute(text(f"CREATE TABLE IF NOT EXISTS {_MARK} (dump text NOT NULL)"))
        connection.execute(text(f"DELETE FROM {_MARK}"))
        connection.execute(text(f"INSERT INTO {_MARK} VALUES (:name)"), {"name": dump.name})
    with scratch() as folder:
        local = folder / "dump"
        files.get(dump.path, local)
        name = _connection(settings)["PGDATABASE"]
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        _run([tool, *options, f"--dbname={name}", str(local)], settings)


def being_restored(engine: Engine) -> str:
    """Name of the dump that the database is being restored from; empty: it is not.

    Raises:
        ConfigInvalid: it is, by another role, whose work it is to end it.
        WarehouseUnavailable: PostgreSQL can't be reached.
    """
    with transaction(engine) as connection:
        if not _is_marked(connection):
            return ""
        return str(connection.scalar(text(f"SELECT dump FROM {_MARK}")) or "")


def restored(engine: Engine) -> None:
    """Take the mark of a restore away: what was under way has been let go.

    Raises:
        ConfigInvalid: it is another role's.
        WarehouseUnavailable: PostgreSQL can't be reached.
    """
    with transaction(engine) as connection:
        # Not DROP … IF EXISTS: that needs a right on the schema even where there is no mark.
        if _is_marked(connection):
            connection.execute(text(f"DROP TABLE {_MARK}"))


def _is_marked(connection: Connection) -> bool:
    is_ours = connection.scalar(_FIND_MARK, {"mark": _MARK})
    if is_ours is False:
        raise ConfigInvalid(
            "a restore of this database has not come to its end: run `touchline backup restore` "
            "again, as the owner who began it",
            setting=f"{PREFIX}DATABASE_URL",
        )
    return bool(is_ours)


def _clean(files: Files, keep: int) -> None:
    found = dumps(files)
    kept = {dump.name for dump in found[-keep:]}
    newest = max(kept, default="")
    gone = [
        name
        for name in files.listed("")
        # A dump without a note is one that was never finished, or is being written now.
        if name.partition(".")[0] not in kept and name.partition(".")[0] < newest
    ]
    # The note first: without it the dump no longer counts.
    files.delete(sorted(gone, key=lambda name: not name.endswith(".json")))


def _connection(settings: Settings) -> dict[str, str]:
    """The address as libpq's variables, its query (sslmode, host of a socket, …) included."""
    url = make_url(settings.database_url.get_secret_value())
    values: dict[str, object] = {
        "PGHOST": url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    for name, value in url.query.items():
        variable = _OPTIONS.get(name)
        if variable is None:
            raise ConfigInvalid(
                f"{PREFIX}DATABASE_URL has the option {name}, which the dump's programs can't be "
                f"told: of these they can be: {', '.join(_OPTIONS)}",
                setting=f"{PREFIX}DATABASE_URL",
            )
        values[variable] = value if isinstance(value, str) else ",".join(value)
    if not values["PGDATABASE"]:
        raise ConfigInvalid(
            f"{PREFIX}DATABASE_URL names no database: write …@host:5432/database",
            setting=f"{PREFIX}DATABASE_URL",
        )
    return {name: str(value) for name, value in values.items() if value is not None}


def _run(command: Sequence[str], settings: Settings) -> None:
    # The login stands in the environment: a command line is everybody's to read.
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "10", **_connection(settings)}
    ended = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if not ended.returncode:
        return
    said = " ".join(ended.stderr.split())[-500:]
    name = Path(command[0]).name
    if "server version mismatch" in said:
        raise ConfigInvalid(
            f"{name} is older than the server ({said}): install the server's version, or set "
            f"{PREFIX}PG_BIN_DIR",
            setting=f"{PREFIX}PG_BIN_DIR",
        )
    if "connection to server" in said:
        raise WarehouseUnavailable(f"{name}: {said}")
    raise ExportFailed(f"{name} failed: {said}")


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(dump: Dump) -> dict[str, Any]:
    """The dump as plain values."""
    return dump.model_dump(mode="json")
