"""Exports for tests: rows landed for them, and exports that are damaged on purpose."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine

from scrapers.export.manifest import ExportedFile, Manifest, newest
from scrapers.export.run import export, open_place
from scrapers.files import Files
from scrapers.targets import Target
from scrapers.warehouse.landing import land
from tests.support.rows import STAGE, feed_rows, match_rows, new_batch, put

AUGUST = Target.schedule(STAGE, "202208")


def two_matches(engine: Engine, home: Path) -> Files:
    """The place, under this folder, of an export of two matches."""
    land_night(engine, 7, 8)
    place = open_place((home / "export").as_uri())
    export(engine, place)
    return place


def land_night(engine: Engine, *match_ids: int, events: int = 3) -> None:
    """A feed and its matches."""
    staged = [put(engine, AUGUST, feed_rows("202208", dict.fromkeys(match_ids, "finished")))]
    staged += [
        put(engine, Target.match_centre(match_id), match_rows(match_id, events))
        for match_id in match_ids
    ]
    land(engine, new_batch(engine), staged)


def the(files: Files) -> Manifest:
    """The newest export, which is there."""
    found = newest(files)
    assert found is not None
    return found


def only_file(files: Files, table: str) -> tuple[ExportedFile, Path]:
    """The only file of a table, as the manifest has it and where it is."""
    (file,) = the(files).tables[table].files
    return file, Path(files.url.removeprefix("file://")) / file.path


def cut(path: Path, left_out: int = 10) -> None:
    """Truncate a file by so many bytes."""
    path.write_bytes(path.read_bytes()[:-left_out])


def rewritten(files: Files, table: str, change: Callable[[pa.Table], pa.Table]) -> ExportedFile:
    """Put other rows into a table's only file; the manifest says so, as if they were exported."""
    file, path = only_file(files, table)
    rows = change(pq.read_table(path, partitioning=None))
    pq.write_table(rows, path)
    content = path.read_bytes()
    other = file.model_copy(
        update={
            "rows": rows.num_rows,
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    )
    manifest = the(files)
    tables = dict(manifest.tables)
    tables[table] = tables[table].model_copy(update={"files": [other], "rows": rows.num_rows})
    total = sum(one.rows for one in tables.values())
    announce(files, manifest.model_copy(update={"tables": tables, "rows": total}))
    return other


def announce(files: Files, manifest: Manifest) -> None:
    """Make a manifest the newest."""
    files.write("manifest.json", manifest.text())


def with_column(name: str, values: list[object]) -> Callable[[pa.Table], pa.Table]:
    """A change that gives a column other values, from the first row on."""

    def change(rows: pa.Table) -> pa.Table:
        place = rows.schema.get_field_index(name)
        old = rows.column(name).to_pylist()
        new = pa.array([*values, *old[len(values) :]], rows.schema.field(name).type)
        return rows.set_column(place, rows.schema.field(name).with_nullable(True), new)

    return change
