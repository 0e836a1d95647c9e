"""One damaged page, read as a parse worker reads it, and what became of it."""

from __future__ import annotations

import pickle
import re
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from scrapers.errors import (
    InvalidRows,
    LayoutChanged,
    SourceRefused,
    SourceUnavailable,
    TargetAbsent,
    TouchlineError,
)
from scrapers.warehouse.staging import encode_rows
from scrapers.whoscored.read import read_page
from tests.mutations.catalogue import Mutation
from tests.mutations.contract import Contract, fewer, wrongs
from tests.mutations.sources import files

# Failures that a page may be met with. Others say that something of ours is broken.
FAILURES = (LayoutChanged, SourceRefused, SourceUnavailable, TargetAbsent, InvalidRows)
# Bounds of one page. The soft limit of the parse worker is 60 s; a whole match takes 0.15 s.
CPU_SECONDS = 3.0
MEMORY_BYTES = 400_000_000

TRUE, OTHER = "rows of the truth", "other rows"
CRASH, HANG, DEFECT = "CRASH", "HANG", "DEFECT"
_HWM = re.compile(r"VmHWM:\s+(\d+) kB")
_RSS = re.compile(r"VmRSS:\s+(\d+) kB")
_ON = date(2023, 1, 15)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a page.

    Attributes:
        outcome: a failure's class, `TRUE`, `OTHER`, or one of the words for what may not be.
        detail: the failure's sentence.
        wrong: what in its rows the mutation can't have made, see `contract`.
        lacking: tables with fewer rows than the truth: how many, of how many.
        rows: file of its rows, where they are not the truth's.
        seconds: of CPU for reading alone.
        peak: bytes by which the process grew at most while it read.
    """

    number: int
    kind: str
    target: str
    group: str
    mutator: str
    outcome: str
    detail: str = ""
    wrong: tuple[str, ...] = ()
    lacking: tuple[tuple[str, int, int], ...] = ()
    rows: Path | None = None
    seconds: float = 0.0
    peak: int = 0


def blank(number: int, found: Mutation) -> Result:
    """The result of a page of which nothing is known yet."""
    return Result(
        number,
        found.source.target.page_kind.value,
        found.source.target.key,
        found.mutator.group,
        found.mutator.name,
        CRASH,
    )


def read(number: int, found: Mutation, folder: Path) -> Result:
    """Read the page; rows that are not the truth's are left in the folder.

    Raises:
        Exception: whatever is no failure class: the page has broken something of ours.
    """
    source, mutated = found.source, found.mutated
    truth = source.truth  # read before the clock runs
    before, at_first = _begin()
    outcome, detail, rows = TRUE, "", {}
    try:
        rows = read_page(mutated.html, source.target, "", files(), on=_ON).rows
        encode_rows(source.target.key, rows)
    except FAILURES as error:
        outcome, detail, rows = error.failure_class, error.detail, {}
    except TouchlineError as error:
        outcome, detail, rows = DEFECT, f"{error.failure_class}: {error.detail}", {}
    seconds, peak = time.process_time() - before, _peak() - at_first
    result = replace(
        blank(number, found), outcome=outcome, detail=detail[:300], seconds=seconds, peak=peak
    )
    if outcome != TRUE or rows == truth:
        return result
    contract = found.mutator.contract if source.readable else Contract.EXACT
    path = folder / f"{number}.rows"
    path.write_bytes(pickle.dumps(rows))
    return replace(
        result,
        outcome=OTHER,
        wrong=tuple(wrongs(rows, truth, contract, mutated.said)),
        lacking=tuple((table, *counts) for table, counts in fewer(rows, truth).items()),
        rows=path,
    )


def _begin() -> tuple[float, int]:
    """CPU seconds and resident bytes now; the high-water mark starts anew."""
    Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    resident = _RSS.search(status)
    assert resident is not None
    return time.process_time(), int(resident[1]) * 1024


def _peak() -> int:
    highest = _HWM.search(Path("/proc/self/status").read_text())
    assert highest is not None
    return int(highest[1]) * 1024
