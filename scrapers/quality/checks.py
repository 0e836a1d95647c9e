"""The words in which suites are written: one line, one expectation of Great Expectations.

    between("x", -10, 110)
    note(one_of("position", POSITIONS))

Null is met with everything but `filled`, `known` and the comparisons: what may be missing is
said once, by the tables. A comparison is broken by a null on one side unless it is `optional`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from scrapers.quality.great import Expectation, FailureSeverity, gxe


class Scope(StrEnum):
    """What an unmet expectation means."""

    TARGET = "target"  # the targets of the rows that break it are put aside
    NOTE = "note"  # it is written down, nothing else
    BATCH = "batch"  # nothing of the batch is published


# How Great Expectations marks them in its reports.
_SEVERITY = {
    Scope.TARGET: FailureSeverity.WARNING,
    Scope.NOTE: FailureSeverity.INFO,
    Scope.BATCH: FailureSeverity.CRITICAL,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation.

    Attributes:
        expectation: class of Great Expectations.
        arguments: what it is made with.
        says: what must hold, in words.
        scope: what it means when it does not.
        fields: what it is about where the column is worked out: fields or a group as the selector
            file calls them.
    """

    expectation: type[Expectation]
    arguments: dict[str, Any]
    says: str
    scope: Scope = Scope.TARGET
    fields: tuple[str, ...] = ()

    def build(self, number: int) -> Expectation:
        """The expectation; its result carries the number as meta["check"]."""
        return self.expectation(
            **self.arguments,
            notes=self.says,
            meta={"check": number},
            severity=_SEVERITY[self.scope],
        )

    def about(self, *fields: str) -> Check:
        """The same, told as of these fields or this group of the selector file."""
        return replace(self, fields=fields)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are looked at."""
        found = self.arguments
        if "column" in found:
            return (str(found["column"]),)
        if "column_A" in found:
            return (str(found["column_A"]), str(found["column_B"]))
        return tuple(map(str, found.get("column_list", ())))

    @property
    def column(self) -> str | None:
        """What it is about: fields, or the columns that are looked at."""
        return ", ".join(self.fields or self.columns) or None


def filled(column: str, says: str = "") -> Check:
    """Not null."""
    return Check(gxe.ExpectColumnValuesToNotBeNull, {"column": column}, says or f"{column} is set")


def empty(column: str, says: str = "") -> Check:
    """Null."""
    return Check(gxe.ExpectColumnValuesToBeNull, {"column": column}, says or f"{column} is null")


def between(column: str, low: float | None, high: float | None, says: str = "") -> Check:
    """From low to high, both included; None: no bound."""
    if low is None or high is None:
        bounds = f"at least {low}" if high is None else f"at most {high}"
    else:
        bounds = f"between {low} and {high}"
    return Check(
        gxe.ExpectColumnValuesToBeBetween,
        {"column": column, "min_value": low, "max_value": high},
        says or f"{column} is {bounds}",
    )


def one_of(column: str, values: Collection[Any], says: str = "") -> Check:
    """In a closed list."""
    listed = sorted(values)
    return Check(
        gxe.ExpectColumnValuesToBeInSet,
        {"column": column, "value_set": listed},
        says or f"{column} is one of {', '.join(map(str, listed))}",
    )


def holds(column: str, says: str) -> Check:
    """True; for columns of rules that SQL works out."""
    return Check(gxe.ExpectColumnValuesToBeInSet, {"column": column, "value_set": [True]}, says)


def matching(column: str, regex: str, says: str = "") -> Check:
    """The regular expression is found in it; anchor it."""
    return Check(
        gxe.ExpectColumnValuesToMatchRegex,
        {"column": column, "regex": regex},
        says or f"{column} looks like {regex}",
    )


def unlike(column: str, regex: str, says: str) -> Check:
    """The regular expression is not found in it; anchor it."""
    return Check(gxe.ExpectColumnValuesToNotMatchRegex, {"column": column, "regex": regex}, says)


def unique(*columns: str, says: str = "") -> Check:
    """No two rows with the same values in these columns (two or more)."""
    return Check(
        gxe.ExpectCompoundColumnsToBeUnique,
        # A key with a null in it is no key: `filled` says so, this compares the others.
        {"column_list": list(columns), "ignore_row_if": "any_value_is_missing"},
        says or f"{', '.join(columns)} are unique",
    )


def _pair(one: str, other: str, optional: bool) -> dict[str, Any]:
    missing = "either_value_is_missing" if optional else "both_values_are_missing"
    return {"column_A": one, "column_B": other, "ignore_row_if": missing}


def equal(one: str, other: str, says: str = "", *, optional: bool = False) -> Check:
    """Two columns have the same value."""
    return Check(
        gxe.ExpectColumnPairValuesToBeEqual,
        _pair(one, other, optional),
        says or f"{one} is {other}",
    )


def at_least(one: str, other: str, says: str = "", *, optional: bool = False) -> Check:
    """A column is not below another."""
    return Check(
        gxe.ExpectColumnPairValuesAToBeGreaterThanB,
        {**_pair(one, other, optional), "or_equal": True},
        says or f"{one} is at least {other}",
    )


def differ(one: str, other: str, says: str = "") -> Check:
    """Two columns have different values."""
    return Check(
        gxe.ExpectSelectColumnValuesToBeUniqueWithinRecord,
        {"column_list": [one, other], "ignore_row_if": "any_value_is_missing"},
        says or f"{one} is not {other}",
    )


def note(check: Check) -> Check:
    """The same, only written down."""
    return replace(check, scope=Scope.NOTE)


def whole_batch(check: Check) -> Check:
    """The same, of the batch as a whole."""
    return replace(check, scope=Scope.BATCH)
