"""What forms offer to choose from."""

from __future__ import annotations

from scrapers.errors import ConfigInvalid
from scrapers.settings import load_settings


def followed() -> list[str]:
    """The followed stages' labels; empty while the settings are refused.

    A DAG is read by processes that need none of the platform's secrets, so a missing setting
    must not hide the DAG: the run's first task refuses it by name.
    """
    from scrapers.pipeline.request import label

    try:
        return sorted({label(stage) for stage in load_settings().follow})
    except ConfigInvalid:
        return []
