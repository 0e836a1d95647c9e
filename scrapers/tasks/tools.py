"""What a worker process works with, made once for each process and put away with it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Engine

from scrapers.archive.store import Archive
from scrapers.browser.politeness import Politeness
from scrapers.browser.session import Browser
from scrapers.parsing.in_force import SelectorsInForce
from scrapers.settings import Settings, settings
from scrapers.warehouse.engine import engine
from scrapers.whoscored.read import selectors_in_force


@dataclass
class Tools:
    """Settings, and what they lead to; each is made when it is first asked for."""

    settings: Settings
    _browser: Browser | None = field(default=None, init=False)

    @cached_property
    def engine(self) -> Engine:
        """The warehouse."""
        return engine(self.settings)

    @cached_property
    def archive(self) -> Archive:
        """The raw pages."""
        return Archive(self.settings.archive_url)

    @cached_property
    def politeness(self) -> Politeness:
        """The rate limit of the whole platform."""
        return Politeness(self.settings, self.engine)

    @cached_property
    def selectors(self) -> SelectorsInForce:
        """The selector files in force; a promotion or rollback is taken up without a restart."""
        return selectors_in_force(self.engine, self.settings.selectors_dir)

    @property
    def browser(self) -> Browser:
        """This process's browser; its session is opened with the first page."""
        if self._browser is None:
            self._browser = Browser(self.settings, self.engine)
        return self._browser

    def put_away(self) -> None:
        """Quit the browser's session, if there is one."""
        if self._browser is not None:
            self._browser.close()
            self._browser = None


_held: dict[int, Tools] = {}


def tools() -> Tools:
    """This process's tools; a forked worker never shares its parent's."""
    pid = os.getpid()
    if pid not in _held:
        _held.clear()
        _held[pid] = Tools(settings())
    return _held[pid]


def put_away() -> None:
    """Put this process's tools away, if it has any."""
    if held := _held.pop(os.getpid(), None):
        held.put_away()
