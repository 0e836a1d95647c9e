"""From the archive to the ledger: pages that the archive has and the warehouse does not know.

After a restore these are the pages fetched since the dump; after the loss of everything but
the archive, all of them. Each becomes known again, and its target is marked as one whose rows
were lost with the warehouse, so that a re-parse lands them, without a request to the site.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from scrapers.archive.store import Archive, PageFacts
from scrapers.errors import (
    ArchiveUnavailable,
    ConfigInvalid,
    LayoutChanged,
    SourceRefused,
    SourceUnavailable,
    TargetAbsent,
    TouchlineError,
    WarehouseUnavailable,
)
from scrapers.targets import Target
from scrapers.warehouse import ledger
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import BatchRow, FailureRow, PageRow, TargetRow
from scrapers.warehouse.records import State
from scrapers.whoscored.emptiness import GONE, check_page

log = logging.getLogger(__name__)

LOST = WarehouseUnavailable(
    "it was under way, or landed later, when the dump was taken: read it again from the archive"
)


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was taken into the ledger.

    Attributes:
        pages: archived pages that were unknown.
        targets: targets to be read again.
        refused: pages among them that are none of the site: refusals, cut ones.
        unknown: pages of kinds or targets that this release does not know.
    """

    pages: int
    targets: int
    refused: int
    unknown: int


def settle(engine: Engine) -> None:
    """Let go of what was under way when the dump was taken; can be run again.

    Its batches end as failed: what they did not get is a gap, which the catch-up closes. What was
    archived and not landed is to be read again.
    """
    with transaction(engine) as connection:
        query = select(BatchRow.batch_id).where(BatchRow.state == "open")
        open_batches = connection.scalars(query.order_by(BatchRow.created_at)).all()
    for batch_id in open_batches:
        ledger.close_batch(engine, batch_id, ledger.FAILED, {"restored": True})
    with transaction(engine) as connection:
        under_way = (
            select(TargetRow.target_key)
            .where(TargetRow.state.in_(_UNDER_WAY))
            .order_by(TargetRow.target_key)
            .with_for_update()
        )
        keys = connection.scalars(under_way).all()
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key.in_(keys))
            .values(state=State.BLOCKED, **_FREE, **_lost())
        )


_UNDER_WAY = (
    State.PLANNED,
    State.FETCHING,
    State.ARCHIVED,
    State.PARSED,
    State.QUARANTINED,
)
_FREE = {"holder": None, "lease_until": None, "sent_at": None}


def _lost() -> dict[str, object]:
    return {
        "failure_class": LOST.failure_class,
        "failure_detail": LOST.detail,
        "failure_facts": {},
        "staged_id": None,
        "staged_sha256": None,
    }


def adopt(engine: Engine, archive: Archive) -> Adopted:
    """Make the archive's unknown pages known; run again, it finds nothing more.

    Raises:
        ArchiveUnavailable: the archive can't be listed or read.
        WarehouseUnavailable: nothing of the page at hand is half noted; call again.
    """
    with transaction(engine) as connection:
        query = select(PageRow.target_key, PageRow.page_hash, PageRow.last_fetched_at)
        known = {(row[0], row[1]): row[2] for row in connection.execute(query)}
    pages = refused = unknown = 0
    targets: set[str] = set()
    for page_hash, facts in _fetches(archive):
        seen = known.get((facts.target_key, page_hash))
        if seen is not None and seen >= facts.fetched_at:
            continue
        try:
            target = Target.from_key(facts.target_key)
        except ConfigInvalid as error:
            log.warning("%s: %s", page_hash, error.detail)
            unknown += 1
            continue
        wrong = _wrong(archive, page_hash, facts, target)
        with transaction(engine) as connection:
            _note(connection, page_hash, facts, target, wrong)
        known[facts.target_key, page_hash] = facts.fetched_at
        pages += 1
        refused += wrong is not None
        if wrong is None:
            targets.add(target.key)
    return Adopted(pages, len(targets), refused, unknown)


def _fetches(archive: Archive) -> Iterator[tuple[str, PageFacts]]:
    """Every fetch that the archive knows, oldest first."""
    hashes = {
        name.rsplit("/", 1)[-1].partition(".")[0]
        for name, _ in archive.files.everything("pages")
        if name.endswith(".html.zst")
    }
    found = [(page_hash, facts) for page_hash in hashes for facts in archive.facts(page_hash)]
    yield from sorted(found, key=lambda item: (item[1].fetched_at, item[0]))


def _wrong(
    archive: Archive, page_hash: str, facts: PageFacts, target: Target
) -> TouchlineError | None:
    if facts.status in GONE:
        return TargetAbsent(f"the site answered {facts.status}: it has no such page")
    try:
        check_page(archive.get(page_hash), facts.title, target.page_kind)
    except (
        *(SourceRefused, SourceUnavailable, TargetAbsent),
        *(LayoutChanged, ArchiveUnavailable),
    ) as error:
        return error
    return None


def _note(
    connection: Connection,
    page_hash: str,
    facts: PageFacts,
    target: Target,
    wrong: TouchlineError | None,
) -> None:
    told = {
        "url": facts.final_url,
        "title": facts.title,
        "status": facts.status,
        "browser": facts.browser,
        "size_bytes": facts.size_bytes,
        "ready": facts.ready,
        "load_seconds": facts.load_seconds,
        "last_fetched_at": facts.fetched_at,
    }
    connection.execute(
        upsert(TargetRow)
        .values(
            target_key=target.key,
            page_kind=str(target.page_kind),
            state=State.BLOCKED,
            planned_at=facts.fetched_at,
            **_lost(),
        )
        .on_conflict_do_nothing()
    )
    connection.execute(
        upsert(PageRow)
        .values(
            page_hash=page_hash,
            target_key=target.key,
            first_fetched_at=facts.fetched_at,
            **told,
        )
        .on_conflict_do_update(index_elements=[PageRow.page_hash, PageRow.target_key], set_=told)
    )
    if wrong is not None:
        connection.execute(
            upsert(FailureRow).values(
                target_key=target.key,
                at=facts.fetched_at,
                stage="fetch",
                failure_class=wrong.failure_class,
                severity=wrong.severity,
                detail=wrong.detail,
                facts={},
                attempt=1,
                page_hash=page_hash,
            )
        )
        return
    connection.execute(
        update(TargetRow)
        .where(TargetRow.target_key == target.key, _is_older(facts.fetched_at))
        .values(
            state=State.BLOCKED,
            page_hash=page_hash,
            fetched_at=facts.fetched_at,
            **_FREE,
            **_lost(),
        )
    )


def _is_older(at: datetime) -> ColumnElement[bool]:
    return func.coalesce(TargetRow.fetched_at < at, True)
