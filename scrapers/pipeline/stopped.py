"""What a run that stops early leaves undone: the pages of its later steps, told with its failure.

A run that can read no page of a step ends there, and so do the matches' previews and reports of a
night whose match centres all failed. Who reads that one failure should not have to work out what
else is missing.
"""

from __future__ import annotations

from sqlalchemy import Engine

from scrapers.errors import TouchlineError
from scrapers.pipeline.plan import plan
from scrapers.pipeline.request import Request
from scrapers.pipeline.steps import KINDS, RUN_STEPS, Step
from scrapers.settings import Settings
from scrapers.targets import PageKind


def not_asked_for(
    engine: Engine, settings: Settings, request: Request, step: Step
) -> dict[PageKind, int]:
    """Pages that the request's steps after `step` would ask for, as the warehouse has it now.

    Raises:
        WarehouseUnavailable: the landed fixtures or the ledger can't be read.
    """
    later = RUN_STEPS[RUN_STEPS.index(step) + 1 :]
    counts = {
        kind: len(plan(engine, settings, request, kind))
        for later_step in later
        for kind in KINDS[later_step]
        if kind in request.page_kinds
    }
    return {kind: count for kind, count in counts.items() if count}


def with_what_is_left(
    engine: Engine, settings: Settings, request: Request, step: Step, failure: TouchlineError
) -> TouchlineError:
    """The failure that stops a run at `step`, of the same class, saying what is not asked for now.

    It is `failure` itself where nothing was to come after.

    Raises:
        WarehouseUnavailable: the landed fixtures or the ledger can't be read.
    """
    left = not_asked_for(engine, settings, request, step)
    if not left:
        return failure
    pages = ", ".join(f"{count} {kind}" for kind, count in left.items())
    return type(failure)(
        f"{failure.detail}. Not asked for, as the run stops there: {pages}; the next run of the "
        "same days or matches asks for them",
        **{**failure.facts, "not_asked_for": {str(kind): count for kind, count in left.items()}},
    )
