"""One partition to one Parquet file: COPY, Arrow, zstd; read back before it counts."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from sqlalchemy import ARRAY, Column, Connection, DateTime

from scrapers.export.manifest import DATA, ExportedFile
from scrapers.export.partitions import Partition, rows_of
from scrapers.export.shape import Division, Exported
from scrapers.files import Files

_BLOCK_BYTES = 8 << 20  # of CSV, read at a time: what bounds the memory
_ROW_GROUP = 64_000
_LEVEL = 6
_HASH_DIGITS = 16


def write_partition(
    connection: Connection, files: Files, exported: Exported, partition: Partition
) -> ExportedFile:
    """Write a partition's rows, read the file back, and say what it is.

    The file is named by its content: written again, it is the same file.

    Raises:
        ExportFailed: it can't be written, or comes back as something else.
        WarehouseUnavailable: as `transaction`, through the connection.
    """
    with tempfile.TemporaryDirectory(prefix="touchline-export-") as folder:
        local = Path(folder) / "part.parquet"
        with tempfile.TemporaryFile(dir=folder) as rows:
            _copy(connection, exported, partition, rows)
            rows.seek(0)
            written = _to_parquet(exported, rows, local)
        if written != partition.rows:
            raise files.failed(
                f"{exported.name} {partition.place.folder}: {written} rows came of "
                f"{partition.rows}: the warehouse was not read as of one moment"
            )
        sha256 = _hash_of(local)
        path = _path(exported, partition, sha256)
        size = local.stat().st_size
        # What was written before may have been damaged since: only its bytes are a proof.
        if files.size(path) != size or not _is(files, path, size, (written, sha256)):
            files.put(local, path)
            if not _is(files, path, size, (written, sha256)):
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


def rows_and_hash(files: Files, path: str, size: int) -> tuple[int, str]:
    """Rows and SHA-256 of a file as the store gives it back.

    Raises:
        ExportFailed: it is not there, can't be read, or is no Parquet file.
    """
    content = files.read(path, size + 1, f"{path} is not there")
    try:
        return _rows(content), hashlib.sha256(content).hexdigest()
    except pa.ArrowException as error:
        raise files.failed(f"{path} is no Parquet file", error) from error


def _rows(content: bytes) -> int:
    return int(pq.read_metadata(io.BytesIO(content)).num_rows)


def _is(files: Files, path: str, size: int, wanted: tuple[int, str]) -> bool:
    content = files.find(path, size + 1)
    if content is None or hashlib.sha256(content).hexdigest() != wanted[1]:
        return False
    return _rows(content) == wanted[0]


def _path(exported: Exported, partition: Partition, sha256: str) -> str:
    folder = f"{DATA}/{exported.name}"
    if exported.division is not Division.WHOLE:
        folder += f"/{partition.place.folder}"
    return f"{folder}/{sha256[:_HASH_DIGITS]}.parquet"


def _copy(connection: Connection, exported: Exported, partition: Partition, out: IO[bytes]) -> None:
    where, values = rows_of(exported, partition.place)
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
        for batch in _batches(exported, rows):
            writer.write_batch(batch, row_group_size=_ROW_GROUP)
            written += batch.num_rows
    return written


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
