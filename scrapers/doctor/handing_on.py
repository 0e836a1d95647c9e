"""What follows a night: can the export and the backup be written.

A night lands without them, so they are warnings: told before the day on which one is needed.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from scrapers.backup import dump
from scrapers.doctor.context import Context
from scrapers.doctor.result import Check, ok, warn
from scrapers.doctor.stores import probe
from scrapers.doctor.warehouse import reached
from scrapers.errors import ConfigInvalid, ExportFailed, WarehouseUnavailable
from scrapers.export import run as export
from scrapers.files import Files
from scrapers.settings import PREFIX
from scrapers.warehouse.engine import transaction

_SERVER = text("SELECT current_setting('server_version_num')::integer")
EXPORT, BACKUP, PROGRAM = "export.probe", "backup.probe", "backup.program"
CHECKS = {
    EXPORT: "a probe object is written to the exports' place, read back and deleted",
    BACKUP: "a probe object is written to the backups' place, read back and deleted",
    PROGRAM: "pg_dump is there and no older than PostgreSQL; without it no backup is made",
}


def look(context: Context) -> list[Check]:
    """The checks of the places and of the program."""
    settings = context.settings
    return [
        _place(EXPORT, f"{PREFIX}EXPORT_URL", settings.export_url, export.open_place),
        _place(BACKUP, f"{PREFIX}BACKUP_URL", settings.backup_url, dump.open_place),
        _program(context),
    ]


def _place(name: str, setting: str, url: str, open_place: Callable[[str], Files]) -> Check:
    try:
        seconds = probe(open_place(url))
    except (ConfigInvalid, ExportFailed) as error:
        mend = f"correct {setting}, or let this program's user write there"
        return warn(name, error.detail, mend, subject=setting)
    return ok(name, f"{url}: written, read back and deleted in {seconds:.2f} s", subject=setting)


def _program(context: Context) -> Check:
    setting = f"{PREFIX}PG_BIN_DIR"
    mend = f"install the server's version, or set {setting} to its folder"
    try:
        found = dump.program("pg_dump", context.settings)
        version = dump.major_version(found)
    except (ConfigInvalid, ExportFailed) as error:
        return warn(PROGRAM, error.detail, mend, subject=setting)
    try:
        with reached(context) as engine, transaction(engine) as connection:
            server = int(connection.scalar(_SERVER) or 0) // 10_000
    except (ConfigInvalid, WarehouseUnavailable):  # that is told by the checks of the warehouse
        return ok(
            PROGRAM, f"{found}, version {version}; no server to compare it with", subject=setting
        )
    if version < server:
        told = f"{found} is version {version}, PostgreSQL {server}: an older one makes no dump"
        return warn(PROGRAM, told, mend, subject=setting)
    return ok(PROGRAM, f"{found}, version {version}", subject=setting)
