"""An export: what changed is written anew, what did not is taken over, the manifest comes last."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from scrapers.errors import ExportFailed
from scrapers.export.manifest import (
    DATA,
    FOLDER,
    NEWEST,
    ExportedFile,
    ExportedTable,
    Manifest,
    earlier,
    newest,
)
from scrapers.export.partitions import Partition, matches_by_place, partitions
from scrapers.export.shape import EXPORTED, SCHEMA_VERSION, Exported, check_additions, columns_of
from scrapers.export.write import write_partition
from scrapers.files import Files
from scrapers.settings import PREFIX
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.migrations import head_revision

log = logging.getLogger(__name__)

_LOCK = 7_205_759_403_792_794  # any constant: one export at a time
# A file that no kept manifest names may be one that is being written, or still being read.
_GRACE = timedelta(days=1)
OnProgress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What an export did.

    Attributes:
        export_id: of its manifest; of the earlier one if nothing had changed.
        rows, size_bytes, files: of the whole export.
        written_rows, written_bytes, written_files: of what was written anew.
        removed_files: files of earlier exports that were removed.
        seconds: how long it took.
    """

    export_id: str
    rows: int
    size_bytes: int
    files: int
    written_rows: int
    written_bytes: int
    written_files: int
    removed_files: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"export {self.export_id}: {self.rows:,} rows in {self.files} files, "
            f"{self.size_bytes / 1e6:.1f} MB; written anew {self.written_rows:,} rows in "
            f"{self.written_files} files, {self.written_bytes / 1e6:.1f} MB, "
            f"in {self.seconds:.1f} s"
        )


def open_place(url: str) -> Files:
    """The place of an export.

    Raises:
        ConfigInvalid: the URL can't be used.
    """
    return Files(url, setting=f"{PREFIX}EXPORT_URL", what="export", failure=ExportFailed)


def export(
    engine: Engine,
    files: Files,
    *,
    full: bool = False,
    keep: int = 3,
    on_progress: OnProgress | None = None,
) -> ExportSummary:
    """Export what the core tables hold now, as of one moment.

    Killed anywhere, it leaves the earlier export as it was, whole; run again, it writes what
    is missing.

    Args:
        full: write everything anew.
        keep: exports whose files are kept for those who still read them.
        on_progress: called with partitions done, and partitions in all.

    Raises:
        ExportFailed: it could not be written whole, another one is under way, or the tables'
            shape is no addition to the one that readers know.
        WarehouseUnavailable: the rows can't be read.
    """
    began = time.monotonic()
    with transaction(engine) as connection:
        # Everything is read as of one moment, however long the writing takes.
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        # Until the manifest is written: an older export must not put its own over a newer one.
        if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}):
            raise ExportFailed("another export is under way: wait for its end")
        before = newest(files)
        if before is not None:
            known = {name: table.columns for name, table in before.tables.items()}
            check_additions(known, before.schema_version)
        now = connection.scalar(text("SELECT now()"))
        assert isinstance(now, datetime)
        kept = {} if full or before is None else _reusable(before)
        tables, written = _write_all(connection, files, kept, on_progress)
        manifest = _manifest(tables, now)
        if written or before is None or manifest.paths != before.paths:
            # Whether the lock is still ours: a connection that was cut has lost it.
            connection.execute(text("SELECT 1"))
            files.write(f"{FOLDER}/{manifest.export_id}.json", manifest.text())
            files.write(NEWEST, manifest.text())
        else:
            manifest = before
        removed = _clean(files, manifest, keep)
    summary = ExportSummary(
        export_id=manifest.export_id,
        rows=manifest.rows,
        size_bytes=manifest.size_bytes,
        files=len(manifest.paths),
        written_rows=sum(file.rows for file in written),
        written_bytes=sum(file.size_bytes for file in written),
        written_files=len(written),
        removed_files=removed,
        seconds=round(time.monotonic() - began, 3),
    )
    log.info("%s", summary)
    return summary


Key = tuple[str, int | None, int | None, str | None, str]


def _reusable(before: Manifest) -> dict[Key, ExportedFile]:
    """Files of the earlier export by table, place and signature.

    A table whose columns have changed is written anew.
    """
    shapes = {exported.name: columns_of(exported) for exported in EXPORTED}
    return {
        (name, file.competition, file.season, file.month, file.signature): file
        for name, table in before.tables.items()
        if table.columns == shapes.get(name) and before.schema_version == SCHEMA_VERSION
        for file in table.files
    }


def _write_all(
    connection: Connection,
    files: Files,
    kept: dict[Key, ExportedFile],
    on_progress: OnProgress | None,
) -> tuple[dict[str, ExportedTable], list[ExportedFile]]:
    found = {exported.name: partitions(connection, exported) for exported in EXPORTED}
    matches = matches_by_place(connection)
    total, done = sum(map(len, found.values())), 0
    tables: dict[str, ExportedTable] = {}
    written: list[ExportedFile] = []
    for exported in EXPORTED:
        its: list[ExportedFile] = []
        for partition in found[exported.name]:
            file = kept.get(_key(exported, partition))
            # A file that somebody has removed is written anew.
            if file is None or files.size(file.path) != file.size_bytes:
                file = write_partition(connection, files, exported, partition, matches)
                written.append(file)
            its.append(file)
            done += 1
            if on_progress is not None:
                on_progress(done, total)
        tables[exported.name] = ExportedTable(
            columns=columns_of(exported),
            key=list(exported.key),
            rows=sum(file.rows for file in its),
            files=its,
        )
    return tables, written


def _key(exported: Exported, partition: Partition) -> Key:
    place = partition.place
    return (exported.name, place.competition, place.season, place.month, partition.signature)


def _manifest(tables: dict[str, ExportedTable], now: datetime) -> Manifest:
    every = [file for table in tables.values() for file in table.files]
    moment = now.astimezone(UTC)
    return Manifest(
        # To the microsecond: the ids' order is that of the exports, also within a second.
        export_id=f"{moment:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}",
        created_at=moment,
        schema_version=SCHEMA_VERSION,
        revision=head_revision(),
        rows=sum(file.rows for file in every),
        size_bytes=sum(file.size_bytes for file in every),
        tables=tables,
    )


def _clean(files: Files, manifest: Manifest, keep: int) -> int:
    """Remove what no kept export names and nobody can be writing any more; how many files."""
    kept = [manifest, *earlier(files, keep)]
    names = {f"{FOLDER}/{item.export_id}.json" for item in kept}
    paths = set().union(*(item.paths for item in kept))
    oldest = time.time() - _GRACE.total_seconds()
    gone = [
        name
        for folder, wanted in ((DATA, paths), (FOLDER, names))
        for name, at in files.everything(folder)
        if name not in wanted and at < oldest
    ]
    files.delete(gone)
    return len(gone)
