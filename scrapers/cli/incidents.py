"""`touchline incidents`, `alerts`, `watchman`: what is wrong, who is told, who watches."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from scrapers.cli.console import out, print_json, print_legend, print_table, problem, some_of
from scrapers.settings import settings

incidents_app = typer.Typer(help="Incidents: what is wrong, since when, and who was told.")
alerts_app = typer.Typer(help="The messages about incidents.", no_args_is_help=True)
_STATE = Path(tempfile.gettempdir()) / "touchline-watchman.json"
_LEGEND = (
    "number: names it, for touchline incidents show NUMBER. since: its first sign; it is told when "
    "it has lasted for its class's delay (docs/failures.md).",
    "lasts: from the first sign until now, or until it was over. signs: how often it was seen.",
)
AsJson = Annotated[bool, typer.Option("--json", help="print as JSON")]


@incidents_app.callback(invoke_without_command=True)
def list_incidents(
    ctx: typer.Context,
    all_of_them: Annotated[
        bool, typer.Option("--all/--open", help="also those that are over; default: open ones")
    ] = False,
    signs: Annotated[
        bool,
        typer.Option("--signs", help="instead, signs that are not told (yet)"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the incidents, open ones first."""
    if ctx.invoked_subcommand:
        return
    from scrapers.incidents.messages import duration
    from scrapers.incidents.read import incidents
    from scrapers.warehouse.engine import engine, transaction

    with transaction(engine(settings())) as connection:
        found = incidents(connection, only_open=not all_of_them, signs=signs)
        may_pass = [] if signs or as_json else incidents(connection, signs=True)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        none = "No sign of trouble that is not told." if signs else "No incident is open."
        out.print("No incidents." if all_of_them and not signs else none)
    else:
        print_table(
            "Signs, not told" if signs else "Incidents",
            ("number", "severity", "class", "subject", "since (UTC)", "lasts", "signs", "what"),
            [
                (
                    one.number,
                    one.severity,
                    one.failure_class,
                    one.subject,
                    f"{one.opened_at:%Y-%m-%d %H:%M}",
                    duration(timedelta(seconds=one.seconds)) + (", over" if one.closed_at else ""),
                    one.signs,
                    one.detail,
                )
                for one in found
            ],
        )
        print_legend(_LEGEND)
    if may_pass:
        names = some_of([f"{one.failure_class} of {one.subject}" for one in may_pass])
        out.print(
            f"Not told, as it may pass or is part of what is: {names}. "
            "touchline incidents --signs lists them.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


@incidents_app.command("show")
def show(
    number: Annotated[int, typer.Argument(help="the incident's number")], as_json: AsJson = False
) -> None:
    """Show one incident with its messages, and why one was not delivered."""
    from scrapers.incidents.messages import duration
    from scrapers.incidents.read import incident
    from scrapers.register import register, runbook
    from scrapers.warehouse.engine import engine, transaction

    with transaction(engine(settings())) as connection:
        one, notices = incident(connection, number)
    if as_json:
        print_json({**asdict(one), "notices": notices})
        return
    known = register()[one.failure_class]
    state = f"over since {one.closed_at:%Y-%m-%d %H:%M} UTC" if one.closed_at else "open"
    for line in (
        f"Incident {one.number}: {known.meaning}: {one.subject}",
        f"{one.failure_class}, {one.severity}, {state}, "
        f"since {one.opened_at:%Y-%m-%d %H:%M} UTC, {duration(timedelta(seconds=one.seconds))}, "
        f"seen {one.signs} times, last {one.seen_at:%Y-%m-%d %H:%M:%S} UTC",
        f"Known: {one.detail}",
        f"Facts: {one.facts}",
        f"Platform: {' '.join(known.platform.split())}",
        f"You: {' '.join(known.person.split())}",
        f"Runbook: {runbook(one.failure_class)}",
    ):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    print_table(
        "Messages",
        ("kind", "for", "due (UTC)", "sent (UTC)", "tries", "problem"),
        [
            (
                notice["kind"],
                notice["audience"],
                f"{notice['due_at']:%Y-%m-%d %H:%M:%S}",
                f"{notice['sent_at']:%Y-%m-%d %H:%M:%S}" if notice["sent_at"] else None,
                notice["tries"],
                notice["problem"],
            )
            for notice in notices
        ],
    )


@alerts_app.command("test")
def try_alerts() -> None:
    """Send a test message to every address, and say which did not take it.

    What was given up about incidents that are still open is tried once more at addresses that took
    it. Ends with 1 if one did not, or if nobody is configured at all.
    """
    from scrapers.errors import AlertUndelivered, WarehouseUnavailable
    from scrapers.incidents.addresses import addresses, send_all
    from scrapers.incidents.deliver import take_up_given_up
    from scrapers.incidents.messages import trial_message
    from scrapers.register import Audience
    from scrapers.warehouse.engine import engine

    current = settings()
    failed, tried = 0, 0
    for audience in (Audience.ON_CALL, Audience.DATA_ENGINEERS):
        receivers = dict(enumerate(addresses(current, audience), start=1))
        problems = send_all(receivers, trial_message(audience, datetime.now(UTC)), good=True)
        tried, failed = tried + len(receivers), failed + len(problems)
        if not receivers:
            out.print(f"{audience}: nobody is configured", highlight=False)
        for number in receivers:
            said = problems.get(number, "delivered")
            out.print(f"{audience}, address {number}: {said}", markup=False, highlight=False)
        working = receivers.keys() - problems.keys()
        try:
            waiting = take_up_given_up(engine(current), audience, working, len(receivers))
        except WarehouseUnavailable as error:
            problem(f"{audience}: what was given up is not tried again now: {error.detail}")
        else:
            if waiting:
                told = f"{audience}: {waiting} given up before, tried again now"
                out.print(told, highlight=False)
    if failed:
        raise AlertUndelivered(f"{failed} of {tried} addresses did not take the message")
    if not tried:
        raise AlertUndelivered(
            "nobody is configured: set TOUCHLINE_ALERTS_ON_CALL and TOUCHLINE_ALERTS_DATA_ENGINEERS"
        )


def watchman(
    state: Annotated[
        Path, typer.Option(help="file that keeps an outage over restarts of the watchman")
    ] = _STATE,
) -> None:
    """Watch for incidents without end, also while PostgreSQL or the broker is away."""
    from scrapers.incidents.watchman import Watchman
    from scrapers.warehouse.engine import engine

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    current = settings()
    Watchman(engine(current), current, state).watch()
