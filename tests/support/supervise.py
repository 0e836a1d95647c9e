"""A group of processes under supervisord, in a folder of their own, that ends without a rest.

Everything that a group owns can be recognised after any crash: each process carries the
folder's mark in its environment and works in the folder's `work` (some programs write their
titles over their environment, so one sign is not enough). `Group.end` uses both.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from supervisor.xmlrpc import SupervisorTransport

MARK = "TOUCHLINE_GROUP"
_LONGEST_SOCKET_PATH = 90  # the kernel takes 107 bytes, supervisord adds its pid


class GroupError(RuntimeError):
    """A process did not start, did not stay, or did not end; the text has its log's last lines."""


@dataclass(frozen=True)
class Program:
    """One process of a group.

    Attributes:
        name: how it is called in the group, and its log's name.
        command: what is run, as a list.
        rank: lower ones are stopped later.
        user: system user to run as, when the group runs as root.
        stop_signal: signal that asks it to end.
        stop_seconds: patience before it is killed.
    """

    name: str
    command: Sequence[str]
    rank: int = 50
    user: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 20


class Group:
    """Processes that belong to the folder `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.work = self.home / "work"
        self.logs = self.home / "logs"
        self._config = self.home / "supervisord.conf"
        self._socket = self._socket_path()

    def launch(self, programs: Iterable[Program], environment: Mapping[str, str]) -> None:
        """Start the supervisor; no program is started yet.

        Raises:
            GroupError: supervisord does not start.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        # supervisord expands %(…)s in its file; a plain per cent sign has to be doubled. In the
        # programs' log files it expands twice, so these are named from `work`.
        text = self._configuration(programs).replace("%", "%%")
        self._config.write_text(text, encoding="utf-8")
        started = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._config)],
            env={**environment, MARK: str(self.home)},
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if started.returncode:
            raise GroupError(f"supervisord does not start: {started.stderr or started.stdout}")
        wait_for("supervisord", self.running, seconds=15)

    def start(self, *names: str) -> None:
        """Start programs; whether they stay is seen by `check`, whether they serve by asking them.

        Raises:
            GroupError: one of them can't be started.
        """
        for name in names:
            try:
                self._call("startProcess", name, False)
            except xmlrpc.client.Fault as fault:
                raise GroupError(f"{name}: {fault.faultString}\n{self.tail(name)}") from fault

    def stop(self, *names: str) -> None:
        """Stop programs and wait for their end."""
        for name in names:
            self._call("stopProcess", name, True)

    def pid(self, name: str) -> int:
        """Process id of a running program."""
        info = self._call("getProcessInfo", name)
        assert isinstance(info, dict)
        return int(info["pid"])

    def states(self) -> dict[str, str]:
        """State of each program as supervisord calls it: RUNNING, STOPPED, EXITED, FATAL, …"""
        infos = self._call("getAllProcessInfo")
        assert isinstance(infos, list)
        return {info["name"]: info["statename"] for info in infos}

    def running(self) -> bool:
        """Whether the group's supervisor answers."""
        if not self._socket.exists():
            return False
        try:
            self._call("getState")
        except (OSError, xmlrpc.client.ProtocolError):
            return False
        except xmlrpc.client.Fault:
            return True  # it answers that it is on its way out
        return True

    def check(self) -> None:
        """Raise GroupError when a program that was started has given up."""
        for name, state in self.states().items():
            if state in ("FATAL", "EXITED"):
                raise GroupError(f"{name} is {state}; end of {self.log(name)}:\n{self.tail(name)}")

    def log(self, name: str) -> Path:
        """The file that holds what a program printed."""
        return self.logs / f"{name}.log"

    def tail(self, name: str, lines: int = 25) -> str:
        """The last lines of a program's log."""
        try:
            text = self.log(name).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            return f"(no log: {error})"
        return "\n".join(text.splitlines()[-lines:])

    def end(self, *, seconds: float = 90) -> None:
        """Stop everything, also what an earlier crash left behind.

        Raises:
            GroupError: a process outlived even SIGKILL.
        """
        supervisor = [process for process in self.processes() if _is_supervisor(process)]
        if self.running():
            with suppress(xmlrpc.client.Fault, OSError):  # already on its way out
                self._call("shutdown")
        _wait_gone(supervisor, seconds if self._socket.exists() else 1)
        for ask in (psutil.Process.terminate, psutil.Process.kill):
            left = self.processes()
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    ask(process)
            _wait_gone(left, 5)
        if left := self.processes():
            raise GroupError(f"still there: {', '.join(map(_title, left))}")
        self._socket.unlink(missing_ok=True)

    def processes(self) -> list[psutil.Process]:
        """Every process of the group, and what these have started, this one and its callers not."""
        own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                if process.pid not in own and self._owns(process):
                    found[process.pid] = process
                    found.update({child.pid: child for child in process.children(recursive=True)})
        return [process for pid, process in found.items() if pid not in own and _alive(process)]

    def _owns(self, process: psutil.Process) -> bool:
        with suppress(psutil.AccessDenied, OSError, ValueError):
            if process.environ().get(MARK) == str(self.home):
                return True
        folder = Path(process.cwd())
        return folder == self.work or (process.name() == "postgres" and self.home in folder.parents)

    def _call(self, method: str, *arguments: object) -> object:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        with xmlrpc.client.ServerProxy("http://supervisor", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)

    def _socket_path(self) -> Path:
        path = self.home / "supervisor.sock"
        if len(str(path)) <= _LONGEST_SOCKET_PATH:
            return path
        name = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"touchline-{os.getuid()}-{name}.sock"

    def _configuration(self, programs: Iterable[Program]) -> str:
        parts = [
            f"[unix_http_server]\nfile={self._socket}\nchmod=0700\n",
            "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = "
            "supervisor.rpcinterface:make_main_rpcinterface\n",
            # For who wants to stop a single program: supervisorctl -c … stop hub
            f"[supervisorctl]\nserverurl=unix://{self._socket}\n",
            f"[supervisord]\ndirectory={self.work}\nlogfile={self.log('supervisord')}\n"
            f"pidfile={self.home / 'supervisord.pid'}\nlogfile_backups=0\nminfds=1024\n"
            + ("user=root\n" if os.geteuid() == 0 else ""),
        ]
        parts.extend(self._section(program) for program in programs)
        return "\n".join(parts)

    def _section(self, program: Program) -> str:
        command = shlex.join(program.command)
        user = f"user={program.user}\n" if program.user and os.geteuid() == 0 else ""
        return (
            f"[program:{program.name}]\ncommand={command}\n{user}priority={program.rank}\n"
            f"autostart=false\nautorestart=true\nstartsecs=3\nstartretries=3\n"
            f"stopsignal={program.stop_signal}\nstopwaitsecs={program.stop_seconds}\n"
            "stopasgroup=false\nkillasgroup=true\nredirect_stderr=true\n"
            f"stdout_logfile=../logs/{program.name}.log\nstdout_logfile_maxbytes=50MB\n"
            "stdout_logfile_backups=0\n"
        )


def wait_for(what: str, ready: object, *, seconds: float, group: Group | None = None) -> None:
    """Ask the function `ready` until it is true; a program of `group` that gave up ends the wait.

    Raises:
        GroupError: naming `what`, when it was not ready in time.
    """
    assert callable(ready)
    end = time.monotonic() + seconds
    while not ready():
        if group is not None:
            group.check()
        if time.monotonic() > end:
            raise GroupError(f"{what} was not ready within {seconds:.0f} s")
        time.sleep(0.1)


def listening(port: int) -> bool:
    """Whether somebody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _is_supervisor(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return any("supervisor.supervisord" in part for part in process.cmdline())
    return False


def _wait_gone(processes: list[psutil.Process], seconds: float) -> None:
    # psutil's own wait takes a zombie that nobody reaps (in a container) for alive.
    end = time.monotonic() + seconds
    while any(map(_alive, processes)) and time.monotonic() < end:
        time.sleep(0.1)


def _alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _title(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return f"{process.pid} ({' '.join(process.cmdline())[:120] or process.name()})"
    return str(process.pid)
