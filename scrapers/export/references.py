"""Foreign keys within an export: whatever a row names must be among the rows of its table.

Distinct keys are kept while the files pass by, as many as there are players and teams of matches,
and never their rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import pandas as pd
from sqlalchemy import ForeignKeyConstraint

from scrapers.export.shape import Exported
from scrapers.quality.checks import Check, holds
from scrapers.quality.subjects import KEY


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key.

    Attributes:
        name: its columns, as the check's column is called.
        table, columns: where rows name another one.
        parent, keys: the table where it must be, and its columns.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    parent: str
    keys: tuple[str, ...]

    @property
    def check(self) -> Check:
        """What must hold, of a column that says whether what is named is there."""
        return holds(self.name, f"{self.name} names a row of {self.parent}")


@cache
def references_of(exported: Exported) -> tuple[Reference, ...]:
    """The foreign keys of a table, by name."""
    found = [_reference(one) for one in exported.table.foreign_key_constraints]
    return tuple(sorted(found, key=lambda reference: reference.name))


def _reference(constraint: ForeignKeyConstraint) -> Reference:
    columns = tuple(element.parent.name for element in constraint.elements)
    return Reference(
        " + ".join(columns),
        str(constraint.table.name),
        columns,
        str(constraint.referred_table.name),
        tuple(element.column.name for element in constraint.elements),
    )


@dataclass(slots=True)
class Named:
    """What the rows of an export name, and what is there to be named.

    Attributes:
        tables: all that may be seen.
    """

    tables: Sequence[Exported]
    _named: dict[Reference, list[pd.DataFrame]] = field(default_factory=dict)
    _there: dict[tuple[str, tuple[str, ...]], list[pd.DataFrame]] = field(default_factory=dict)
    _partly: set[str] = field(default_factory=set)

    def see(self, exported: Exported, rows: pd.DataFrame) -> None:
        """Rows of a file, which `KEY` names in them."""
        for reference in references_of(exported):
            columns = [KEY, *reference.columns]
            self._named.setdefault(reference, []).append(_distinct(rows[columns].dropna()))
        for keys in self._asked(exported.name):
            self._there.setdefault((exported.name, keys), []).append(_distinct(rows[list(keys)]))

    def missed(self, table: str) -> None:
        """Not all rows of the table could be seen: what is named of it can't be told."""
        self._partly.add(table)

    def frames(self) -> Iterator[tuple[pd.DataFrame, Reference]]:
        """For each foreign key that is not met the distinct values, and whether they are there.

        Columns are `KEY` (the file), `value` and the reference's name.
        """
        for reference, of_files in self._named.items():
            if reference.parent in self._partly:
                continue
            named = pd.concat(of_files, ignore_index=True)
            there = self._there.get((reference.parent, reference.keys), [])
            values = _told(named[list(reference.columns)])
            known = values.isin(pd.concat(map(_told, there))) if there else values.isin([])
            if known.all():
                continue  # as a rule; an expectation of it takes longer than the look
            frame = pd.DataFrame({KEY: named[KEY], "value": values, reference.name: known})
            yield frame, reference

    def _asked(self, table: str) -> set[tuple[str, ...]]:
        return {
            reference.keys
            for exported in self.tables
            for reference in references_of(exported)
            if reference.parent == table
        }


def _told(keys: pd.DataFrame) -> pd.Series[str]:
    """Keys in words: 1, 2."""
    first, *others = (keys[name].astype(str) for name in keys.columns)
    return first.str.cat(others, sep=", ") if others else first


def _distinct(rows: pd.DataFrame) -> pd.DataFrame:
    # Whole numbers of a column that may be null come as fractions.
    return rows.drop_duplicates(ignore_index=True).convert_dtypes()
