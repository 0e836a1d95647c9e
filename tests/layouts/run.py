"""All cells of the table: the page kinds shared out between processes, each with a warehouse."""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from pathlib import Path
from queue import Queue
from typing import Any

from scrapers.settings import PREFIX
from scrapers.targets import PageKind
from tests.layouts.changes import BY_NAME
from tests.layouts.keys import KeyCell
from tests.layouts.night import Cell, Nights
from tests.layouts.place import Place, Server, server

# The longest first, so that no process is left with it in the end.
ORDER = (PageKind.MATCH_CENTRE, *(kind for kind in PageKind if kind is not PageKind.MATCH_CENTRE))
# What the command line calls the part in which each name is another alone; see `keys`.
KEY_BY_KEY = "key-by-key"
Say = Callable[[str], None]
AnyCell = Cell | KeyCell


def cells(
    home: Path, kinds: Sequence[PageKind], changes: Sequence[str], jobs: int, say: Say
) -> tuple[list[Cell], list[KeyCell]]:
    """Try every change on every page kind; the cells of changes, and those of names.

    Args:
        home: a folder that does not exist yet; removed in the end.
        changes: names of changes; `KEY_BY_KEY` for each name alone.
        say: told of every cell that is done.
    """
    found = _cells(home, kinds, changes, jobs, say)
    order = {kind.value: place for place, kind in enumerate(PageKind)}
    by_change = {name: place for place, name in enumerate(BY_NAME)}
    whole = [cell for cell in found if isinstance(cell, Cell)]
    names = [cell for cell in found if isinstance(cell, KeyCell)]
    return (
        sorted(whole, key=lambda cell: (order[cell.kind], by_change[cell.change])),
        sorted(names, key=lambda cell: order[cell.kind]),
    )


def _cells(
    home: Path, kinds: Sequence[PageKind], changes: Sequence[str], jobs: int, say: Say
) -> list[AnyCell]:
    home.mkdir(parents=True)
    with server(home / "server") as running:
        asked = [kind for kind in ORDER if kind in kinds]
        if jobs == 1 or len(asked) == 1:
            place = _place(running, home)
            return [cell for kind in asked for cell in _of_kind(place, kind, changes, say)]
        context = multiprocessing.get_context("spawn")
        with (
            context.Manager() as manager,
            ProcessPoolExecutor(jobs, context, _begin, (running, str(home))) as pool,
        ):
            heard: Queue[str] = manager.Queue()
            work = [pool.submit(_job, kind, tuple(changes), heard) for kind in asked]
            try:
                return _gathered(work, heard, say)
            except BaseException:
                # Whoever stops this does not wait for the cells that are under way.
                pool.shutdown(wait=False, cancel_futures=True)
                for child in multiprocessing.active_children():
                    child.terminate()
                raise


def _gathered(work: list[Future[list[AnyCell]]], heard: Queue[str], say: Say) -> list[AnyCell]:
    """The cells of all page kinds, each told as soon as it is done."""
    waiting = set(work)
    while waiting:
        _, waiting = wait(waiting, timeout=1)
        while not heard.empty():
            say(heard.get())
    return [cell for done in work for cell in done.result()]


def _of_kind(place: Place, kind: PageKind, changes: Sequence[str], say: Say) -> Iterator[AnyCell]:
    nights = Nights(place, kind)
    for name in changes:
        if name == KEY_BY_KEY:
            began, tried = time.monotonic(), 0
            for each in nights.names():
                tried += 1
                if not each.is_good:
                    say(f"{each}")
                yield each
            say(f"{kind.value} {name}: {tried} names, {time.monotonic() - began:.0f} s")
            continue
        cell = nights.run(BY_NAME[name])
        if cell is not None:
            say(f"{cell}")
            yield cell


def _place(running: Server, home: Path) -> Place:
    # Settings of the calling shell have no say here.
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    # What is refused is the matter of the table.
    logging.disable(logging.WARNING)
    mine = f"p{os.getpid()}"
    folder = home / mine
    folder.mkdir()
    return Place(running, mine, folder)


_held: dict[str, Place] = {}


def _begin(running: Server, home: str) -> None:
    _held["place"] = _place(running, Path(home))


def _job(kind: PageKind, changes: tuple[str, ...], heard: Any) -> list[AnyCell]:
    return list(_of_kind(_held["place"], kind, changes, heard.put))
