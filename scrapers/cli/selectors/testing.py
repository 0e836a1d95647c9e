"""`touchline selectors test`: old beside new on golden and archived pages, value by value."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from scrapers.cli.console import err, out, print_json, print_table, some_of
from scrapers.cli.selectors.common import (
    AsJson,
    Folder,
    Written,
    kind_named,
    selectors_app,
    warehouse_settings,
    written,
)
from scrapers.errors import ConfigInvalid
from scrapers.parsing.load import check
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.replay import NEWLY_READ, Report, Sample, replay
from scrapers.parsing.versions import GivenVersions
from scrapers.settings import ROOT, Settings
from scrapers.targets import SOURCE, PageKind, Target
from scrapers.whoscored.needs import unmet

# What a page gives is held until all are read: some MB of a match.
Pages = Annotated[
    int, typer.Option(min=0, max=200, help="newest archived pages of the kind to read")
]
Golden = Annotated[
    Path, typer.Option(help="folder of pages that must be read, <page kind>/*.html[.gz]")
]
Accept = Annotated[
    list[str] | None,
    typer.Option(help="table.column whose landed values the site has changed; may be repeated"),
]
GOLDEN = ROOT / "tests" / "golden"
_FEW = 5  # pages that two versions are compared on
_RESULTS = {
    "read": "read as before",
    "newly_read": "newly read",
    "no_longer_read": "no longer read",
    "still_unread": "still not read",
    "absent": "without anything to read, as the page says",
    "no_page": "no page of the site",
}


@selectors_app.command("test")
def compare_command(
    what: Annotated[
        str | None,
        typer.Argument(help="a file or kind/version, or a page kind; without: all page kinds"),
    ] = None,
    pages: Pages = 20,
    golden: Golden = GOLDEN,
    strict: Annotated[bool, typer.Option(help="a changed value is a failure too")] = False,
    accept: Accept = None,
    as_json: AsJson = False,
    folder: Folder = ROOT / "selectors",
) -> None:
    """Read golden and archived pages by what is in force and by the edited files, and compare.

    Without a warehouse only the golden pages are read, by the files alone. Ends with 1 if a
    required value is lost, a page is no longer read, or values that have landed would change.
    """
    reports = {}
    if warehouse_settings() is None:
        err.print("No warehouse is configured: golden pages alone, by the files of the folder.")
    for kind, only in _asked(what, folder):
        report = replay_versions(kind, only, pages, golden, folder, accept or ())
        if strict:
            changed = [name for name, counts in report.values.items() if counts.changed]
            report.failures += [f"{name} changes its values" for name in changed]
        if report.pages or only is not None or kind_named(what or ""):
            reports[kind.value] = report
    if as_json:
        print_json({kind: report.as_json() for kind, report in reports.items()})
    else:
        for kind_name, report in reports.items():
            show(kind_name, report)
    if not reports:
        err.print("There is no page to test on: name --golden, or scrape some.")
        raise typer.Exit(1)
    if any(report.failures for report in reports.values()):
        raise typer.Exit(1)


def _asked(what: str | None, folder: Path) -> Iterator[tuple[PageKind, Written | None]]:
    if what is None:
        yield from ((k, None) for k in PageKind if list((folder / SOURCE / k.value).glob("*.yaml")))
    elif kind := kind_named(what):
        yield kind, None
    else:
        only = written(what, folder)
        yield only.selector.page_kind, only


@dataclass(frozen=True, slots=True)
class _Sides:
    """What is in force, what would be, and which of that would be new."""

    old: GivenVersions | None
    new: GivenVersions
    tested: list[SelectorFile]


def replay_versions(
    kind: PageKind,
    only: Written | None,
    pages: int,
    golden: Path,
    folder: Path,
    accepted: Collection[str] = (),
) -> Report:
    """Read pages of a kind both ways, and try what those that a new version reads would do.

    Args:
        only: the file that would be new in force; None: every file of the folder.
        pages: how many of the newest archived pages.
        golden: folder of golden pages.
        accepted: columns, `table.column`, whose landed values the site has changed.

    Raises:
        ConfigInvalid, WarehouseUnavailable, ArchiveUnavailable.
    """
    from scrapers.whoscored.proof import gate, golden_pages, judge

    _check_accepted(accepted)
    settings = warehouse_settings()
    sides = _sides(settings, kind, only, folder)

    def samples() -> Iterator[Sample]:
        yield from golden_pages(golden, kind)
        if settings is not None:
            yield from _archived(settings, kind, pages)

    report = replay(samples(), sides.old, sides.new, sides.tested, judge, gate)
    report.accepted = sorted(accepted)
    if settings is not None:
        _try_landing(settings, report, accepted)
    return report


def _check_accepted(accepted: Collection[str]) -> None:
    from scrapers.warehouse.tables import CORE_TABLES

    known = {table.name for table in CORE_TABLES}
    known |= {f"{table.name}.{column.name}" for table in CORE_TABLES for column in table.columns}
    for name in accepted:
        if name not in known:
            near = get_close_matches(name, known, 1)
            told = f": did you mean {near[0]}?" if near else ": see the data dictionary"
            raise ConfigInvalid(f"--accept {name} is no table.column of the warehouse{told}")


def _try_landing(settings: Settings, report: Report, accepted: Collection[str]) -> None:
    from scrapers.pipeline.trial import ReadByNew, try_rows

    pages = [
        ReadByNew(
            Target.from_key(sample.target_key),
            sample.page_hash,
            sample.fetched_at,
            f"{sample.kind.value}/{reading.version}",
            reading.extracted,
            is_new,
        )
        for sample, reading, is_new in report.read_by_new
        if sample.target_key and sample.page_hash and sample.fetched_at and reading.extracted
    ]
    if pages:
        trial = try_rows(settings, pages, _taken_back(settings), accepted)
        report.landing = {**trial.as_json(), "accepted": trial.silenced(accepted)}
        report.failures += trial.objections(accepted)


def _taken_back(settings: Settings) -> list[str]:
    """Versions that were promoted and are no longer in force."""
    from scrapers.parsing import registry
    from scrapers.warehouse.engine import engine

    warehouse = engine(settings)
    promoted = {r.name for r in registry.history(warehouse) if r.action is registry.Action.PROMOTE}
    return sorted(promoted - registry.names_in_force(warehouse))


def _archived(settings: Settings, kind: PageKind, pages: int) -> Iterator[Sample]:
    from scrapers.archive.store import Archive
    from scrapers.warehouse.engine import engine
    from scrapers.whoscored.proof import archived_pages

    yield from archived_pages(engine(settings), Archive(settings.archive_url), kind, pages)


def _sides(settings: Settings | None, kind: PageKind, only: Written | None, folder: Path) -> _Sides:
    edited = [only.selector] if only else _in_folder(kind, folder)
    if settings is None:
        others = [
            s for s in _in_folder(kind, folder) if only and s.version != only.selector.version
        ]
        return _Sides(None, GivenVersions([*edited, *others]), edited if only else [])
    held = in_force_of(settings, kind)
    versions = {selector.version: selector for selector in held}
    tested = [selector for selector in edited if versions.get(selector.version) != selector]
    after = versions | {selector.version: selector for selector in edited}
    return _Sides(
        GivenVersions(held) if held else None, GivenVersions(list(after.values())), tested
    )


def _in_folder(kind: PageKind, folder: Path) -> list[SelectorFile]:
    names = sorted((folder / SOURCE / kind.value).glob("*.yaml"))
    return [written(str(path), folder).selector for path in names]


def in_force_of(settings: Settings, kind: PageKind) -> list[SelectorFile]:
    """The versions in force of a kind that this release can use; none if none ever was.

    Raises:
        ConfigInvalid, WarehouseUnavailable: see `scrapers.parsing.registry`.
    """
    from scrapers.parsing import registry
    from scrapers.warehouse.engine import engine

    usable = []
    for release in registry.in_force(engine(settings), kind):
        selector, problems = check(release.path, unmet, release.content.encode())
        if selector is not None and not problems:
            usable.append(selector)
    return usable


def show(kind: str, report: Report) -> None:
    """Print a report."""
    told = ", ".join(report.tested) or "nothing new"
    out.print(f"[bold]{escape(kind)}[/bold]: {escape(told)}", highlight=False, soft_wrap=True)
    totals = report.totals
    parts = [f"{totals[key]} {words}" for key, words in _RESULTS.items() if totals[key]]
    out.print(f"{totals['pages']} pages: {', '.join(parts) or 'none'}", highlight=False)
    moved = {n: c for n, c in report.values.items() if c.changed or c.gained or c.lost}
    if moved:
        rows: list[tuple[Any, ...]] = [
            (name, c.same, c.changed, c.gained, c.lost, c.examples[0] if c.examples else None)
            for name, c in moved.items()
        ]
        print_table("Values", ("field", "same", "changed", "gained", "lost", "for example"), rows)
    if report.values:
        out.print(f"{len(report.values) - len(moved)} fields with the same values", highlight=False)
    if report.newly:
        print_table(
            "Newly read: nothing stands beside these values, look at them",
            ("field", "has a value", "for example"),
            [
                (name, f"{v.filled} of {v.rows}", ", ".join(v.examples) or None)
                for name, v in sorted(report.newly.items())
            ],
        )
    if report.landing is not None:
        _show_landing(report.landing)
        if (read := totals["read"] + totals["no_longer_read"]) < _FEW:
            told = (
                f"only {read} pages are read as of now: what else would change, they may not show"
            )
            out.print(f"[yellow]remark[/yellow] {told}", highlight=False, soft_wrap=True)
    for version, count in report.also_fits.items():
        told = (
            f"the fingerprint of {version} also fits {count} pages that another version reads as "
            "before: add a condition that only the new layout has"
        )
        out.print(f"[yellow]remark[/yellow] {escape(told)}", highlight=False, soft_wrap=True)
    for (words, says), pages in _told_alike(report).items():
        out.print(f"  {some_of(pages)}: {words}: {says}", markup=False, soft_wrap=True)
    for failure in report.failures:
        out.print(f"[red]fails[/red] {escape(failure)}", highlight=False, soft_wrap=True)
    verdict = "fails, as said above" if report.failures else "passes"
    out.print(f"The test of {kind} {verdict}.", markup=False, highlight=False)


def _told_alike(report: Report) -> dict[tuple[str, str], list[str]]:
    """Pages of which the same is to be told."""
    found: dict[tuple[str, str], list[str]] = {}
    for page in report.pages:
        if page["result"] in (NEWLY_READ, "still_unread", "no_page"):
            after = page["after"]
            says = f"by {after['version']}" if after["outcome"] == "read" else after["detail"]
            found.setdefault((_RESULTS[page["result"]], says), []).append(page["page"])
    return found


def _show_landing(landing: dict[str, Any]) -> None:
    changes = [
        (f"{table}.{column}", change["rows"], change["old"], change["new"])
        for table, seen in landing["tables"].items()
        for column, change in seen["changes"].items()
        if change["old"] is not None
    ]
    if changes:
        print_table(
            "Landed values that the pages it reads would change",
            ("column", "rows", "now", "then"),
            changes,
        )
    alike: dict[str, list[str]] = {}
    for target, why in landing["failing"].items():
        alike.setdefault(why["detail"], []).append(target)
    for detail, targets in alike.items():
        told = f"{some_of(targets)} would be put aside: {detail}"
        out.print(f"[yellow]{escape(told)}[/yellow]", highlight=False, soft_wrap=True)
    rows = sum(seen["inserted"] for seen in landing["tables"].values())
    gone = sum(seen["deleted"] for seen in landing["tables"].values())
    told = f"The pages that it reads have {rows:,} rows that are not landed"
    told += f", and {gone:,} that have landed are not in them" if gone else ""
    told += "; nothing was landed or deleted now."
    out.print(told, markup=False, highlight=False)
