"""Which version of a page kind reads a page."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from scrapers.browser.plan import FetchPlan
from scrapers.errors import ConfigInvalid, LayoutChanged, TargetAbsent
from scrapers.parsing.conditions import failed
from scrapers.parsing.extract import Extracted, extract
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.page import Page
from scrapers.targets import PageKind


def newest_first(versions: Iterable[SelectorFile]) -> list[SelectorFile]:
    """Versions of a page kind in the order in which they are tried."""
    return sorted(versions, key=lambda s: (s.effective_from, s.version), reverse=True)


def _unread(page: Page, selector: SelectorFile) -> list[str]:
    """Fields of a page that a version does not read, though it is not its layout."""
    try:
        extract(page, selector)
    except LayoutChanged as error:
        fields = error.facts.get("fields")
        return list(map(str, fields)) if isinstance(fields, list) else []
    except TargetAbsent:
        return []
    return []


class Versions(ABC):
    """Versions of each page kind; where they come from is the subclass's matter."""

    @abstractmethod
    def for_kind(self, kind: PageKind) -> list[SelectorFile]:
        """Versions of a page kind, newest first.

        Raises:
            ConfigInvalid: there is none that can be used.
        """

    def sha256_of(self, selector: SelectorFile) -> str | None:
        """SHA-256 of the text that this version was made of; None: it is not a registry's."""
        del selector
        return None

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
                fields=["fingerprint", *_unread(page, nearest)],
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
            LayoutChanged: it satisfies none; the fields are those of the version that lacks fewest.
            ConfigInvalid: there is no usable selector file.
        """
        return next(self.readings(page, kind, on, version))

    def readings(
        self, page: Page, kind: PageKind, on: date | None = None, version: str | None = None
    ) -> Iterator[tuple[SelectorFile, Extracted]]:
        """What each fitting version reads that the page satisfies in every field.

        Raises:
            TargetAbsent, LayoutChanged, ConfigInvalid: as `read`; LayoutChanged if none does.
        """
        errors: list[LayoutChanged] = []
        is_read = False
        tried: dict[str, list[str]] = {}
        for selector in self.candidates(page, kind, on, version):
            try:
                extracted = extract(page, selector)
            except LayoutChanged as error:
                failures = error.facts.get("failures")
                tried[selector.name] = list(failures) if isinstance(failures, list) else []
                errors.append(error)
                continue
            is_read = True
            yield selector, extracted
        if is_read:
            return
        # The version that comes nearest tells what has changed; of equals the most likely one.
        nearest = min(errors, key=_fields_lacking)
        nearest.facts["candidates"] = tried
        raise nearest


def _fields_lacking(error: LayoutChanged) -> int:
    fields = error.facts.get("fields")
    return len(fields) if isinstance(fields, list) else 0


class GivenVersions(Versions):
    """Just these versions; for comparing what would be in force with what is."""

    def __init__(self, versions: Sequence[SelectorFile]) -> None:
        self._versions = newest_first(versions)

    def for_kind(self, kind: PageKind) -> list[SelectorFile]:
        """The given versions of a page kind, newest first."""
        found = [s for s in self._versions if s.page_kind == kind]
        if not found:
            raise ConfigInvalid(f"there is no version of {kind.value}: add a selector file for it")
        return found
