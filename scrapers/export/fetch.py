"""An export brought into a local folder, whole: what its readers work on.

The folder is an export's place itself, with the same manifest and the same files, and nothing
else: read in the same way, and validated in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from scrapers.export.manifest import DATA, NEWEST, ExportedFile, Manifest, newest, what_differs
from scrapers.export.run import open_place
from scrapers.export.stored import brought
from scrapers.files import Files

OnProgress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class FetchSummary:
    """What bringing an export came to.

    Attributes:
        export_id: of its manifest.
        rows, size_bytes, files: of the whole export.
        brought_files, brought_bytes: of what was not there yet.
        removed_files: files of an earlier export that were removed.
        seconds: how long it took.
    """

    export_id: str
    rows: int
    size_bytes: int
    files: int
    brought_files: int
    brought_bytes: int
    removed_files: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"export {self.export_id}: {self.rows:,} rows in {self.files} files, "
            f"{self.size_bytes / 1e6:.1f} MB; brought {self.brought_files} files, "
            f"{self.brought_bytes / 1e6:.1f} MB, removed {self.removed_files}, "
            f"in {self.seconds:.1f} s"
        )


def fetch(files: Files, into: Path, *, on_progress: OnProgress | None = None) -> FetchSummary:
    """Make a folder the newest export, whole; what is there already stays.

    Each file is held against the manifest before it counts, also one that is there; the manifest
    comes last. Killed anywhere, run again it brings what is missing.

    Args:
        files: the export's place.
        into: the folder; nothing else is left in it.
        on_progress: called with files done, and files in all.

    Raises:
        ExportFailed: there is no export, a file of it is gone or is not what the manifest says,
            or the folder can't be written.
    """
    began = time.monotonic()
    manifest = newest(files)
    if manifest is None:
        raise files.failed("there is no export: look at its address, or wait for the first one")
    wanted = [file for table in manifest.tables.values() for file in table.files]
    for file in wanted:
        _refuse_other_places(files, file)
    place = open_place(into.resolve().as_uri())
    done = []
    for number, file in enumerate(wanted, 1):
        if not _is_there(place, into, file):
            _bring(files, place, file)
            done.append(file)
        if on_progress is not None:
            on_progress(number, len(wanted))
    place.write(NEWEST, manifest.text())
    return FetchSummary(
        export_id=manifest.export_id,
        rows=manifest.rows,
        size_bytes=manifest.size_bytes,
        files=len(wanted),
        brought_files=len(done),
        brought_bytes=sum(file.size_bytes for file in done),
        removed_files=_remove_others(place, into, manifest),
        seconds=round(time.monotonic() - began, 3),
    )


def _refuse_other_places(files: Files, file: ExportedFile) -> None:
    """A manifest is written elsewhere: it must not say where files are put beyond the folder."""
    path = PurePosixPath(file.path)
    if path.parts[:1] != (DATA,) or ".." in path.parts or "\\" in file.path:
        raise files.failed(f"the manifest names {file.path!r}, which is not under {DATA}")


def _is_there(place: Files, into: Path, file: ExportedFile) -> bool:
    if place.size(file.path) != file.size_bytes:
        return False
    try:
        return not what_differs(file, into / file.path)
    except OSError as error:
        raise place.failed(f"{file.path} can't be read", error) from error


def _bring(files: Files, place: Files, file: ExportedFile) -> None:
    with brought(files, file.path) as local:
        wrong = what_differs(file, local)
        if wrong:
            raise files.failed(f"{'; '.join(wrong)}: nothing of this export is to be used")
        place.put(local, file.path)


def _remove_others(place: Files, into: Path, manifest: Manifest) -> int:
    """Remove what the export does not have; how many files."""
    for half in into.rglob(".*.part"):  # of a run that was killed
        half.unlink()
    gone = [name for name, _ in place.everything("") if name not in {NEWEST, *manifest.paths}]
    place.delete(gone)
    return len(gone)
