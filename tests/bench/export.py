"""An export of a season's rows, beside PostgreSQL's own COPY of the same rows to files."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, create_engine, text

from scrapers.export.shape import EXPORTED, Exported
from scrapers.targets import Target
from scrapers.warehouse.landing import land
from tests.bench import season
from tests.bench.figures import BenchError, Figure, rates, seconds_of
from tests.bench.place import Place, empty, matches, rows_of
from tests.support.rows import new_batch, put
from tests.support.s3 import S3Server
from tests.support.stack import Stack

FEW = 20
_BUCKET = "bench"
_MB = 1e6


@dataclass(frozen=True)
class _Export:
    """What `touchline export run` of all rows came to.

    Attributes:
        rows, size_bytes, files: of the export.
        seconds: the export's own, from its first question to the warehouse to the manifest.
        command_seconds: the command's, start of the interpreter and imports included.
        peak_bytes: the most memory that its process held.
    """

    rows: int
    size_bytes: int
    files: int
    seconds: float
    command_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class _Copied:
    """Rows and bytes that COPY wrote."""

    rows: int
    size_bytes: int


def measure(place: Place) -> list[Figure]:
    """Rows and bytes a second to a folder and to S3, and memory for few matches and a season.

    Raises:
        BenchError: an export and COPY tell of different rows.
    """
    stack, count = season.landed(place)
    engine = create_engine(stack.settings.database_url.get_secret_value())
    try:
        place.say(f"exporting the rows of {count} matches, and COPY of the same rows")
        rounds = 1 if place.quick else 3
        ours, beside, copied = _in_turn(stack, engine, rounds)
    finally:
        engine.dispose()
    place.say("exporting them to an S3 server")
    to_s3 = _to_s3(stack, rounds)
    place.say(f"exporting the rows of {FEW} matches")
    few = _few(place, stack)
    for one in (*ours, *to_s3):
        if one.rows != copied.rows:
            raise BenchError(f"{one.rows} rows were exported, COPY wrote {copied.rows}")
    return _figures(count, ours, to_s3, few, beside, copied)


def _figures(
    count: int,
    ours: list[_Export],
    to_s3: list[_Export],
    few: list[_Export],
    beside: list[float],
    copied: _Copied,
) -> list[Figure]:
    first = ours[0]
    seconds = [one.seconds for one in ours]
    copy = "COPY (SELECT … ORDER BY key) TO a file of each table, text, no fsync"
    start = median(one.command_seconds - one.seconds for one in ours)
    return [
        Figure(
            "export",
            f"a season of {count} matches, {first.rows:,} rows, whole, to a folder",
            rates(first.rows, seconds),
            copy,
            rates(copied.rows, beside),
            "rows/s",
            note=f"{first.files} files, {first.size_bytes / _MB:.1f} MB of Parquet, each read "
            f"back: {median(seconds):.1f} s, and {start:.1f} s of the command's start; "
            f"COPY {median(beside):.1f} s",
        ),
        Figure(
            "export",
            "the same, in bytes of the rows as text",
            rates(copied.size_bytes / _MB, seconds),
            "the same",
            rates(copied.size_bytes / _MB, beside),
            "MB/s",
            note=f"{copied.size_bytes / _MB:.0f} MB of text; written are "
            f"{median(rates(first.size_bytes / _MB, seconds)):.1f} MB of Parquet a second",
        ),
        Figure(
            "export",
            "the same, to an S3 server on this machine",
            rates(first.rows, [one.seconds for one in to_s3]),
            "the same",
            rates(copied.rows, beside),
            "rows/s",
            note=f"{median(one.seconds for one in to_s3):.1f} s",
        ),
        Figure(
            "export",
            f"most memory of its process, {count} matches",
            [one.peak_bytes / _MB for one in ours],
            f"the same of {FEW} matches, {few[0].rows:,} rows",
            [one.peak_bytes / _MB for one in few],
            "MB",
            note=f"to S3 {median(one.peak_bytes / _MB for one in to_s3):.0f} MB for "
            f"{count} matches; imports included",
        ),
    ]


def _in_turn(
    stack: Stack, engine: Engine, rounds: int
) -> tuple[list[_Export], list[float], _Copied]:
    ours: list[_Export] = []
    beside: list[float] = []
    copied: list[_Copied] = []
    for number in range(rounds):
        ours.append(_export(stack, (stack.home / f"export-{number}").as_uri()))
        beside.append(seconds_of(lambda: copied.append(_copy(engine))))
    return ours, beside, copied[0]


def _export(stack: Stack, url: str) -> _Export:
    """Export everything to an empty place."""
    told = stack.group.work / "peak"
    ended: list[Any] = []
    command = [sys.executable, "-m", "tests.bench.peak", str(told), "export", "run", "--json"]
    taken = seconds_of(lambda: ended.append(stack.run(*command, "--to", url)))
    summary = json.loads(ended[0].stdout)
    if summary["written_rows"] != summary["rows"]:
        raise BenchError(f"{summary['written_rows']} of {summary['rows']} rows were written anew")
    peak = int(told.read_text(encoding="utf-8"))
    names = ("rows", "size_bytes", "files", "seconds")
    return _Export(
        **{name: summary[name] for name in names}, command_seconds=taken, peak_bytes=peak
    )


def _to_s3(stack: Stack, rounds: int) -> list[_Export]:
    server = S3Server(stack.home / "s3")
    server.start()
    try:
        server.make_bucket(_BUCKET)
        with patch.dict(os.environ, server.environment):
            return [_export(stack, f"s3://{_BUCKET}/{number}") for number in range(rounds)]
    finally:
        server.stop()


def _few(place: Place, stack: Stack) -> list[_Export]:
    engine = place.warehouse
    empty(engine)
    pages = {Target.match_centre(one): rows_of(one) for one in matches(FEW)}
    land(engine, new_batch(engine), [put(engine, target, rows) for target, rows in pages.items()])
    url = place.settings.database_url.get_secret_value()
    other = Stack(
        stack.home, {**stack.environment, "TOUCHLINE_DATABASE_URL": url}, dict(stack.ports)
    )
    return [_export(other, (stack.home / "export-few").as_uri())]


def _copy(engine: Engine) -> _Copied:
    """Every exported table to a file by the server itself, in one transaction."""
    rows = size = 0
    with engine.begin() as connection:
        folder = Path(str(connection.scalar(text("SHOW data_directory"))))
        for exported in EXPORTED:
            file = folder / f"bench-{exported.name}.copy"
            rows += connection.execute(text(_statement(exported, file))).rowcount
            size += connection.scalar(
                text("SELECT size FROM pg_stat_file(:file)"), {"file": str(file)}
            )
            file.unlink()
    return _Copied(rows, size)


def _statement(exported: Exported, file: Path) -> str:
    columns = ", ".join(f'"{column.name}"' for column in exported.columns)
    order = ", ".join(f'"{name}"' for name in exported.key)
    quoted = str(file).replace("'", "''").replace(":", "\\:")
    return f"COPY (SELECT {columns} FROM core.{exported.name} ORDER BY {order}) TO '{quoted}'"
