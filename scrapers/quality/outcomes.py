"""What judging gave: an outcome for each expectation, added up over the parts of a batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from scrapers.quality.checks import Check, Scope
from scrapers.quality.great import EXAMPLES, ExpectationValidationResult, Judge
from scrapers.quality.subjects import KEY


@dataclass(slots=True)
class Outcome:
    """An expectation's outcome.

    Attributes:
        suite: the suite, of a page kind.
        table: the staged table or the rule.
        rows: rows judged.
        unexpected: rows that break it.
        by_target: how many of those each target has.
        examples: some of them by target, with the values that it is about.
    """

    suite: str
    table: str
    check: Check
    rows: int = 0
    unexpected: int = 0
    by_target: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        """Whether no row breaks it."""
        return self.unexpected == 0

    @property
    def expectation(self) -> str:
        """Its name in Great Expectations, e.g. expect_column_values_to_be_between."""
        return self.check.build(0).expectation_type

    def add(self, other: Outcome) -> None:
        """Take in the outcome over further rows."""
        self.rows += other.rows
        self.unexpected += other.unexpected
        for target, count in other.by_target.items():
            self.by_target[target] = self.by_target.get(target, 0) + count
        for target, examples in other.examples.items():
            self.examples.setdefault(target, examples)

    def reason(self, target_key: str | None = None) -> dict[str, Any]:
        """For the ledger: what is wrong with a target, or with the batch."""
        return {
            "suite": self.suite,
            "table": self.table,
            "expectation": self.expectation,
            "column": self.check.column,
            "what": self.check.says,
            "rows": self.by_target.get(target_key, 0) if target_key else self.unexpected,
            "examples": self.examples.get(target_key or "", []),
        }


class Outcomes:
    """The outcomes of a batch, one for each expectation."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, int], Outcome] = {}

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self._found.values())

    def judge(
        self,
        judge: Judge,
        suite: str,
        table: str,
        frame: pd.DataFrame,
        checks: Sequence[Check],
        identity: Collection[str] = (),
        *,
        again: bool = False,
    ) -> None:
        """Hold a frame against checks and add what comes of it.

        Args:
            identity: columns that tell rows apart, for the examples; none: all columns.
            again: the rows were counted before.
        """
        results = judge.results(
            f"{suite}.{table}", frame, [check.build(n) for n, check in enumerate(checks)]
        )
        for result in results:
            config: Any = result.expectation_config
            number = config.meta["check"]
            found = _outcome(suite, table, checks[number], frame, result, identity)
            if again:
                found.rows = 0
            self._found.setdefault(
                (suite, table, number), Outcome(suite, table, checks[number])
            ).add(found)

    def unmet(self, *scopes: Scope) -> list[Outcome]:
        """Outcomes of these scopes that are not as expected."""
        return [o for o in self._found.values() if not o.met and o.check.scope in scopes]

    def bad_targets(self) -> dict[str, list[dict[str, Any]]]:
        """Targets whose rows break an expectation, each with the reasons."""
        bad: dict[str, list[dict[str, Any]]] = {}
        for outcome in self.unmet(Scope.TARGET):
            for target in outcome.by_target:
                bad.setdefault(target, []).append(outcome.reason(target))
        return bad


def _outcome(
    suite: str,
    table: str,
    check: Check,
    frame: pd.DataFrame,
    result: ExpectationValidationResult,
    identity: Collection[str],
) -> Outcome:
    outcome = Outcome(suite, table, check, len(frame))
    if result.success:
        return outcome
    rows = result.result.get("unexpected_index_list") or []
    # Nothing may slip through: what breaks an expectation is known row by row, or it is a defect.
    if not rows or len(rows) != result.result["unexpected_count"]:
        raise RuntimeError(
            f"{outcome.expectation} on {suite}.{table} names {len(rows)} of "
            f"{result.result.get('unexpected_count')} rows that break it"
        )
    broken = frame.loc[rows]
    outcome.unexpected = len(broken)
    if KEY not in frame:
        outcome.examples[""] = _examples(broken, check, identity)
        return outcome
    for target, group in broken.groupby(KEY):
        outcome.by_target[str(target)] = len(group)
        outcome.examples[str(target)] = _examples(group, check, identity)
    return outcome


def _examples(
    broken: pd.DataFrame, check: Check, identity: Collection[str]
) -> list[dict[str, Any]]:
    names = [
        name
        for name in broken.columns
        if name != KEY and (not identity or name in {*identity, *check.columns})
    ]
    rows = broken[names].head(EXAMPLES).to_dict("records")
    return [{str(name): plain(value) for name, value in row.items()} for row in rows]


def plain(value: Any) -> Any:
    """A value of a data frame as JSON has it; whole numbers without a fraction."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or value != value:
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, (bool, int, str)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
