"""Proof that a store can be written, read and cleared, and how long it took."""

from __future__ import annotations

import time

from scrapers.files import Files


def probe(files: Files) -> float:
    """Write an object, read it back, delete it; the seconds it took.

    Raises:
        TouchlineError: the failure of `files`: one of the three fails, or other bytes come back.
    """
    began = time.monotonic()
    files.prove()
    return time.monotonic() - began
