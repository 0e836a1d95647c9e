"""The gate over a rehearsal: what a landing would put aside, or refuse as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from scrapers.settings import Settings
from scrapers.warehouse.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True)
class Failing:
    """Why a target would fail.

    Attributes:
        failure_class: of scrapers.errors.
        detail: the sentence for a person.
        facts: fields that failed, or expectations that were broken.
    """

    failure_class: str
    detail: str
    facts: dict[str, Any]


def judge_stage(
    stage: Rehearsal,
    settings: Settings,
    failing: Mapping[str, Failing],
    mends: Collection[str],
    accepted: Collection[str] = (),
) -> tuple[dict[str, Failing], str | None]:
    """Targets that the gate would put aside, and why it would refuse the batch, if it would.

    Args:
        stage: the rows, ready to be judged.
        failing: targets of the batch that gave no rows.
        mends: targets that do not count for the share of good ones.
        accepted: columns, `table.column`, whose landed values may change: a rule that holds against
            them does not count.

    Raises:
        WarehouseUnavailable: the warehouse can't be read.
    """
    # Great Expectations takes seconds to import: only where it judges.
    from scrapers.quality.checks import Scope
    from scrapers.quality.completeness import judge_share
    from scrapers.quality.gate import invalid_rows
    from scrapers.quality.great import Judge
    from scrapers.quality.names import HELD_AGAINST_LANDED
    from scrapers.quality.outcomes import Outcomes
    from scrapers.quality.suites import SUITES, judge_suite

    judge, outcomes = Judge(), Outcomes()
    for kind, suite in SUITES.items():
        of_kind = [item for item in stage.staged if item.page_kind == kind]
        if of_kind:
            judge_suite(stage.engine, judge, suite, of_kind, outcomes)
    silent = {rule for column, rule in HELD_AGAINST_LANDED.items() if column in accepted}
    bad = {
        key: Failing(error.failure_class, error.detail, {"reasons": reasons})
        for key, found in outcomes.bad_targets().items()
        if (reasons := [reason for reason in found if reason["table"] not in silent])
        for error in [invalid_rows(reasons)]
    }
    counted = {item.target_key for item in stage.staged} | {
        key for key, why in failing.items() if why.failure_class == "LayoutChanged"
    }
    counted -= set(mends)
    lost = counted & (bad.keys() | failing.keys())
    judge_share(judge, outcomes, len(counted), len(lost), settings.completeness_floor)
    broken = outcomes.unmet(Scope.BATCH)
    return bad, "; ".join(outcome.check.says for outcome in broken) or None
