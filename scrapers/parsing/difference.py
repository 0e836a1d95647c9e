"""What differs between two selector files, as fields and places and not as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scrapers.parsing.conditions import told
from scrapers.parsing.explain import place_told
from scrapers.parsing.model import Conditions, Group, Place, Rows, SelectorField, SelectorFile
from scrapers.parsing.notation import TransformStep


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs.

    Attributes:
        name: `events.x`, `documents.args`, `fingerprint`, …
        what: what of it: `from`, `type`, `range`, …; empty: all of it.
        old: as the first file says it; None: it is not there.
        new: as the second file says it; None: it is not there.
    """

    name: str
    what: str
    old: str | None
    new: str | None


def differences(old: SelectorFile, new: SelectorFile) -> list[Difference]:
    """All differences between two files, in the order of the format."""
    before, after = dict(_told(old)), dict(_told(new))
    found = []
    for name in dict.fromkeys([*before, *after]):
        a, b = before.get(name), after.get(name)
        if a is None or b is None:
            found.append(Difference(name, "", _whole(a), _whole(b)))
            continue
        for what in dict.fromkeys([*a, *b]):
            if a.get(what) != b.get(what):
                found.append(Difference(name, what, a.get(what), b.get(what)))
    return found


def _whole(parts: dict[str, str] | None) -> str | None:
    if parts is None:
        return None
    return "; ".join(f"{what}: {text}" if what else text for what, text in parts.items())


def _told(selector: SelectorFile) -> Iterator[tuple[str, dict[str, str]]]:
    for name in ("effective_from", "description", "timezone"):
        yield name, {"": str(getattr(selector, name))}
    yield "fetch", _plain(selector.fetch.model_dump(exclude_defaults=True))
    yield "fingerprint", _conditions(selector.fingerprint)
    for name, document in selector.documents.items():
        yield f"documents.{name}", _plain(document.model_dump(exclude_none=True))
    for index, rule in enumerate(selector.absent):
        yield f"absent.{index}", {**_conditions(rule), "says": rule.says}
    for name, field in selector.fields.items():
        yield name, _field(field)
    for name, group in selector.groups.items():
        yield from _group(name, group)


def _group(name: str, group: Group) -> Iterator[tuple[str, dict[str, str]]]:
    parts = {"rows": " | ".join(map(rows_text, group.rows))}
    if not group.required:
        parts["required"] = "false"
    if group.min_rows:
        parts["min_rows"] = str(group.min_rows)
    yield name, parts
    for short, field in group.fields.items():
        yield f"{name}.{short}", _field(field)
    for short, inner in group.groups.items():
        yield from _group(f"{name}.{short}", inner)


def _field(field: SelectorField) -> dict[str, str]:
    parts = {"from": " | ".join(map(place_text, field.places)), "type": field.type.value}
    if field.transform:
        parts["transform"] = steps_text(field.transform)
    rest = field.model_dump(exclude_defaults=True, exclude={"places", "type", "transform"})
    return parts | _plain(rest)


def place_text(place: Place) -> str:
    """A place with all that belongs to it, in the words of the selector file."""
    text = place_told(place)
    if place.regex is not None:
        text += f", regex: {place.regex}"
    return f"{text}, transform: {steps_text(place.transform)}" if place.transform else text


def steps_text(steps: list[TransformStep]) -> str:
    """Transforms in a few words."""
    return ", ".join(
        step.name if step.argument is None else f"{step.name}: {step.argument}" for step in steps
    )


def rows_text(rows: Rows) -> str:
    """A place of rows in the words of the selector file."""
    return ", ".join(f"{k}: {v}" for k, v in _plain(rows.model_dump(exclude_defaults=True)).items())


def _conditions(conditions: Conditions) -> dict[str, str]:
    parts = (("all", conditions.all), ("any", conditions.any), ("none", conditions.none))
    return {name: "; ".join(map(told, each)) for name, each in parts if each}


def _plain(values: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
