"""Tables about the work itself: the ledger and its batches, failures, verdicts, raw pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from scrapers.warehouse import health_tables, name_tables  # noqa: F401 - part of the metadata
from scrapers.warehouse.tables import OPS, RAW, Base, metadata

__all__ = [
    "BatchRow",
    "BatchTargetRow",
    "FailureRow",
    "FollowedStageRow",
    "HostTurnRow",
    "LandingRow",
    "PageCoverageRow",
    "PageRow",
    "QuarantineRow",
    "SelectorReleaseRow",
    "SourceStateRow",
    "TargetRow",
    "ValidationRow",
    "metadata",
]


def _col(comment: str, *args: Any, **options: Any) -> Any:
    return mapped_column(*args, comment=comment, **options)


class TargetRow(Base):
    """The ledger: one row for each page that was ever asked for, and where it stands."""

    __tablename__ = "target"
    __table_args__ = (
        Index("target_state_due_at_idx", "state", "due_at"),
        {"schema": OPS},
    )

    target_key: Mapped[str] = _col(
        "name of the target: source/page kind/ids; see scrapers.targets", primary_key=True
    )
    page_kind: Mapped[str] = _col("page kind")
    state: Mapped[str] = _col("state; see scrapers.warehouse.records.State")
    kickoff_utc: Mapped[datetime | None] = _col("kick-off of its match, as the schedule had it")
    planned_at: Mapped[datetime] = _col("when a plan last asked for it, UTC")
    attempts: Mapped[int] = _col(
        "tries since then; waits that say nothing of the target do not count",
        server_default=text("0"),
    )
    # While it is held by a worker that is silent: when that counts as gone; see `lost_claims`.
    due_at: Mapped[datetime] = _col("not to be sent before this, UTC", server_default=func.now())
    sent_at: Mapped[datetime | None] = _col(
        "when it was last handed to the broker in this state; null: not yet"
    )
    holder: Mapped[UUID | None] = _col("the task that holds it; null: none")
    lease_until: Mapped[datetime | None] = _col("until when the hold counts, UTC")
    failures: Mapped[int] = _col("failures since it was planned", server_default=text("0"))
    failing_since: Mapped[datetime | None] = _col("first failure since it was planned, UTC")
    failure_class: Mapped[str | None] = _col("class of the latest failure since it was planned")
    failure_detail: Mapped[str | None] = _col("sentence of that failure")
    failure_facts: Mapped[dict[str, Any] | None] = _col("facts of that failure")
    page_hash: Mapped[str | None] = _col("latest archived page; see raw.page")
    fetched_at: Mapped[datetime | None] = _col("when that page was fetched, UTC")
    selector_version: Mapped[str | None] = _col("selector file that read it last")
    staged_id: Mapped[UUID | None] = _col("names the latest writing of its rows to staging")
    landed_at: Mapped[datetime | None] = _col("when rows of it last landed, UTC")
    updated_at: Mapped[datetime] = _col(
        "when this row last changed, UTC",
        server_default=func.now(),
        onupdate=func.clock_timestamp(),
    )
    asked_version: Mapped[str | None] = _col(
        "selector file that the latest plan asks to read it with; null: whichever fits"
    )
    archive_only: Mapped[bool] = _col(
        "the latest plan asks for the archived page; none is fetched", server_default=text("false")
    )
    landed_version: Mapped[str | None] = _col("selector file that read what last landed")
    staged_sha256: Mapped[str | None] = _col(
        "SHA-256 of the selector text that read the rows in staging; null: not known"
    )


class BatchRow(Base):
    """What a run's step asked for; one is open for a step at a time."""

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("dag_id", "run_id", "step", "round"),
        Index(
            "batch_open_key",
            "dag_id",
            "run_id",
            "step",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        {"schema": OPS},
    )

    batch_id: Mapped[UUID] = _col("id", primary_key=True)
    dag_id: Mapped[str] = _col("DAG, or the command that stands for one")
    run_id: Mapped[str] = _col("DAG run")
    step: Mapped[str] = _col("page kind; or reparse, canary: pages of several kinds")
    round: Mapped[int] = _col("counts the batches of this step of the run, from 1")
    state: Mapped[str] = _col("open, published or failed")
    interval_start: Mapped[datetime | None] = _col("first moment of the days asked for, UTC")
    interval_end: Mapped[datetime | None] = _col("first moment after the days asked for, UTC")
    created_at: Mapped[datetime] = _col("when it was opened, UTC", server_default=func.now())
    closed_at: Mapped[datetime | None] = _col("when it was closed, UTC")
    summary: Mapped[dict[str, Any] | None] = _col("what became of it")


class BatchTargetRow(Base):
    """A target of a batch; several batches may wait for the same target."""

    __tablename__ = "batch_target"
    __table_args__ = ({"schema": OPS},)

    batch_id: Mapped[UUID] = _col(
        "batch", ForeignKey(f"{OPS}.batch.batch_id", ondelete="CASCADE"), primary_key=True
    )
    target_key: Mapped[str] = _col(
        "target", ForeignKey(f"{OPS}.target.target_key"), primary_key=True, index=True
    )
    reason: Mapped[str] = _col(
        "why it was planned: new, correction, recheck, force, reparse, mend, canary"
    )


class FailureRow(Base):
    """A failure of a target, each time it failed."""

    __tablename__ = "failure"
    __table_args__ = ({"schema": OPS},)

    failure_id: Mapped[int] = _col("id", BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = _col("when, UTC", server_default=func.now(), index=True)
    target_key: Mapped[str] = _col("target", ForeignKey(f"{OPS}.target.target_key"), index=True)
    stage: Mapped[str] = _col("where on the way: fetch, parse or validate")
    failure_class: Mapped[str] = _col("class, of scrapers.errors")
    severity: Mapped[str] = _col("P1 to P5")
    detail: Mapped[str] = _col("sentence for a person")
    facts: Mapped[dict[str, Any]] = _col("small facts: fields, counts, an incident id")
    attempt: Mapped[int] = _col("which try failed, from 1")
    retry_at: Mapped[datetime | None] = _col("when it is tried again, UTC; null: not")
    page_hash: Mapped[str | None] = _col("the archived page, if there was one")


class QuarantineRow(Base):
    """A target whose rows broke expectations, with the reasons; its rows stay in staging."""

    __tablename__ = "quarantine"
    __table_args__ = ({"schema": OPS},)

    quarantine_id: Mapped[int] = _col("id", BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = _col("when, UTC", server_default=func.now())
    target_key: Mapped[str] = _col("target", ForeignKey(f"{OPS}.target.target_key"), index=True)
    batch_id: Mapped[UUID] = _col("batch that was judged", ForeignKey(f"{OPS}.batch.batch_id"))
    staged_id: Mapped[UUID] = _col("the writing of its rows that was judged")
    page_hash: Mapped[str | None] = _col("page that the rows were read from")
    selector_version: Mapped[str | None] = _col("selector file that read them")
    reasons: Mapped[list[Any]] = _col(
        "[{suite, table, expectation, column, what, rows, examples}]", JSONB
    )
    resolved_at: Mapped[datetime | None] = _col("when a later reading of the target landed, UTC")


class ValidationRow(Base):
    """An expectation's verdict over a batch."""

    __tablename__ = "validation"
    __table_args__ = ({"schema": OPS},)

    validation_id: Mapped[int] = _col("id", BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = _col("when, UTC", server_default=func.now())
    batch_id: Mapped[UUID] = _col(
        "batch that was judged", ForeignKey(f"{OPS}.batch.batch_id"), index=True
    )
    suite: Mapped[str] = _col("expectation suite")
    table_name: Mapped[str] = _col("staged table, or the query's name")
    expectation: Mapped[str] = _col("expectation, e.g. expect_column_values_to_be_between")
    column_name: Mapped[str | None] = _col("column it judges; null: the whole table")
    scope: Mapped[str] = _col("target: a failing row puts its target aside; batch: refuses all")
    success: Mapped[bool] = _col("met or not")
    rows: Mapped[int] = _col("rows judged")
    unexpected: Mapped[int] = _col("rows that break it")
    targets: Mapped[list[Any]] = _col("targets of those rows", JSONB)
    details: Mapped[dict[str, Any]] = _col("arguments and observed values")


class LandingRow(Base):
    """What a batch changed in a core table."""

    __tablename__ = "landing"
    __table_args__ = ({"schema": OPS},)

    landing_id: Mapped[int] = _col("id", BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = _col("when, UTC", server_default=func.now())
    batch_id: Mapped[UUID] = _col("batch", ForeignKey(f"{OPS}.batch.batch_id"), index=True)
    table_name: Mapped[str] = _col("core table")
    inserted: Mapped[int] = _col("rows that are new")
    updated: Mapped[int] = _col("rows that changed")
    deleted: Mapped[int] = _col("rows that vanished from their page, deleted or closed")
    unchanged: Mapped[int] = _col("rows that were there already, the same")


class SourceStateRow(Base):
    """Whether a source is paused; all workers obey it."""

    __tablename__ = "source_state"
    __table_args__ = ({"schema": OPS},)

    source: Mapped[str] = _col("source, e.g. whoscored", primary_key=True)
    paused_until: Mapped[datetime | None] = _col("no page is asked for before this, UTC")
    reason: Mapped[str | None] = _col("why, with the protection's incident id")
    paused_at: Mapped[datetime | None] = _col("when it was paused, UTC")
    failure_class: Mapped[str | None] = _col("class of the failure that paused it")
    paused_by: Mapped[str | None] = _col("who paused it by hand; null: the platform did")
    failures: Mapped[int] = _col(
        "failures of the source, over all targets, since a page of it was last right",
        server_default=text("0"),
    )
    pauses: Mapped[int] = _col(
        "pauses running, each longer than the last, since it was last well",
        server_default=text("0"),
    )
    probe_until: Mapped[datetime | None] = _col(
        "after a pause: until when the one page that tries it counts as under way, UTC"
    )
    resumed_at: Mapped[datetime | None] = _col(
        "since when it is asked again, gently at first, UTC; null: long since"
    )
    gentle_pages: Mapped[int] = _col(
        "right pages since then; the pause between pages shrinks with them",
        server_default=text("0"),
    )


class HostTurnRow(Base):
    """The rate limit's stand-by for when Redis is gone: a host's next free turn."""

    __tablename__ = "host_turn"
    __table_args__ = ({"schema": OPS},)

    host: Mapped[str] = _col("host", primary_key=True)
    next_at: Mapped[datetime] = _col("no page is asked of it before this, UTC")


class SelectorReleaseRow(Base):
    """The registry of selector files: every promotion and rollback, with the text promoted.

    In force is, of each version, the text of its last promotion that was not taken back.
    """

    __tablename__ = "selector_release"
    __table_args__ = (
        Index("selector_release_page_kind_version_idx", "page_kind", "version"),
        {"schema": OPS},
    )

    release_id: Mapped[int] = _col(
        "id; grows in the order of commits", BigInteger, Identity(), primary_key=True
    )
    at: Mapped[datetime] = _col("when, UTC", server_default=func.now())
    page_kind: Mapped[str] = _col("page kind")
    version: Mapped[str] = _col("version of the selector file")
    action: Mapped[str] = _col(
        "initial: first of its page kind; draft: seen, not in force; promote; upgrade: a release "
        "of Touchline replaced its own file; rollback"
    )
    sha256: Mapped[str] = _col("SHA-256 of the text")
    content: Mapped[str] = _col("the whole text of the selector file")
    who: Mapped[str] = _col("who did it")
    reason: Mapped[str | None] = _col("why, where that was asked for")
    report: Mapped[dict[str, Any] | None] = _col("report of the test that allowed it")
    undoes: Mapped[int | None] = _col(
        "of a rollback: the promotion taken back",
        BigInteger,
        ForeignKey(f"{OPS}.selector_release.release_id"),
        unique=True,
    )


class FollowedStageRow(Base):
    """A stage that runs collect besides those of the settings; `touchline follow` writes it."""

    __tablename__ = "followed_stage"
    __table_args__ = ({"schema": OPS},)

    stage_id: Mapped[int] = _col("the site's stage id", primary_key=True, autoincrement=False)
    competition_id: Mapped[int] = _col("its competition, see core.competition")
    season_id: Mapped[int] = _col("its season, see core.season", index=True)
    competition: Mapped[str] = _col("competition's name for people, e.g. 'England Premier League'")
    season: Mapped[str] = _col("season's name for people, e.g. 2025/2026")
    stage: Mapped[str | None] = _col("stage's name, as far as it was known then")
    followed_at: Mapped[datetime] = _col("since when, UTC", server_default=func.now())


class PageRow(Base):
    """An archived page: its bytes are in the archive under the hash, with each fetch's facts."""

    __tablename__ = "page"
    __table_args__ = ({"schema": RAW},)

    page_hash: Mapped[str] = _col("SHA-256 of the page's bytes", primary_key=True)
    target_key: Mapped[str] = _col("target it was fetched for", primary_key=True, index=True)
    url: Mapped[str] = _col("address it came from in the end")
    title: Mapped[str] = _col("title that the browser showed")
    status: Mapped[int | None] = _col("HTTP status, if the browser told it")
    browser: Mapped[str] = _col("browser and version")
    size_bytes: Mapped[int] = _col("size in bytes, not compressed")
    ready: Mapped[bool] = _col("the selector file's sign of readiness was there in time")
    load_seconds: Mapped[float] = _col("time until it was loaded and ready, in seconds")
    first_fetched_at: Mapped[datetime] = _col("first fetched, UTC")
    last_fetched_at: Mapped[datetime] = _col("last fetched with the very same bytes, UTC")


class PageCoverageRow(Base):
    """How often each field of a selector file had a value on a page; once a page and version."""

    __tablename__ = "page_coverage"
    __table_args__ = (
        Index(
            "page_coverage_kind_version_fetched_idx", "page_kind", "selector_version", "fetched_at"
        ),
        {"schema": OPS},
    )

    target_key: Mapped[str] = _col(
        "target it was fetched for", ForeignKey(f"{OPS}.target.target_key"), primary_key=True
    )
    page_hash: Mapped[str] = _col("archived page; see raw.page", primary_key=True)
    selector_version: Mapped[str] = _col("selector file that read it", primary_key=True)
    page_kind: Mapped[str] = _col("page kind")
    fetched_at: Mapped[datetime] = _col("when the page was fetched, UTC")
    read_at: Mapped[datetime] = _col("when it was last read so, UTC", server_default=func.now())
    fields: Mapped[dict[str, Any]] = _col(
        "by field, groups first: [how often it was looked for, how often it had a value]"
    )
