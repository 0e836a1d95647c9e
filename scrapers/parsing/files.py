"""The folder of selector files: what is there, whether promoted or not.

Workers read by `scrapers.parsing.in_force` instead; the folder alone is for drafts and for tests.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from scrapers.errors import ConfigInvalid
from scrapers.parsing.load import Demands, check, load
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.versions import Versions, newest_first
from scrapers.targets import SOURCE, PageKind

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    selector: SelectorFile | None  # the last good one; None: there never was one
    stamp: tuple[int, int, int]


class SelectorFiles(Versions):
    """Selector files under `folder`/whoscored/<page kind>/<version>.yaml.

    At the first use every file of the kind must be good. Later a new or changed file is read
    when the kind is used next; if it is wrong, the last good one stays in force and the
    problems are logged.

    Args:
        folder: the `selectors` folder.
        demands: what else a file must satisfy: places in it, what is wrong, the mend.
    """

    def __init__(self, folder: Path, demands: Demands | None = None) -> None:
        self.folder = Path(folder)
        self._demands = demands
        self._held: dict[Path, _Held] = {}
        self._known: set[PageKind] = set()

    def for_kind(self, kind: PageKind) -> list[SelectorFile]:
        """Versions of a page kind, newest first.

        Raises:
            ConfigInvalid: there is none, or one has problems and no good version came before.
        """
        folder = self.folder / SOURCE / kind.value
        paths = sorted(folder.glob("*.yaml"))
        for path in [p for p in self._held if p.parent == folder and p not in paths]:
            del self._held[path]
        for path in paths:
            self._look_at(path, strictly=kind not in self._known)
        self._known.add(kind)
        found = [held.selector for p in paths if (held := self._held.get(p)) and held.selector]
        if not found:
            raise ConfigInvalid(
                f"no selector file in {folder}: add one, or set TOUCHLINE_SELECTORS_DIR",
                setting="TOUCHLINE_SELECTORS_DIR",
            )
        return newest_first(found)

    def _look_at(self, path: Path, *, strictly: bool) -> None:
        """Take a new or changed file; `strictly` a wrong one is refused instead of logged."""
        try:
            status = path.stat()
        except FileNotFoundError:
            return  # an editor replaces the file just now: what is held stays
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        held = self._held.get(path)
        if held is not None and held.stamp == stamp:
            return
        if strictly:
            self._held[path] = _Held(load(path, self._demands), stamp)
            return
        selector, problems = check(path, self._demands)
        if selector is None or problems:
            told = "; ".join(str(problem) for problem in problems)
            log.error("selector file not taken, the last good one stays in force: %s", told)
            selector = held.selector if held else None
        else:
            log.info("selector file %s is in force", selector.name)
        self._held[path] = _Held(selector, stamp)
