"""`touchline metrics`: what Prometheus is told, served or printed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from scrapers.cli.console import out
from scrapers.settings import settings

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

metrics_app = typer.Typer(help="Measures of the ledger for Prometheus.", no_args_is_help=True)


@metrics_app.command()
def serve(
    port: Annotated[int, typer.Option(help="port to listen on")] = 9464,
    address: Annotated[
        str, typer.Option(help="address to listen on; others than this machine: 0.0.0.0")
    ] = "127.0.0.1",
) -> None:
    """Serve /metrics until it is stopped; the values are read from the ledger when asked for."""
    from prometheus_client import start_http_server

    start_http_server(port, addr=address, registry=_registry())
    out.print(f"metrics at http://{address}:{port}/metrics", markup=False, highlight=False)
    while True:
        time.sleep(3600)


@metrics_app.command()
def show() -> None:
    """Print the measures as they are now, in Prometheus' text format."""
    from prometheus_client import generate_latest

    text = generate_latest(_registry()).decode()
    out.print(text, markup=False, highlight=False, soft_wrap=True, end="")


@metrics_app.command()
def rules() -> None:
    """Print the alert rules that are made of the register of failures."""
    from scrapers.metrics.rules import rules as made

    out.print(made(), markup=False, highlight=False, soft_wrap=True, end="")


def _registry() -> CollectorRegistry:
    from prometheus_client import CollectorRegistry

    from scrapers.metrics.collect import LedgerCollector
    from scrapers.warehouse.engine import engine

    current = settings()
    registry = CollectorRegistry()
    registry.register(LedgerCollector(current, engine(current)))
    return registry
