"""Parts of a selector file made from what was found; a part that can't be written raises."""

from __future__ import annotations

from typing import Any

from scrapers.parsing.model import Document, Place, Rows


def place(**given: Any) -> Place:
    """A place; raises pydantic's ValidationError for a CSS or path that is none."""
    return Place.model_validate({k: v for k, v in given.items() if v is not None})


def rows(**given: Any) -> Rows:
    """A place of rows; raises as `place`."""
    return Rows.model_validate({k: v for k, v in given.items() if v is not None})


def document(**given: Any) -> Document:
    """A document; raises as `place`."""
    return Document.model_validate({k: v for k, v in given.items() if v is not None})
