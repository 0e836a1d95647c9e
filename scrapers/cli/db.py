"""`touchline db`: the warehouse's schema."""

from __future__ import annotations

import typer

from scrapers.cli.console import out, problem
from scrapers.settings import settings

db_app = typer.Typer(help="The warehouse's schema.", no_args_is_help=True)


@db_app.callback()
def db() -> None:
    """The warehouse's schema."""


@db_app.command()
def upgrade() -> None:
    """Bring the warehouse to the newest schema, and make it know selector files and own names.

    Does nothing when it is there already. The files of a page kind that is new to the warehouse
    are in force from now on; any other new or edited file waits for its promotion.
    """
    from scrapers.parsing.registry import register
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.migrations import upgrade as upgrade_to_head
    from scrapers.whoscored.needs import unmet
    from scrapers.whoscored.own_names import load_names

    current = settings()
    upgrade_to_head(current)
    out.print("The warehouse has the newest schema.")
    done = register(engine(current), current.selectors_dir, "touchline db upgrade", unmet)
    for name in done.initial:
        out.print(f"Selector file {name} is in force.")
    for name in done.upgraded:
        out.print(f"Selector file {name} is in force in this release's text; the old one lacks "
                  "what this release needs.")  # fmt: skip
    for name in done.drafts:
        out.print(f"Selector file {name} is a draft: touchline selectors promote {name}")
    for name in done.edited:
        out.print(
            f"Selector file {name} differs from the text in force: touchline selectors diff "
            f"{name}@in-force {name}, then touchline selectors promote {name}"
        )
    for name, why in done.unusable.items():
        problem(f"Selector file {name} is in force and can't be used by this release: {why}")
    names = load_names(engine(current), current.names_file).names
    out.print(f"The team's own names: {names}.")
    if done.unusable:
        raise typer.Exit(1)
