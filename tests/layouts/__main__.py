"""`python -m tests.layouts [--kinds …] [--changes …]`; `make layouts` calls it."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console

from scrapers.settings import ROOT
from scrapers.targets import PageKind
from tests.layouts import table
from tests.layouts.changes import BY_NAME
from tests.layouts.expected import missing
from tests.layouts.run import KEY_BY_KEY, AnyCell, cells

DOCUMENT = ROOT / "docs" / "layout-changes.md"
NARROWEST = 150  # columns, where the output is no terminal


def main(arguments: list[str] | None = None) -> int:
    """Try the changes, print the table, write the documentation's; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.layouts", description=__doc__)
    parser.add_argument("--kinds", nargs="+", choices=[str(kind) for kind in PageKind])
    parser.add_argument("--changes", nargs="+", choices=[*BY_NAME, KEY_BY_KEY])
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
    changes = list(chosen.changes or [*BY_NAME, KEY_BY_KEY])
    with tempfile.TemporaryDirectory(prefix="touchline-layouts-") as folder:
        found, names = cells(Path(folder) / "place", kinds, changes, chosen.jobs, say)
    lost = missing(found, names, kinds, changes)
    console.print(table.terminal(found))
    if names:
        console.print(table.terminal_of_names(names))
    _tell(console, found if chosen.notes else table.failing(found))
    _tell(console, table.failing(names))
    for what in [*lost, *table.shortfalls(found)]:
        console.print(what, markup=False, highlight=False, soft_wrap=True)
    console.print(f"{time.monotonic() - began:.0f} s", highlight=False)
    if not chosen.kinds and not chosen.changes:
        DOCUMENT.write_text(table.document(found, names), encoding="utf-8")
        console.print(f"written to {DOCUMENT.relative_to(ROOT)}", highlight=False)
    return 0 if table.is_good(found, names) and not lost else 1


def _end(number: int, frame: FrameType | None) -> None:
    # As an exception, so that everything is put away on the way out.
    sys.exit(128 + number)


def _tell(console: Console, found: Sequence[AnyCell]) -> None:
    for cell in found:
        console.print(str(cell), markup=False, highlight=False, soft_wrap=True)
        for note in getattr(cell, "notes", ()):
            console.print(f"    {note}", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
