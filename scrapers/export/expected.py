"""What the rows of an exported table must hold to: what the gate expects of them, once landed.

The gate judges rows page by page, and a row that several kinds of page write (a team, a player)
by the suite of each. Exported rows don't say which page they are of, so an expectation holds here
if the suites of all kinds that write the table have it; one that only some have is noted. Foreign
keys are looked up within the export (`references`). Rules across tables and rules about a batch
are the gate's alone: they need the staged rows, or the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ARRAY
from sqlalchemy.dialects.postgresql import JSONB

from scrapers.export.references import references_of
from scrapers.export.shape import Division, Exported
from scrapers.quality.checks import Check, Scope, filled, note
from scrapers.quality.subjects import KEY
from scrapers.quality.suites import SUITES

# JSON's types by the sign that a text of them begins with; other signs begin numbers.
_JSON = {"{": "object", "[": "array", '"': "string", "t": "boolean", "f": "boolean", "n": None}

_DIVIDED_BY = {Division.WHOLE: "", Division.STAGE: "stage_id", Division.MATCH: "match_id"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of a table's rows.

    Attributes:
        checks: what must hold; `KEY` in them is the path of the file that a row is in.
        columns: the exported columns that are looked at, keys included, in the table's order.
        identity: columns that tell its rows apart.
        together: the column by which the table is divided: rows with the same value in it are in
            the same file; empty for a table of one file.
    """

    checks: tuple[Check, ...]
    columns: tuple[str, ...]
    identity: tuple[str, ...]
    together: str


@lru_cache(maxsize=64)
def expected_of(exported: Exported) -> Expected:
    """What is expected of a table."""
    checks = tuple(_checks(exported))
    names = {name for check in checks for name in check.columns} | set(exported.key)
    names |= {name for reference in references_of(exported) for name in reference.columns}
    together = _DIVIDED_BY[exported.division]
    columns = tuple(c.name for c in exported.columns if c.name in names | {together})
    return Expected(checks, columns, exported.key, together)


def _checks(exported: Exported) -> Iterator[Check]:
    found: dict[str, list[Check]] = {}
    suites = [
        subject.checks
        for suite in SUITES.values()
        for subject in suite.tables
        if subject.name == exported.name
    ]
    for checks in suites:
        for check in checks:
            found.setdefault(_name(check), []).append(check)
    for same in found.values():
        # Noted by one kind of page: another one may have landed what is noted.
        strict = len(same) == len(suites) and all(c.scope is not Scope.NOTE for c in same)
        check = _in_a_file(exported, same[0])
        yield check if strict or check.scope is Scope.NOTE else note(check)
    filled_in = {_name(filled(column.name)): column for column in exported.columns}
    said = {filled_in[name].name for name in found.keys() & filled_in.keys()}
    for column in exported.columns:
        if not column.nullable and column.name not in said:
            yield filled(column.name)


def _name(check: Check) -> str:
    return f"{check.expectation.__name__} {check.arguments!r}"


def _in_a_file(exported: Exported, check: Check) -> Check:
    """The same of a file's rows: what is unique on a page is unique for what the page is of."""
    columns = check.arguments.get("column_list", [])
    if KEY not in columns:
        return check
    scope = exported.table.info.get("scope", ())
    names = [KEY, *(name for name in scope if name not in columns)]
    names += [name for name in columns if name != KEY]
    says = check.says.replace("on a page", "in a file")
    return replace(check, arguments={**check.arguments, "column_list": names}, says=says)


def judged(exported: Exported, batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch as it is judged: JSON is its type ('object', 'array'), a list its length."""
    kinds = {column.name: column.type for column in exported.columns}
    arrays = []
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        if isinstance(kinds[name], JSONB):
            arrays.append(_json_types(values))
        elif isinstance(kinds[name], ARRAY):
            arrays.append(pc.list_value_length(values))
        else:
            arrays.append(values)
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _json_types(values: pa.Array) -> pa.Array:
    first = pc.dictionary_encode(pc.utf8_slice_codeunits(pc.utf8_ltrim_whitespace(values), 0, 1))
    names = [_JSON.get(sign, "number") for sign in first.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(first.indices)
