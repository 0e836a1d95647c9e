"""`touchline`: the platform from the command line.

Modules that take long to import are imported by the command that needs them.
"""

from __future__ import annotations

import typer

from scrapers.cli.backup import backup_app
from scrapers.cli.coverage import coverage
from scrapers.cli.db import db_app
from scrapers.cli.demo import demo_app
from scrapers.cli.doctor import doctor
from scrapers.cli.export import export_app
from scrapers.cli.failures import FailureGroup
from scrapers.cli.field_coverage import field_coverage
from scrapers.cli.follow import follow
from scrapers.cli.gaps import catch_up, gaps_app
from scrapers.cli.hubs import hubs_app
from scrapers.cli.incidents import alerts_app, incidents_app, watchman
from scrapers.cli.lineage import lineage
from scrapers.cli.metrics import metrics_app
from scrapers.cli.names import names_app
from scrapers.cli.reparse import reparse
from scrapers.cli.scrape import scrape
from scrapers.cli.selectors import selectors_app
from scrapers.cli.source import source_app
from scrapers.cli.status import status
from scrapers.cli.watch import watch

app = typer.Typer(
    name="touchline",
    cls=FailureGroup,
    help="Nightly football data: from a date to rows. Settings: see .env.example.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals may hold secrets
    rich_markup_mode=None,
)
app.add_typer(demo_app, name="demo")
app.add_typer(db_app, name="db")
app.add_typer(selectors_app, name="selectors")
app.add_typer(names_app, name="names")
app.add_typer(hubs_app, name="hubs")
app.add_typer(incidents_app, name="incidents")
app.add_typer(alerts_app, name="alerts")
app.add_typer(source_app, name="source")
app.add_typer(gaps_app, name="gaps")
app.add_typer(metrics_app, name="metrics")
app.add_typer(export_app, name="export")
app.add_typer(backup_app, name="backup")
selectors_app.command("coverage")(field_coverage)
app.command()(doctor)
app.command()(follow)
app.command()(scrape)
app.command("catch-up")(catch_up)
app.command()(reparse)
app.command()(watch)
app.command()(status)
app.command()(watchman)
app.command()(coverage)
app.command()(lineage)
