"""Proof that a store can be written, read and cleared, by an object of no meaning."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress

import fsspec

from scrapers.files import Files
from scrapers.settings import Settings

FOLDER = "probes"  # where nobody looks


def probe(files: Files) -> float:
    """Write an object, read it back, delete it; the seconds it took.

    Raises:
        TouchlineError: the failure of `files`: one of the three fails, or other bytes come back.
    """
    name, content = f"{FOLDER}/{secrets.token_hex(16)}", secrets.token_bytes(64)
    began = time.monotonic()
    files.write(name, content)
    back = files.read(name, len(content), "the probe that was just written is not there")
    files.delete([name])
    if back != content:
        raise files.failed("the probe came back as other bytes")
    return time.monotonic() - began


def load_stores(settings: Settings) -> None:
    """Import what the places of pages, exports and backups are reached with."""
    for url in (settings.archive_url, settings.export_url, settings.backup_url):
        # What has no such protocol, or lacks its package, is told by the check of its place.
        with suppress(ValueError, ImportError):
            fsspec.get_filesystem_class(url.partition("://")[0])
