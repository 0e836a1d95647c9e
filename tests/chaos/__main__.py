"""`python -m tests.chaos`: every scenario with several seeds; a table, and docs/chaos.md."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from scrapers.settings import ROOT
from tests.chaos import report
from tests.chaos.place import Place
from tests.chaos.places import PLACES
from tests.chaos.run import run
from tests.chaos.scenario import Outcome, Scenario
from tests.chaos.scenarios import SCENARIOS

FIGURES = ROOT / "var" / "chaos.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; the exit code: 1 if anything is not as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--scenario", action="append", help="only these, by name; repeatable")
    parser.add_argument("--place", action="append", help="only those of this kind of place")
    parser.add_argument("--quick", action="store_true", help="only those that `make test` runs")
    parser.add_argument("--seeds", type=int, default=3, help="how often each, default 3")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="places side by side, default 1")
    parser.add_argument("--write", action="store_true", help="write docs/chaos.md")
    parser.add_argument(
        "--keep", action="store_true", help="with the outcomes of earlier runs in the table"
    )
    parser.add_argument("--figures", type=Path, default=FIGURES, help="file of the outcomes")
    parser.add_argument("--list", action="store_true", help="name the scenarios, run none")
    given = parser.parse_args(arguments)
    if unknown := set(given.scenario or ()) - {scenario.name for scenario in SCENARIOS}:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    chosen = [
        scenario
        for scenario in SCENARIOS
        if (not given.scenario or scenario.name in given.scenario)
        and (not given.place or scenario.place in given.place)
        and (scenario.quick or not given.quick)
    ]
    if given.list:
        for scenario in chosen:
            print(f"{scenario.name:32} {scenario.place:9} {', '.join(scenario.classes)}")
        return 0
    for scenario in chosen:
        if not scenario.can_run:
            print(f"{scenario.name}: not run: it mounts a file system, which root alone may")
    able = [scenario for scenario in chosen if scenario.can_run]
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    earlier = _read(given.figures) if given.keep and given.figures.exists() else []
    outcomes: list[Outcome] = []
    runs = run_all(able, seeds) if given.jobs == 1 else _side_by_side(able, seeds, given.jobs)
    for outcome in runs:
        outcomes.append(outcome)
        _write(given.figures, _together(earlier, outcomes))  # at once: what is cut short counts
    outcomes = _together(earlier, outcomes)
    shown = [s for s in SCENARIOS if s in chosen or any(o.scenario == s.name for o in outcomes)]
    report.show(shown, outcomes)
    if given.write:
        # Every one: what is not shown would be taken for proven, or for not there.
        (ROOT / "docs" / "chaos.md").write_text(report.page(SCENARIOS, outcomes), encoding="utf-8")
    return int(any(outcome.problems for outcome in outcomes))


def run_all(chosen: Sequence[Scenario], seeds: range) -> Iterator[Outcome]:
    """Run the scenarios, each kind of place after the other."""
    in_order = sorted(chosen, key=lambda scenario: list(PLACES).index(scenario.place))
    for kind, scenarios in groupby(in_order, key=lambda scenario: scenario.place):
        with (
            tempfile.TemporaryDirectory(prefix="touchline-chaos-") as folder,
            PLACES[kind](Path(folder) / "place") as place,
        ):
            for scenario in scenarios:
                yield from _seeds(place, scenario, seeds)


def _seeds(place: Place, scenario: Scenario, seeds: range) -> Iterator[Outcome]:
    for seed in seeds[: scenario.most_seeds]:
        outcome = run(place, scenario, seed, look=seed == seeds[0])
        verdict = "; ".join(outcome.problems) or "as a quiet night"
        print(f"{scenario.name} seed {seed}: {verdict} ({outcome.seconds:.0f} s)", flush=True)
        yield outcome


def _side_by_side(chosen: Sequence[Scenario], seeds: range, jobs: int) -> Iterator[Outcome]:
    """Share the scenarios out to so many processes; those of one kind of place stay together."""
    in_order = sorted(chosen, key=lambda scenario: list(PLACES).index(scenario.place))
    length = -(-len(in_order) // jobs)
    shares = [in_order[begin : begin + length] for begin in range(0, len(in_order), length)]
    with tempfile.TemporaryDirectory(prefix="touchline-chaos-") as folder:
        files = [Path(folder) / f"{number}.json" for number in range(len(shares))]
        running = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.chaos", "--figures", str(file)),
                    *("--seeds", str(len(seeds)), "--first-seed", str(seeds[0])),
                    *(word for scenario in share for word in ("--scenario", scenario.name)),
                ],
                cwd=ROOT,
            )
            for file, share in zip(files, shares, strict=True)
        ]
        for process in running:
            process.wait()
            assert process.returncode in (0, 1), "one of the processes was cut short"
        yield from (outcome for file in files for outcome in _read(file))


def _together(earlier: Sequence[Outcome], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, and of scenarios that have none among them the earlier ones."""
    wanted = {scenario.name for scenario in SCENARIOS} - {o.scenario for o in outcomes}
    return [*(outcome for outcome in earlier if outcome.scenario in wanted), *outcomes]


def _write(file: Path, outcomes: Sequence[Outcome]) -> None:
    file.parent.mkdir(exist_ok=True)
    text = json.dumps([asdict(outcome) for outcome in outcomes], indent=1)
    file.write_text(text, encoding="utf-8")


def _read(file: Path) -> list[Outcome]:
    return [Outcome(**values) for values in json.loads(file.read_text(encoding="utf-8"))]


if __name__ == "__main__":
    sys.exit(main())
