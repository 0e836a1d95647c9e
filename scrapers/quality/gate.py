"""The quality gate: what of a batch's staged rows may land.

Great Expectations judges; this module decides what follows. Rows that break an expectation put
their target aside and the others go on. A broken expectation about the batch as a whole, or too
many bad targets, and nothing of it is published.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from scrapers.errors import InvalidBatch, InvalidRows
from scrapers.quality import data_docs, verdicts
from scrapers.quality.checks import Scope
from scrapers.quality.completeness import judge_completeness
from scrapers.quality.great import Judge
from scrapers.quality.outcomes import Outcome, Outcomes
from scrapers.quality.suites import SUITES, judge_suite
from scrapers.settings import Settings
from scrapers.warehouse.records import Staged

log = logging.getLogger(__name__)

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judgement came to.

    Attributes:
        good: targets that may land.
        bad: why the others were put aside, by target key:
            [{suite, table, expectation, column, what, rows, examples}].
        docs_path: the report's page in the Data Docs; None: it could not be written.
    """

    good: tuple[Staged, ...]
    bad: dict[str, list[dict[str, Any]]]
    docs_path: Path | None


def judge(engine: Engine, batch_id: UUID, staged: Sequence[Staged], settings: Settings) -> Verdict:
    """Judge the staged rows of these targets and put the bad ones aside.

    All outcomes are in ops.validation, those put aside in ops.quarantine. Targets staged anew
    meanwhile are neither good nor bad.

    Raises:
        InvalidBatch: the batch as a whole can't be trusted: nothing of it may land, and all its
            targets judged here are put aside, so that the ledger says what is left to do.
        WarehouseUnavailable: nothing is written; call again.
        RuntimeError: an expectation can't be computed, or a page kind has no suite: a defect of
            ours. Nothing is written.
    """
    without = sorted({item.page_kind for item in staged} - SUITES.keys())
    if without:
        raise RuntimeError(f"no suite judges {', '.join(without)}: add it to quality.suites.SUITES")
    great, outcomes = Judge(), Outcomes()
    judged: set[str] = set()
    for kind, suite in SUITES.items():
        of_kind = [item for item in staged if item.page_kind == kind]
        if of_kind:
            judged |= judge_suite(engine, great, suite, of_kind, outcomes)
    if not judged:
        return Verdict((), {}, None)
    judge_completeness(engine, great, batch_id, judged, outcomes, settings.completeness_floor)
    found = list(outcomes)
    # A batch is of one page kind as a rule; the report bears its name.
    suite_name = SUITES[staged[0].page_kind].name
    docs_path = data_docs.write(settings.data_docs_dir, batch_id, suite_name, found, len(judged))
    bad = {key: why for key, why in outcomes.bad_targets().items() if key in judged}
    refusals = {
        key: verdicts.Refusal(invalid_rows(why, docs_path), why) for key, why in bad.items()
    }
    broken = outcomes.unmet(Scope.BATCH)
    failure = _invalid_batch(broken, len(judged), len(bad), docs_path) if broken else None
    if failure:
        reasons = [outcome.reason() for outcome in broken]
        for key in judged - bad.keys():
            refusals[key] = verdicts.Refusal(failure, reasons)
    seen = [item for item in staged if item.target_key in judged]
    there = verdicts.write(engine, batch_id, seen, found, refusals)
    if failure:
        raise failure
    kept = judged & there
    verdict = Verdict(
        tuple(item for item in staged if item.target_key in kept - bad.keys()),
        {key: why for key, why in bad.items() if key in kept},
        docs_path,
    )
    log.info(
        "batch %s: %s good, %s put aside, %s expectations of %s not met",
        batch_id,
        len(verdict.good),
        len(verdict.bad),
        sum(not outcome.met for outcome in found),
        len(found),
    )
    return verdict


def invalid_rows(reasons: list[dict[str, Any]], docs_path: Path | None = None) -> InvalidRows:
    """The failure of a target, from the reasons one by one."""
    named = "; ".join(
        f"{why['table']}: {why['what']} ({why['rows']} rows)" for why in reasons[:_NAMED]
    )
    more = f"; and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else ""
    return InvalidRows(
        f"rows break what is expected: {named}{more}",
        expectations=len(reasons),
        tables=sorted({why["table"] for why in reasons}),
        docs_path=str(docs_path) if docs_path else None,
    )


def _invalid_batch(
    broken: Sequence[Outcome], judged: int, bad: int, docs_path: Path | None
) -> InvalidBatch:
    said = "; ".join(outcome.check.says for outcome in broken)
    return InvalidBatch(
        f"nothing of the batch is published, as this does not hold: {said}",
        suites=sorted({outcome.suite for outcome in broken}),
        expectations=[outcome.reason() for outcome in broken],
        judged=judged,
        bad=bad,
        docs_path=str(docs_path) if docs_path else None,
    )
