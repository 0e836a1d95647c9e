"""Child processes that read damaged pages: what hangs, dies or grows is found and named."""

from __future__ import annotations

import os
import resource
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

from scrapers.targets import PageKind
from tests.mutations.catalogue import mutation
from tests.mutations.reading import CRASH, HANG, Result, blank, read
from tests.mutations.sources import Source

WALL_SECONDS = 45.0  # a page that takes longer hangs, also on a machine with other work
ADDRESS_SPACE = 6_000_000_000
_RENEW_AFTER = 500  # pages after which a child is replaced, so that no leak hides another
_FORK = get_context("fork")  # the pages are made once, before


@dataclass
class _Child:
    """A process and the page at which it is."""

    process: object
    pipe: Connection
    done: int = 0
    number: int | None = None
    since: float = field(default_factory=time.monotonic)


def read_all(
    seed: int | str,
    numbers: Sequence[int],
    sources: dict[PageKind, list[Source]],
    folder: Path,
    processes: int | None = None,
) -> Iterator[Result]:
    """Results of the mutations of these numbers, in the order in which they are ready."""
    for of_kind in sources.values():
        for source in of_kind:
            _ = source.elements, source.data
    waiting = list(reversed(numbers))
    children = [
        _start(seed, sources, folder)
        for _ in range(min(len(numbers), processes or len(os.sched_getaffinity(0))))
    ]
    try:
        while waiting or any(child.number is not None for child in children):
            for place, child in enumerate(children):
                if child.number is None and waiting:
                    if child.done >= _RENEW_AFTER:
                        _end(child)
                        child = children[place] = _start(seed, sources, folder)
                    child.number, child.since = waiting.pop(), time.monotonic()
                    child.pipe.send(child.number)
            busy = {child.pipe: child for child in children if child.number is not None}
            ready = [busy[pipe] for pipe in wait(list(busy), timeout=1.0)]  # type: ignore[index]
            for child in busy.values():
                late = time.monotonic() - child.since > WALL_SECONDS
                if child in ready or late:
                    result = _result(child, seed, sources)
                    if result.outcome in (CRASH, HANG):
                        _end(child)
                        children[children.index(child)] = _start(seed, sources, folder)
                    child.number, child.done = None, child.done + 1
                    yield result
    finally:
        for child in children:
            _end(child)


def _result(child: _Child, seed: int | str, sources: dict[PageKind, list[Source]]) -> Result:
    assert child.number is not None
    what = HANG, f"longer than {WALL_SECONDS:.0f} s"
    if child.pipe.poll():
        try:
            answer = child.pipe.recv()
        except EOFError:
            child.process.join(5)  # type: ignore[attr-defined]
            what = CRASH, f"the process ended with {child.process.exitcode}"  # type: ignore[attr-defined]
        else:
            if isinstance(answer, Result):
                return answer
            what = CRASH, answer
    found = mutation(seed, child.number, sources)
    return replace(blank(child.number, found), outcome=what[0], detail=what[1])


def _start(seed: int | str, sources: dict[PageKind, list[Source]], folder: Path) -> _Child:
    ours, theirs = _FORK.Pipe()
    process = _FORK.Process(target=_work, args=(theirs, ours, seed, sources, folder), daemon=True)
    process.start()
    theirs.close()
    return _Child(process, ours)


def _end(child: _Child) -> None:
    process = child.process
    child.pipe.close()
    process.kill()  # type: ignore[attr-defined]
    process.join()  # type: ignore[attr-defined]


def _work(
    pipe: Connection,
    other_end: Connection,
    seed: int | str,
    sources: dict[PageKind, list[Source]],
    folder: Path,
) -> None:
    other_end.close()  # else this process would keep its own pipe open when the parent dies
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    while True:
        try:
            number = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(read(number, mutation(seed, number, sources), folder))
        except Exception:
            # Told to the parent, which counts it; this process is not to be trusted any more.
            pipe.send(traceback.format_exc()[-1500:])
            raise
