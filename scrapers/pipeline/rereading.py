"""Archived pages to rows in this process, or in several, without a word to the ledger."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
from multiprocessing import get_context
from typing import Any

from scrapers.archive.store import Archive
from scrapers.errors import ConfigInvalid, TargetAbsent, TouchlineError, WarehouseUnavailable
from scrapers.parsing.versions import Versions
from scrapers.settings import Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse.engine import engine
from scrapers.warehouse.records import ArchivedPage, PlannedTarget
from scrapers.warehouse.staging import encode_rows
from scrapers.whoscored.read import read_page, selector_files, selectors_in_force

# Below this a second process costs more than it brings.
WORTH_PROCESSES = 16
_AT_A_TIME = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page gave.

    Attributes:
        rows: by table, encoded for COPY; empty when it gave none.
        selector_version: what read it; None: nothing did.
        absent: the page says that there is nothing to read.
        failure_class, detail, facts: why it could not be read; None: it could.
    """

    target: Target
    page_hash: str
    fetched_at: datetime
    rows: dict[str, str] = field(default_factory=dict)
    selector_version: str | None = None
    absent: bool = False
    failure_class: str | None = None
    detail: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Rereader:
    """Reads archived pages by the selector files in force, or by one version alone.

    A version that is not in force may be a draft of the folder.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._archive = Archive(settings.archive_url)
        self._in_force: Versions = selectors_in_force(engine(settings), settings.selectors_dir)
        self._folder: Versions = selector_files(settings.selectors_dir)

    def versions(self, kind: PageKind, version: str | None) -> Versions:
        """Where the version stands; raises ConfigInvalid when it stands nowhere."""
        if version is None or _has(self._in_force, kind, version):
            return self._in_force
        if _has(self._folder, kind, version):
            return self._folder
        raise ConfigInvalid(
            f"version: {version} is neither in force nor in {self._settings.selectors_dir}: see "
            "touchline selectors status"
        )

    def read(self, planned: PlannedTarget) -> Reading:
        """Read the page that the plan names.

        Raises:
            WarehouseUnavailable, ConfigInvalid: nothing can be read.
        """
        target, page = planned.target, planned.page
        assert page is not None
        versions = self.versions(target.page_kind, planned.version)
        try:
            read = read_page(
                self._archive.get(page.page_hash),
                target,
                target.url(self._settings.base_url),
                versions,
                on=page.fetched_at.date(),
                version=planned.version,
            )
            rows = encode_rows(target.key, read.rows)
        except (ConfigInvalid, WarehouseUnavailable):
            raise
        except TouchlineError as error:
            return _failed(target, page, error)
        return Reading(target, page.page_hash, page.fetched_at, rows, read.selector_version)


def _has(versions: Versions, kind: PageKind, version: str) -> bool:
    return any(version in (selector.name, selector.version) for selector in versions.for_kind(kind))


def _failed(target: Target, page: ArchivedPage, error: TouchlineError) -> Reading:
    return Reading(
        target,
        page.page_hash,
        page.fetched_at,
        absent=isinstance(error, TargetAbsent),
        failure_class=error.failure_class,
        detail=error.detail,
        facts=error.facts,
    )


def read_all(
    settings: Settings, planned: Sequence[PlannedTarget], processes: int | None = None
) -> Iterator[Reading]:
    """Readings of the pages, in their order.

    Args:
        processes: how many read; None: one for each core, if there are pages enough.

    Raises:
        WarehouseUnavailable, ConfigInvalid: nothing can be read.
    """
    if processes is None:
        processes = len(os.sched_getaffinity(0)) if len(planned) >= WORTH_PROCESSES else 1
    if processes <= 1:
        yield from map(Rereader(settings).read, planned)
        return
    # Spawned: a fork would share this process's connections and locks.
    pool = ProcessPoolExecutor(processes, get_context("spawn"))
    try:
        yield from pool.map(_read, repeat(settings), planned, chunksize=_AT_A_TIME)
    finally:
        pool.shutdown(cancel_futures=True)


_rereader: list[Rereader] = []


def _read(settings: Settings, planned: PlannedTarget) -> Reading:
    if not _rereader:
        _rereader.append(Rereader(settings))
    return _rereader[0].read(planned)
