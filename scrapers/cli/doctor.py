"""`touchline doctor`: is everything there that the platform needs, and what mends what is not."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from scrapers.cli.console import err, out, print_json, print_table

if TYPE_CHECKING:
    from scrapers.doctor.result import Check

_ALL = "all"


def doctor(
    service: Annotated[
        str,
        typer.Option("--for", help="who asks: fetch, parse, beat, airflow or all", metavar="WHO"),
    ] = _ALL,
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
    session: Annotated[
        bool, typer.Option("--session/--no-session", help="open a real session on each hub")
    ] = True,
    wait: Annotated[
        float, typer.Option(min=0, help="seconds for which failing services are asked again")
    ] = 0.0,
) -> None:
    """Check every setting, connection, hub, file and disk; say what is missing and its mend.

    Ends with 1 if a check fails; warnings end with 0. No secret is printed.
    """
    from scrapers.doctor import configuration
    from scrapers.doctor.result import Result
    from scrapers.doctor.run import Service, examine

    if service not in {_ALL, *Service}:
        raise typer.BadParameter(f"write one of {', '.join(Service)} or {_ALL}", param_hint="--for")
    services = [] if service == _ALL else [Service(service)]
    checks = examine(services, session=session, wait=wait, while_waiting=_say_failing)
    failed = any(check.result is Result.FAIL for check in checks)
    current, _ = configuration.read()
    rows = configuration.rows(current)
    if as_json:
        print_json(
            {
                "well": not failed,
                "settings": [dataclasses.asdict(row) for row in rows],
                "checks": [dataclasses.asdict(check) for check in checks],
            }
        )
    else:
        print_table(
            "Settings", ("setting", "from", "value"), ((r.name, r.source, r.value) for r in rows)
        )
        _print_checks(checks)
    if failed:
        raise typer.Exit(1)


def _say_failing(failing: list[Check]) -> None:
    names = ", ".join(check.name for check in failing)
    err.print(f"waiting for {names}", markup=False, highlight=False, soft_wrap=True)


def _print_checks(checks: list[Check]) -> None:
    from scrapers.doctor.result import Result

    print_table(
        "Checks",
        ("check", "result", "of", "found", "mend"),
        (
            (
                check.name,
                check.result.upper() if check.result is Result.FAIL else str(check.result),
                check.subject or None,
                f"{check.failure}: {check.found}" if check.failure else check.found,
                check.mend or None,
            )
            for check in checks
        ),
    )
    counts = {result: sum(check.result is result for check in checks) for result in Result}
    told = ", ".join(f"{number} {result}" for result, number in counts.items() if number)
    style = "red" if counts[Result.FAIL] else "yellow" if counts[Result.WARN] else "green"
    out.print(f"{len(checks)} checks: {told}.", style=style, markup=False, highlight=False)
