"""The selector files in force: what the registry says, looked at while workers run.

A worker asks the registry for its newest row, one look-up by primary key, at most once every
`LOOK_SECONDS`; only a new row makes it read the texts. A file of the folder that was edited or
is new is not used before it is promoted; that is said once.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from scrapers.errors import ConfigInvalid, WarehouseUnavailable
from scrapers.parsing import registry
from scrapers.parsing.initial import FILE_NAME
from scrapers.parsing.load import Demands, check
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.versions import Versions, newest_first
from scrapers.targets import SOURCE, PageKind

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
_WORKER = "first use"


class SelectorsInForce(Versions):
    """The versions in force by the registry of a warehouse.

    A page kind of which nothing was ever in force is registered from the folder at its first use.
    A warehouse that is away leaves in force what is held.

    Args:
        engine: the warehouse.
        folder: the `selectors` folder.
        demands: what else a file must satisfy.
        look_every: seconds between two looks at the registry.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        demands: Demands | None = None,
        look_every: float = LOOK_SECONDS,
    ) -> None:
        self.folder = Path(folder)
        self._engine = engine
        self._demands = demands
        self._look_every = look_every
        self._next_look = 0.0
        self._newest: tuple[int, datetime] | None = None
        self._is_away = False
        self._releases: dict[str, registry.Release] = {}
        self._usable: dict[str, SelectorFile] = {}
        self._stamps: dict[Path, tuple[int, int, int]] = {}

    def for_kind(self, kind: PageKind) -> list[SelectorFile]:
        """Versions in force of a page kind, newest first.

        Raises:
            ConfigInvalid: none is in force that can be used.
            WarehouseUnavailable: it can't be reached, and nothing is held yet.
        """
        self._look()
        if not any(r.page_kind == kind.value for r in self._releases.values()):
            self._register(kind)
        found = [s for s in self._usable.values() if s.page_kind == kind]
        if not found:
            raise ConfigInvalid(
                f"no selector file of {kind.value} is in force that can be used: see touchline "
                "selectors status, then touchline selectors promote",
                page_kind=kind.value,
            )
        return newest_first(found)

    def sha256_of(self, selector: SelectorFile) -> str | None:
        """SHA-256 of the promoted text that this version was made of; None: it is out of force."""
        if self._usable.get(selector.name) is not selector:
            return None
        return self._releases[selector.name].sha256

    def _look(self) -> None:
        now = time.monotonic()
        if now < self._next_look:
            return
        try:
            newest = registry.newest(self._engine)
            if newest != self._newest or newest is None:
                self._take(registry.in_force(self._engine))
                self._newest = newest
        except WarehouseUnavailable as error:
            if not self._releases:
                raise
            if not self._is_away:
                log.warning("selector files stay as they are, no registry: %s", error.detail)
            self._is_away = True
        else:
            self._is_away = False
        self._next_look = now + self._look_every
        self._look_at_folder()

    def _take(self, releases: list[registry.Release]) -> None:
        held, usable = self._releases, self._usable
        self._releases = {release.name: release for release in releases}
        self._usable = {}
        for name, release in self._releases.items():
            if name in held and held[name].sha256 == release.sha256 and name in usable:
                self._usable[name] = usable[name]
                continue
            selector, problems = check(release.path, self._demands, release.content.encode())
            if selector is None or problems:
                told = "; ".join(str(problem) for problem in problems)
                log.error("selector file %s can't be used by this release: %s", name, told)
                continue
            self._usable[name] = selector
            log.info("selector file %s is in force, release %d", name, release.release_id)
        self._stamps.clear()  # a promoted file is no edited one any more, and the other way round

    def _register(self, kind: PageKind) -> None:
        """The first use of a page kind, on a database that `db upgrade` has not seen since."""
        done = registry.register(self._engine, self.folder, _WORKER, self._demands, [kind])
        if done.initial:
            log.info("selector files registered: %s", ", ".join(done.initial))
        elif registry.in_force(self._engine, kind):
            log.info("selector files of %s: registered by another process", kind.value)
        elif not registry.history(self._engine, kind):
            folder = self.folder / SOURCE / kind.value
            raise ConfigInvalid(
                f"no selector file in {folder} that a new database begins with: add one, name "
                f"one in {self.folder / FILE_NAME}, or set TOUCHLINE_SELECTORS_DIR",
                setting="TOUCHLINE_SELECTORS_DIR",
            )
        self._next_look = 0.0
        self._look()

    def _look_at_folder(self) -> None:
        for path in sorted((self.folder / SOURCE).glob("*/*.yaml")):
            try:
                status = path.stat()
                stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
                if self._stamps.get(path) == stamp:
                    continue
                content = path.read_bytes()
            except OSError:
                continue  # an editor replaces the file just now; the next look sees it
            self._stamps[path] = stamp
            release = self._releases.get(f"{path.parent.name}/{path.stem}")
            if release is None:
                log.info("selector file %s is a draft, not in force", path)
            elif release.sha256 != registry.digest(content):
                log.warning(
                    "selector file %s was edited since its promotion; the promoted text stays in "
                    "force: touchline selectors promote %s",
                    path,
                    release.name,
                )
