"""A process that has everything imported and forks commands of `touchline` when it is told.

Great Expectations alone takes nine seconds to import. A forked command is a process of its own
all the same: it opens its own connections, and can be killed at any line.

`python -m tests.chaos.zygote` reads JSON lines: {"run": [arguments], "out": path} is answered
with {"pid": n}; {"wait": pid, "seconds": s} with {"code": n or null}, null: it still runs.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
import warnings
from typing import Any

PRELOADED = (
    "scrapers.cli.main",
    "scrapers.cli.scrape",  # the commands' own modules are imported when they are called
    "scrapers.cli.reparse",
    "scrapers.pipeline.run",
    "scrapers.pipeline.reparse",
    "scrapers.quality.gate",
    "scrapers.quality.great",
    "scrapers.quality.data_docs",
    "scrapers.tasks.send",
)
_LOOK_SECONDS = 0.05


def main() -> None:
    """Serve until stdin ends; what still runs then is killed."""
    warnings.simplefilter("ignore")
    for name in PRELOADED:
        __import__(name)
    ended: dict[int, int] = {}
    running: set[int] = set()
    _say({"ready": True})
    for line in sys.stdin:
        told = json.loads(line)
        if "run" in told:
            pid = _fork(told["run"], told["out"])
            running.add(pid)
            _say({"pid": pid})
        else:
            _say({"code": _wait(told["wait"], told["seconds"], ended)})
            running -= set(ended)
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _fork(arguments: list[str], out: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    # From here on this is the command: nothing of it may come back to the zygote's loop.
    code = 1
    try:
        os.setsid()
        file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(file, 1)
        os.dup2(file, 2)
        from scrapers.cli.main import app

        sys.argv = ["touchline", *arguments]
        try:
            app()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        os._exit(code)


def _wait(pid: int, seconds: float, ended: dict[int, int]) -> int | None:
    end = time.monotonic() + seconds
    while pid not in ended:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            ended[pid] = os.waitstatus_to_exitcode(status)
        elif time.monotonic() >= end:
            return None
        else:
            time.sleep(_LOOK_SECONDS)
    return ended[pid]


if __name__ == "__main__":
    main()
