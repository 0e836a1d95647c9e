"""The suites as written: they cover the warehouse's tables, and each says what it means."""

from __future__ import annotations

import logging
from collections import Counter

import pandas as pd
import pytest

from scrapers.quality import great
from scrapers.quality.checks import (
    Check,
    Scope,
    at_least,
    between,
    differ,
    empty,
    equal,
    filled,
    holds,
    matching,
    one_of,
    unique,
)
from scrapers.quality.outcomes import Outcomes, plain
from scrapers.quality.subjects import frame_of
from scrapers.quality.suites import SUITES, Suite
from scrapers.targets import PageKind
from scrapers.warehouse.tables import CORE_TABLES, data_columns

MATCHES, FEEDS = SUITES[PageKind.MATCH_CENTRE], SUITES[PageKind.SCHEDULE]
BOTH = pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)


def _checks(suite: Suite) -> list[tuple[str, Check]]:
    subjects = (*suite.tables, *suite.rules, *suite.batch_rules)
    return [
        *((subject.name, check) for subject in subjects for check in subject.checks),
        *(("references", reference.check) for reference in suite.references),
    ]


def test_every_table_is_judged() -> None:
    judged = {subject.name for suite in SUITES.values() for subject in suite.tables}
    assert judged == {table.name for table in CORE_TABLES}


@BOTH
def test_what_a_table_can_not_hold_null_is_expected_not_to_be(suite: Suite) -> None:
    tables = {table.name: table for table in CORE_TABLES}
    for subject in suite.tables:
        expected = {c.name for c in data_columns(tables[subject.name]) if not c.nullable}
        found = {
            check.column
            for check in subject.checks
            if check.expectation.__name__ == "ExpectColumnValuesToNotBeNull"
        }
        assert found >= expected
        assert expected


@BOTH
def test_every_foreign_key_is_expected_to_be_met(suite: Suite) -> None:
    names = {subject.name for subject in suite.tables}
    keys = [
        f"{table.name}.{'+'.join(element.parent.name for element in constraint.elements)}"
        for table in CORE_TABLES
        if table.name in names
        for constraint in table.foreign_key_constraints
    ]
    assert sorted(keys) == [reference.column for reference in suite.references]


@BOTH
def test_no_two_expectations_of_a_table_say_the_same(suite: Suite) -> None:
    said = Counter((table, check.says) for table, check in _checks(suite))
    assert [what for what, count in said.items() if count > 1] == []
    assert all(check.says for _, check in _checks(suite))


@BOTH
def test_what_puts_targets_aside_knows_them_by_row(suite: Suite) -> None:
    """Expectations about a whole column can't say whose rows they are."""
    for table, check in _checks(suite):
        if check.scope is Scope.TARGET:
            assert "map" in check.expectation.__mro__[1].__name__.lower(), (table, check.says)


def test_great_expectations_is_quiet() -> None:
    assert logging.getLogger("great_expectations").getEffectiveLevel() == logging.WARNING


def _broken(check: Check, **columns: list[object]) -> list[str]:
    """Targets t0, t1, … whose row breaks the expectation."""
    rows = list(zip(*columns.values(), strict=True))
    frame = frame_of(list(columns), rows)
    frame.insert(0, "target_key", [f"t{n}" for n in range(len(rows))])
    outcomes = Outcomes()
    outcomes.judge(great.Judge(), "suite", "table", frame, [check])
    return sorted(outcomes.bad_targets())


@pytest.mark.parametrize(
    ("check", "columns", "broken"),
    [
        (filled("a"), {"a": [1, None, 2]}, ["t1"]),
        (filled("a"), {"a": [None, None]}, ["t0", "t1"]),
        (empty("a"), {"a": [1, None, 2]}, ["t0", "t2"]),
        (between("a", 0, 10), {"a": [0, 10, 10.5, -1, None]}, ["t2", "t3"]),
        (between("a", 0, 10), {"a": [None, None]}, []),
        (between("a", 3, None), {"a": [2, 3]}, ["t0"]),
        (between("a", 0, 10), {"a": [float("inf"), 1]}, ["t0"]),
        (one_of("a", {"x", "y"}), {"a": ["x", "z", None, "X"]}, ["t1", "t3"]),
        (one_of("a", {1, 2}), {"a": [1, None, 3]}, ["t2"]),
        (holds("a", "it holds"), {"a": [True, False, None]}, ["t1"]),
        (matching("a", r"^\d+$"), {"a": ["12", "x1"]}, ["t1"]),
        (unique("a", "b"), {"a": [1, 1, 1], "b": [1, 1, 2]}, ["t0", "t1"]),
        (unique("a", "b"), {"a": [1, 1], "b": [None, None]}, []),
        (equal("a", "b"), {"a": [1, 1, None, None], "b": [1, 2, 1, None]}, ["t1", "t2"]),
        (equal("a", "b", optional=True), {"a": [1, 1, None], "b": [1, 2, 1]}, ["t1"]),
        (at_least("a", "b"), {"a": [2, 1, 1, None], "b": [1, 1, 2, 1]}, ["t2", "t3"]),
        (at_least("a", "b", optional=True), {"a": [1, None], "b": [2, 1]}, ["t0"]),
        (differ("a", "b"), {"a": [1, 1, None], "b": [1, 2, None]}, ["t0"]),
    ],
)
def test_what_the_words_mean(
    check: Check, columns: dict[str, list[object]], broken: list[str]
) -> None:
    assert _broken(check, **columns) == broken


def test_without_rows_every_expectation_of_a_row_is_met() -> None:
    for check in (filled("a"), between("a", 0, 1), one_of("a", {1}), equal("a", "b")):
        frame = pd.DataFrame({"target_key": [], "a": [], "b": []})
        outcomes = Outcomes()
        outcomes.judge(great.Judge(), "suite", "table", frame, [check])
        assert [(o.met, o.rows) for o in outcomes] == [(True, 0)]


def test_numbers_stay_numbers_where_some_are_missing() -> None:
    frame = frame_of(["a", "b", "c"], [(2445618547, None, "x"), (None, None, None)])
    assert frame["a"].tolist()[0] == 2445618547
    assert plain(frame["a"][0]) == 2445618547
    assert plain(frame["a"][1]) is None
    assert frame["b"].isna().all()


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_rules_and_tables_of_a_suite_have_different_names(suite: Suite) -> None:
    """Outcomes are added up by name: two of the same name would hide each other."""
    subjects = (*suite.tables, *suite.rules, *suite.batch_rules)
    names = Counter(subject.name for subject in subjects)
    assert [name for name, count in names.items() if count > 1] == []
