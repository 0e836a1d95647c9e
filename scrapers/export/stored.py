"""An export's files as the store has them: brought near, and known by their bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scrapers.files import Files
from scrapers.scratch import scratch


def hash_of(path: Path) -> str:
    """SHA-256 of a local file, in hexadecimal digits.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def brought(files: Files, path: str) -> Iterator[Path]:
    """A file of an export as a local one for a while: memory does not grow with its size.

    Raises:
        ExportFailed: it is not there, or can't be read.
    """
    with scratch() as folder:
        local = folder / "part.parquet"
        files.get(path, local)
        yield local
