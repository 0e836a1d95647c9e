"""`python -m tests.bench [--quick] [MEASURE …]`; `make bench` calls it."""

from __future__ import annotations

import argparse
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
from rich.console import Console

from scrapers.errors import TouchlineError
from scrapers.settings import ROOT
from tests.bench import browsers, export, figures, gate, landing, machine, overhead, parse, season
from tests.bench.figures import BenchError, Figure
from tests.bench.place import Place
from tests.support.supervise import GroupError

HOME = ROOT / "var" / "bench"
REPORT = ROOT / "var" / "bench.json"
NARROWEST = 140  # columns, where the output is no terminal

# In the order in which they run: first without a stack, then with all of it, then with less and
# less of it, so that what is measured is alone.
MEASURES: dict[str, Callable[[Place], list[Figure]]] = {
    "parse": parse.measure,
    "import": gate.measure_import,
    "airflow": overhead.measure,
    "browser": browsers.measure,
    "season": season.measure,
    "export": export.measure,
    "landing": landing.measure,
    "gate": gate.measure,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for, print the table, write the report; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("measure", nargs="*", metavar="MEASURE", help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller batches")
    parser.add_argument(
        "--matches",
        type=int,
        help=f"of the season that is read again and exported (else {season.MATCHES})",
    )
    parser.add_argument("--home", type=Path, default=HOME, help="working folder (%(default)s)")
    parser.add_argument("--report", type=Path, default=REPORT, help="JSON file (%(default)s)")
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.measure) - MEASURES.keys()):
        parser.error(f"unknown: {', '.join(unknown)}; choose of {', '.join(MEASURES)}")
    if chosen.matches is not None and chosen.matches < 1:
        parser.error("--matches must be at least 1")
    wanted = [name for name in MEASURES if name in chosen.measure or not chosen.measure]
    logging.basicConfig(level=logging.WARNING)
    signal.signal(signal.SIGTERM, _end)
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, NARROWEST)
    facts = machine.facts()
    console.print(", ".join(f"{name} {value}" for name, value in facts.items()), highlight=False)
    return _measure(wanted, chosen, facts, console)


def _measure(
    wanted: list[str], chosen: argparse.Namespace, facts: dict[str, str], console: Console
) -> int:
    began = time.monotonic()
    found: list[Figure] = []

    def say(line: str) -> None:
        console.print(f"  {time.monotonic() - began:4.0f} s  {line}", style="dim", markup=False)

    failure: Exception | None = None
    try:
        with Place(
            chosen.home.resolve(),
            airflow="airflow" in wanted,
            say=say,
            quick=chosen.quick,
            matches=chosen.matches,
        ) as place:
            for name in wanted:
                found += MEASURES[name](place)
    except (
        *(BenchError, GroupError, TimeoutError, TouchlineError),
        *(httpx.HTTPError, subprocess.CalledProcessError),
    ) as error:
        failure = error
    finally:
        _report(found, chosen, facts, time.monotonic() - began, console)
    if failure:
        kept = f"\nLogs: {chosen.home / 'logs'}" if chosen.home.exists() else ""
        console.print(
            f"The bench failed: {failure}{kept}", style="red", markup=False, soft_wrap=True
        )
    return 1 if failure else 0


def _report(
    found: list[Figure],
    chosen: argparse.Namespace,
    facts: dict[str, str],
    seconds: float,
    console: Console,
) -> None:
    if not found:
        return
    about: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": chosen.quick,
        "seconds": round(seconds),
        "machine": facts,
    }
    figures.write(chosen.report, found, about)
    caption = (
        f"Medians of samples taken in turn; ratio = platform / beside. {seconds:.0f} s in all; "
        f"every sample: {chosen.report}"
    )
    console.print(figures.table(found, caption))


def _end(number: int, frame: FrameType | None) -> None:
    # As an exception, so that everything is put away on the way out.
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
