"""The settings as a page: name, meaning, form and default of each.

The sections and their order are those of `.env.example`, which names every setting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from scrapers.reference.markdown import GENERATED, code, plain, table
from scrapers.settings import PREFIX, ROOT, Settings

_HEAD = f"""\
# Settings

{GENERATED.format(source="scrapers/settings.py")}
Each is an environment variable, or a line of a `.env` file in the working directory; the
environment goes before the file. `{PREFIX}X_FILE=/path` reads the value of `{PREFIX}X` from a file,
which is the way for secrets; to set both is refused. What is missing or wrong is refused at start,
by its name and without its value; `touchline doctor` shows where each comes from. `.env.example` is
a file to start from.

"""
_SECTION = re.compile(r"^# --- (.+?) -+$", re.MULTILINE)
_SETTING = re.compile(rf"^#?{PREFIX}(\w+)=", re.MULTILINE)


def settings_page() -> str:
    """The page, Markdown."""
    schema = Settings.model_json_schema(mode="validation")
    parts = []
    for title, names in _sections():
        rows = (_row(name, schema["properties"][name], schema["$defs"]) for name in names)
        parts.append(
            f"## {title[0].upper()}{title[1:]}\n\n"
            + table(("variable", "meaning", "form", "default"), rows)
        )
    parts.append("## A followed stage\n\n" + _followed(schema["$defs"]["FollowedStage"]))
    return _HEAD + "\n".join(parts)


def _sections() -> Iterator[tuple[str, list[str]]]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    pieces = _SECTION.split(text)
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        names = [name.lower() for name in _SETTING.findall(body)]
        if names:
            yield title, names


def _row(name: str, known: dict[str, Any], defs: dict[str, Any]) -> tuple[str, str, str, str]:
    field = Settings.model_fields[name]
    meaning = plain(known.get("description") or _by_name(name))
    default = "none: must be set" if field.is_required() else _default(known.get("default"))
    return code(f"{PREFIX}{name.upper()}"), meaning, _form(known, defs), default


def _by_name(name: str) -> str:
    return name.removesuffix("_seconds").replace("_", " ")


def _form(known: dict[str, Any], defs: dict[str, Any]) -> str:
    if known.get("format") == "password":
        return "text, secret"
    if known.get("type") == "array":
        items = known["items"].get("$ref", "").rpartition("/")[2]
        if items == "FollowedStage":
            return "JSON, see [below](#a-followed-stage)"
        return "list, comma separated"
    words = {"integer": "whole number", "number": "number", "string": "text", "boolean": "boolean"}
    return " ".join([words[known["type"]], *_bounds(known)])


def _bounds(known: dict[str, Any]) -> Iterator[str]:
    signs = {"minimum": "≥", "exclusiveMinimum": "&gt;", "maximum": "≤", "exclusiveMaximum": "&lt;"}
    for name, sign in signs.items():
        if name in known:
            yield f"{sign} {known[name]:g}"


def _default(value: Any) -> str:
    if value in ("", []):
        return "empty"
    if isinstance(value, list):
        return code(",".join(map(str, value)))
    text = value if isinstance(value, str) else json.dumps(value)
    if str(ROOT) in text:
        return code(text.replace(f"{ROOT}/", "").removeprefix("file://")) + " in the project"
    return code(text)


def _followed(known: dict[str, Any]) -> str:
    rows = (
        (code(name), plain(each["description"]), {"integer": "whole number"}.get(each["type"], ""))
        for name, each in known["properties"].items()
    )
    return table(("key", "meaning", "form"), ((a, b, c or "text") for a, b, c in rows))
