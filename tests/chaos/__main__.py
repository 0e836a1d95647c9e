"""`python -m tests.chaos`: every scenario with several seeds; a table, and docs/chaos.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scrapers.settings import ROOT
from tests.chaos.places import PLACES
from tests.chaos.run import run
from tests.chaos.scenario import Outcome, Scenario
from tests.chaos.scenarios import SCENARIOS

_COLUMNS = (
    "scenario", "classes", "what strikes", "seeds", "detected s", "recovered s",
    "requests (bound)", "alerts", "as a quiet night",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; the exit code: 1 if anything is not as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--scenario", action="append", help="only these, by name; repeatable")
    parser.add_argument("--quick", action="store_true", help="only those that `make test` runs")
    parser.add_argument("--seeds", type=int, default=3, help="how often each, default 3")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write docs/chaos.md")
    given = parser.parse_args(arguments)
    chosen = [
        scenario
        for scenario in SCENARIOS
        if (not given.scenario or scenario.name in given.scenario)
        and (scenario.quick or not given.quick)
    ]
    if unknown := set(given.scenario or ()) - {scenario.name for scenario in SCENARIOS}:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    outcomes = _run_all(chosen, seeds)
    _show(chosen, outcomes)
    if given.write:
        path = ROOT / "docs" / "chaos.md"
        path.write_text(page(chosen, outcomes), encoding="utf-8")
    (ROOT / "var").mkdir(exist_ok=True)
    figures = json.dumps([asdict(outcome) for outcome in outcomes], indent=1)
    (ROOT / "var" / "chaos.json").write_text(figures, encoding="utf-8")
    return int(any(outcome.problems for outcome in outcomes))


def _run_all(chosen: Sequence[Scenario], seeds: range) -> list[Outcome]:
    outcomes = []
    in_order = sorted(chosen, key=lambda scenario: list(PLACES).index(scenario.place))
    for kind, scenarios in groupby(in_order, key=lambda scenario: scenario.place):
        with (
            tempfile.TemporaryDirectory(prefix="touchline-chaos-") as folder,
            PLACES[kind](Path(folder) / "place") as place,
        ):
            for scenario in scenarios:
                for seed in seeds:
                    began = time.monotonic()
                    outcome = run(place, scenario, seed)
                    outcomes.append(outcome)
                    verdict = "; ".join(outcome.problems) or "as a quiet night"
                    print(
                        f"{scenario.name} seed {seed}: {verdict} "
                        f"({time.monotonic() - began:.0f} s)",
                        flush=True,
                    )
    return outcomes


def rows(chosen: Sequence[Scenario], outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """The table's rows, a scenario each."""
    made = []
    for scenario in chosen:
        mine = [outcome for outcome in outcomes if outcome.scenario == scenario.name]
        bad = sum(bool(outcome.problems) for outcome in mine)
        made.append(
            (
                scenario.name,
                ", ".join(scenario.classes),
                scenario.what,
                str(len(mine)),
                _span([o.detected for o in mine if o.detected is not None]),
                _span([o.recovered for o in mine]),
                f"{max(o.requests for o in mine)} ({mine[0].bound})",
                _span([o.alerts for o in mine]),
                "yes" if not bad else f"NO: {bad} of {len(mine)}",
            )
        )
    return made


def _span(values: Sequence[float]) -> str:
    if not values:
        return "–"
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _show(chosen: Sequence[Scenario], outcomes: Sequence[Outcome]) -> None:
    table = Table(*_COLUMNS, title="Chaos", title_justify="left")
    for row in rows(chosen, outcomes):
        table.add_row(*row)
    Console(width=200 if not sys.stdout.isatty() else None).print(table)
    for outcome in outcomes:
        for problem in outcome.problems:
            print(f"{outcome.scenario} seed {outcome.seed}: {problem}")


def page(chosen: Sequence[Scenario], outcomes: Sequence[Outcome]) -> str:
    """The page of the documentation."""
    lines = [
        "# Chaos: every failure injected, and what became of the night",
        "",
        "Written by `make chaos`. A night of football runs on a real platform (PostgreSQL, broker,",
        "browsers, workers, the stand-in site); a fault strikes it where the seed says; nobody",
        "helps, unless the failure's class says that a person must: then the runbook's commands",
        "are run. In the end the core tables must hash to those of a night without trouble, and",
        "the site must not have been asked for more pages than the bound.",
        "",
        f"{len(chosen)} scenarios, {len(outcomes)} runs; {os.cpu_count()} cores, "
        f"{platform.machine()}. Seconds are from the strike; what waits does so for moments here",
        "(the sweep every second, messages sent again after three).",
        "",
        "| " + " | ".join(_COLUMNS) + " |",
        "|" + "---|" * len(_COLUMNS),
    ]
    lines += ["| " + " | ".join(row) + " |" for row in rows(chosen, outcomes)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
