"""Reading a field from many rows at once: places in order, transforms, checks.

A column of values is read in whole-list steps; only where one fails is it gone through value
by value. A match page has 1,500 events and 8,000 qualifiers, and is read in some 50 ms so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from scrapers.parsing.failures import Failures
from scrapers.parsing.javascript import NotDataError
from scrapers.parsing.model import Document, Place, SelectorField
from scrapers.parsing.notation import TransformStep
from scrapers.parsing.page import Page
from scrapers.parsing.places import MISSING, element_value, elements_getter, json_getter
from scrapers.parsing.transforms import TRANSFORMS, Step
from scrapers.parsing.values import CHECKS, RANGED, FieldType, MisfitError, shown

Column = list[Any]
Misfits = dict[int, str]
_PLAIN_TYPES: dict[FieldType, set[type]] = {
    FieldType.INTEGER: {int, type(None)},
    FieldType.BOOLEAN: {bool, type(None)},
}
_REGEX_LIMIT = 2_000  # a careless expression stays harmless on texts of this size


@dataclass(frozen=True, slots=True)
class NamedStep:
    """A step under the name by which the selector file and `explain` know it."""

    name: str
    run: Step
    takes_null: bool = False

    def over(self, values: Column) -> tuple[Column, Misfits]:
        """The step on each value; a value that it can't read becomes null and is noted."""
        run = self.run
        try:
            if self.takes_null:
                return [run(v) for v in values], {}
            return [None if v is None else run(v) for v in values], {}
        except MisfitError:
            return self._one_by_one(values)

    def _one_by_one(self, values: Column) -> tuple[Column, Misfits]:
        done: Column = []
        misfits: Misfits = {}
        for index, value in enumerate(values):
            try:
                done.append(self.run(value) if value is not None or self.takes_null else None)
            except MisfitError as error:
                done.append(None)
                misfits[index] = f"{error} ({self.name})"
        return done, misfits


def named_steps(steps: Sequence[TransformStep], zone: ZoneInfo) -> list[NamedStep]:
    """The written transforms, ready to run."""
    return [
        NamedStep(
            step.name if step.argument is None else f"{step.name}: {shown(step.argument)}",
            TRANSFORMS[step.name].build(step.argument, zone),
            TRANSFORMS[step.name].takes_null,
        )
        for step in steps
    ]


def regex_step(pattern: str) -> NamedStep:
    """The step of a place's regular expression."""
    compiled = re.compile(pattern)

    def search(value: Any) -> str | None:
        if type(value) is not str:
            raise MisfitError(f"is no text: {shown(value)}")
        if not value.strip():
            return None
        if len(value) > _REGEX_LIMIT:
            raise MisfitError(f"is a text of {len(value)} characters, too long for a regex")
        match = compiled.search(value)
        if match is None:
            raise MisfitError(f"is {shown(value)}, in which {pattern!r} is not found")
        return match.group(compiled.groups)

    return NamedStep(f"regex {pattern}", search)


@dataclass(slots=True)
class PlaceReader:
    """One place of a field.

    Attributes:
        place: as the selector file has it.
        find: gives the raw values of rows: `MISSING` where the place isn't there.
        steps: its regular expression and transforms.
    """

    place: Place
    find: Callable[[Page, Column], tuple[Column, Misfits]]
    steps: list[NamedStep]


def place_reader(place: Place, documents: dict[str, Document], zone: ZoneInfo) -> PlaceReader:
    """Make a place ready to read."""
    steps = [regex_step(place.regex)] if place.regex is not None else []
    steps += named_steps(place.transform, zone)
    return PlaceReader(place, _finder(place, documents), steps)


def _finder(
    place: Place, documents: dict[str, Document]
) -> Callable[[Page, Column], tuple[Column, Misfits]]:
    if place.css is not None or place.xpath is not None:
        elements = elements_getter(place.css, place.xpath)

        def first(row: Any) -> Any:
            found = elements(row)
            return element_value(found[0], place.attr) if found else MISSING

        return lambda page, rows: _searched(first, rows)
    get = json_getter(place.path) if place.path is not None else _itself
    if place.js is None:
        return lambda page, rows: _searched(get, rows)
    document = documents[place.js]

    def find_in_document(page: Page, rows: Column) -> tuple[Column, Misfits]:
        found, misfits = _searched(get, [document_value(page, document)])
        return found * len(rows), dict.fromkeys(range(len(rows)), misfits[0]) if misfits else {}

    return find_in_document


def document_value(page: Page, document: Document) -> Any:
    """Value of a document; `MISSING` also where it can't be read (told by `unreadable`)."""
    try:
        return page.value(document)
    except NotDataError:
        return MISSING


def _itself(value: Any) -> Any:
    return value


def _searched(get: Callable[[Any], Any], rows: Column) -> tuple[Column, Misfits]:
    try:
        return [get(row) for row in rows], {}
    except MisfitError:
        values: Column = []
        misfits: Misfits = {}
        for index, row in enumerate(rows):
            try:
                values.append(get(row))
            except MisfitError as error:
                values.append(MISSING)
                misfits[index] = str(error)
        return values, misfits


def _is_stated(value: Any) -> bool:
    """Whether a place says something; a step may yet make null of it, as of 0 for no height."""
    return value is not None and not (isinstance(value, str) and not value.strip())


@dataclass(slots=True)
class FieldReader:
    """A field, ready to be read from rows."""

    name: str
    field: SelectorField
    places: list[PlaceReader]
    steps: list[NamedStep]
    allowed: set[tuple[type, Any]]

    def read(self, page: Page, rows: Column, failures: Failures) -> Column:
        """Values of the field in rows, in their order; what fails is noted in `failures`."""
        values, misfits, unplaced = self._find(page, rows)
        total = len(rows)
        filled = sum(map(_is_stated, values)) if self.field.min_filled else 0
        for step in self.steps:
            values, new = step.over(values)
            misfits = {**new, **misfits}
        misfits = {**self._wrong_types(values), **misfits}
        of_rows = total if "." in self.name else 0
        if misfits:
            example = misfits[min(misfits)]
            failures.add(self.name, example, len(misfits), of_rows)
        if self.field.present and (lacking := len(unplaced)):
            failures.add(self.name, "is not on the page", lacking, of_rows)
        elif self.field.required:
            lacking = sum(v is None for i, v in enumerate(values) if i not in misfits)
            if lacking:
                failures.add(self.name, "has no value", lacking, of_rows)
        if total and filled < self.field.min_filled:
            need = self.field.min_filled
            failures.add(self.name, f"has a value in fewer than {need} rows", total, of_rows)
        self._judge(values, failures, of_rows)
        return values

    def _find(self, page: Page, rows: Column) -> tuple[Column, Misfits, set[int]]:
        """Values by the first place that gives one; rows left over with what did not fit."""
        values: Column = [None] * len(rows)
        misfits: Misfits = {}
        pending = list(range(len(rows)))
        unplaced = set(pending) if self.field.present else set()
        for reader in self.places:
            asked = rows if len(pending) == len(rows) else [rows[i] for i in pending]
            found, wrong = reader.find(page, asked)
            if self.field.present:
                unplaced -= {i for i, v in zip(pending, found, strict=True) if v is not MISSING}
            found = [None if v is MISSING else v for v in found]
            for step in reader.steps:
                found, new = step.over(found)
                wrong = {**new, **wrong}
            if len(pending) == len(rows):
                values = found
            else:
                for i, value in zip(pending, found, strict=True):
                    values[i] = value
            for k, what in wrong.items():
                misfits.setdefault(pending[k], what)
            if None not in found:
                pending = []
                break
            pending = [i for i, v in zip(pending, found, strict=True) if v is None]
        left = set(pending)
        return values, {i: what for i, what in misfits.items() if i in left}, unplaced

    def _wrong_types(self, values: Column) -> Misfits:
        plain = _PLAIN_TYPES.get(self.field.type)
        if plain is not None and set(map(type, values)) <= plain and self.field.range:
            return {}  # a range bounds integers tighter than their type does
        check = CHECKS[self.field.type]
        misfits: Misfits = {}
        for index, value in enumerate(values):
            if value is not None:
                try:
                    check(value)
                except MisfitError as error:
                    misfits[index] = str(error)
        for index in misfits:
            values[index] = None
        return misfits

    def _judge(self, values: Column, failures: Failures, of_rows: int) -> None:
        if self.field.range is not None and self.field.type in RANGED:
            low, high = self.field.range
            numbers = [v for v in values if v is not None]
            if self.field.type == FieldType.INTEGER_LIST:
                numbers = [number for numbers_ in numbers for number in numbers_]
            wrong = [v for v in numbers if not low <= v <= high]
            if wrong:
                bounds = f"{low:.15g} to {high:.15g}"
                what = f"is {shown(wrong[0])}, out of its range {bounds}"
                failures.add(self.name, what, len(wrong), of_rows)
        if self.allowed:
            wrong = [v for v in values if v is not None and (type(v), v) not in self.allowed]
            if wrong:
                known = ", ".join(shown(v) for v in self.field.one_of or ())
                what = f"is {shown(wrong[0])}, not one of {known}"
                failures.add(self.name, what, len(wrong), of_rows)


def field_reader(
    name: str, field_: SelectorField, documents: dict[str, Document], zone: ZoneInfo
) -> FieldReader:
    """Make a field ready to read; `name` is its whole name, groups first."""
    return FieldReader(
        name,
        field_,
        [place_reader(place, documents, zone) for place in field_.places],
        named_steps(field_.transform, zone),
        {(type(value), value) for value in field_.one_of or ()},
    )
