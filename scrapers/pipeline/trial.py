"""What pages that a new version reads would do to the warehouse: judged, and held against it.

A version may read every page and read one field from a wrong place. Its rows show it: what has
landed of the same match, player or referee would be another value all at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from scrapers.errors import InvalidRows
from scrapers.parsing.extract import Extracted
from scrapers.parsing.values import shown
from scrapers.pipeline.judging import Failing, judge_stage
from scrapers.settings import Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse.engine import engine, transaction
from scrapers.warehouse.landing import Foreseen
from scrapers.warehouse.name_tables import KINDS
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import State
from scrapers.warehouse.rehearsal import rehearsal
from scrapers.warehouse.staging import encode_rows
from scrapers.whoscored.read import rows_of

# What pages of these say does not change once it was played; tables and statistics go on.
_LASTING = (PageKind.MATCH_CENTRE, PageKind.MATCH_REPORT)
# A place in a list: one row more moves all that follow.
_POSITIONS = frozenset({"ordinal"})
_LISTS = frozenset({"match_trait"})  # its rows are known by their place alone
_MOST = 0.5  # of a column's landed values, that others are no corrections


@dataclass(frozen=True, slots=True)
class ReadByNew:
    """An archived page, and what the new version reads on it.

    Attributes:
        version: what read it, e.g. `match_centre/2026-08`.
        is_new: nothing in force reads it.
    """

    target: Target
    page_hash: str
    fetched_at: datetime
    version: str
    extracted: Extracted = field(repr=False)
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """What landing the pages would do.

    Attributes:
        pages: how many were tried: of each target the latest.
        newly: of them those that nothing in force reads.
        failing: targets that the gate would put aside.
        refused: why the batch as a whole would be refused; None: it would not.
        tables: what landing would do by table, if nothing were put aside.
        lasting: tables whose values do not change by themselves.
    """

    pages: int = 0
    newly: frozenset[str] = frozenset()
    failing: dict[str, Failing] = field(default_factory=dict)
    refused: str | None = None
    tables: dict[str, Foreseen] = field(default_factory=dict)
    lasting: frozenset[str] = frozenset()

    def objections(self, accepted: Collection[str] = ()) -> Iterator[str]:
        """Why the version should not be put in force, as sentences.

        Args:
            accepted: columns, `table.column`, of which a person knows that their values change.
        """
        if self.refused:
            yield f"the pages that it reads would be refused: {self.refused}"
        else:
            new = {key: why for key, why in self.failing.items() if key in self.newly}
            if len(new) > _MOST * len(self.newly):
                yield _put_aside(new, len(self.newly), "newly reads")
            elif len(self.failing) > _MOST * self.pages:
                yield _put_aside(self.failing, self.pages, "reads")
        for told, sentence in self._changes():
            if told not in accepted:
                yield (
                    f"{sentence}: mend its place, or add --accept {told} if the site has "
                    "changed it or what has landed is wrong"
                )

    def silenced(self, accepted: Collection[str]) -> list[str]:
        """Of what was accepted, that which there would be an objection to."""
        return sorted({told for told, _ in self._changes()} & set(accepted))

    def _changes(self) -> Iterator[tuple[str, str]]:
        for name, seen in self.tables.items():
            if name not in self.lasting or name in _LISTS:
                continue
            counts = seen.counts
            landed = counts.updated + counts.unchanged + counts.deleted
            if seen.lost > _MOST * landed:
                yield name, f"{name} would lose {seen.lost} of {landed} rows that have landed"
            for column, change in seen.changes.items():
                if column not in _POSITIONS and change.replaced > _MOST * change.landed:
                    yield (
                        f"{name}.{column}",
                        f"{name}.{column} would change in {change.replaced} of {change.landed} "
                        f"rows that have landed with a value, as {shown(change.old)} → "
                        f"{shown(change.new)} ({', '.join(map(str, change.key))})",
                    )

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "pages": self.pages,
            "failing": {key: asdict(why) for key, why in self.failing.items()},
            "refused": self.refused,
            "tables": {name: seen.as_json() for name, seen in self.tables.items()},
        }


def _put_aside(failing: Mapping[str, Failing], pages: int, how: str) -> str:
    key, why = next(iter(failing.items()))
    return (
        f"{len(failing)} of {pages} pages that it {how} would be put aside, as {key}: {why.detail}"
    )


def try_rows(
    settings: Settings,
    pages: Sequence[ReadByNew],
    distrusted: Sequence[str] = (),
    accepted: Collection[str] = (),
) -> Trial:
    """Judge the pages' rows and compare them with what has landed; change nothing.

    Args:
        distrusted: versions that were taken back: what they landed is no evidence.
        accepted: columns, `table.column`, whose landed values may change: no rule holds against
            them.

    Raises:
        WarehouseUnavailable: the warehouse can't be read.
    """
    latest: dict[str, ReadByNew] = {}
    landed = _landed(settings, pages)
    for page in sorted(pages, key=lambda page: page.fetched_at):
        # No landing would take a page that is older than the one that landed.
        if page.fetched_at >= landed.get(page.target.key, page.fetched_at):
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
            # None of them counts for the share of good ones: most could not be read before.
            bad, refused = judge_stage(stage, settings, failing, latest.keys(), accepted)
            failing |= bad
        # Also of those put aside: what they would change tells why.
        keys = [item.target_key for item in stage.staged]
        tables = stage.foresee(keys, distrusted) if keys else {}
    kinds = {page.target.page_kind for page in latest.values()}
    lasting = frozenset(tables if kinds <= set(_LASTING) else KINDS)
    newly = frozenset(key for key, page in latest.items() if page.is_new)
    return Trial(len(latest), newly, failing, refused, tables, lasting)


def _landed(settings: Settings, pages: Sequence[ReadByNew]) -> dict[str, datetime]:
    """When the pages were fetched that have landed, by target key."""
    query = select(TargetRow.target_key, TargetRow.fetched_at).where(
        TargetRow.target_key.in_([page.target.key for page in pages]),
        TargetRow.landed_at.is_not(None),
        TargetRow.state == State.LANDED,
        TargetRow.fetched_at.is_not(None),
    )
    with transaction(engine(settings)) as connection:
        return {row.target_key: row.fetched_at for row in connection.execute(query)}
