"""Folders and disks: can the reports be written, is there room for what comes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from scrapers.doctor.context import Context
from scrapers.doctor.result import Check, fail, ok, warn
from scrapers.errors import ArchiveUnavailable
from scrapers.settings import PREFIX

DOCS_SETTING, ARCHIVE_SETTING = f"{PREFIX}DATA_DOCS_DIR", f"{PREFIX}ARCHIVE_URL"
WRITABLE, DISK = "data_docs.folder", "disk.space"
CHECKS = {
    WRITABLE: "the folder of the Data Docs can be written; without them only the reports lack",
    DISK: "room on each disk that is written: the archive's if it is a folder, the Data Docs', "
    "the temporary files'",
}
# A night is some megabytes; the first leaves months for a person to act, the second days.
WARN_BYTES = 5_000_000_000
FAIL_BYTES = 500_000_000
_WARN_FILES = 20_000  # free inodes: an archived page takes two


def look(context: Context) -> list[Check]:
    """All checks of folders on this machine."""
    docs = context.settings.data_docs_dir
    places = {DOCS_SETTING: docs, "temporary files": Path(tempfile.gettempdir())}
    parts = urlsplit(context.settings.archive_url)
    if parts.scheme in ("file", "local"):
        places = {ARCHIVE_SETTING: Path(parts.path), **places}
    disks: dict[int, tuple[Path, list[str]]] = {}
    for name, folder in places.items():
        there = _nearest(folder)
        disks.setdefault(there.stat().st_dev, (there, []))[1].append(name)
    return [_writable(docs), *(_space(there, names) for there, names in disks.values())]


def _writable(folder: Path) -> Check:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"probe")
    except OSError as error:
        found = f"{folder} can't be written ({type(error).__name__}: {error.strerror})"
        mend = f"let this program's user write there, or name another folder in {DOCS_SETTING}"
        return warn(WRITABLE, found, mend, subject=DOCS_SETTING)
    return ok(WRITABLE, f"{folder} can be written", subject=DOCS_SETTING)


def _nearest(folder: Path) -> Path:
    """The folder, or what of the way to it is there already."""
    for place in (folder, *folder.parents):
        if os.access(place, os.F_OK):
            return place
    return Path("/")


def _space(there: Path, names: list[str]) -> Check:
    free, files = shutil.disk_usage(there).free, os.statvfs(there)
    subject = ", ".join(names)
    found = f"{free / 1e9:.1f} GB free at {there}"
    mend = f"make room there, or move it: {subject}"
    if free < FAIL_BYTES:
        return fail(DISK, ArchiveUnavailable, found, mend, subject=subject)
    if free < WARN_BYTES:
        return warn(DISK, found, mend, subject=subject)
    if files.f_files and files.f_favail < _WARN_FILES:
        return warn(DISK, f"room for {files.f_favail} more files at {there}", mend, subject=subject)
    return ok(DISK, found, subject=subject)
