"""`python -m tests.demo up|down|status`; `touchline demo` and `make demo` call it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import httpx
from rich.console import Console

from scrapers.errors import TouchlineError
from scrapers.parsing.initial import unlisted
from scrapers.settings import ROOT
from tests.demo import show
from tests.site.world import World
from tests.support import postgres, stack
from tests.support.supervise import GroupError

HOME = ROOT / "var" / "demo"
CUP = "Interocean Cup"
console = Console()


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("action", choices=("up", "down", "status"))
    parser.add_argument("--home", type=Path, default=HOME, help="its folder (%(default)s)")
    chosen = parser.parse_args(arguments)
    home = chosen.home.resolve()
    try:
        return {"up": up, "down": down, "status": status}[chosen.action](home)
    except (GroupError, TimeoutError, TouchlineError, httpx.HTTPError) as error:
        console.print(f"The demo failed: {error}", style="red", markup=False, soft_wrap=True)
        if chosen.action == "up":
            console.print(
                f"Logs: {home / 'logs'}. What runs is left running to be looked at; "
                "`make demo-down` stops it.",
                markup=False,
                soft_wrap=True,
            )
        return 1


def _settings(home: Path) -> dict[str, str]:
    """The two leagues are followed; the cup is left for whoever tries `touchline follow`."""
    leagues = [one for one in World().follow() if one["competition"] != CUP]
    return {
        "follow": json.dumps(leagues),
        "export_url": (home / "export").as_uri(),
        "backup_url": (home / "backup").as_uri(),
        "pg_bin_dir": str(postgres.BIN),
    }


def up(home: Path) -> int:
    """Start everything afresh, run a night, show what landed; it is left running."""
    from tests.demo import night  # the pipeline takes seconds to import; the others need none of it

    with console.status("Starting") as spinner:
        started = stack.start(
            home,
            airflow=True,
            settings=_settings(home),
            say=lambda line: _step(spinner, line),
            site=show.site_arguments(),
        )
    console.print(f"Preflight: {preflight(started)}", highlight=False)
    day = night.choose_day()
    console.print(f"The night of [bold]{day}[/]: Airflow runs whoscored_nightly for it.")
    night.run(started, day, console)
    show.landed(started, console)
    show.addresses(started, console)
    return 0


def preflight(started: stack.Stack) -> str:
    """What `touchline doctor` says of the running demo, in a line.

    Raises:
        GroupError: a check fails; the text is the doctor's.
    """
    return started.touchline("doctor", "--wait", "30").stdout.strip().splitlines()[-1]


def down(home: Path) -> int:
    """Stop everything; no process and no port is left. Drafts of selector files are named."""
    known = stack.Stack.of(home)
    if known is None:
        stack.Group(home).end()
        console.print("No demo is known here; nothing of one runs.")
    else:
        with console.status("Stopping"):
            known.stop()
        console.print(
            f"Stopped: no process and no port is left. {home} keeps its logs, pages and data until "
            "the next `make demo` or `make clean`.",
            markup=False,
            soft_wrap=True,
        )
    if drafts := unlisted(ROOT / "selectors"):
        console.print(
            f"Drafts are left in selectors/: {', '.join(drafts)}. A new demo begins without them: "
            "promote them there, or delete their files.",
            markup=False,
            soft_wrap=True,
        )
    return 0


def status(home: Path) -> int:
    """Processes and addresses; 0 only while all of it runs."""
    known = stack.Stack.of(home)
    if known is None or not known.group.running():
        console.print("The demo does not run: `make demo` starts it.")
        return 1
    states = show.states(known, console)
    show.addresses(known, console)
    return 0 if all(state == "RUNNING" for state in states.values()) else 1


def _step(spinner: object, line: str) -> None:
    spinner.update(line)  # type: ignore[attr-defined]
    console.print(f"  {line}", style="dim", markup=False)


if __name__ == "__main__":
    sys.exit(main())
