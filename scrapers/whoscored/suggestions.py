"""Suggestions for pages of the archive: which pages, what is known of them, the draft."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from scrapers.archive.store import Archive
from scrapers.errors import ConfigInvalid, LayoutChanged, SourceRefused, SourceUnavailable
from scrapers.parsing.compare import Compared, compare
from scrapers.parsing.extract import Extracted
from scrapers.parsing.page import Page
from scrapers.parsing.replay import READ, Sample, read_sample
from scrapers.parsing.suggest.run import Pattern, Suggestion, suggest
from scrapers.parsing.suggest.scope import Case
from scrapers.parsing.versions import GivenVersions
from scrapers.targets import PageKind, Target
from scrapers.whoscored.known import known_values
from scrapers.whoscored.needs import unmet
from scrapers.whoscored.proof import (
    archived_pages,
    gate,
    judge,
    pages_of_target,
    read_pages,
    unread_pages,
)

_EARLIER = 6  # pages of a target that are tried for its values
_MOST, _MANY = 0.5, 8  # of a field's values, that others are no corrections
_OTHERS = 6  # pages of the kind that are tried for what values look like


@dataclass(slots=True)
class Desk:
    """Where pages and what is known of them come from; without a warehouse there is little.

    Attributes:
        patterns: the versions in force, with their texts.
        engine: the warehouse, if there is one.
        archive: the raw pages, if there are any.
        earlier: pages in the old layout that were given by hand.
    """

    patterns: Sequence[Pattern]
    engine: Engine | None = None
    archive: Archive | None = None
    earlier: Sequence[Sample] = ()

    @property
    def _versions(self) -> GivenVersions:
        return GivenVersions([pattern.selector for pattern in self.patterns])

    def cases(self, samples: Iterable[Sample]) -> list[Case]:
        """The pages that need a version, each with what is known of it.

        Pages that are read as before, or are none of the site, are left out. One that is read, but
        otherwise than the same target's earlier page, has kept its shape and changed its meaning.

        Raises:
            WarehouseUnavailable, ArchiveUnavailable: see there.
        """
        found: list[Case] = []
        for sample in samples:
            try:
                gate(sample)
                page = Page(sample.html, sample.name)
            except (SourceRefused, SourceUnavailable, LayoutChanged):
                continue
            reading = read_sample(sample, page, self._versions, judge, None)
            if reading.outcome == LayoutChanged.__name__:
                found.append(self._case(sample, page))
            elif reading.outcome == READ and reading.extracted is not None:
                case = self._case(sample, page)
                if case.known is not None and _reads_otherwise(case, reading.extracted):
                    found.append(case)
        return found

    def more(self, kind: PageKind, count: int) -> Iterator[Sample]:
        """Further pages of the archive that no version read."""
        if self.engine is not None and self.archive is not None:
            yield from unread_pages(self.engine, self.archive, kind, count)

    def _case(self, sample: Sample, page: Page) -> Case:
        if own := self._read_one(self._earlier(sample), sample):
            before, values = own
            day = f" of {before.on:%Y-%m-%d}" if before.on else ""
            return Case(sample, page, values, f"its page{day}", None, Page(before.html))
        known = None
        if sample.target_key is not None and self.engine is not None:
            known = known_values(self.engine, Target.from_key(sample.target_key))
        source = "its ids and the schedule" if known is not None else "nothing"
        if other := self._read_one(self._others(sample), sample):
            return Case(sample, page, known, source, other[1], Page(other[0].html))
        return Case(sample, page, known, source)

    def _read_one(self, samples: Iterable[Sample], new: Sample) -> tuple[Sample, Extracted] | None:
        for sample in samples:
            if sample.html == new.html or sample.kind != new.kind:
                continue
            try:
                page = Page(sample.html, sample.name)
            except LayoutChanged:
                continue
            reading = read_sample(sample, page, self._versions, judge, gate)
            if reading.outcome == READ and reading.extracted is not None:
                return sample, reading.extracted
        return None

    def _earlier(self, sample: Sample) -> Iterator[Sample]:
        if sample.target_key is None:
            return
        yield from (s for s in self.earlier if s.target_key == sample.target_key)
        if self.engine is not None and self.archive is not None:
            yield from pages_of_target(self.engine, self.archive, sample.target_key, _EARLIER)

    def _others(self, sample: Sample) -> Iterator[Sample]:
        yield from self.earlier
        if self.engine is not None and self.archive is not None:
            yield from read_pages(self.engine, self.archive, sample.kind, _OTHERS)
            yield from archived_pages(self.engine, self.archive, sample.kind, _OTHERS)


def _reads_otherwise(case: Case, now: Extracted) -> bool:
    """Whether a field has other values throughout than the same target had: not corrections."""
    if case.alike is not None or case.known is None:
        return False
    counts: Compared = {}
    compare(case.known, now, counts)
    many = [c for c in counts.values() if c.changed > _MOST * (c.changed + c.same)]
    return len(many) > 1 or any(c.changed >= _MANY for c in many)


def suggest_for(desk: Desk, samples: Sequence[Sample], version: str, more: int) -> Suggestion:
    """A draft for the given pages, proven also on further ones that no version read.

    Raises:
        ConfigInvalid: every page is read, or none is one of the site.
        WarehouseUnavailable, ArchiveUnavailable: see there.
    """
    cases = desk.cases(samples)
    if not cases:
        raise ConfigInvalid(
            "there is nothing to suggest: the versions in force read every page, or it is no "
            "page of the site"
        )
    given = {sample.html for sample in samples}
    others = (s for s in desk.more(cases[0].sample.kind, more) if s.html not in given)
    cases += desk.cases(others)
    today = datetime.now(UTC).date()
    return suggest(desk.patterns, cases, version, today, unmet, judge, gate)
