"""Figures: two samples taken in turn, their medians and ratio; the table and the file of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table
from rich.text import Text


class BenchError(RuntimeError):
    """What was to be measured did not do what it is measured for; the text says what."""


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        measure: name of the measure it is of.
        what: what was measured.
        ours: the platform's samples, in `unit`.
        against: what it stands beside.
        beside: its samples, taken in turn with `ours`, in `unit`.
        unit: "s", "pages/s", …
        note: what else is to be known, such as where the difference comes from.
        share: whether `ours` is a part of `beside`, so that the ratio is a percentage.
    """

    measure: str
    what: str
    ours: Sequence[float]
    against: str
    beside: Sequence[float]
    unit: str = "s"
    note: str = ""
    share: bool = False

    @property
    def ratio(self) -> float | None:
        """Median of ours over median of the other; None if that is zero."""
        return ratio(median(self.ours), median(self.beside))

    def as_json(self) -> dict[str, Any]:
        """The figure as plain values, medians and ratio included."""
        return {
            **asdict(self),
            "ours_median": median(self.ours),
            "beside_median": median(self.beside),
            "ratio": self.ratio,
        }


def ratio(ours: float, beside: float) -> float | None:
    """`ours` / `beside`; None if `beside` is zero."""
    return ours / beside if beside else None


def alternate(rounds: int, **works: Callable[[], object]) -> dict[str, list[float]]:
    """Seconds of each work, run in turn, A B A B …, so that a disturbance meets them alike."""
    samples: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            samples[name].append(seconds_of(work))
    return samples


def seconds_of(work: Callable[[], object]) -> float:
    """Wall time of a call, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def rates(amount: float, seconds: Sequence[float]) -> list[float]:
    """Amount per second, for each sample."""
    return [amount / each for each in seconds]


def differences(ours: Sequence[float], beside: Sequence[float]) -> list[float]:
    """Of each pair, how much more ours is."""
    return [a - b for a, b in zip(ours, beside, strict=True)]


def spread(samples: Sequence[float], form: str = ".1f") -> str:
    """The median, with the least and the most in brackets when there is more than one."""
    text = f"{median(samples):{form}}"
    if len(samples) > 1:
        text += f" ({min(samples):{form}} to {max(samples):{form}})"
    return text


def amount(value: float, unit: str) -> str:
    """A value for people: seconds below one as milliseconds, thousands with commas."""
    if unit == "s" and abs(value) < 1:
        return f"{value * 1000:.3g} ms" if abs(value) < 0.01 else f"{value * 1000:.0f} ms"
    if abs(value) >= 1000:
        return f"{value:,.0f} {unit}"
    return f"{value:.1f} {unit}"


def ratio_text(figure: Figure) -> str:
    """The ratio for people: a percentage of the whole, or a factor; none of negative seconds."""
    if figure.ratio is None or figure.ratio < 0:
        return "–"
    return f"{figure.ratio:.0%}" if figure.share else f"× {figure.ratio:.2f}"


def table(figures: Sequence[Figure], caption: str) -> Table:
    """The figures as one table; the ratio is platform over beside."""
    made = Table(title="Bench", title_justify="left", header_style="bold", caption=caption)
    made.caption_justify = "left"
    made.add_column("measure")
    made.add_column("what", ratio=2)
    made.add_column("platform", justify="right", no_wrap=True)
    made.add_column("beside", justify="right", no_wrap=True)
    made.add_column("ratio", justify="right", no_wrap=True)
    made.add_column("beside is; notes", ratio=3)
    last = ""
    for figure in figures:
        if last and figure.measure != last:
            made.add_section()
        made.add_row(
            "" if figure.measure == last else figure.measure,
            Text(figure.what),
            amount(median(figure.ours), figure.unit),
            amount(median(figure.beside), figure.unit),
            ratio_text(figure),
            Text.assemble(figure.against, (f"\n{figure.note}" if figure.note else "", "dim")),
        )
        last = figure.measure
    return made


def write(path: Path, figures: Sequence[Figure], about: Mapping[str, Any]) -> None:
    """The figures with all their samples, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {**about, "figures": [figure.as_json() for figure in figures]}
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
