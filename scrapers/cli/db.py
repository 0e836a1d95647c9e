"""`touchline db`: the warehouse's schema."""

from __future__ import annotations

import typer

from scrapers.cli.console import out
from scrapers.settings import settings

db_app = typer.Typer(help="The warehouse's schema.", no_args_is_help=True)


@db_app.callback()
def db() -> None:
    """The warehouse's schema."""


@db_app.command()
def upgrade() -> None:
    """Bring the warehouse to the newest schema; does nothing when it is there already."""
    from scrapers.warehouse.migrations import upgrade as upgrade_to_head

    upgrade_to_head(settings())
    out.print("The warehouse has the newest schema.")
