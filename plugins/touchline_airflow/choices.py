"""What forms offer to choose from."""

from __future__ import annotations

from scrapers.errors import ConfigInvalid
from scrapers.settings import load_settings


def followed() -> dict[str, list[str]]:
    """What makes a list field offer the followed stages' labels.

    Empty while the settings are refused: a DAG is read by processes that need none of the
    platform's secrets, so a missing setting must not hide the DAG. The field then takes free
    text, and the run's first task refuses the settings by name.
    """
    from scrapers.pipeline.request import label

    try:
        labels = sorted({label(stage) for stage in load_settings().follow})
    except ConfigInvalid:
        return {}
    return {"examples": labels} if labels else {}
