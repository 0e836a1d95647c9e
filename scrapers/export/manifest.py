"""The manifest: what an export consists of. It is written last, and readers begin with it.

    manifest.json             the newest whole export
    manifests/<id>.json       each export
    data/<table>/competition=…/season=…/month=…/<hash>.parquet

A file is named by its content's hash and never changed, so whoever reads through a manifest
sees one state of the warehouse, whole, also while the next export is being written.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from scrapers.errors import ExportFailed
from scrapers.export.stored import brought, hash_of
from scrapers.files import Files

NEWEST = "manifest.json"
FOLDER = "manifests"
DATA = "data"
_MAX_BYTES = 200_000_000


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ExportedFile(_Part):
    """A Parquet file.

    Attributes:
        path: within the export's place.
        competition, season, month: its partition; null where the table has no such division,
            or where the warehouse does not know where the rows belong.
        rows: how many it holds.
        size_bytes: its size.
        sha256: of its bytes.
        signature: of the partition as it was read.
    """

    path: str
    competition: int | None = None
    season: int | None = None
    month: str | None = None
    rows: int
    size_bytes: int
    sha256: str
    signature: str


class ExportedTable(_Part):
    """A table: its columns with their types, and its files."""

    columns: dict[str, str]
    key: list[str]
    rows: int
    files: list[ExportedFile]


class Manifest(_Part):
    """An export.

    Attributes:
        export_id: names it: the time at which it was begun, and a few digits.
        created_at: when the warehouse was read, UTC; everything landed before it is in.
        schema_version: see `scrapers.export.shape`.
        revision: of the warehouse's schema.
        rows, size_bytes: over all files.
        tables: by name.
    """

    format: str = "touchline-export"
    export_id: str
    created_at: datetime
    schema_version: int
    revision: str
    rows: int
    size_bytes: int
    tables: dict[str, ExportedTable]

    @property
    def paths(self) -> set[str]:
        """Paths of all its files."""
        return {file.path for table in self.tables.values() for file in table.files}

    def text(self) -> bytes:
        """As it is written."""
        return self.model_dump_json(indent=1).encode()


def newest(files: Files) -> Manifest | None:
    """The newest whole export; None: there is none yet.

    Raises:
        ExportFailed: it can't be read, or is no manifest.
    """
    content = files.find(NEWEST, _MAX_BYTES)
    return None if content is None else _parsed(files, NEWEST, content)


def earlier(files: Files, keep: int) -> list[Manifest]:
    """The newest `keep` exports that were written down, also one that was never announced."""
    names = [name for name in files.listed(FOLDER) if name.endswith(".json")]
    found = []
    for name in names[-keep:]:
        path = f"{FOLDER}/{name}"
        found.append(_parsed(files, path, files.read(path, _MAX_BYTES, f"{path} is gone")))
    return found


def _parsed(files: Files, name: str, content: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        raise files.failed(
            f"{name} is no manifest of an export: remove it, and the next export is a whole one",
            error,
        ) from error


def check(files: Files, manifest: Manifest, *, whole: bool = True) -> list[str]:
    """What is wrong with an export's files; nothing, if all is well.

    Args:
        whole: read every file and compare hash and rows; else sizes alone.

    Raises:
        ExportFailed: the store can't be asked.
    """
    problems = []
    for name, table in manifest.tables.items():
        if table.rows != sum(file.rows for file in table.files):
            problems.append(f"{name}: {table.rows} rows, its files have another sum")
        for file in table.files:
            size = files.size(file.path)
            if size != file.size_bytes:
                problems.append(f"{file.path}: {size} bytes, the manifest says {file.size_bytes}")
            elif whole:
                try:
                    with brought(files, file.path) as local:
                        problems += what_differs(file, local)
                except ExportFailed as error:
                    problems.append(error.detail)
    return problems


def what_differs(file: ExportedFile, local: Path) -> list[str]:
    """How a file that was brought differs from what its manifest says; nothing, if it is the same.

    Raises:
        OSError: the local file can't be read.
    """
    size = local.stat().st_size
    if size != file.size_bytes:
        return [f"{file.path}: {size} bytes, the manifest says {file.size_bytes}"]
    if hash_of(local) != file.sha256:
        return [f"{file.path}: other bytes than the manifest says, by their SHA-256"]
    try:
        rows = pq.read_metadata(local).num_rows
    except pa.ArrowException as error:
        return [f"{file.path}: no Parquet file ({type(error).__name__})"]
    return [] if rows == file.rows else [f"{file.path}: {rows} rows, the manifest says {file.rows}"]
