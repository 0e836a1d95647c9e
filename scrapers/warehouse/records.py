"""What the ledger speaks in: states, batches, claims and progress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from scrapers.targets import PageKind, Target


class State(StrEnum):
    """Where a target stands on the data's way."""

    PLANNED = "planned"  # to be fetched, now or when it is due
    FETCHING = "fetching"  # a worker holds it
    ARCHIVED = "archived"  # its page is in the archive, to be parsed
    PARSED = "parsed"  # its rows wait in staging
    LANDED = "landed"  # its rows are in the core tables
    QUARANTINED = "quarantined"  # its rows break expectations
    BLOCKED = "blocked"  # it failed as often as its failure class allows
    ABSENT = "absent"  # the page says that there is nothing to read
    DROPPED = "dropped"  # a person said that it should not be asked for; only force asks again


# A dispatch waits for these: what comes after PARSED is the publishing step's.
DISPATCH_DONE = frozenset(
    {State.PARSED, State.LANDED, State.QUARANTINED, State.BLOCKED, State.ABSENT, State.DROPPED}
)
# From these a new plan starts a target over, from DROPPED by force alone; in the others it is
# under way already.
AT_REST = DISPATCH_DONE - {State.PARSED}


# Why a target is read again from the archive: it landed before, or it could not be read before.
REPARSE, MEND = "reparse", "mend"
# Why a page that has landed is fetched anew: to see whether it still reads as it did.
CANARY = "canary"
# Why a page is asked for that an earlier run did not get.
CATCH_UP = "catch-up"
# Why a page is asked for that has landed and settled, or that a person has dropped.
FORCE = "force"


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """A page in the archive, to be read again.

    Attributes:
        page_hash: names it in the archive.
        fetched_at: when it was last fetched.
        chosen_at: when it was chosen by what the ledger then said, on the database's clock; a
            target that changed since is left as it is.
    """

    page_hash: str
    fetched_at: datetime
    chosen_at: datetime


@dataclass(frozen=True, slots=True)
class PlannedTarget:
    """A target that a plan asks for.

    Attributes:
        reason: why: new, correction, recheck, force, reparse, mend, canary or catch-up.
        kickoff_utc: kick-off of its match; None for pages of no match, or if not known.
        page: read this archived page, and fetch none; None: fetch it.
        version: the only selector version to read it with; None: whichever fits.
    """

    target: Target
    reason: str
    kickoff_utc: datetime | None = None
    page: ArchivedPage | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class BatchKey:
    """Names a run's step: what is dispatched once, however often it is asked for.

    Attributes:
        dag_id: the DAG, or the command that stands for one.
        run_id: the DAG run.
        step: the page kind dispatched.
    """

    dag_id: str
    run_id: str
    step: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is.

    Attributes:
        batch_id: the batch.
        total: its targets.
        by_state: how many are in each state; states without any are left out.
        failures: blocked and quarantined targets by failure class.
        done: every target is in a state of `DISPATCH_DONE`.
        paused_until: until when the source is not asked for pages; None: it is asked.
        paused_for: why: a failure class, or "by" and the name of who paused it.
    """

    batch_id: UUID
    total: int
    by_state: dict[State, int]
    failures: dict[str, int]
    done: bool
    paused_until: datetime | None = None
    paused_for: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold on a target; every later word of the worker names the hold.

    It lasts for the setting `lease_seconds` and is prolonged while the worker lives.

    Attributes:
        target: what is held.
        holder: Celery's id of the task; a message that is delivered again has the same one.
        attempt: which try this is within the plan, from 1.
        planned_at: when a plan asked for the target.
        page_hash: the archived page; None before there is one.
        fetched_at: when that page was fetched.
        asked_version: the only selector version to read it with; None: whichever fits.
        archive_only: the plan asks for the archived page: whatever it holds, none is fetched.
        failed_hub: address of the browser hub where the last try's session died; empty: none.
    """

    target: Target
    holder: UUID
    attempt: int
    page_hash: str | None = None
    fetched_at: datetime | None = None
    planned_at: datetime | None = None
    asked_version: str | None = None
    archive_only: bool = False
    failed_hub: str = ""


@dataclass(frozen=True, slots=True)
class Staged:
    """A target's rows in staging.

    Attributes:
        target_key: whose rows.
        staged_id: names this writing of them: rows staged anew have another, so that what was
            judged and what is landed are the same.
    """

    target_key: str
    staged_id: UUID

    @property
    def page_kind(self) -> PageKind:
        """Kind of page that the rows were read from."""
        return Target.from_key(self.target_key).page_kind
