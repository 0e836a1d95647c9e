"""What judging costs: seconds for a batch, its share of a publish, and the import before it."""

from __future__ import annotations

import resource
import subprocess
import sys
from datetime import UTC, datetime
from statistics import median
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine

from scrapers.pipeline.publish import publish
from scrapers.settings import ROOT, Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse import ledger
from scrapers.warehouse.records import BatchKey, PlannedTarget
from tests.bench.figures import BenchError, Figure, alternate, seconds_of
from tests.bench.place import Place, empty, matches, rows_of
from tests.support.rows import put

SIZES = (1, 10, 50)
_WITHOUT = "import scrapers.pipeline.publish"
_WITH = f"{_WITHOUT}, scrapers.quality.gate, scrapers.warehouse.landing"


def measure(place: Place) -> list[Figure]:
    """judge() beside publish() of the same batch, for batches of different sizes.

    Raises:
        BenchError: a match of the stand-in did not pass.
    """
    sizes = SIZES[:2] if place.quick else SIZES
    place.say(f"rows of {sizes[-1]} matches")
    ids = matches(sizes[-1])
    for match_id in ids:
        rows_of(match_id)
    engine, settings = place.warehouse, place.settings
    place.say("judging batches of " + ", ".join(map(str, sizes)))
    _judge_and_publish(engine, settings, ids[:1])  # imports, connections
    found = []
    for size in sizes:
        pairs = [_judge_and_publish(engine, settings, ids[:size]) for _ in range(_rounds(size))]
        judged = [pair[0] for pair in pairs]
        found.append(
            Figure(
                "gate",
                f"judge() of {size} match{'es' if size > 1 else ''}",
                judged,
                "publish() of the same batch: judge, land, close",
                [pair[1] for pair in pairs],
                note=f"{median(judged) / size * 1000:.0f} ms a match",
                share=True,
            )
        )
    return found


def _rounds(size: int) -> int:
    return 2 if size == SIZES[-1] else 3


def _judge_and_publish(engine: Engine, settings: Settings, ids: list[int]) -> tuple[float, float]:
    from scrapers.quality import gate

    empty(engine)
    targets = [Target.match_centre(match_id) for match_id in ids]
    key = BatchKey("bench", "run", PageKind.MATCH_CENTRE)
    batch_id = ledger.open_batch(engine, key, [PlannedTarget(t, "new") for t in targets], None)
    for target, match_id in zip(targets, ids, strict=True):
        put(engine, target, rows_of(match_id), datetime.now(UTC))
    judge, judged = gate.judge, []

    def timed(*arguments: Any) -> gate.Verdict:
        verdicts = []
        judged.append(seconds_of(lambda: verdicts.append(judge(*arguments))))
        return verdicts[0]

    with patch.object(gate, "judge", timed):
        published = seconds_of(lambda: publish(engine, batch_id, settings))
    progress = ledger.progress(engine, batch_id)
    if progress.by_state != {"landed": len(ids)}:
        raise BenchError(f"of {len(ids)} judged matches the ledger says {progress.by_state}")
    return judged[0], published


def measure_import(place: Place) -> list[Figure]:
    """A process that imports what publishing needs, beside one without the gate."""
    place.say("importing Great Expectations in processes of their own")
    cpu: list[float] = []
    taken = alternate(
        1 if place.quick else 2,
        ours=lambda: cpu.append(_import(_WITH)),
        without=lambda: _import(_WITHOUT),
    )
    return [
        Figure(
            "import",
            "process start of a publish",
            taken["ours"],
            "the same without the gate (Great Expectations, pandas)",
            taken["without"],
            note=f"{median(cpu):.1f} s of CPU, once for each process that publishes",
        )
    ]


def _import(statement: str) -> float:
    """Run it in a new interpreter; the seconds of CPU that it took."""
    before = _children_seconds()
    subprocess.run([sys.executable, "-c", statement], cwd=ROOT, check=True, capture_output=True)
    return _children_seconds() - before


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
