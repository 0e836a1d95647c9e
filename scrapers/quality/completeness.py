"""Whether enough of a batch is readable for it to be published at all."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Engine, func, select

from scrapers.errors import InvalidRows, LayoutChanged
from scrapers.quality.checks import between, whole_batch
from scrapers.quality.great import Judge
from scrapers.quality.outcomes import Outcomes
from scrapers.quality.subjects import frame_of
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import BatchTargetRow, TargetRow
from scrapers.warehouse.records import CANARY, MEND, State

SUITE = "batch"
# Up to this many bad targets are bad targets; more may be a bad batch.
TOLERATED = 2
_NOT_COUNTED = (MEND, CANARY)


def judge_completeness(
    engine: Engine,
    judge: Judge,
    batch_id: UUID,
    judged: Collection[str],
    outcomes: Outcomes,
    floor: float,
) -> None:
    """Hold the share of good targets against the floor.

    Bad are those judged so and those of the batch that no selector version reads. What the
    batch landed or put aside before counts too: a batch is not worse for being published again.
    Targets that are read again because they could not be read before do not count: a batch is
    not worse for mending some of them only. Nor do canaries, which are there to be bad.

    Args:
        judged: targets judged now.
        floor: settings' completeness_floor, 0 to 1.
    """
    counted = set(judged) - _not_counted(engine, batch_id)
    bad = len(outcomes.bad_targets().keys() & counted)
    landed, unread = _elsewhere(engine, batch_id, judged)
    total, bad = len(counted) + landed + unread, bad + unread
    judge_share(judge, outcomes, total, bad, floor)


def judge_share(judge: Judge, outcomes: Outcomes, total: int, bad: int, floor: float) -> None:
    """Hold the share of good targets, of `total` of which `bad` are bad, against the floor."""
    share = (total - bad) / total if bad > TOLERATED else None
    frame = frame_of(("targets", "bad", "good_share"), [(total, bad, share)])
    check = whole_batch(
        between("good_share", floor, 1, f"at least {floor:.0%} of the targets are good")
    )
    outcomes.judge(judge, SUITE, "completeness", frame, [check])


def _not_counted(engine: Engine, batch_id: UUID) -> set[str]:
    query = select(BatchTargetRow.target_key).where(
        BatchTargetRow.batch_id == batch_id, BatchTargetRow.reason.in_(_NOT_COUNTED)
    )
    with transaction(engine) as connection:
        return set(connection.scalars(query))


def _elsewhere(engine: Engine, batch_id: UUID, judged: Collection[str]) -> tuple[int, int]:
    """The batch's other targets: how many have landed, how many can't be read or were bad."""
    landed = TargetRow.state == State.LANDED
    unread = (
        (TargetRow.state == State.BLOCKED) & (TargetRow.failure_class == LayoutChanged.__name__)
    ) | ((TargetRow.state == State.QUARANTINED) & (TargetRow.failure_class == InvalidRows.__name__))
    query = (
        select(func.count().filter(landed), func.count().filter(unread))
        .join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
        .where(
            BatchTargetRow.batch_id == batch_id,
            BatchTargetRow.reason.not_in(_NOT_COUNTED),
            TargetRow.target_key.not_in(judged),
        )
    )
    with transaction(engine) as connection:
        row = connection.execute(query).one()
    return row[0], row[1]
