"""`python -m tests.layouts [--kinds …] [--changes …]`; `make layouts` calls it."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

from rich.console import Console

from scrapers.settings import ROOT
from scrapers.targets import PageKind
from tests.layouts import table
from tests.layouts.changes import BY_NAME
from tests.layouts.night import Cell
from tests.layouts.run import cells

DOCUMENT = ROOT / "docs" / "layout-changes.md"
NARROWEST = 150  # columns, where the output is no terminal


def main(arguments: list[str] | None = None) -> int:
    """Try the changes, print the table, write the documentation's; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.layouts", description=__doc__)
    parser.add_argument("--kinds", nargs="+", choices=[str(kind) for kind in PageKind])
    parser.add_argument("--changes", nargs="+", choices=list(BY_NAME))
    parser.add_argument("--jobs", type=int, default=2, help="processes (%(default)s)")
    parser.add_argument("--notes", action="store_true", help="what is to be known of each cell")
    chosen = parser.parse_args(arguments)
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, NARROWEST)
    began = time.monotonic()

    def say(line: str) -> None:
        console.print(f"  {time.monotonic() - began:4.0f} s  {line}", style="dim", markup=False,
                      highlight=False)  # fmt: skip

    signal.signal(signal.SIGTERM, _end)
    kinds = [PageKind(kind) for kind in chosen.kinds or PageKind]
    changes = list(chosen.changes or BY_NAME)
    with tempfile.TemporaryDirectory(prefix="touchline-layouts-") as folder:
        found = cells(Path(folder) / "place", kinds, changes, chosen.jobs, say)
    console.print(table.terminal(found))
    _tell(console, found if chosen.notes else table.failing(found))
    console.print(f"{time.monotonic() - began:.0f} s", highlight=False)
    if not chosen.kinds and not chosen.changes:
        DOCUMENT.write_text(table.document(found), encoding="utf-8")
        console.print(f"written to {DOCUMENT.relative_to(ROOT)}", highlight=False)
    return 0 if table.is_good(found) else 1


def _end(number: int, frame: FrameType | None) -> None:
    # As an exception, so that everything is put away on the way out.
    sys.exit(128 + number)


def _tell(console: Console, found: list[Cell]) -> None:
    for cell in found:
        console.print(str(cell), markup=False, highlight=False, soft_wrap=True)
        for note in cell.notes:
            console.print(f"    {note}", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
