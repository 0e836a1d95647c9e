"""How single things are written in a selector file: paths, expressions, names, transforms."""

from __future__ import annotations

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from scrapers.parsing.javascript import assignment_pattern
from scrapers.parsing.places import elements_getter, json_getter
from scrapers.parsing.transforms import TRANSFORMS


def _checked(check: Any, mend: str) -> AfterValidator:
    def validate(text: str) -> str:
        try:
            check(text)
        except ValueError as error:
            raise PydanticCustomError(
                "place", "{what}", {"what": str(error), "mend": mend}
            ) from error
        return text

    return AfterValidator(validate)


def _regex(text: str) -> None:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    if groups > 1:
        raise ValueError(f"has {groups} groups, which one is meant?")


def _zone(text: str) -> None:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{text!r} is no time zone") from error


Css = Annotated[
    str, _checked(lambda t: elements_getter(t, None), "try it in a browser: $$('<selector>')")
]
XPath = Annotated[
    str, _checked(lambda t: elements_getter(None, t), "try it in a browser: $x('<xpath>')")
]
JmesPath = Annotated[str, _checked(json_getter, "see jmespath.org, or write plain keys: a.b[0].c")]
Regex = Annotated[str, _checked(_regex, "one (…) group at most, others as (?:…)")]
AssignmentTarget = Annotated[
    str, _checked(assignment_pattern, "write it as in the script: name, or a.b.c, or a.b['c']")
]
TimeZone = Annotated[str, _checked(_zone, "write an IANA name such as Europe/London")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class TransformStep(BaseModel):
    """A transform of the list, with its argument if it takes one."""

    model_config = ConfigDict(frozen=True)
    name: str
    argument: Any = None


def _read_step(written: Any) -> Any:
    if isinstance(written, TransformStep):
        return written
    if isinstance(written, str):
        name, argument, given = written, None, False
    elif isinstance(written, dict) and len(written) == 1:
        ((name, argument),) = written.items()
        given = True
    else:
        raise PydanticCustomError(
            "step",
            "is no transform",
            {"mend": "write its name, or {name: argument} if it takes an argument"},
        )
    known = TRANSFORMS.get(name) if isinstance(name, str) else None
    if known is None:
        raise PydanticCustomError(
            "unknown_name",
            "{what}",
            {"what": f"unknown transform {name!r}", "given": str(name), "known": list(TRANSFORMS)},
        )
    if given != (known.argument is not None):
        mend = f"write {{{name}: …}}" if known.argument is not None else f"write {name}"
        lacks = "needs an argument" if known.argument is not None else "takes no argument"
        raise PydanticCustomError("step", "{what}", {"what": f"{name} {lacks}", "mend": mend})
    try:
        known.build(argument, ZoneInfo("UTC"))
    except ValueError as error:
        raise PydanticCustomError(
            "step", "{what}", {"what": f"wrong argument of {name}", "mend": str(error)}
        ) from error
    return TransformStep(name=name, argument=argument)


def _step_schema() -> dict[str, Any]:
    plain = [n for n, t in TRANSFORMS.items() if t.argument is None]
    summaries = "; ".join(f"{name}: {t.summary}" for name, t in TRANSFORMS.items())
    return {
        "description": f"A transform. {summaries}.",
        "anyOf": [
            {"enum": plain},
            *(
                {
                    "type": "object",
                    "description": t.summary,
                    "properties": {name: t.argument},
                    "required": [name],
                    "additionalProperties": False,
                }
                for name, t in TRANSFORMS.items()
                if t.argument is not None
            ),
        ],
    }


Step = Annotated[TransformStep, BeforeValidator(_read_step), WithJsonSchema(_step_schema())]
Steps = Annotated[list[Step], Field(max_length=20)]
