"""`python -m tests.bench.peak FILE ARGUMENT …`: runs `touchline ARGUMENT …`.

When it ends, the most memory that it held, imports included, stands in FILE, in bytes. A process
reads this of itself: what the kernel tells of an ended child counts its parent's memory too, from
before the child's program was loaded.
"""

from __future__ import annotations

import atexit
import sys
from pathlib import Path

from scrapers.cli.main import app


def most() -> int:
    """The most memory that this process has held so far, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            return int(value.split()[0]) * 1024
    raise RuntimeError("the kernel does not tell VmHWM of a process")


if __name__ == "__main__":
    told = Path(sys.argv[1])
    atexit.register(lambda: told.write_text(f"{most()}\n", encoding="utf-8"))
    app(sys.argv[2:], prog_name="touchline")
