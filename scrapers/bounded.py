"""Calls side by side, each with a time of its own after which nobody waits for it any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class Run(Generic[T]):
    """A call under way. Threads of its own, since a pool's would be waited for at exit.

    Args:
        call: made at once, in the thread.
        seconds: its time; a call that takes longer is left to itself.
    """

    def __init__(self, call: Callable[[], T], seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._found: list[T] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._go, args=(call,), daemon=True)
        self._thread.start()

    def _go(self, call: Callable[[], T]) -> None:
        try:
            self._found.append(call())
        except BaseException as error:  # noqa: BLE001  # raised in the thread that asked
            self._error = error

    def result(self, late: T) -> T:
        """What it gave, once it has ended; `late`: its time is over.

        Raises:
            BaseException: whatever the call raised.
        """
        self._thread.join(max(0.0, self._end - time.monotonic()))
        if self._error is not None:
            raise self._error
        return self._found[0] if self._found else late
