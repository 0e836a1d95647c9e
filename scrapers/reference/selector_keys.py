"""The keys of a selector file as a page, from the JSON Schema by which editors check it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scrapers.parsing.schema import schema_text
from scrapers.reference.markdown import GENERATED, code, plain, table

_HEAD = f"""\
# Keys of a selector file

{GENERATED.format(source="scrapers/parsing/model.py")}
What they mean together, with examples: [selector files](../selectors.md). Editors complete and
check by `docs/selector.schema.json`, which has the same origin; `touchline selectors lint` checks
more than a schema can.

"""
# From the whole to its parts; what is not named comes after them.
_ORDER = (
    *("Fetch", "Conditions", "Condition", "AbsentRule", "Document", "SelectorField", "Place"),
    *("Group", "Rows"),
)
_TITLES = {
    "SelectorFile": "The file",
    "Fetch": "fetch",
    "Conditions": "fingerprint",
    "Condition": "A condition",
    "AbsentRule": "absent",
    "Document": "A document",
    "SelectorField": "A field",
    "Place": "A place of a field",
    "Group": "A group",
    "Rows": "A place of rows",
    "FieldType": "Types",
    "PageKind": "Page kinds",
}


def selector_keys_page() -> str:
    """The page, Markdown."""
    schema = json.loads(schema_text())
    defs = schema["$defs"]
    names = [*_ORDER, *(name for name in defs if name not in _ORDER and "properties" in defs[name])]
    parts = [_section("SelectorFile", schema, defs)]
    parts += [_section(name, defs[name], defs) for name in names]
    for name in ("FieldType", "PageKind"):
        values = ", ".join(code(value) for value in defs[name]["enum"])
        parts.append(f"## {_TITLES[name]}\n\n{values}\n")
    return _HEAD + "\n".join(parts)


def _section(name: str, known: dict[str, Any], defs: dict[str, Any]) -> str:
    required = set(known.get("required", ()))
    rows = (
        (
            code(key),
            _form(each, defs),
            _default(key in required, each),
            plain(each.get("description") or ""),
        )
        for key, each in known["properties"].items()
    )
    words = plain(known.get("description", "").split("\n\n")[0])
    return f"## {_TITLES.get(name, name)}\n\n{words}\n\n" + table(
        ("key", "value", "default", "meaning"), rows
    )


def _default(is_required: bool, each: dict[str, Any]) -> str:
    if is_required:
        return "must be there"
    value = each.get("default")
    return "–" if value in (None, [], {}) else code(json.dumps(value))


def _form(each: dict[str, Any], defs: dict[str, Any]) -> str:
    return " or ".join(dict.fromkeys(_forms(each, defs)))


def _forms(each: dict[str, Any], defs: dict[str, Any]) -> Iterator[str]:
    if "$ref" in each:
        name = each["$ref"].rpartition("/")[2]
        title = _TITLES.get(name, name)
        yield f"[{title[0].lower()}{title[1:]}](#{title.lower().replace(' ', '-')})"
    elif any("properties" in one for one in each.get("anyOf", ())):
        yield "[transform](../selectors.md#transforms)"
    elif "anyOf" in each:
        for one in each["anyOf"]:
            if one.get("type") != "null":
                yield from _forms(one, defs)
    elif each.get("type") == "array":
        yield f"list of {_form(each['items'], defs)}" if "items" in each else "[lowest, highest]"
    elif "prefixItems" in each:
        yield "[lowest, highest]"
    elif each.get("type") == "object":
        # Keys are names of a certain form, so that the schema gives them by pattern.
        inner = next(iter(each.get("patternProperties", {}).values()), None)
        yield f"by name: {_form(inner, defs)}" if inner else "mapping"
    elif "enum" in each:
        yield ", ".join(code(str(value)) for value in each["enum"])
    elif each.get("format") == "date":
        yield "day, YYYY-MM-DD"
    else:
        words = {"string": "text", "integer": "whole number", "boolean": "true or false"}
        yield words.get(each.get("type", ""), each.get("type", "any"))
