"""The folder of selector files: versions of each page kind, picked up while workers run."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scrapers.browser.plan import FetchPlan
from scrapers.errors import ConfigInvalid, LayoutChanged
from scrapers.parsing.conditions import failed
from scrapers.parsing.extract import Extracted, extract
from scrapers.parsing.load import Demands, check, load
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.page import Page
from scrapers.targets import SOURCE, PageKind

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    selector: SelectorFile | None  # the last good one; None: there never was one
    stamp: tuple[int, int, int]


class SelectorFiles:
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
        return sorted(found, key=lambda s: (s.effective_from, s.version), reverse=True)

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

    def fetch_plan(self, kind: PageKind) -> FetchPlan:
        """How to load pages of this kind: as the newest version says."""
        fetch = self.for_kind(kind)[0].fetch
        return FetchPlan(fetch.load_strategy, tuple(fetch.ready), fetch.ready_timeout_seconds)

    def candidates(
        self, page: Page, kind: PageKind, on: date | None = None, version: str | None = None
    ) -> list[SelectorFile]:
        """Versions whose fingerprint the page bears, the most likely first.

        Those in force on the day `on` come before later ones, newer before older. `version`
        names the only one to try, whatever its fingerprint says.

        Raises:
            ConfigInvalid: there is no such version.
            LayoutChanged: the page bears no version's fingerprint; `facts["candidates"]` says
                for each version what is missing, `facts["fields"]` for the nearest.
        """
        versions = self.for_kind(kind)
        if version is not None:
            named = [s for s in versions if version in (s.version, s.name)]
            if not named:
                known = ", ".join(s.version for s in versions)
                raise ConfigInvalid(f"no version {version!r} of {kind.value}: there is {known}")
            return named
        lacking = {s.name: failed(s.fingerprint, page, s.documents) for s in versions}
        fitting = [s for s in versions if not lacking[s.name]]
        if not fitting:
            nearest = min(versions, key=lambda s: len(lacking[s.name]))
            told = "; ".join(lacking[nearest.name])
            raise LayoutChanged(
                f"the page bears no fingerprint of {kind.value}; nearest is {nearest.name}: {told}",
                fields=["fingerprint"],
                candidates=lacking,
                url=page.url,
            )
        return sorted(fitting, key=lambda s: on is not None and s.effective_from > on)

    def resolve(
        self, page: Page, kind: PageKind, on: date | None = None, version: str | None = None
    ) -> SelectorFile:
        """The version that is to read the page; see `candidates`."""
        return self.candidates(page, kind, on, version)[0]

    def read(
        self, page: Page, kind: PageKind, on: date | None = None, version: str | None = None
    ) -> tuple[SelectorFile, Extracted]:
        """Read the page by the first fitting version that it satisfies in every field.

        Raises:
            TargetAbsent: the page says that there is nothing to read.
            LayoutChanged: it satisfies none; the fields are those of the most likely version.
            ConfigInvalid: there is no usable selector file.
        """
        errors: list[LayoutChanged] = []
        tried: dict[str, list[str]] = {}
        for selector in self.candidates(page, kind, on, version):
            try:
                return selector, extract(page, selector)
            except LayoutChanged as error:
                failures = error.facts.get("failures")
                tried[selector.name] = list(failures) if isinstance(failures, list) else []
                errors.append(error)
        errors[0].facts["candidates"] = tried
        raise errors[0]
