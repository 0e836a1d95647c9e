"""`touchline export`: the landed rows as Parquet, and the proof that an export is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from scrapers.cli.console import out, print_json, print_table
from scrapers.cli.runs import count_bar
from scrapers.errors import ConfigInvalid
from scrapers.settings import settings

if TYPE_CHECKING:
    from scrapers.export.fetch import FetchSummary
    from scrapers.export.run import ExportSummary

export_app = typer.Typer(
    help="The landed rows as Parquet files on a folder or an object store.", no_args_is_help=True
)
_To = Annotated[
    str, typer.Option("--to", help="fsspec URL of its place; default: TOUCHLINE_EXPORT_URL")
]
_At = Annotated[
    str,
    typer.Option(
        "--at", help="its place: a folder, or an fsspec URL; default: TOUCHLINE_EXPORT_URL"
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="print as JSON")]


@export_app.command()
def run(
    to: _To = "",
    full: Annotated[bool, typer.Option("--full", help="write everything anew")] = False,
    as_json: _Json = False,
) -> None:
    """Export what changed since the last export; the manifest is written last."""
    from scrapers.export.run import export, open_place
    from scrapers.warehouse.engine import engine

    current = settings()
    files = open_place(to or current.export_url)
    with count_bar("partitions") as advance:
        summary = export(engine(current), files, full=full, on_progress=advance)
    _tell(summary, as_json)
    if not as_json:
        out.print(f"It is in {files.url}", markup=False, highlight=False, soft_wrap=True)


@export_app.command()
def check(
    to: _To = "",
    quick: Annotated[bool, typer.Option("--quick", help="compare sizes, read nothing")] = False,
    as_json: _Json = False,
) -> None:
    """Read an export back: every file's bytes, hash and rows against the manifest.

    Exits with 1 when anything is wrong.
    """
    from scrapers.errors import ExportFailed
    from scrapers.export.manifest import check as problems_of
    from scrapers.export.manifest import newest
    from scrapers.export.run import open_place

    files = open_place(to or settings().export_url)
    manifest = newest(files)
    if manifest is None:
        raise ExportFailed(f"there is no export in {files.url}: run `touchline export run`")
    problems = problems_of(files, manifest, whole=not quick)
    if as_json:
        print_json({"export_id": manifest.export_id, "problems": problems})
    else:
        print_table(
            f"Export {manifest.export_id}, {manifest.created_at:%Y-%m-%d %H:%M} UTC",
            ("table", "rows", "files", "MB"),
            (
                (name, t.rows, len(t.files), round(sum(f.size_bytes for f in t.files) / 1e6, 2))
                for name, t in manifest.tables.items()
            ),
        )
        for problem in problems:
            out.print(problem, style="red", markup=False)
    if problems:
        raise typer.Exit(1)


@export_app.command()
def fetch(
    into: Annotated[
        Path, typer.Option("--into", help="folder to make the export; nothing else is left in it")
    ],
    at: _At = "",
    as_json: _Json = False,
) -> None:
    """Bring the newest export into a local folder, whole; what is there already stays.

    Every file is held against the manifest. No warehouse is asked, and with --at no setting.
    """
    from scrapers.export.fetch import fetch as bring

    with count_bar("files") as advance:
        summary = bring(_place(at), into, on_progress=advance)
    _tell(summary, as_json)


@export_app.command()
def validate(
    at: _At = "",
    report: Annotated[
        Path | None, typer.Option("--report", help="also write the result here, as JSON")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Hold an export against its manifest, this release's tables, and what is expected of rows.

    Expectations are those by which the gate judges staged rows, where they are about one table.
    What is broken is told by table, column and file. Exits with 1 when anything is; no warehouse
    is asked, and with --at no setting.
    """
    from scrapers.export.manifest import newest
    from scrapers.export.validate import validate as judge

    files = _place(at)
    manifest = newest(files)
    if manifest is None:
        raise files.failed("there is no export: run `touchline export run`, or look at its address")
    with count_bar("files") as advance:
        found = judge(files, manifest, on_progress=advance)
    if report is not None:
        _write(report, found.as_json())
    if as_json:
        print_json(found.as_json())
    else:
        for problem in found.problems:
            out.print(str(problem), style="red", markup=False, soft_wrap=True)
        for broken in found.broken:
            out.print(str(broken), style="red", markup=False, soft_wrap=True)
        for noted in found.notes:
            out.print(f"noted: {noted}", markup=False, highlight=False, soft_wrap=True)
        if found.passed:
            out.print(
                f"export {found.export_id}: {found.rows:,} rows in {found.files} files are as "
                "they should be",
                highlight=False,
            )
    found.refuse()


def _tell(summary: ExportSummary | FetchSummary, as_json: bool) -> None:
    if as_json:
        print_json(summary.as_json())
    else:
        out.print(str(summary), markup=False, highlight=False)


def _place(at: str) -> Any:
    from scrapers.export.run import open_place

    if not at:
        return open_place(settings().export_url)
    return open_place(at if "://" in at else Path(at).resolve().as_uri())


def _write(report: Path, found: dict[str, Any]) -> None:
    text = orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_bytes(text)
    except OSError as error:
        raise ConfigInvalid(
            f"--report {report} can't be written ({type(error).__name__}): name another file"
        ) from error
