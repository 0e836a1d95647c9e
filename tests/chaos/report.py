"""The table of what was run: on the terminal, and as a page of the documentation."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from scrapers.errors import FAILURE_CLASSES
from scrapers.register import runbook
from tests.chaos.scenario import Outcome, Scenario

_COLUMNS = (
    "scenario", "classes", "what strikes", "who mends", "runs", "detected s", "recovered s",
    "requests (bound)", "alerts", "as a quiet night",
)  # fmt: skip
NOT_RUN = "not run"


def rows(chosen: Sequence[Scenario], outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """The table's rows, a scenario each; one without an outcome says that it was not run."""
    made = []
    for scenario in chosen:
        mine = [outcome for outcome in outcomes if outcome.scenario == scenario.name]
        bad = sum(bool(outcome.problems) for outcome in mine)
        known = (
            scenario.name,
            ", ".join(scenario.classes),
            scenario.what,
            "a person" if scenario.person else "nobody",
        )
        if not mine:
            made.append((*known, "0", *["–"] * (len(_COLUMNS) - len(known) - 2), NOT_RUN))
            continue
        made.append(
            (
                *known,
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


def show(chosen: Sequence[Scenario], outcomes: Sequence[Outcome]) -> None:
    """Print the table, and what is not as it has to be."""
    table = Table(*_COLUMNS, title="Chaos", title_justify="left")
    for row in rows(chosen, outcomes):
        table.add_row(*row)
    Console(width=220 if not sys.stdout.isatty() else None).print(table)
    for outcome in outcomes:
        for problem in outcome.problems:
            print(f"{outcome.scenario} seed {outcome.seed}: {problem}")
    bad = sum(bool(outcome.problems) for outcome in outcomes)
    print(f"{_counted(chosen, outcomes)}, {bad} not as they have to be")


def _counted(chosen: Sequence[Scenario], outcomes: Sequence[Outcome]) -> str:
    missing = len({scenario.name for scenario in chosen} - {o.scenario for o in outcomes})
    told = f", {missing} of them {NOT_RUN}" if missing else ""
    return f"{len(chosen)} scenarios{told}, {len(outcomes)} runs"


def page(chosen: Sequence[Scenario], outcomes: Sequence[Outcome]) -> str:
    """The page of the documentation; it names all that is chosen, be it run or not."""
    lines = [
        "# Chaos: every failure injected, and what became of the night",
        "",
        "Written by `make chaos`. A night of football runs on a real platform (PostgreSQL, broker,",
        "browsers, workers, watchman, the stand-in site); a fault strikes it where the seed says;",
        "nobody helps, unless the failure's class says that a person must: then the commands of",
        "its runbook are read from docs/runbooks and run. In the end the core tables must hash to",
        "those of a night without trouble, no batch and no message may be doubled, the site must",
        "not have been asked for more pages than the bound, and the commands with which the",
        "classes' runbooks let you look must all end well.",
        "",
        f"{_counted(chosen, outcomes)}; {os.cpu_count()} cores, "
        f"{platform.machine()}. Seconds are from the strike to the first sign (a row of the",
        "ledger or of the incidents, or a line of a log that names the class), and to the end of",
        "the night, or of what the person did. What waits does so for moments here (a sweep every",
        "second, messages sent again after three, pauses of the source of two or three seconds);",
        "how long a trouble has to last before it is told is as in production, so most of what is",
        "over in seconds is told nobody. A dash: it is mended within a moment, and leaves no sign.",
        "",
        "| " + " | ".join(_COLUMNS) + " |",
        "|" + "---|" * len(_COLUMNS),
    ]
    lines += ["| " + " | ".join(row) + " |" for row in rows(chosen, outcomes)]
    lines += ["", "## By failure class", "", "| class | scenarios | runbook |", "|---|---|---|"]
    for name in FAILURE_CLASSES:
        proving = ", ".join(s.name for s in chosen if name in s.classes)
        lines.append(f"| {name} | {proving} | [{name}](runbooks/{name}.md) |")
        assert runbook(name).endswith(f"/{name}.md")
    return "\n".join(lines) + "\n"
