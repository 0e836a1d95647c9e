"""`touchline db`: the warehouse's schema, and who may do what in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scrapers.cli.console import out, problem
from scrapers.errors import ConfigInvalid
from scrapers.settings import settings

db_app = typer.Typer(help="The warehouse's schema and roles.", no_args_is_help=True)


@db_app.callback()
def db() -> None:
    """The warehouse's schema and roles."""


@db_app.command()
def upgrade() -> None:
    """Bring the warehouse to the newest schema, and make it know selector files and own names.

    Does nothing when it is there already. Of a page kind that is new to the warehouse the files
    that selectors/initial.yaml names are in force from now on; any other new or edited file is a
    draft, and waits for its promotion.
    """
    from scrapers.parsing.initial import FILE_NAME
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
    if done.initial and not done.is_listed:
        problem(
            f"{current.selectors_dir} has no {FILE_NAME}, which names what a new database begins "
            "with: so all of its files are in force, drafts too"
        )
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


def _file(what: str) -> object:
    return typer.Option(help=f"file that holds the address of {what}", metavar="FILE")


@db_app.command()
def roles(
    server: Annotated[Path, _file("the server's superuser")],
    owner: Annotated[Path, _file("the warehouse's owner, who migrates it")],
    scraper: Annotated[Path, _file("the workers and Airflow's tasks")],
    reader: Annotated[Path, _file("the analysts")],
    airflow: Annotated[Path | None, _file("Airflow's own database")] = None,
) -> None:
    """Make the roles and databases that these addresses name; can be run again.

    An address is postgresql+psycopg2://user:password@host:5432/database. A role that is there
    gets the password that stands in the file. The tables' rights: touchline db grant.
    """
    from scrapers.warehouse.roles import AIRFLOW, OWNER, READER, SCRAPER, Login, make_roles

    files = {OWNER: owner, SCRAPER: scraper, READER: reader, AIRFLOW: airflow}
    logins = {
        kind: Login.of(_held(file), str(file)) for kind, file in files.items() if file is not None
    }
    make_roles(_held(server), logins)
    for kind, login in logins.items():
        out.print(f"{kind}: role {login.user}, database {login.database}", highlight=False)


def _held(file: Path) -> str:
    try:
        value = file.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError) as error:
        raise ConfigInvalid(
            f"{file} can't be read ({type(error).__name__}): create it or correct the path"
        ) from None
    if not value:
        raise ConfigInvalid(f"{file} has nothing in it: write the address into it")
    return value


@db_app.command()
def grant(
    scraper: Annotated[str, typer.Option(help="role of the workers")] = "touchline_scraper",
    reader: Annotated[str, typer.Option(help="role of the analysts")] = "touchline_reader",
) -> None:
    """Give the roles their rights on the warehouse's tables; as its owner, after each upgrade.

    The workers' role reads and writes rows, the analysts' reads the core tables and views.
    """
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.roles import grant as give

    give(engine(settings()), scraper, reader)
    out.print(f"{scraper} may read and write rows, {reader} may read core.", highlight=False)
