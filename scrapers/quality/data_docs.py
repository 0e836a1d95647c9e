"""Data Docs: Great Expectations' reports as a static site, a page for each judgement.

The site keeps the pages of earlier judgements. Its index lists the newest; for that each
judgement leaves a short result in `results/`, without which the index would have to read every
report again. Only visibility hangs on all this: nothing here may stop a landing.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from uuid import UUID

from great_expectations.core import ExpectationSuiteValidationResult, RunIdentifier
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.exceptions.exceptions import GreatExpectationsError
from great_expectations.render.renderer.site_builder import SiteBuilder

from scrapers.quality.checks import Scope
from scrapers.quality.great import EXAMPLES, gx, in_memory
from scrapers.quality.outcomes import Outcome

log = logging.getLogger(__name__)

LISTED = 200
LOCK_SECONDS = 60.0
_TARGETS_NAMED = 20
_COLUMNS = ("column", "column_A", "column_B")


class DocsNotWritten(Exception):
    """The report is not there, though nothing was raised."""


def write(
    folder: Path, batch_id: UUID, suite: str, outcomes: Sequence[Outcome], targets: int
) -> Path | None:
    """Write a judgement's page and the index.

    Args:
        folder: where the site is; index.html is in it.
        targets: how many targets were judged.

    Returns:
        The page; None: it could not be written, which is logged.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / ".lock"):
            return _write(folder, batch_id, suite, outcomes, targets)
    except (OSError, GreatExpectationsError, DocsNotWritten) as error:
        log.warning(
            "Data Docs of batch %s were not written: %s: %s", batch_id, type(error).__name__, error
        )
        return None


def _write(
    folder: Path, batch_id: UUID, suite: str, outcomes: Sequence[Outcome], targets: int
) -> Path:
    now = datetime.now(UTC)
    run = RunIdentifier(run_name=f"batch-{batch_id}", run_time=now)
    report = _report(suite, outcomes, run, targets)
    key: Any = ValidationResultIdentifier(
        expectation_suite_identifier=ExpectationSuiteIdentifier(suite),
        run_id=run,
        batch_identifier=f"{targets}-targets",
    )
    config = in_memory()
    name = config.validation_results_store_name
    config.stores[name] = {
        "class_name": "ValidationResultsStore",
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder / "results"),
        },
    }
    context: Any = gx.get_context(mode="ephemeral", project_config=config)
    site: Any = SiteBuilder(
        data_context=context,
        site_name="Touchline",
        store_backend={
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder),
        },
        site_index_builder={
            "class_name": "DefaultSiteIndexBuilder",
            "validation_results_limit": LISTED,
        },
        site_section_builders={"expectations": "None", "profiling": "None"},
        show_how_to_buttons=False,
    )
    store = context.stores[name]
    store.set(key, report)
    site.site_section_builders["validations"].build(resource_identifiers=[key])
    report.results = []
    store.set(key, report)
    site.target_store.copy_static_assets()
    site.site_index_builder.build()
    page = folder.joinpath("validations", *key.to_tuple()).with_suffix(".html")
    # Great Expectations logs what goes wrong in rendering, and goes on.
    for path in (page, folder / "index.html"):
        if not path.is_file() or not path.stat().st_size:
            raise DocsNotWritten(f"{path} is missing or empty")
    return page


def _report(
    suite: str, outcomes: Sequence[Outcome], run: RunIdentifier, targets: int
) -> ExpectationSuiteValidationResult:
    met = sum(outcome.met for outcome in outcomes)
    return ExpectationSuiteValidationResult(
        # What is only noted fails nothing.
        success=all(o.met or o.check.scope is Scope.NOTE for o in outcomes),
        results=[_result(number, outcome) for number, outcome in enumerate(outcomes)],
        suite_name=suite,
        statistics={
            "evaluated_expectations": len(outcomes),
            "successful_expectations": met,
            "unsuccessful_expectations": len(outcomes) - met,
            "success_percent": 100 * met / len(outcomes) if outcomes else 100.0,
        },
        meta={
            "run_id": run,
            "validation_time": run.run_time.isoformat(),
            "great_expectations_version": gx.__version__,
            "batch_spec": {"data_asset_name": f"{targets} targets"},
        },
    )


def _result(number: int, outcome: Outcome) -> ExpectationValidationResult:
    config = outcome.check.build(number).configuration
    # One page for all tables: a column is named with its table.
    for name in _COLUMNS:
        if name in config.kwargs:
            config.kwargs[name] = f"{outcome.table}.{config.kwargs[name]}"
    if "column_list" in config.kwargs:
        config.kwargs["column_list"] = [
            f"{outcome.table}.{name}" for name in config.kwargs["column_list"]
        ]
    words = f"{outcome.table}: {outcome.check.says} ({outcome.check.scope.value})"
    if outcome.by_target:
        named = sorted(outcome.by_target)
        more = f" and {len(named) - _TARGETS_NAMED} more" if len(named) > _TARGETS_NAMED else ""
        words += f"; broken by {', '.join(named[:_TARGETS_NAMED])}{more}"
    config.description = words.replace("$", "$$")
    examples = [example for rows in outcome.examples.values() for example in rows]
    percent = 100 * outcome.unexpected / outcome.rows if outcome.rows else 0.0
    result: dict[str, Any] = {
        "element_count": outcome.rows,
        "unexpected_count": outcome.unexpected,
        "unexpected_percent": percent,
        "unexpected_percent_total": percent,
        "partial_unexpected_list": [
            # What the site sent; Great Expectations writes it into the page as it is.
            escape(", ".join(f"{name} {value}" for name, value in example.items()))
            for example in examples[:EXAMPLES]
        ],
    }
    return ExpectationValidationResult(
        success=outcome.met,
        expectation_config=config,
        result=result,
        meta={},
        exception_info={
            "raised_exception": False,
            "exception_message": None,
            "exception_traceback": None,
        },
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One judgement at a time writes to the site; a process that dies lets go of it.

    Raises:
        TimeoutError: another had it for too long (an OSError, as all that is wrong with files).
    """
    with path.open("a") as handle:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"{path} was held by another for {LOCK_SECONDS:.0f} s"
                    ) from None
                time.sleep(0.05)
        yield
