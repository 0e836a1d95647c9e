"""How a field came to its value: what each place said, step by step, and which one won."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from scrapers.errors import ConfigInvalid
from scrapers.parsing.extract import GroupReader, page_reader
from scrapers.parsing.failures import Failures
from scrapers.parsing.fields import Column, FieldReader, NamedStep, PlaceReader
from scrapers.parsing.model import Place, SelectorFile
from scrapers.parsing.page import Page
from scrapers.parsing.places import MISSING


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step: its name, the value after it, and why it could not read the value, if so."""

    name: str
    value: Any
    misfit: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What one place gave.

    Attributes:
        place: as the selector file says it.
        is_there: the place is on the page.
        found: what stands there, before any step.
        steps: its regular expression and transforms.
        value: what it gave in the end.
        wins: the field takes this one.
    """

    place: str
    is_there: bool
    found: Any
    steps: tuple[StepTaken, ...]
    value: Any
    wins: bool


@dataclass(frozen=True, slots=True)
class Story:
    """How a field came to its value.

    Attributes:
        name: the field, groups first.
        type: its type; `unit` its unit.
        rows: rows of its group on the page; None for a field of the page.
        row: the row told of, from 0.
        filled: rows that have a value.
        trials: its places in order; those after the winner are tried too.
        steps: the field's own transforms, on what won.
        value: the final value.
        failures: what keeps the page from being read, over all rows.
    """

    name: str
    type: str
    unit: str | None
    rows: int | None
    row: int
    filled: int
    trials: tuple[Trial, ...]
    steps: tuple[StepTaken, ...]
    value: Any
    failures: tuple[str, ...]


def explain(page: Page, selector: SelectorFile, pattern: str = "*", row: int = 0) -> list[Story]:
    """Stories of the fields whose name fits `pattern` (`events.x`, `match_*`, `teams`).

    A group's name stands for all that is in it. That its rows are not found, see `unfound`.

    Args:
        row: the row of a group to tell of, from 0, counted over the whole page.

    Raises:
        ConfigInvalid: the file has no such field, or the page no such row.
    """
    stories = []
    known = []
    for reader, rows, in_group in _readers(page, selector):
        known.append(reader.name)
        if _fits(reader.name, pattern):
            stories.append(_story(page, reader, rows, in_group, row))
    if not stories:
        close = difflib.get_close_matches(pattern, known, n=3, cutoff=0.4)
        mend = f"did you mean {', '.join(close)}?" if close else "leave it out to see them all"
        raise ConfigInvalid(f"{selector.name} has no field {pattern!r}: {mend}")
    return stories


def unfound(page: Page, selector: SelectorFile, pattern: str = "*") -> list[str]:
    """Why rows of groups are not found as they must be, of groups with fields that are told of."""
    told = Failures()
    for group in page_reader(selector).groups.values():
        _find_below(page, group, [page.root], pattern, told)
    return [str(failure) for failure in told.found]


def _find_below(
    page: Page, group: GroupReader, parents: Column, pattern: str, told: Failures
) -> None:
    failures = Failures()
    rows, _ = group.find(page, parents, failures)
    if any(_fits(name, pattern) for name in _names(group)):
        told.found += failures.found
    for inner in group.groups.values():
        _find_below(page, inner, rows, pattern, told)


def _names(group: GroupReader) -> Iterator[str]:
    yield from (field.name for field in group.fields)
    for inner in group.groups.values():
        yield from _names(inner)


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*")


def _readers(page: Page, selector: SelectorFile) -> Iterator[tuple[FieldReader, Column, bool]]:
    reader = page_reader(selector)
    for field in reader.fields:
        yield field, [page.root], False
    for group in reader.groups.values():
        yield from _group_readers(page, group, [page.root])


def _group_readers(
    page: Page, group: GroupReader, parents: Column
) -> Iterator[tuple[FieldReader, Column, bool]]:
    rows, _ = group.find(page, parents, Failures())
    for field in group.fields:
        yield field, rows, True
    for inner in group.groups.values():
        yield from _group_readers(page, inner, rows)


def _story(page: Page, reader: FieldReader, rows: Column, in_group: bool, row: int) -> Story:
    failures = Failures()
    values = reader.read(page, rows, failures)
    trials: list[Trial] = []
    winner: Any = None
    if row < len(rows):
        for place in reader.places:
            trial = _trial(page, place, rows[row], is_open=winner is None)
            winner = trial.value if trial.wins else winner
            trials.append(trial)
    steps, value = _take(reader.steps, winner)
    return Story(
        name=reader.name,
        type=reader.field.type.value,
        unit=reader.field.unit,
        rows=len(rows) if in_group else None,
        row=row,
        filled=sum(value is not None for value in values),
        trials=tuple(trials),
        steps=steps,
        value=value,
        failures=tuple(str(failure) for failure in failures.found),
    )


def _trial(page: Page, reader: PlaceReader, row: Any, *, is_open: bool) -> Trial:
    found, misfits = reader.find(page, [row])
    raw = found[0]
    steps, value = _take(reader.steps, None if raw is MISSING else raw)
    if misfits:
        steps = (StepTaken("path", None, misfits[0]), *steps)
    return Trial(
        place=place_told(reader.place),
        is_there=raw is not MISSING,
        found=None if raw is MISSING else raw,
        steps=steps,
        value=value,
        wins=is_open and value is not None,
    )


def _take(steps: list[NamedStep], value: Any) -> tuple[tuple[StepTaken, ...], Any]:
    taken = []
    for step in steps:
        if value is None and not step.takes_null:
            break
        values, misfits = step.over([value])
        value = values[0]
        taken.append(StepTaken(step.name, value, misfits.get(0)))
    return tuple(taken), value


def place_told(place: Place) -> str:
    """A place in the words of the selector file."""
    parts = (("css", place.css), ("xpath", place.xpath), ("js", place.js), ("path", place.path))
    told = [f"{name}: {text}" for name, text in parts if text is not None]
    return ", ".join([*told, f"attr: {place.attr}"] if place.attr else told)
