"""An export held against its manifest, this release's tables and what the gate expects of rows.

Whoever reads an export does so before using it. No warehouse is asked. The files are brought one
by one, and few of them are in memory at a time: how large an export is makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from scrapers.errors import ExportFailed, InvalidBatch
from scrapers.export.expected import Expected, expected_of, judged
from scrapers.export.manifest import ExportedFile, ExportedTable, Manifest, what_differs
from scrapers.export.references import Named
from scrapers.export.shape import EXPORTED, SCHEMA_VERSION, Exported, columns_of
from scrapers.export.stored import brought
from scrapers.files import Files
from scrapers.quality.checks import Scope
from scrapers.quality.great import Judge
from scrapers.quality.outcomes import Outcome, Outcomes
from scrapers.quality.subjects import KEY

SUITE = "export"
# Small files are judged together, since each judgement takes a while whatever its rows; a file is
# never divided, since its keys are unique within it.
ROWS_TOGETHER = 50_000
_ROWS_READ = 10_000
_NAMED = 3
OnProgress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as the manifest or this release's tables say.

    Attributes:
        table: name; None: it is about the export.
        file: path within the export; None: it is about the table.
        what: what is wrong, and the mend where there is one.
    """

    table: str | None
    file: str | None
    what: str

    def __str__(self) -> str:
        return self.what if self.table is None else f"{self.table}: {self.what}"


@dataclass(frozen=True, slots=True)
class Broken:
    """An expectation that rows of a file do not meet.

    Attributes:
        table, column, file: where; several columns are separated by commas.
        expectation: its name in Great Expectations.
        what: what must hold, in words.
        rows: how many rows break it; of a foreign key, how many of the values that rows name.
        examples: some of them: keys, and the values that it is about.
    """

    table: str
    column: str | None
    file: str
    expectation: str
    what: str
    rows: int
    examples: list[dict[str, Any]]

    def __str__(self) -> str:
        example = ", ".join(f"{name} {value}" for name, value in self.examples[0].items())
        return (
            f"{self.table}.{self.column}: {self.what}: not so {self.rows} times in {self.file}, "
            f"such as {example}"
        )


@dataclass(slots=True)
class Validation:
    """What validating an export came to.

    Attributes:
        export_id, created_at, schema_version: of its manifest.
        rows, files: how many were judged.
        problems: what is not as manifest and tables say.
        broken: expectations that are not met.
        notes: the same of expectations that are only noted.
    """

    export_id: str
    created_at: datetime
    schema_version: int
    rows: int = 0
    files: int = 0
    problems: list[Problem] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    notes: list[Broken] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether the export may be used."""
        return not (self.problems or self.broken)

    def as_json(self) -> dict[str, Any]:
        """As plain values; the same export gives the same."""
        return {
            "export_id": self.export_id,
            "created_at": self.created_at.isoformat(),
            "schema_version": self.schema_version,
            "passed": self.passed,
            "rows": self.rows,
            "files": self.files,
            **{name: [asdict(one) for one in getattr(self, name)] for name in _LISTS},
        }

    def refuse(self) -> None:
        """Do nothing if it has passed.

        Raises:
            ExportFailed: files are not what the manifest says, or not of this release's shape.
            InvalidBatch: rows break what is expected of them.
        """
        facts = {"export_id": self.export_id}
        if self.problems:
            raise ExportFailed(
                f"export {self.export_id} is not to be used: {_some(self.problems)}", **facts
            )
        if self.broken:
            raise InvalidBatch(
                f"export {self.export_id} is not to be used, its rows break what is expected: "
                f"{_some(self.broken)}",
                **facts,
            )


_LISTS = ("problems", "broken", "notes")


def _some(found: list[Problem] | list[Broken]) -> str:
    more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return "; ".join(map(str, found[:_NAMED])) + more


def validate(
    files: Files, manifest: Manifest, *, on_progress: OnProgress | None = None
) -> Validation:
    """Hold an export's files against its manifest, and their rows against what is expected.

    Args:
        on_progress: called with files done, and files in all.

    Raises:
        RuntimeError: an expectation can't be computed: a defect of the suite.
    """
    found = Validation(manifest.export_id, manifest.created_at, manifest.schema_version)
    found.problems += _problems_of_shape(manifest)
    # In tables of another shape the expectations would look for what is not there.
    misshapen = {problem.table for problem in found.problems}
    known = {exported.name: exported for exported in EXPORTED}
    judge, named = Judge(), Named(EXPORTED)
    total = sum(len(table.files) for table in manifest.tables.values())

    def progress() -> None:
        found.files += 1
        if on_progress is not None:
            on_progress(found.files, total)

    for name, table in manifest.tables.items():
        exported = None if misshapen & {name, None} else known.get(name)
        _validate_table(files, name, table, exported, judge, found, named, progress)
    for name in known.keys() - manifest.tables.keys():
        named.missed(name)
    for frame, reference in named.frames():
        outcomes = Outcomes()
        outcomes.judge(judge, SUITE, reference.table, frame, [reference.check], ("value",))
        found.broken += _broken(outcomes.unmet(Scope.TARGET))
    return found


def _problems_of_shape(manifest: Manifest) -> Iterator[Problem]:
    if manifest.schema_version != SCHEMA_VERSION:
        mend = (
            "install the release that wrote it"
            if manifest.schema_version > SCHEMA_VERSION
            else "export once more"
        )
        yield Problem(
            None,
            None,
            f"the files have schema version {manifest.schema_version}, this release knows "
            f"{SCHEMA_VERSION}: {mend}",
        )
    tables = manifest.tables
    rows = sum(table.rows for table in tables.values())
    if rows != manifest.rows:
        yield Problem(None, None, f"the manifest says {manifest.rows} rows, its tables {rows}")
    for exported in EXPORTED:
        if exported.name not in tables:
            yield Problem(exported.name, None, "the manifest does not have it")
            continue
        columns = tables[exported.name].columns
        for column, kind in columns_of(exported).items():
            if columns.get(column) != kind:
                yield Problem(
                    exported.name,
                    None,
                    f"{column} is {columns.get(column, 'not there')}, no {kind}",
                )


def _validate_table(
    files: Files,
    name: str,
    table: ExportedTable,
    exported: Exported | None,
    judge: Judge,
    found: Validation,
    named: Named,
    progress: Callable[[], None],
) -> None:
    """One table; one that this release does not know is an addition: its bytes are looked at."""
    rows = sum(file.rows for file in table.files)
    if rows != table.rows:
        found.problems.append(
            Problem(name, None, f"the manifest says {table.rows} rows, its files {rows}")
        )
    outcomes, waiting = Outcomes(), list[pd.DataFrame]()
    placed: dict[int, str] = {}
    expected = None if exported is None else expected_of(exported)
    if expected is None:
        named.missed(name)

    def settle() -> None:
        if waiting and exported is not None and expected is not None:
            frame = pd.concat(waiting, ignore_index=True)
            waiting.clear()
            outcomes.judge(judge, SUITE, name, frame, expected.checks, expected.identity)
            found.rows += len(frame)

    for file in table.files:
        try:
            with brought(files, file.path) as local:
                wrong = [*what_differs(file, local)] or _other_columns(table, file, local)
                found.problems += [Problem(name, file.path, what) for what in wrong]
                if wrong:
                    named.missed(name)
                elif exported is not None and expected is not None:
                    frame = _frame(exported, expected, file, local)
                    found.problems += _in_two_files(name, expected, file, frame, placed)
                    named.see(exported, frame)
                    waiting.append(frame)
        except ExportFailed as error:
            named.missed(name)
            found.problems.append(Problem(name, file.path, error.detail))
        except (pa.ArrowException, OSError) as error:
            named.missed(name)
            what = f"{file.path}: its rows can't be read ({type(error).__name__}: {error})"
            found.problems.append(Problem(name, file.path, what))
        if sum(map(len, waiting)) >= ROWS_TOGETHER:
            settle()
        progress()
    settle()
    found.broken += _broken(outcomes.unmet(Scope.TARGET, Scope.BATCH))
    found.notes += _broken(outcomes.unmet(Scope.NOTE))


def _other_columns(table: ExportedTable, file: ExportedFile, local: Path) -> list[str]:
    there = {one.name: _kind(one.type) for one in pq.read_schema(local)}
    names = sorted(there.keys() | table.columns.keys())
    return [
        f"{file.path}: {name} is {there.get(name, 'not there')}, the manifest says "
        f"{table.columns.get(name, 'nothing of it')}"
        for name in names
        if there.get(name) != table.columns.get(name)
    ]


def _kind(kind: pa.DataType) -> str:
    """A type as manifests tell it; Parquet has a name of its own for what a list holds."""
    return str(pa.list_(kind.value_type) if pa.types.is_list(kind) else kind)


def _frame(exported: Exported, expected: Expected, file: ExportedFile, local: Path) -> pd.DataFrame:
    """What is judged of a file's rows."""
    with pq.ParquetFile(local) as opened:
        batches = [
            judged(exported, batch)
            for batch in opened.iter_batches(_ROWS_READ, columns=list(expected.columns))
        ]
    frame: pd.DataFrame = pa.Table.from_batches(batches).to_pandas() if batches else pd.DataFrame()
    frame.insert(0, KEY, file.path)
    return frame


def _in_two_files(
    name: str, expected: Expected, file: ExportedFile, frame: pd.DataFrame, placed: dict[int, str]
) -> Iterator[Problem]:
    """Keys are compared within a file: so whatever a match or stage has must be in one."""
    if not expected.together:
        if placed.setdefault(0, file.path) != file.path:
            yield Problem(name, file.path, f"{file.path}: rows that {placed[0]} should have")
        return
    for value in frame[expected.together].unique().tolist():
        other = placed.setdefault(value, file.path)
        if other != file.path:
            yield Problem(
                name, file.path, f"{file.path}: {expected.together} {value} is in {other} too"
            )


def _broken(outcomes: list[Outcome]) -> Iterator[Broken]:
    for outcome in outcomes:
        for path, rows in sorted(outcome.by_target.items()):
            yield Broken(
                outcome.table,
                ", ".join(c for c in outcome.check.columns if c != KEY) or None,
                path,
                outcome.expectation,
                outcome.check.says,
                rows,
                outcome.examples[path],
            )
