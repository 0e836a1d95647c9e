"""The JSON Schema of selector files, by which editors complete and check them."""

from __future__ import annotations

import json

from scrapers.parsing.model import SelectorFile


def schema_text() -> str:
    """The schema as `docs/selector.schema.json` holds it."""
    schema = SelectorFile.model_json_schema(by_alias=True)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Selector file",
        **{key: value for key, value in schema.items() if key != "title"},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False, default=str) + "\n"
