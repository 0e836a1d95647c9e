"""Room for large files for a while: a folder of one's own among the temporary files.

It is gone with the block that asked for it. A process that is killed leaves its folder behind, and
nobody clears the temporary files of a machine that runs for months: whoever asks next does.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scrapers.errors import ExportFailed

log = logging.getLogger(__name__)

_PREFIX = "touchline-scratch-"


@contextmanager
def scratch() -> Iterator[Path]:
    """A new, empty folder; removed at the end, with all that is in it.

    It stands in TMPDIR if that is set, and nowhere else then: where dumps are made, TMPDIR keeps
    them out of memory. Folders of processes that no longer run are removed first.

    Raises:
        ExportFailed: no folder can be made there.
    """
    # Not gettempdir alone: with TMPDIR's disk full it takes /tmp, which may well be memory.
    place = Path(os.environ.get("TMPDIR") or tempfile.gettempdir())
    try:
        _clear(place)
        folder, lock = _make(place)
    except OSError as error:
        raise ExportFailed(
            f"no temporary folder can be made in {place} ({error.strerror}): make room there, let "
            "this program's user write there, or name another folder in TMPDIR"
        ) from error
    try:
        yield folder
    finally:
        _remove(folder)
        os.close(lock)


def _make(place: Path) -> tuple[Path, int]:
    """A folder and its lock, which the kernel gives up for whoever ends without a word."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue  # as below
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder, lock
        # Somebody else has taken it for a left-over one before it was locked.
        os.close(lock)


def _clear(place: Path) -> None:
    for folder in place.glob(f"{_PREFIX}*"):
        try:
            if folder.lstat().st_uid != os.geteuid():
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue  # its owner has ended meanwhile
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # its owner works
        else:
            _remove(folder)
        finally:
            os.close(lock)


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        log.debug("%s is gone already", folder)
    except OSError as error:
        # The next one tries again; what was to be done with it is done.
        log.warning("the temporary folder %s can't be removed: %s", folder, error.strerror)
