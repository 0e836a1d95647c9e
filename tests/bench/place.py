"""Where it is measured: one stack, started when it is first wanted, ended whatever happens."""

from __future__ import annotations

import shutil
import signal
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr
from sqlalchemy import Engine, text

from scrapers.parsing.files import SelectorFiles
from scrapers.settings import ROOT, Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse.engine import engine as open_engine
from scrapers.warehouse.migrations import upgrade
from scrapers.whoscored.read import read_page, selector_files
from scrapers.whoscored.rows import RowSet
from tests.bench.figures import BenchError
from tests.site.world import World
from tests.support import postgres
from tests.support import stack as stacks
from tests.support.stack import AIRFLOW, Stack
from tests.support.supervise import Group

SLOTS = 2
_DATABASE = "bench"


class Place:
    """The stack of a bench; a context manager, so that nothing of it is left.

    Args:
        home: its folder; removed in the end, kept when something failed.
        airflow: whether Airflow is part of the stack, once one is started.
        say: told what is under way.
        quick: fewer rounds, smaller batches.
        matches: of the season that is read again; None: as many as a season has, or few if quick.
    """

    def __init__(
        self,
        home: Path,
        *,
        airflow: bool,
        say: stacks.Say,
        quick: bool,
        matches: int | None = None,
    ) -> None:
        self.home = home
        self.say = say
        self.quick = quick
        self.matches = matches
        self._airflow = airflow
        self._started = False
        self._stopped: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # An impatient second Ctrl-C must not leave half of it running.
        before = {
            one: signal.signal(one, signal.SIG_IGN) for one in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            if self._started:
                self._end()
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
        if self._started and error is None:
            shutil.rmtree(self.home, ignore_errors=True)

    def _end(self) -> None:
        if "warehouse" in self.__dict__:
            self.warehouse.dispose()
        self.say("stopping everything")
        known = Stack.of(self.home)
        if known is None:
            Group(self.home).end()
        else:
            known.stop()

    @cached_property
    def stack(self) -> Stack:
        """The stack: pages without a pause, `SLOTS` browser slots."""
        self._started = True  # from here on there may be something to end
        return stacks.start(
            self.home,
            airflow=self._airflow,
            settings={"page_interval_seconds": "0"},
            slots=SLOTS,
            say=self.say,
        )

    def without_airflow(self) -> Stack:
        """The stack, Airflow's processes stopped: they take their share of the cores idle too."""
        if self._airflow:
            self._stop(*AIRFLOW)
        return self.stack

    @cached_property
    def warehouse(self) -> Engine:
        """An empty warehouse of its own in the stack's PostgreSQL; nothing else runs then."""
        stack = self.without_airflow()
        self._stop("beat", "fetch", "parse", "hub", "site")
        password = stack.environment["PGPASSWORD"]
        postgres.create_databases(stack.ports["postgres"], password, _DATABASE)
        upgrade(self.settings)
        return open_engine(self.settings)

    @property
    def settings(self) -> Settings:
        """Settings of that warehouse."""
        stack = self.stack
        password = stack.environment["PGPASSWORD"]
        url = postgres.url(stack.ports["postgres"], password, _DATABASE)
        return stack.settings.model_copy(update={"database_url": SecretStr(url)})

    def pause(self, *names: str) -> None:
        """Stop programs of the stack for a while."""
        self._stop(*names)

    def resume(self, *names: str) -> None:
        """Start again what was stopped."""
        self.stack.group.start(*names)
        self._stopped.difference_update(names)

    def _stop(self, *names: str) -> None:
        wanted = [name for name in names if name not in self._stopped]
        self.stack.group.stop(*wanted)
        self._stopped.update(wanted)


_TABLES = text(
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN "
    "('raw', 'staging', 'core', 'ops') AND tablename <> 'alembic_version'"
)


def empty(engine: Engine) -> None:
    """Remove every row of a warehouse, and what the removed ones left behind."""
    with engine.begin() as connection:
        names = ", ".join(connection.scalars(_TABLES))
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))


def matches(count: int) -> list[int]:
    """Ids of the stand-in's first matches that are finished and have a match centre.

    Raises:
        BenchError: it has fewer.
    """
    readable = (m.id for m in World().matches() if m.status == "finished" and m.has_match_centre)
    found = list(islice(readable, count))
    if len(found) < count:
        raise BenchError(f"the stand-in has {len(found)} readable matches, {count} are wanted")
    return found


@lru_cache(maxsize=64)
def rows_of(match_id: int) -> RowSet:
    """Rows of a stand-in match, as the parse task reads them; not to be changed."""
    page = World().page(match_id)
    assert page is not None, match_id
    return read_page(page, Target.match_centre(match_id), "the stand-in", _files()).rows


@lru_cache(maxsize=1)
def _files() -> SelectorFiles:
    return selector_files(ROOT / "selectors")


def scrape(stack: Stack, match_ids: list[int]) -> None:
    """`touchline scrape` of these match centres, by force; it waits until they have landed."""
    named = [word for match_id in match_ids for word in ("--match", str(match_id))]
    stack.touchline("scrape", "--force", "--page-kind", PageKind.MATCH_CENTRE, *named)
