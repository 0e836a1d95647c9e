"""One partition to one Parquet file: COPY, Arrow, zstd; read back before it counts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from sqlalchemy import ARRAY, Column, Connection, DateTime

from scrapers.export.manifest import DATA, ExportedFile
from scrapers.export.partitions import Partition, Place, rows_of
from scrapers.export.shape import Division, Exported
from scrapers.export.stored import brought, hash_of
from scrapers.files import Files
from scrapers.scratch import scratch

# Both bound the memory, whatever the rows of a partition: CSV that is read, rows that are written
# at a time.
_BLOCK_BYTES = 1 << 20
_ROW_GROUP = 20_000
_LEVEL = 6
_HASH_DIGITS = 16


def write_partition(
    connection: Connection,
    files: Files,
    exported: Exported,
    partition: Partition,
    matches: Mapping[Place, list[int]],
) -> ExportedFile:
    """Write a partition's rows, read the file back, and say what it is.

    The file is named by its content: written again, it is the same file.

    Args:
        matches: see `scrapers.export.partitions.rows_of`.

    Raises:
        ExportFailed: it can't be written, or comes back as something else.
        WarehouseUnavailable: as `transaction`, through the connection.
    """
    with scratch() as folder:
        local = folder / "part.parquet"
        with tempfile.TemporaryFile(dir=folder) as rows:
            _copy(connection, exported, rows_of(exported, partition.place, matches), rows)
            rows.seek(0)
            try:
                written = _to_parquet(exported, rows, local)
            except pa.ArrowException as error:
                raise files.failed(
                    f"core.{exported.name}, {partition.place.folder}: a row can't be written as "
                    f"Parquet (one is longer than {_BLOCK_BYTES} bytes, or a value is out of its "
                    "type's range); nothing was exported: look for it, and delete or mend it",
                    error,
                ) from error
        if written != partition.rows:
            raise files.failed(
                f"{exported.name} {partition.place.folder}: {written} rows came of "
                f"{partition.rows}: the warehouse was not read as of one moment"
            )
        sha256 = hash_of(local)
        path = _path(exported, partition, sha256)
        size = local.stat().st_size
        # What was written before may have been damaged since: only its bytes are a proof.
        if files.size(path) != size or _hash_there(files, path) != sha256:
            files.put(local, path)
            if _hash_there(files, path) != sha256:
                raise files.failed(f"{path} came back as other bytes than were written")
    place = partition.place
    return ExportedFile(
        path=path,
        competition=place.competition,
        season=place.season,
        month=place.month,
        rows=written,
        size_bytes=size,
        sha256=sha256,
        signature=partition.signature,
    )


def _hash_there(files: Files, path: str) -> str:
    with brought(files, path) as local:
        return hash_of(local)


def _path(exported: Exported, partition: Partition, sha256: str) -> str:
    folder = f"{DATA}/{exported.name}"
    if exported.division is not Division.WHOLE:
        folder += f"/{partition.place.folder}"
    return f"{folder}/{sha256[:_HASH_DIGITS]}.parquet"


def _copy(
    connection: Connection,
    exported: Exported,
    which: tuple[str, dict[str, object]],
    out: IO[bytes],
) -> None:
    where, values = which
    columns = ", ".join(_selected(column) for column in exported.columns)
    order = ", ".join(f"r.{name}" for name in exported.key)
    raw: Any = connection.connection
    with raw.cursor() as cursor:
        query = f"SELECT {columns} FROM core.{exported.name} r {where} ORDER BY {order}"
        whole = cursor.mogrify(query, values) if values else query.encode()
        cursor.copy_expert(
            f"COPY ({whole.decode()}) TO STDOUT (FORMAT csv, HEADER false)", out, size=1 << 16
        )


def _selected(column: Column[Any]) -> str:
    if isinstance(column.type, DateTime):
        # Microseconds since 1970: no text of a date has to be read again.
        return f"(extract(epoch FROM r.{column.name}) * 1000000)::bigint"
    if isinstance(column.type, ARRAY):
        return f"array_to_json(r.{column.name})"
    return f"r.{column.name}"


def _read_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.int64()
    if pa.types.is_list(kind):
        return pa.string()
    return kind


def _batches(exported: Exported, rows: IO[bytes]) -> Iterator[pa.RecordBatch]:
    schema = exported.schema
    reader = pa_csv.open_csv(
        rows,
        read_options=pa_csv.ReadOptions(
            column_names=schema.names, block_size=_BLOCK_BYTES, use_threads=False
        ),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types={field.name: _read_type(field.type) for field in schema},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,  # COPY writes an empty text as "", null as nothing
            true_values=["t"],
            false_values=["f"],
        ),
    )
    for batch in reader:
        yield pa.RecordBatch.from_arrays(
            [_converted(batch.column(field.name), field.type) for field in schema], schema=schema
        )


def _converted(values: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_list(kind):
        return pa.array(
            [None if text is None else orjson.loads(text) for text in values.to_pylist()], kind
        )
    return pc.cast(values, kind)


def _to_parquet(exported: Exported, rows: IO[bytes], path: Path) -> int:
    written = 0
    with pq.ParquetWriter(
        path, exported.schema, compression="zstd", compression_level=_LEVEL, use_dictionary=True
    ) as writer:
        # Each call writes a row group of its own: a block's few rows would make small ones.
        waiting: list[pa.RecordBatch] = []
        for batch in _batches(exported, rows):
            waiting.append(batch)
            written += batch.num_rows
            if sum(map(len, waiting)) >= _ROW_GROUP:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting.clear()
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting))
    return written
