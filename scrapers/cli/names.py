"""`touchline names`: the team's own names of teams, players and so on."""

from __future__ import annotations

from typing import Annotated

import typer

from scrapers.cli.console import out, print_json
from scrapers.settings import settings

names_app = typer.Typer(help="The team's own names, by the site's ids.", no_args_is_help=True)


@names_app.callback()
def names() -> None:
    """The team's own names, by the site's ids."""


@names_app.command()
def load(
    as_json: Annotated[bool, typer.Option("--json", help="print the outcome as JSON")] = False,
) -> None:
    """Make core.own_name what the file of own names says; refuse the file if it is wrong."""
    import dataclasses

    from scrapers.warehouse.engine import engine
    from scrapers.whoscored.own_names import load_names

    current = settings()
    done = load_names(engine(current), current.names_file)
    if as_json:
        print_json({"file": str(current.names_file), **dataclasses.asdict(done)})
        return
    out.print(
        f"{done.names} own names: {done.inserted} new, {done.updated} changed, "
        f"{done.deleted} taken out",
        highlight=False,
    )
