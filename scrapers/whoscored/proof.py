"""Pages on which selector files are proven: golden ones, and the newest of the archive."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from scrapers.archive.store import Archive
from scrapers.errors import ConfigInvalid, LayoutChanged
from scrapers.parsing.extract import Extracted
from scrapers.parsing.replay import Sample
from scrapers.targets import SOURCE, PageKind, Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import PageRow, TargetRow
from scrapers.warehouse.records import State
from scrapers.whoscored.emptiness import check_page
from scrapers.whoscored.read import disagreements

_IDS = re.compile(r"\d+(?:_\d+)*$")
_page: Any = PageRow.__table__
_target: Any = TargetRow.__table__


def judge(sample: Sample, extracted: Extracted) -> Sequence[str]:
    """What contradicts itself in a page's values, or what was asked for."""
    if sample.target_key is None:
        return []
    return disagreements(extracted, Target.from_key(sample.target_key))


def gate(sample: Sample) -> None:
    """Refuse what is no page of the site: see `scrapers.whoscored.emptiness`."""
    check_page(sample.html, "", sample.kind)


def page_of_file(path: Path) -> bytes:
    """The page in an .html or .html.gz file.

    Raises:
        ConfigInvalid: it can't be read.
    """
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigInvalid(
            f"{path} can't be read ({type(error).__name__}): name an .html or .html.gz file, "
            "or the hash of an archived page"
        ) from error


def golden_pages(folder: Path, kind: PageKind) -> Iterator[Sample]:
    """Pages under `folder`/<page kind>; the ids at the end of a file's name are its target's.

    `match_centre/1650630.html.gz` and `schedule/20934_202208.html` say what was asked for, so
    that a page's meaning can be checked too.

    Raises:
        ConfigInvalid: a file can't be read.
    """
    for path in sorted((folder / kind.value).glob("*.html*")):
        if path.name.endswith((".html", ".html.gz")):
            key = target_of_name(path.name.partition(".")[0], kind)
            yield Sample(path.name, kind, page_of_file(path), target_key=key, is_golden=True)


def target_of_name(name: str, kind: PageKind) -> str | None:
    """Key of the target that a file's name ends with, if it does."""
    found = _IDS.search(name)
    if found is None:
        return None
    try:
        return Target.from_key(f"{SOURCE}/{kind.value}/{found.group().replace('_', '/')}").key
    except ConfigInvalid:
        return None


def archived_pages(
    engine: Engine, archive: Archive, kind: PageKind, count: int
) -> Iterator[Sample]:
    """The newest archived pages of a kind: so many of all, of those that landed, of unread ones.

    However many pages are blocked, those that landed are there to be compared with.

    Raises:
        WarehouseUnavailable: PostgreSQL can't be reached.
        ArchiveUnavailable: a page can't be had.
    """
    newest = select(_page).where(_page.c.target_key.like(f"{SOURCE}/{kind.value}/%"))
    newest = newest.order_by(_page.c.last_fetched_at.desc(), _page.c.page_hash).limit(count)
    with transaction(engine) as connection:
        rows = [
            *connection.execute(newest),
            *connection.execute(_landed(kind, count)),
            *connection.execute(_unread(kind, count)),
        ]
    yield from _samples(archive, rows)


def read_pages(engine: Engine, archive: Archive, kind: PageKind, count: int) -> Iterator[Sample]:
    """The newest archived pages of a kind that landed: their targets' latest, read by a version.

    Raises:
        WarehouseUnavailable, ArchiveUnavailable: as `archived_pages`.
    """
    with transaction(engine) as connection:
        rows = connection.execute(_landed(kind, count)).all()
    yield from _samples(archive, rows)


def unread_pages(engine: Engine, archive: Archive, kind: PageKind, count: int) -> Iterator[Sample]:
    """The newest archived pages of a kind that no version in force read.

    Raises:
        WarehouseUnavailable, ArchiveUnavailable: as `archived_pages`.
    """
    with transaction(engine) as connection:
        rows = connection.execute(_unread(kind, count)).all()
    yield from _samples(archive, rows)


def pages_of_target(engine: Engine, archive: Archive, key: str, count: int) -> Iterator[Sample]:
    """The archived pages of a target, the newest first.

    Raises:
        WarehouseUnavailable, ArchiveUnavailable: as `archived_pages`.
    """
    query = select(_page).where(_page.c.target_key == key)
    query = query.order_by(_page.c.last_fetched_at.desc(), _page.c.page_hash).limit(count)
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    yield from _samples(archive, rows)


def page_of_hash(engine: Engine, archive: Archive, page_hash: str, kind: PageKind | None) -> Sample:
    """An archived page by its hash.

    Raises:
        ConfigInvalid: the warehouse does not know it (of this kind).
        WarehouseUnavailable, ArchiveUnavailable: as `archived_pages`.
    """
    query = select(_page).where(_page.c.page_hash == page_hash)
    query = query.order_by(_page.c.last_fetched_at.desc())
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    for row in rows:
        if kind is None or Target.from_key(row.target_key).page_kind == kind:
            return next(_samples(archive, [row]))
    raise ConfigInvalid(f"no archived page {page_hash[:12]}… of this page kind is known")


def _landed(kind: PageKind, count: int) -> Any:
    return _latest(kind, count, _target.c.state == State.LANDED)


def _unread(kind: PageKind, count: int) -> Any:
    return _latest(kind, count, _target.c.failure_class == LayoutChanged.__name__)


def _latest(kind: PageKind, count: int, which: Any) -> Any:
    """The newest pages of a kind that are their targets' latest, of targets such as these."""
    return (
        select(_page)
        .join(_target, _target.c.target_key == _page.c.target_key)
        .where(_target.c.page_hash == _page.c.page_hash)
        .where(_target.c.page_kind == kind.value)
        .where(which)
        .order_by(_page.c.last_fetched_at.desc(), _page.c.page_hash)
        .limit(count)
    )


def _samples(archive: Archive, rows: Iterable[Any]) -> Iterator[Sample]:
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if (row.page_hash, row.target_key) in seen:
            continue
        seen.add((row.page_hash, row.target_key))
        target = Target.from_key(row.target_key)
        fetched: date = row.last_fetched_at.date()
        name = f"{'/'.join(target.ids)} ({row.page_hash[:12]})"
        html = archive.get(row.page_hash)
        yield Sample(
            name, target.page_kind, html, fetched, target.key, row.page_hash,
            fetched_at=row.last_fetched_at,
        )  # fmt: skip


def whole_hash(engine: Engine, beginning: str) -> str:
    """The hash of the archived page that begins so.

    Raises:
        ConfigInvalid: no page's hash begins so, or those of several do.
    """
    query = (
        select(PageRow.page_hash)
        .where(PageRow.page_hash.startswith(beginning, autoescape=True))
        .distinct()
        .limit(2)
    )
    with transaction(engine) as connection:
        found = list(connection.scalars(query))
    if len(found) != 1:
        what = "several pages' hashes begin" if found else "no archived page's hash begins"
        raise ConfigInvalid(
            f"{what} with {beginning}: `touchline lineage match ID` and raw.page name the pages"
        )
    return found[0]
