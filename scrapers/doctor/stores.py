"""Proof that a store can be written, read and cleared, and how long it took."""

from __future__ import annotations

import time
from contextlib import suppress

import fsspec

from scrapers.files import Files
from scrapers.settings import Settings


def probe(files: Files) -> float:
    """Write an object, read it back, delete it; the seconds it took.

    Raises:
        TouchlineError: the failure of `files`: one of the three fails, or other bytes come back.
    """
    began = time.monotonic()
    files.prove()
    return time.monotonic() - began


def load_stores(settings: Settings) -> None:
    """Import what the places of pages, exports and backups are reached with."""
    for url in (settings.archive_url, settings.export_url, settings.backup_url):
        # What has no such protocol, or lacks its package, is told by the check of its place.
        with suppress(ValueError, ImportError):
            fsspec.get_filesystem_class(url.partition("://")[0])
