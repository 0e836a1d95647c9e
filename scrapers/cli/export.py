"""`touchline export`: the landed rows as Parquet, and the proof that an export is whole."""

from __future__ import annotations

from typing import Annotated

import typer

from scrapers.cli.console import out, print_json, print_table
from scrapers.cli.runs import count_bar
from scrapers.settings import settings

export_app = typer.Typer(
    help="The landed rows as Parquet files on a folder or an object store.", no_args_is_help=True
)
_To = Annotated[
    str, typer.Option("--to", help="fsspec URL of its place; default: TOUCHLINE_EXPORT_URL")
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
    if as_json:
        print_json(summary.as_json())
    else:
        out.print(str(summary), markup=False, highlight=False)


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
