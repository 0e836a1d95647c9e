"""The settings: each with the place it comes from, what is refused, and what nobody knows."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from scrapers.doctor.masking import mask_of, secret_names
from scrapers.doctor.result import Check, fail, ok, warn
from scrapers.errors import ConfigInvalid
from scrapers.settings import FILE_SUFFIX, PREFIX, Settings, given_variables, load_settings

VALUES = "settings.values"
UNKNOWN = "settings.unknown"
CHECKS = {
    VALUES: "every setting is there and usable, its file too if it comes from one",
    UNKNOWN: f"no `{PREFIX}…` variable is misspelt: the platform would not look at it",
}
_NOT_SETTINGS = {f"{PREFIX}GROUP"}  # by which the demo knows its own processes


@dataclass(frozen=True, slots=True)
class Row:
    """A setting for the eyes of a person.

    Attributes:
        name: the variable.
        source: `environment`, `.env`, the variable that names its file, or `default`;
            `missing` if there is none.
        value: its text; of a secret only whether it is set.
    """

    name: str
    source: str
    value: str


def read() -> tuple[Settings | None, list[Check]]:
    """The settings as this process finds them, and what there is to say; None if refused."""
    try:
        current = load_settings()
    except ConfigInvalid as error:
        return None, [*_refusals(error), *_unknown()]
    return current, [_accepted(), *_unknown()]


def rows(current: Settings | None) -> list[Row]:
    """Every setting, in the order of `.env.example`; of refused ones only defaults have values."""
    given, secret, mask = given_variables(), secret_names(), mask_of(current)
    found = []
    for name, field in Settings.model_fields.items():
        source = _source(name, given)
        if source == "default" and field.is_required():
            source = "missing"
        if name in secret:
            value = "not set" if source in ("missing", "default") else "set"
        elif current is not None:
            value = mask(_text(getattr(current, name)))
        else:
            value = _text(field.default) if source == "default" else ""
        found.append(Row(f"{PREFIX}{name.upper()}", source, value))
    return found


def _source(name: str, given: dict[str, dict[str, str]]) -> str:
    variable = f"{PREFIX}{name.upper()}"
    for place, variables in given.items():
        if variable in variables:
            return place
        if f"{variable}{FILE_SUFFIX}" in variables:
            within = "" if place == "environment" else f" in {place}"
            return f"{variable}{FILE_SUFFIX}{within}"
    return "default"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    if hasattr(value, "stage_id"):
        return f"{value.competition} {value.season} ({value.stage_id})"
    return str(value)


def _accepted() -> Check:
    given = given_variables()
    set_here = sum(_source(name, given) != "default" for name in Settings.model_fields)
    return ok(VALUES, f"{len(Settings.model_fields)} settings, {set_here} of them set")


def _refusals(error: ConfigInvalid) -> list[Check]:
    problems = error.facts.get("problems")
    told = [str(problem) for problem in problems] if isinstance(problems, list) else [error.detail]
    found = []
    for problem in told:
        first = problem.replace(":", " ").split(" ", 1)[0]
        subject = first if first.startswith(PREFIX) else ""
        what, colon, mend = problem.rpartition(": ")
        if not colon or what == subject:
            what, mend = problem, f"correct {subject or 'the settings that it names'}"
        found.append(
            fail(VALUES, ConfigInvalid, what, f"{mend}; see .env.example", subject=subject)
        )
    return found


def _unknown() -> list[Check]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    known |= {f"{name}{FILE_SUFFIX}" for name in known}
    found = []
    for place, variables in given_variables().items():
        for name in sorted(variables.keys() - known - _NOT_SETTINGS):
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            mend = f"write {near[0]}" if near else "take it out; see .env.example for all there are"
            found.append(warn(UNKNOWN, f"no setting has this name ({place})", mend, subject=name))
    return found or [ok(UNKNOWN, f"every {PREFIX}… variable is a setting")]
