"""Whether fetched pages could be kept lately, as the ledger knows it: all workers see the same."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select

from scrapers.errors import ArchiveUnavailable
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import FailureRow, PageRow

# What failed longer ago says nothing any more.
_REMEMBERED = timedelta(days=1)


def failing_since(engine: Engine) -> datetime | None:
    """Since when no fetched page could be kept.

    Returns:
        When the archive first refused a page that came after the last one it took; None: it took
        the latest, or has refused none within a day.

    Raises:
        WarehouseUnavailable: the ledger can't be read.
    """
    refused = (
        FailureRow.failure_class == ArchiveUnavailable.__name__,
        FailureRow.stage == "fetch",  # one that can't be read may be damaged: others can be kept
        FailureRow.at > func.now() - _REMEMBERED,
    )
    with transaction(engine) as connection:
        latest = connection.scalar(select(func.max(FailureRow.at)).where(*refused))
        if latest is None:
            return None
        # The latest page is known by a look at all of them: only when the archive has failed.
        kept = connection.scalar(select(func.max(PageRow.last_fetched_at)))
        later = (FailureRow.at > kept,) if kept is not None else ()
        return connection.scalar(select(func.min(FailureRow.at)).where(*refused, *later))
