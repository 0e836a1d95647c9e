"""What the demo shows at its end: rows by table, and where to look."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from scrapers.settings import ROOT
from scrapers.warehouse.engine import engine, transaction
from scrapers.warehouse.tables import Match
from tests.support.airflow import USER
from tests.support.landed import row_counts
from tests.support.stack import Stack
from tests.support.supervise import GroupError

CAPTURED = ROOT.parent / "shared" / "data" / "whoscored"


def site_arguments() -> list[str]:
    """Arguments of the stand-in site: the captured pages, where their folder is beside ours."""
    return ["--captured", str(CAPTURED)] if CAPTURED.is_dir() else []


def landed(stack: Stack, console: Console) -> None:
    """Rows of each core table.

    Raises:
        GroupError: the run was green, but there are no events: something is badly wrong.
    """
    counts = row_counts(engine(stack.settings))
    table = Table(title="Landed rows", title_justify="left", header_style="bold")
    table.add_column("table")
    table.add_column("rows", justify="right")
    for name, rows in counts.items():
        if rows:
            table.add_row(name, f"{rows:,}")
    console.print(table)
    console.print("Tables of page kinds that are not collected by default are empty.", style="dim")
    if not counts["core.event"]:
        raise GroupError("the run ended well, yet not one event landed")


def _a_match(stack: Stack) -> int:
    """The latest landed match."""
    query = select(Match.match_id).order_by(Match.kickoff_utc.desc(), Match.match_id).limit(1)
    with transaction(engine(stack.settings)) as connection:
        return int(connection.scalar(query) or 0)


def states(stack: Stack, console: Console) -> dict[str, str]:
    """Print and return each process's state."""
    found = stack.group.states()
    table = Table(title="Processes", title_justify="left", header_style="bold")
    for column in ("process", "state", "port"):
        table.add_column(column)
    for name, state in sorted(found.items()):
        table.add_row(name, state, str(stack.ports.get(name, "–")))
    console.print(table)
    return found


def addresses(stack: Stack, console: Console) -> None:
    """Print where to look."""
    environment = stack.environment
    password_file = Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    docs = Path(environment["TOUCHLINE_DATA_DOCS_DIR"]) / "index.html"
    lines = {
        "Airflow": f"{environment['AIRFLOW__API__BASE_URL']}  "
        f"(user {USER}, password in {password_file})",
        "Backfill": "in Airflow: whoscored_nightly, Trigger, Backfill",
        "Data Docs": f"file://{docs}  (its looks come from the internet)",
        "The site": f"{stack.site_url}  (stand-in; what it holds: /__control/world)",
        "Rows": stack.psql,
        "touchline": f"{stack.home / 'touchline'} status, or lineage match {_a_match(stack)}",
        "airflow": f"{stack.home / 'airflow-cli'} dags list, backfill create …",
        "Logs": str(stack.group.logs),
        "The end": "make demo-down",
    }
    table = Table.grid(padding=(0, 2))
    for name, text in lines.items():
        table.add_row(f"[bold]{name}[/]", text)
    console.print(table, soft_wrap=True)
