"""All reference pages, by their place in the project.

Nothing in them may hang on the machine: two checkouts with the same code give the same bytes.
"""

from __future__ import annotations

from pathlib import Path

from scrapers.reference.commands import commands_page
from scrapers.reference.page_kinds import page_kinds_page
from scrapers.reference.selector_keys import selector_keys_page
from scrapers.reference.settings_page import settings_page
from scrapers.reference.tables import tables_page
from scrapers.settings import ROOT

FOLDER = ROOT / "docs" / "reference"


def documents() -> dict[Path, str]:
    """The text of each page, Markdown, by its path."""
    return {
        FOLDER / "settings.md": settings_page(),
        FOLDER / "commands.md": commands_page(),
        FOLDER / "tables.md": tables_page(),
        FOLDER / "page-kinds.md": page_kinds_page(),
        FOLDER / "selector-keys.md": selector_keys_page(),
    }
