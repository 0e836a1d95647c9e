"""`touchline backup`: dumps of the warehouse, and the way back."""

from __future__ import annotations

from typing import Annotated

import typer

from scrapers.cli.console import out, print_json, print_table
from scrapers.settings import settings

backup_app = typer.Typer(
    help="Dumps of the warehouse, and the way back from them and the archive.",
    no_args_is_help=True,
)
_Json = Annotated[bool, typer.Option("--json", help="print as JSON")]
_Name = Annotated[str, typer.Argument(help="name of a dump; default: the newest", metavar="[NAME]")]


@backup_app.command()
def run(as_json: _Json = False) -> None:
    """Dump the warehouse to TOUCHLINE_BACKUP_URL; the newest TOUCHLINE_BACKUP_KEEP are kept."""
    from scrapers.backup.dump import as_json as plain
    from scrapers.backup.dump import back_up, open_place
    from scrapers.warehouse.engine import engine

    current = settings()
    dump = back_up(engine(current), current, open_place(current.backup_url))
    if as_json:
        print_json(plain(dump))
    else:
        out.print(
            f"backup {dump.name}: {dump.size_bytes / 1e6:.1f} MB, "
            f"{sum(dump.rows.values()):,} landed rows",
            highlight=False,
        )


@backup_app.command("list")
def list_dumps(as_json: _Json = False) -> None:
    """The dumps that are whole."""
    from scrapers.backup.dump import as_json as plain
    from scrapers.backup.dump import dumps, open_place

    found = dumps(open_place(settings().backup_url))
    if as_json:
        print_json([plain(dump) for dump in found])
        return
    print_table(
        "Backups",
        ("name", "taken (UTC)", "revision", "MB", "landed rows"),
        (
            (
                dump.name,
                f"{dump.taken_at:%Y-%m-%d %H:%M:%S}",
                dump.revision,
                round(dump.size_bytes / 1e6, 2),
                sum(dump.rows.values()),
            )
            for dump in found
        ),
    )


@backup_app.command()
def check(name: _Name = "") -> None:
    """Read a dump back and compare its bytes; exits with 1 when they are others."""
    from scrapers.backup.dump import check as problem_of
    from scrapers.backup.dump import open_place, the_dump

    files = open_place(settings().backup_url)
    dump = the_dump(files, name)
    if problem := problem_of(files, dump):
        out.print(problem, style="red", markup=False)
        raise typer.Exit(1)
    out.print(f"backup {dump.name} is whole", highlight=False)


@backup_app.command()
def restore(name: _Name = "") -> None:
    """Bring a dump back into an empty database, and adopt what the archive has since.

    What was fetched after the dump is read again from the archive by the command that is printed
    at the end; the site is asked for nothing. Interrupted, it can be started again.
    """
    from scrapers.backup.dump import being_restored, open_place, the_dump
    from scrapers.backup.dump import restore as bring_back
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.migrations import upgrade

    current = settings()
    warehouse = engine(current)
    files = open_place(current.backup_url)
    dump = the_dump(files, name or being_restored(warehouse))
    bring_back(warehouse, current, files, dump)
    upgrade(current)
    out.print(f"backup {dump.name} is restored", highlight=False)
    adopt()


@backup_app.command()
def adopt() -> None:
    """Make pages known that the archive has and the warehouse does not; can be run again."""
    from scrapers.archive.store import Archive
    from scrapers.backup.adopt import adopt as take
    from scrapers.backup.adopt import settle
    from scrapers.backup.dump import being_restored, restored
    from scrapers.warehouse.engine import engine

    current = settings()
    warehouse = engine(current)
    if being_restored(warehouse):
        settle(warehouse)
    found = take(warehouse, Archive(current.archive_url))
    restored(warehouse)
    out.print(
        f"{found.pages} archived pages were unknown, of {found.targets} targets"
        + (f"; {found.refused} are no pages of the site" if found.refused else "")
        + (f"; {found.unknown} are of no target that is known" if found.unknown else ""),
        highlight=False,
    )
    out.print(
        "Read again what is not landed: touchline reparse --failure WarehouseUnavailable",
        highlight=False,
    )
