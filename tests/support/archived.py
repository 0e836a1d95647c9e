"""Pages brought into the archive without a browser, and the parse workers played in-process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Engine

from scrapers.archive.store import PageFacts
from scrapers.errors import TouchlineError
from scrapers.pipeline.publish import PublishSummary, publish
from scrapers.targets import Target
from scrapers.tasks.parsing import parse_target
from scrapers.tasks.tools import Tools
from scrapers.warehouse import holding, ledger, sending
from scrapers.warehouse.holding import FetchedPage
from scrapers.warehouse.records import BatchKey, PlannedTarget, State

FETCHED = datetime(2022, 8, 14, 6, tzinfo=UTC)


def open_for_fetch(engine: Engine, *targets: Target, kickoff: datetime | None = None) -> UUID:
    """A batch that asks for these pages."""
    key = BatchKey("test", str(uuid4()), "any")
    return ledger.open_batch(
        engine, key, [PlannedTarget(target, "new", kickoff) for target in targets], None
    )


def put_page(
    tools: Tools, target: Target, html: bytes, fetched_at: datetime, status: int = 200
) -> FetchedPage:
    """Put a page into the archive, as the fetch worker does."""
    url = target.url(tools.settings.base_url)
    facts = PageFacts(
        target_key=target.key,
        requested_url=url,
        final_url=url,
        title="a page",
        status=status,
        fetched_at=fetched_at,
        load_seconds=0.1,
        ready=True,
        browser="none 1",
        hub="http://none/",
    )
    page_hash = tools.archive.put(html, facts)
    return FetchedPage(
        page_hash, url, "a page", status, "none 1", len(html), True, 0.1, facts.fetched_at
    )


def fetched(
    tools: Tools,
    target: Target,
    html: bytes,
    fetched_at: datetime = FETCHED,
    error: TouchlineError | None = None,
) -> str:
    """Play the fetch worker over a planned target; the page's hash.

    Args:
        error: what the fetch finds wrong with the page.
    """
    claim = holding.claim_fetch(tools.engine, target.key, uuid4())
    assert claim is not None
    page = put_page(tools, target, html, fetched_at)
    if error is None:
        assert holding.archived(tools.engine, claim, page)
    else:
        holding.failed(tools.engine, claim, error, "fetch", State.PLANNED, page)
    return page.page_hash


def parse_all(tools: Tools) -> list[str]:
    """Play the parse workers over all that is due; which targets there were."""
    keys = sending.to_send(tools.engine, State.ARCHIVED, 10_000)
    for key in keys:
        parse_target(tools, key, uuid4())
    return keys


def land_pages(
    tools: Tools,
    pages: dict[Target, bytes],
    fetched_at: datetime = FETCHED,
    kickoff: datetime | None = None,
) -> PublishSummary:
    """Bring pages the whole way, from the archive on."""
    batch_id = open_for_fetch(tools.engine, *pages, kickoff=kickoff)
    for target, html in pages.items():
        fetched(tools, target, html, fetched_at)
    parse_all(tools)
    return publish(tools.engine, batch_id, tools.settings)


def played_workers(tools: Tools) -> Callable[[UUID], None]:
    """What stands where the broker's sender stands: it parses at once what is due."""

    def send(_: UUID) -> None:
        parse_all(tools)

    return send


def fetch_all(tools: Tools, page_of: Callable[[Target], bytes], fetched_at: datetime) -> list[str]:
    """Play the fetch workers over all that is due; which targets there were.

    Args:
        page_of: what the site serves for a target.
    """
    keys = sending.to_send(tools.engine, State.PLANNED, 10_000)
    for key in keys:
        target = Target.from_key(key)
        fetched(tools, target, page_of(target), fetched_at)
    return keys
