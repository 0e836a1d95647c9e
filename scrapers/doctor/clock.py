"""This machine's clock against a server's; nobody here asks the world what time it is."""

from __future__ import annotations

import time
from collections.abc import Callable

from scrapers.doctor.result import Check, fail, ok, warn
from scrapers.errors import ConfigInvalid

WARN_SECONDS = 2.0
# Matches are due, holds run out and object stores check signatures by the clock; the last
# refuse at fifteen minutes.
FAIL_SECONDS = 60.0
_MEND = "set the clock that is wrong; run chrony or systemd-timesyncd on every machine"


def compared(name: str, whose: str, ask: Callable[[], float]) -> Check:
    """The check `name`: how far this machine's clock is from the server's.

    Args:
        ask: asks the server for its time, in seconds since 1970.
    """
    before, began = time.time(), time.monotonic()
    theirs = ask()
    took = time.monotonic() - began
    # The answer was given some time within the call.
    off = before + took / 2 - theirs
    sure = max(0.0, abs(off) - took / 2)
    side = "ahead of" if off > 0 else "behind"
    found = f"this machine's clock is {abs(off):.1f} s {side} {whose}'s"
    if sure >= FAIL_SECONDS:
        return fail(name, ConfigInvalid, found, _MEND)
    if sure >= WARN_SECONDS:
        return warn(name, found, _MEND)
    return ok(name, f"this machine's and {whose}'s clock agree within {max(abs(off), 0.1):.1f} s")
