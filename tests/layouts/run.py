"""All cells of the table: the page kinds shared out between processes, each with a warehouse."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from pathlib import Path
from queue import Queue
from typing import Any

from scrapers.settings import PREFIX
from scrapers.targets import PageKind
from tests.layouts.changes import BY_NAME
from tests.layouts.night import Cell, Nights
from tests.layouts.place import Place, Server, server

# The longest first, so that no process is left with it in the end.
ORDER = (PageKind.MATCH_CENTRE, *(kind for kind in PageKind if kind is not PageKind.MATCH_CENTRE))
Say = Callable[[str], None]


def cells(
    home: Path, kinds: Sequence[PageKind], changes: Sequence[str], jobs: int, say: Say
) -> list[Cell]:
    """Try every change on every page kind.

    Args:
        home: a folder that does not exist yet; removed in the end.
        say: told of every cell that is done.
    """
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
                found = _gathered(work, heard, say)
            except BaseException:
                # Whoever stops this does not wait for the cells that are under way.
                pool.shutdown(wait=False, cancel_futures=True)
                for child in multiprocessing.active_children():
                    child.terminate()
                raise
    return sorted(found, key=lambda c: (list(PageKind).index(PageKind(c.kind)),
                                        list(BY_NAME).index(c.change)))  # fmt: skip


def _gathered(work: list[Future[list[Cell]]], heard: Queue[str], say: Say) -> list[Cell]:
    """The cells of all page kinds, each told as soon as it is done."""
    waiting = set(work)
    while waiting:
        _, waiting = wait(waiting, timeout=1)
        while not heard.empty():
            say(heard.get())
    return [cell for done in work for cell in done.result()]


def _of_kind(place: Place, kind: PageKind, changes: Sequence[str], say: Say) -> Iterator[Cell]:
    nights = Nights(place, kind)
    for name in changes:
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


def _job(kind: PageKind, changes: tuple[str, ...], heard: Any) -> list[Cell]:
    return list(_of_kind(_held["place"], kind, changes, heard.put))
