"""What newly read pages would do to the warehouse: judged, and held against what has landed.

A version may read every page and read one field from a wrong place. Its rows show it: what has
landed of the same match, player or referee would be another value all at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from scrapers.errors import InvalidRows
from scrapers.parsing.extract import Extracted
from scrapers.pipeline.judging import Failing, judge_stage
from scrapers.settings import Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse.landing import Foreseen
from scrapers.warehouse.name_tables import KINDS
from scrapers.warehouse.rehearsal import rehearsal
from scrapers.warehouse.staging import encode_rows
from scrapers.whoscored.read import rows_of

# What pages of these say does not change once it was played; tables and statistics go on.
_LASTING = (PageKind.MATCH_CENTRE, PageKind.MATCH_REPORT)
_MOST = 0.5  # of a column's landed values, that others are no corrections


@dataclass(frozen=True, slots=True)
class NewlyRead:
    """An archived page that the version in force does not read, and what the new one reads.

    Attributes:
        version: what read it, e.g. `match_centre/2026-08`.
    """

    target: Target
    page_hash: str
    fetched_at: datetime
    version: str
    extracted: Extracted = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trial:
    """What landing the pages would do.

    Attributes:
        pages: how many were tried: of each target the latest.
        failing: targets that the gate would put aside.
        refused: why the batch as a whole would be refused; None: it would not.
        tables: what landing would do by table, if nothing were put aside.
        lasting: tables whose values do not change by themselves.
    """

    pages: int = 0
    failing: dict[str, Failing] = field(default_factory=dict)
    refused: str | None = None
    tables: dict[str, Foreseen] = field(default_factory=dict)
    lasting: frozenset[str] = frozenset()

    def objections(self, accepted: Collection[str]) -> Iterator[str]:
        """Why the version should not be put in force, as sentences.

        Args:
            accepted: columns, `table.column`, of which a person knows that their values change.
        """
        if self.refused:
            yield f"the newly read pages would be refused: {self.refused}"
        elif self.pages and len(self.failing) == self.pages:
            key, why = next(iter(self.failing.items()))
            yield f"every newly read page would be put aside: {key}: {why.detail}"
        for name, seen in self.tables.items():
            landed = seen.counts.updated + seen.counts.unchanged
            for column, change in seen.changes.items():
                told = f"{name}.{column}"
                if name not in self.lasting or told in accepted:
                    continue
                if change.replaced > _MOST * landed:
                    yield (
                        f"{told} would change in {change.replaced} of {landed} rows that have "
                        f"landed, as {_value(change.old)} → {_value(change.new)} "
                        f"({', '.join(map(str, change.key))}): mend its place, or add "
                        f"--accept {told} if the site has changed the value"
                    )

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "pages": self.pages,
            "failing": {key: asdict(why) for key, why in self.failing.items()},
            "refused": self.refused,
            "tables": {
                name: {
                    **asdict(seen.counts),
                    "changes": {column: asdict(c) for column, c in seen.changes.items()},
                }
                for name, seen in self.tables.items()
            },
        }


def _value(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def try_rows(settings: Settings, pages: Sequence[NewlyRead]) -> Trial:
    """Judge the pages' rows and compare them with what has landed; change nothing.

    Raises:
        WarehouseUnavailable: the warehouse can't be read.
    """
    latest: dict[str, NewlyRead] = {}
    for page in sorted(pages, key=lambda page: page.fetched_at):
        latest[page.target.key] = page
    if not latest:
        return Trial()
    failing: dict[str, Failing] = {}
    with rehearsal(settings) as stage:
        for key, page in latest.items():
            try:
                rows = encode_rows(key, rows_of(page.extracted, page.target))
                stage.put(page.target, rows, page.page_hash, page.fetched_at, page.version)
            except InvalidRows as error:
                failing[key] = Failing(error.failure_class, error.detail, error.facts)
        refused = None
        if stage.staged:
            stage.ready()
            bad, refused = judge_stage(stage, settings, failing, ())
            failing |= bad
        # Also of those put aside: what they would change tells why.
        keys = [item.target_key for item in stage.staged]
        tables = stage.foresee(keys) if keys else {}
    kinds = {page.target.page_kind for page in latest.values()}
    lasting = frozenset(tables if kinds <= set(_LASTING) else KINDS)
    return Trial(len(latest), failing, refused, tables, lasting)
