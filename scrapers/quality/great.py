"""Great Expectations, quiet and on its own: no network, no progress bars, no files.

Its import takes 4 to 8 seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import great_expectations as gx
import great_expectations.expectations as expectations
import pandas as pd
from great_expectations.core import ExpectationValidationResult
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

__all__ = ["Expectation", "ExpectationValidationResult", "FailureSeverity", "Judge", "gx", "gxe"]

gxe: Any = expectations  # it exports its classes without saying so

# How many values an expectation names as examples. The row numbers of what breaks it are given
# whole: Great Expectations cuts off lists of values at 200, lists of row numbers it does not.
EXAMPLES = 5
_WHICH_ROWS = {
    "result_format": "COMPLETE",
    "partial_unexpected_count": EXAMPLES,
    "return_unexpected_index_query": False,
}
# Most expectations are met, and whether they are is had for half of what the rows cost.
_WHETHER = {"result_format": "BOOLEAN_ONLY"}


def in_memory() -> DataContextConfig:
    """Configuration of a context that keeps nothing and asks nobody."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )


class Judge:
    """Holds data frames against expectations."""

    def __init__(self) -> None:
        context: Any = gx.get_context(mode="ephemeral", project_config=in_memory())
        # One asset for all frames: with each that is added, the whole context is written anew.
        asset = context.data_sources.add_pandas("staging").add_dataframe_asset("rows")
        self._frames: Any = asset.add_batch_definition_whole_dataframe("all")

    def results(
        self, name: str, frame: pd.DataFrame, expectations: Sequence[Expectation]
    ) -> list[ExpectationValidationResult]:
        """A result for each expectation, in no particular order.

        The frame's index must be its row numbers from 0: results name rows by it.

        Raises:
            RuntimeError: an expectation could not be computed: a defect of the suite, which may
                let nothing pass.
        """
        batch = self._frames.get_batch({"dataframe": frame})
        met: list[ExpectationValidationResult] = []
        unmet: list[Any] = []
        for result in _validated(name, batch, expectations, _WHETHER):
            (met if result.success else unmet).append(result)
        if not unmet:
            return met
        again = [result.expectation_config.to_domain_obj() for result in unmet]
        return met + _validated(name, batch, again, _WHICH_ROWS)


def _validated(
    name: str, batch: Any, expectations: Sequence[Expectation], result_format: dict[str, Any]
) -> list[ExpectationValidationResult]:
    suite = gx.ExpectationSuite(name=name, expectations=list(expectations))
    results: list[ExpectationValidationResult] = batch.validate(
        suite, result_format=result_format
    ).results
    for result in results:
        _refuse_failed_computation(name, result)
    return results


def _refuse_failed_computation(name: str, result: ExpectationValidationResult) -> None:
    """Great Expectations reports its own exceptions as unmet expectations without any rows."""
    info = result.exception_info or {}
    found = [info] if "raised_exception" in info else list(info.values())
    for exception in found:
        if exception["raised_exception"]:
            config: Any = result.expectation_config
            raise RuntimeError(
                f"{config.type} on {name} can't be computed: {exception['exception_message']}"
            )
