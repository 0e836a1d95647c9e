"""`touchline`: the platform from the command line.

A command's module is imported when the command is called, and what takes long to import only by
the command that needs it.
"""

from __future__ import annotations

from typing import ClassVar

import typer

from scrapers.cli.later import Later, LaterGroup

_HERE = "scrapers.cli"


class _Touchline(LaterGroup):
    """The commands, as they are listed."""

    later: ClassVar[dict[str, Later]] = {
        "doctor": Later(
            f"{_HERE}.doctor:doctor",
            "Check every setting, connection, hub, file and disk; say what is missing and its "
            "mend.",
        ),
        "follow": Later(
            f"{_HERE}.follow:follow",
            "Follow a competition's season: from now on every run collects all its stages.",
        ),
        "scrape": Later(
            f"{_HERE}.scrape:scrape",
            "Scrape days or matches now and wait until they have landed.",
        ),
        "catch-up": Later(
            f"{_HERE}.gaps:catch_up",
            "Ask again for the gaps that are due, within the day's budget, and wait until they "
            "landed.",
        ),
        "reparse": Later(
            f"{_HERE}.reparse:reparse",
            "Read archived pages again and land what they give now.",
        ),
        "watch": Later(
            f"{_HERE}.watch:watch",
            "Fetch the newest landed pages of each kind anew and compare what they give.",
        ),
        "status": Later(
            f"{_HERE}.status:status",
            "Targets by state, open batches, paused sources, untrusted rows, the latest failures.",
        ),
        "watchman": Later(
            f"{_HERE}.incidents:watchman",
            "Watch for incidents without end, also while PostgreSQL or the broker is away.",
        ),
        "coverage": Later(
            f"{_HERE}.coverage:coverage",
            "Finished matches by stage and month: expected, landed, absent, missing and why.",
        ),
        "lineage": Later(
            f"{_HERE}.lineage:lineage",
            "Show where the rows of a match, fixture, team or player came from.",
        ),
        "demo": Later(
            f"{_HERE}.demo:demo_app",
            "The whole platform on this machine: up, down, status.",
        ),
        "db": Later(f"{_HERE}.db:db_app", "The warehouse's schema and roles."),
        "selectors": Later(
            f"{_HERE}.selectors:selectors_app",
            "Selector files: write, check, prove and promote them, see how they read a page.",
        ),
        "names": Later(f"{_HERE}.names:names_app", "The team's own names, by the site's ids."),
        "hubs": Later(
            f"{_HERE}.hubs:hubs_app",
            "The browser hubs: how they are, whether they are used.",
        ),
        "incidents": Later(
            f"{_HERE}.incidents:incidents_app",
            "Incidents: what is wrong, since when, and who was told.",
        ),
        "alerts": Later(f"{_HERE}.incidents:alerts_app", "The messages about incidents."),
        "source": Later(
            f"{_HERE}.source:source_app",
            "Whether the site is asked for pages; all workers obey at once.",
        ),
        "gaps": Later(
            f"{_HERE}.gaps:gaps_app",
            "Pages that runs wanted and did not get, and dropping one.",
        ),
        "metrics": Later(f"{_HERE}.metrics:metrics_app", "Measures of the ledger for Prometheus."),
        "export": Later(
            f"{_HERE}.export:export_app",
            "The landed rows as Parquet files on a folder or an object store.",
        ),
        "backup": Later(
            f"{_HERE}.backup:backup_app",
            "Dumps of the warehouse, and the way back from them and the archive.",
        ),
    }


app = typer.Typer(
    name="touchline",
    cls=_Touchline,
    help="Nightly football data: from a date to rows. Settings: see .env.example.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals may hold secrets
    rich_markup_mode=None,
)


@app.callback()
def _touchline() -> None:
    """Nothing is common to all commands; without a callback an app without commands is none."""
