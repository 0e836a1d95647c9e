"""A re-parse that only tells what it would do: rows by table, and targets that would fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import Engine

from scrapers.errors import InvalidRows
from scrapers.pipeline.judging import Failing, judge_stage
from scrapers.pipeline.kept import kept_rows
from scrapers.pipeline.progress import describe_failures
from scrapers.pipeline.reparse import choose
from scrapers.pipeline.reparse_request import ReparseRequest
from scrapers.pipeline.rereading import Reading, read_all
from scrapers.settings import Settings
from scrapers.warehouse.landing import Foreseen
from scrapers.warehouse.records import MEND
from scrapers.warehouse.rehearsal import Rehearsal, rehearsal

# How many pages are read, and how many there are.
OnRead = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a re-parse would do.

    Attributes:
        pages: pages chosen.
        under_way: how many of their targets others work at now.
        versions: pages that could be read, by selector version.
        absent: targets whose page says that there is nothing to read, and what it says.
        failing: targets that would be blocked or quarantined.
        refused: why the batch as a whole would be refused; None: it would land.
        tables: what landing would do by table.
        kept: how many of the failing targets would keep rows that have landed, by the version
            that read those.
    """

    pages: int
    under_way: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    failing: dict[str, Failing] = field(default_factory=dict)
    refused: str | None = None
    tables: dict[str, Foreseen] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Every page would land, or says that it has nothing."""
        return not self.failing and self.refused is None

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "pages": self.pages,
            "under_way": self.under_way,
            "versions": self.versions,
            "absent": self.absent,
            "failing": {key: asdict(why) for key, why in self.failing.items()},
            "kept": self.kept,
            "refused": self.refused,
            "tables": {name: seen.as_json() for name, seen in self.tables.items()},
        }

    def __str__(self) -> str:
        by = ", ".join(f"{count} by {name}" for name, count in sorted(self.versions.items()))
        text = f"{self.pages} pages: {sum(self.versions.values())} could be read"
        text += f" ({by})" if by else ""
        if self.absent:
            text += f", {len(self.absent)} say that there is nothing"
        if self.failing:
            classes = Counter(why.failure_class for why in self.failing.values())
            text += f", {len(self.failing)} would fail: {describe_failures(classes)}"
        if self.refused:
            text += f"; the batch would be refused: {self.refused}"
        return text


def dry_run(
    engine: Engine,
    settings: Settings,
    request: ReparseRequest,
    *,
    processes: int | None = None,
    on_read: OnRead | None = None,
) -> Difference:
    """Read the pages, judge their rows and compare them with what has landed; change nothing.

    Args:
        processes: how many read pages at a time; None: as many as there are cores.
        on_read: told how far the reading is.

    Raises:
        ConfigInvalid: the version asked for is neither in force nor a draft.
        WarehouseUnavailable: the warehouse can't be read.
    """
    chosen = choose(engine, request)
    mends = {item.target.key for item in chosen.planned if item.reason == MEND}
    found = Difference(len(chosen.planned), chosen.under_way)
    if not chosen.planned:
        return found
    with rehearsal(settings) as stage:
        for number, reading in enumerate(read_all(settings, chosen.planned, processes), start=1):
            _take(stage, reading, found)
            if on_read:
                on_read(number, len(chosen.planned))
        if not stage.staged:
            return replace(found, kept=kept_rows(engine, list(found.failing)))
        stage.ready()
        bad, refused = judge_stage(stage, settings, found.failing, mends)
        found.failing.update(bad)
        good = [item.target_key for item in stage.staged if item.target_key not in bad]
        tables = stage.foresee(good) if good else {}
    return Difference(
        found.pages,
        found.under_way,
        found.versions,
        found.absent,
        found.failing,
        refused,
        tables,
        kept_rows(engine, list(found.failing)),
    )


def _take(stage: Rehearsal, reading: Reading, found: Difference) -> None:
    key = reading.target.key
    if reading.absent:
        found.absent[key] = reading.detail or ""
    elif reading.selector_version is None:
        found.failing[key] = Failing(
            reading.failure_class or "", reading.detail or "", reading.facts
        )
    else:
        version = reading.selector_version
        try:
            stage.put(reading.target, reading.rows, reading.page_hash, reading.fetched_at, version)
        except InvalidRows as error:
            found.failing[key] = Failing(error.failure_class, error.detail, error.facts)
            return
        found.versions[version] = found.versions.get(version, 0) + 1
