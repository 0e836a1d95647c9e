"""Pages asked for by id that are not there: absent by what the site says, or dropped by a person.

A run for days passes over them: the schedule tells which matches have a match centre. Who asks for
a match by its id wants to be told, for the id may be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select

from scrapers.pipeline.request import Request
from scrapers.pipeline.steps import MATCH_KINDS
from scrapers.targets import Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import State


@dataclass(frozen=True, slots=True)
class NotThere:
    """A target that is not there.

    Attributes:
        state: absent or dropped.
        why: what its page says, or who dropped it and why.
    """

    target_key: str
    state: State
    why: str


def not_there(engine: Engine, request: Request) -> list[NotThere]:
    """Of the pages that the request names by match id, those that are not there.

    Raises:
        WarehouseUnavailable: the ledger can't be read.
    """
    wanted = [
        Target.of(kind, match_id=match_id).key
        for kind in request.page_kinds
        if kind in MATCH_KINDS
        for match_id in request.match_ids
    ]
    if not wanted:
        return []
    query = (
        select(TargetRow.target_key, TargetRow.state, TargetRow.failure_detail)
        .where(
            TargetRow.target_key.in_(wanted),
            TargetRow.state.in_((State.ABSENT, State.DROPPED)),
        )
        .order_by(TargetRow.target_key)
    )
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    return [NotThere(row[0], State(row[1]), row[2] or "the page says so") for row in rows]
