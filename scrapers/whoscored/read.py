"""From an archived page to rows: what the parse task calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from scrapers.errors import ConfigInvalid, LayoutChanged
from scrapers.parsing.coverage import Coverage, coverage_of
from scrapers.parsing.extract import Extracted
from scrapers.parsing.failures import Failures
from scrapers.parsing.files import SelectorFiles
from scrapers.parsing.in_force import SelectorsInForce
from scrapers.parsing.page import Page
from scrapers.parsing.versions import Versions
from scrapers.targets import PageKind, Target
from scrapers.whoscored import (
    catalogue,
    match_centre,
    match_pages,
    schedule,
    season_statistics,
    stage_pages,
)
from scrapers.whoscored.emptiness import check_page
from scrapers.whoscored.needs import unmet
from scrapers.whoscored.rows import RowSet

_BUILDERS: dict[PageKind, Callable[[Extracted, Target, Failures], RowSet]] = {
    PageKind.SCHEDULE: schedule.build,
    PageKind.MATCH_CENTRE: match_centre.build,
    PageKind.TOURNAMENTS: catalogue.build_tournaments,
    PageKind.SEASONS: catalogue.build_seasons,
    PageKind.STAGES: catalogue.build_stages,
    PageKind.STANDINGS: stage_pages.build_standings,
    PageKind.REFEREE_STATISTICS: stage_pages.build_referees,
    PageKind.MATCH_PREVIEW: match_pages.build_preview,
    PageKind.MATCH_REPORT: match_pages.build_report,
    PageKind.TEAM_STATISTICS: season_statistics.build_teams,
    PageKind.PLAYER_STATISTICS: season_statistics.build_players,
}


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page's rows.

    Attributes:
        rows: by table name, with exactly the table's data columns.
        selector_version: the selector file that read it, e.g. `match_centre/2022-08`.
        coverage: how often each of its fields had a value on the page.
        selector_sha256: SHA-256 of the file's text; None: it is not the registry's.
    """

    rows: RowSet
    selector_version: str
    coverage: Coverage
    selector_sha256: str | None = None


def selector_files(folder: Path) -> SelectorFiles:
    """The selector files under `folder`, promoted or not, held to what the warehouse needs."""
    return SelectorFiles(folder, demands=unmet)


def selectors_in_force(engine: Engine, folder: Path) -> SelectorsInForce:
    """The selector files in force by the warehouse's registry, held to what it needs of them."""
    return SelectorsInForce(engine, folder, demands=unmet)


def read_page(
    html: bytes,
    target: Target,
    url: str,
    files: Versions,
    *,
    on: date | None = None,
    version: str | None = None,
) -> ReadPage:
    """Rows of an archived page.

    Args:
        html: the page as archived.
        target: what was asked for; a page of something else is refused.
        url: where it came from, for messages.
        files: the selector files, see `selectors_in_force` and `selector_files`.
        on: day on which it was fetched; chooses between versions that fit equally.
        version: the only selector version to try.

    Raises:
        SourceRefused: it is a protection's page.
        SourceUnavailable: it is empty, an error page, or cut off.
        TargetAbsent: it says that there is nothing to read.
        LayoutChanged: no version reads it whole; `facts["fields"]` names the fields.
        ConfigInvalid: the selector files are unusable.
    """
    page = Page(html, url)
    check_page(page.text, "", target.page_kind)
    refused: LayoutChanged | None = None
    # A version may read a page of a later layout and contradict it: then the next may be right.
    for selector, extracted in files.readings(page, target.page_kind, on, version):
        lacking = [f"{'.'.join(map(str, at))} {what}" for at, what, _ in unmet(selector)]
        if lacking:
            raise ConfigInvalid(
                f"selector file {selector.name} can't give rows: {'; '.join(lacking[:5])}: "
                "run touchline selectors lint",
                problems=lacking,
            )
        failures = Failures()
        rows = _BUILDERS[target.page_kind](extracted, target, failures)
        if not failures.found:
            return ReadPage(
                rows, selector.name, coverage_of(selector, extracted), files.sha256_of(selector)
            )
        refused = refused or failures.error(selector.name, url)
    assert refused is not None  # without any reading there is an error of its own
    raise refused


def rows_of(extracted: Extracted, target: Target) -> RowSet:
    """Rows of a page in which nothing contradicts itself; see `disagreements`."""
    return _BUILDERS[target.page_kind](extracted, target, Failures())


def disagreements(extracted: Extracted, target: Target) -> list[str]:
    """What contradicts itself in a page's values, or the target that was asked for."""
    failures = Failures()
    _BUILDERS[target.page_kind](extracted, target, failures)
    return [str(failure) for failure in failures.found]
