"""What a run would ask the site for, as the warehouse has it now; nothing is asked or changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Engine

from scrapers.pipeline.plan import plan
from scrapers.pipeline.reasons import known_targets
from scrapers.pipeline.request import Request
from scrapers.pipeline.steps import KINDS, RUN_STEPS
from scrapers.settings import Settings
from scrapers.targets import PageKind
from scrapers.warehouse import ledger
from scrapers.warehouse.records import AT_REST, BatchKey, PlannedTarget


@dataclass(frozen=True, slots=True)
class KindAhead:
    """The pages of a kind that a run would ask for.

    Attributes:
        planned: a request each, if nothing goes wrong.
        under_way: pages that another run is at: they are waited for, not asked for again.
    """

    page_kind: PageKind
    planned: tuple[PlannedTarget, ...]
    under_way: tuple[PlannedTarget, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """How many pages are asked for, by why."""
        return dict(sorted(Counter(item.reason for item in self.planned).items()))


@dataclass(frozen=True, slots=True)
class RunAhead:
    """What a run would do first, by page kind, in the order of the run.

    Attributes:
        taken_up: steps of the very same run that are open: they go on as they were planned.
    """

    kinds: tuple[KindAhead, ...]
    taken_up: tuple[str, ...]

    @property
    def requests(self) -> int:
        """Pages that are asked for, of all kinds."""
        return sum(len(kind.planned) for kind in self.kinds)

    @property
    def is_known(self) -> bool:
        """Whether this is all: no feed is asked for that may name matches to ask for next."""
        feeds = [kind for kind in self.kinds if kind.page_kind is PageKind.SCHEDULE]
        return len(self.kinds) == len(feeds) or not any(
            kind.planned or kind.under_way for kind in feeds
        )


def run_ahead(
    engine: Engine, settings: Settings, request: Request, *, run_id: str, dag_id: str = "touchline"
) -> RunAhead:
    """What `run_request` would ask for with the same arguments.

    Raises:
        WarehouseUnavailable: the landed fixtures or the ledger can't be read.
    """
    found = []
    for step in RUN_STEPS:
        for kind in KINDS[step]:
            if kind not in request.page_kinds:
                continue
            planned = plan(engine, settings, request, kind)
            known = known_targets(engine, [item.target for item in planned])
            moving = {key for key, one in known.items() if one.state not in AT_REST}
            found.append(
                KindAhead(
                    kind,
                    tuple(item for item in planned if item.target.key not in moving),
                    tuple(item for item in planned if item.target.key in moving),
                )
            )
    taken_up = [
        str(step)
        for step in RUN_STEPS
        if ledger.open_batch_id(engine, BatchKey(dag_id, run_id, step)) is not None
    ]
    return RunAhead(tuple(found), tuple(taken_up))
