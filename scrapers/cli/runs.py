"""What the commands that run something have in common: a run's name, and how far it is."""

from __future__ import annotations

import getpass
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from scrapers.cli.console import err, print_table
from scrapers.errors import ConfigInvalid

if TYPE_CHECKING:
    from scrapers.warehouse.records import PlannedTarget

SHOWN = 20  # targets listed at most
PLAIN_SECONDS = 10.0  # between two lines about the same, where no terminal shows a bar

# What a landing does to rows, in the order in which it is shown.
CHANGES = ("inserted", "updated", "deleted", "unchanged")


def run_id_of(form: dict[str, Any], prefix: str = "cli") -> str:
    """The run's id: the same request gets the same, so that it is taken up, not doubled."""
    text = orjson.dumps(form, option=orjson.OPT_SORT_KEYS)
    return f"{prefix}__{hashlib.sha256(text).hexdigest()[:12]}"


def tell_targets(planned: Sequence[PlannedTarget]) -> None:
    """Print the targets of a plan with their reasons, at most so many."""
    if not planned:
        return
    of = f" (at most {SHOWN} of {len(planned)})" if len(planned) > SHOWN else ""
    print_table(
        f"Targets{of}",
        ("target", "why", "kick-off (UTC)"),
        [
            (
                item.target.key,
                item.reason,
                f"{item.kickoff_utc:%Y-%m-%d %H:%M}" if item.kickoff_utc else None,
            )
            for item in planned[:SHOWN]
        ],
    )


def who(by: str | None) -> str:
    """Who does it, by name.

    Raises:
        ConfigInvalid: the system does not say.
    """
    try:
        return by or getpass.getuser()
    except (OSError, KeyError) as error:
        raise ConfigInvalid("the system does not say who you are: add --by NAME") from error


@contextmanager
def batch_bars() -> Iterator[Callable[[Any, Any], None]]:
    """A bar for each batch; gives what is to be told of a page kind's progress.

    Where no terminal shows it, plain lines now and then instead, as with `count_bar`.
    """
    from scrapers.pipeline.progress import describe
    from scrapers.warehouse.records import DISPATCH_DONE

    with _shown() as show:

        def advance(page_kind: Any, progress: Any) -> None:
            done = sum(progress.by_state.get(state, 0) for state in DISPATCH_DONE)
            words = describe(progress, page_kind)
            show(str(page_kind or "pages"), done, progress.total, words)

        yield advance


@contextmanager
def count_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for pages; gives what is to be told how many are done, of how many."""
    with _shown() as show:
        yield lambda done, total: show(what, done, total, "")


# Named what is counted, how much of it is done, of how much, and words about it.
_Show = Callable[[str, int, int, str], None]


@contextmanager
def _shown() -> Iterator[_Show]:
    if not err.is_terminal:
        yield _Lines().show
        return
    with _bars() as bars:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int, words: str) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task("", total=None, kind=what)
            bars.update(tasks[what], total=total, completed=done, description=words)

        yield show


class _Lines:
    """Lines for a file or a pipe: the first, the last, and between them one now and then."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[float, str]] = {}

    def show(self, what: str, done: int, total: int, words: str) -> None:
        """Tell how far it is, unless it was told just now."""
        line = words or f"{what}: {done} of {total} done"
        at, before = self._told.get(what, (-PLAIN_SECONDS, ""))
        now = time.monotonic()
        if line != before and (done == total or now - at >= PLAIN_SECONDS):
            self._told[what] = (now, line)
            err.print(line, markup=False, highlight=False, soft_wrap=True)


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.fields[kind]:>13}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=err,
    )
