"""`python -m tests.mutations [--pages N] [--seed N] [--only PAGE]`; `make mutations` calls it."""

from __future__ import annotations

import argparse
import os
import pickle
import random
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from scrapers.settings import ROOT
from scrapers.targets import PageKind
from tests.demo.show import CAPTURED
from tests.mutations.catalogue import mutation
from tests.mutations.children import read_all
from tests.mutations.databases import databases
from tests.mutations.landing import Fate, judge_all
from tests.mutations.reading import CRASH, DEFECT, HANG, OTHER, Result
from tests.mutations.report import column, document, table, violations
from tests.mutations.sources import Source, sources

HOME = ROOT / "var" / "mutations"
DOCUMENT = ROOT / "docs" / "mutations.md"
_SAY_EVERY = 1000
Pages = dict[PageKind, list[Source]]


def main(arguments: list[str] | None = None) -> int:
    """Read, judge, land, compare; 1 if anything may not be."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--pages", type=int, default=10_000, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, help="of all that is random; none: a new one")
    parser.add_argument("--only", type=int, metavar="PAGE", help="this page of the seed again")
    parser.add_argument(
        "--again",
        action="store_true",
        help="read anew only what was wrong in the last run, judge all",
    )
    parser.add_argument("--home", type=Path, default=HOME, help="working folder (%(default)s)")
    parser.add_argument("--document", type=Path, help="Markdown file of the figures")
    chosen = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    numbers = range(chosen.pages) if chosen.only is None else [chosen.only]
    console = Console(width=200 if not Console().is_terminal else None)
    home = chosen.home.resolve()
    pages = sources(CAPTURED if CAPTURED.is_dir() else None)
    kept = home / "results"
    fates: dict[int, Fate] = {}
    if chosen.again:
        seed, results, fates = pickle.loads(kept.read_bytes())
        console.print(f"seed {seed}, what was wrong in {len(results)} pages", highlight=False)
        results = _mended(seed, results, fates, pages, home)
    else:
        console.print(f"seed {seed}, {len(numbers)} pages", highlight=False)
        results = _read(console, seed, numbers, pages, home)
    kept.write_bytes(pickle.dumps((seed, results, fates)))
    reading = sum(one.seconds for one in results)
    others = [one for one in results if one.outcome == OTHER and one.number not in fates]
    console.print(f"  {len(others)} pages have rows of their own: to the gate", highlight=False)
    if others:
        with databases(home, len(os.sched_getaffinity(0))) as settings:
            for told in judge_all(settings, others):
                fates |= {fate.number: fate for fate in told}
                # Kept as they come: `--again` takes up a run that was ended.
                kept.write_bytes(pickle.dumps((seed, results, fates)))
    found = violations(results, fates)
    about = (
        f"{reading / 60:.1f} minutes of CPU to read them; {len(fates):,} have rows that are not "
        "those of the undamaged page, and were judged."
    )
    if chosen.only is not None:
        _tell_one(console, seed, results[0], fates, home, pages)
    else:
        console.print(table(results, fates), markup=False, soft_wrap=True, highlight=False)
    for one in found:
        console.print(
            f"page {one.number}: {one.what}\n"
            f"  again: python -m tests.mutations --seed {seed} --only {one.number}",
            markup=False, soft_wrap=True, highlight=False,
        )  # fmt: skip
    console.print(f"{about} Violations: {len(found)}.", highlight=False)
    if chosen.document:
        chosen.document.write_text(document(results, fates, seed, about), encoding="utf-8")
    return 1 if found else 0


def _read(
    console: Console, seed: int, numbers: Sequence[int], pages: Pages, home: Path
) -> list[Result]:
    shutil.rmtree(home / "rows", ignore_errors=True)
    (home / "rows").mkdir(parents=True)
    (home / "suspects").unlink(missing_ok=True)
    began = time.monotonic()
    results: list[Result] = []
    for result in read_all(seed, numbers, pages, home / "rows"):
        results.append(result)
        if result.wrong or result.outcome in (CRASH, HANG, DEFECT):
            # Known before the gate has judged: what it puts aside is no violation.
            with (home / "suspects").open("a", encoding="utf-8") as file:
                told = "; ".join(result.wrong) or f"{result.outcome}: {result.detail}"
                file.write(f"{result.number} {result.target} {result.mutator}: {told}\n")
        if len(results) % _SAY_EVERY == 0:
            said = f"  {time.monotonic() - began:4.0f} s  {len(results)} pages read"
            console.print(said, highlight=False)
    return sorted(results, key=lambda one: one.number)


def _mended(
    seed: int, results: list[Result], fates: dict[int, Fate], pages: Pages, home: Path
) -> list[Result]:
    """The results, violating pages read anew; their fates are taken out."""
    numbers = sorted(
        {one.number for one in violations(results, fates)}
        | {one.number for one in results if one.outcome == OTHER and one.number not in fates}
    )
    for number in numbers:
        fates.pop(number, None)
    anew = {one.number: one for one in read_all(seed, numbers, pages, home / "rows")}
    return [anew.get(one.number, one) for one in results]


def _tell_one(
    console: Console, seed: int, result: Result, fates: dict[int, Fate], home: Path, pages: Pages
) -> None:
    found = mutation(seed, result.number, pages)
    for name, html in (("page", found.mutated.html), ("undamaged", found.source.html)):
        (home / f"{name}.html").write_bytes(html)
    fate = fates.get(result.number)
    console.print(f"{result.target}: {result.group}: {result.mutator}", highlight=False)
    console.print(f"{column(result, fate, set())}: {result.detail or (fate and fate.why) or ''}")
    for what in result.wrong:
        console.print(f"  {what}", markup=False)
    console.print(f"{result.seconds:.2f} s of CPU, {result.peak / 1e6:.0f} MB; pages in {home}")


if __name__ == "__main__":
    sys.exit(main())
