"""Commands of `touchline` against the place of the chaos, started quickly and killable."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.support.stack import Stack


@dataclass
class Command:
    """A command that runs, or has run."""

    pid: int
    out: Path
    _zygote: Zygote

    def wait(self, seconds: float) -> int | None:
        """Its exit code, negative for a signal; None: it still runs after `seconds`."""
        code = self._zygote.ask({"wait": self.pid, "seconds": seconds})["code"]
        return None if code is None else int(code)

    def kill(self) -> None:
        """Kill it, as a lost machine would."""
        os.killpg(self.pid, signal.SIGKILL)

    def alive(self) -> bool:
        """Whether it still runs."""
        return self.wait(0) is None

    def process(self) -> psutil.Process:
        """The process."""
        return psutil.Process(self.pid)

    @property
    def said(self) -> str:
        """What it has printed."""
        return self.out.read_text(encoding="utf-8", errors="replace") if self.out.exists() else ""


class Zygote:
    """Starts commands within a stack's environment; see `tests.chaos.zygote`."""

    def __init__(self, stack: Stack) -> None:
        self._folder = stack.home / "commands"
        self._folder.mkdir(exist_ok=True)
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(stack.group.logs / "zygote.log").open("ab"),
            text=True,
            env=stack.full_environment(),
            cwd=stack.group.work,
        )
        self._read()

    def start(self, *arguments: str) -> Command:
        """Start `touchline arguments…`."""
        self._count += 1
        out = self._folder / f"{self._count:04d}.log"
        pid = int(self.ask({"run": list(arguments), "out": str(out)})["pid"])
        return Command(pid, out, self)

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask the zygote."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the zygote has ended with {self._process.wait()}: see zygote.log")
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer

    def close(self) -> None:
        """End it, and what it started."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
