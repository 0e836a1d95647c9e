"""`python -m tests.chaos.soak`: many pages through two browser slots; nothing grows.

The stand-in's whole season is scraped, and scraped again, until so many pages have been asked for.
Every second the memory of the workers' processes and the number of browsers are noted. The run is
judged by its quarters, by pages: in the last one neither may stand above the second one by more
than the margin. The first is left out: processes warm up, browsers are opened.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import mean

import psutil
from rich.console import Console
from rich.table import Table

from scrapers.settings import ROOT
from tests.site.world import World
from tests.support import stack as stacks
from tests.support.stack import Stack

SLOTS = 2
# Python's allocator keeps what a large page once needed: a few MB more or less say nothing.
MEMORY_SHARE, MEMORY_MB = 0.10, 15.0
_SAMPLE_SECONDS = 1.0
_MB = 1 << 20


@dataclass(frozen=True)
class Sample:
    """One look.

    Attributes:
        pages: asked of the site so far.
        fetch_mb, parse_mb: memory of the fetch and the parse worker with their processes.
        beat_mb: memory of beat.
        browsers: browsers that the hub has started, one for each session.
        browser_processes: these with all their processes.
        browser_mb: memory of all of them; shared pages count for each.
    """

    pages: int
    fetch_mb: float
    parse_mb: float
    beat_mb: float
    browsers: float
    browser_processes: float
    browser_mb: float


NAMES = [field.name for field in fields(Sample) if field.name != "pages"]
# A browser more, for the moment in which a session follows another; its processes likewise.
_COUNTS = {"browsers": 0.5, "browser_processes": 4.0}


class Sampler(threading.Thread):
    """Takes samples until it is told to end."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self._stack = stack
        self._over = threading.Event()

    def run(self) -> None:
        """Take them."""
        while not self._over.wait(_SAMPLE_SECONDS):
            with suppress(psutil.NoSuchProcess):
                self.samples.append(_look(self._stack))

    def end(self) -> list[Sample]:
        """End, and give them."""
        self._over.set()
        self.join()
        return self.samples


def _look(stack: Stack) -> Sample:
    hub = psutil.Process(stack.group.pid("hub"))
    browsers = hub.children()
    family = hub.children(recursive=True)
    return Sample(
        pages_asked(stack),
        *(_memory(_tree(stack, name)) for name in ("fetch", "parse", "beat")),
        len(browsers),
        len(family),
        _memory(family),
    )


def _tree(stack: Stack, program: str) -> list[psutil.Process]:
    top = psutil.Process(stack.group.pid(program))
    return [top, *top.children(recursive=True)]


def _memory(processes: Sequence[psutil.Process]) -> float:
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return round(total / _MB, 1)


def pages_asked(stack: Stack) -> int:
    """Pages that have been asked of the site."""
    return len(json.loads(stack.control("requests")))


def quarters(samples: Sequence[Sample], pages: int) -> list[dict[str, float]]:
    """Means of each quarter of the pages."""
    made = []
    for number in range(4):
        low, high = pages * number / 4, pages * (number + 1) / 4
        mine = [s for s in samples if low <= s.pages < high] or list(samples[-1:])
        made.append({name: mean(getattr(s, name) for s in mine) for name in NAMES})
    return made


def grown(parts: Sequence[dict[str, float]]) -> list[str]:
    """What stands higher in the last quarter than in the second, beyond the margin."""
    found = []
    for name in NAMES:
        before, after = parts[1][name], parts[3][name]
        margin = _COUNTS.get(name, max(before * MEMORY_SHARE, MEMORY_MB))
        if after > before + margin:
            found.append(
                f"{name}: {before:.1f} in the second quarter, {after:.1f} in the last one "
                f"(margin {margin:.1f})"
            )
    return found


def soak(stack: Stack, pages: int) -> list[Sample]:
    """Scrape the season again and again until so many pages have been asked for."""
    days = sorted(world_days())
    sampler = Sampler(stack)
    sampler.start()
    try:
        while pages_asked(stack) < pages:
            for begin in range(0, len(days), 28):
                some = days[begin : begin + 28]
                stack.touchline("scrape", "--from", some[0], "--to", some[-1], "--force")
                print(f"{pages_asked(stack)} of {pages} pages", flush=True)
                if pages_asked(stack) >= pages:
                    break
    finally:
        samples = sampler.end()
    return samples


def world_days() -> set[str]:
    """Days of football of the stand-in's season."""
    return {
        str(match.kickoff_utc.date()) for match in World().matches() if match.status == "finished"
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak; the exit code: 1 if something has grown."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=__doc__)
    parser.add_argument("--pages", type=int, default=1000, help="pages to ask for, default 1000")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="touchline-soak-") as folder:
        stack = stacks.start(
            Path(folder) / "place",
            airflow=False,
            slots=SLOTS,
            settings={
                "page_interval_seconds": "0",
                "sweep_interval_seconds": "1",
                "completeness_floor": "0",  # of a world with postponed and missing matches
            },
        )
        try:
            samples = soak(stack, given.pages)
        finally:
            stack.stop()
    parts = quarters(samples, max(sample.pages for sample in samples))
    table = Table("", "1st quarter", "2nd", "3rd", "4th", "most", title_justify="left")
    table.title = (
        f"Soak: {samples[-1].pages} pages through {SLOTS} slots in "
        f"{(time.monotonic() - began) / 60:.1f} min"
    )
    for name in NAMES:
        most = max(getattr(sample, name) for sample in samples)
        table.add_row(name, *(f"{part[name]:.1f}" for part in parts), f"{most:.1f}")
    Console(width=110).print(table)
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "soak.json").write_text(
        json.dumps({"quarters": parts, "samples": [asdict(s) for s in samples]}), encoding="utf-8"
    )
    problems = grown(parts)
    for problem in problems:
        print(problem)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
