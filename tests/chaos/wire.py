"""A wire between the platform and a server on 127.0.0.1, which can be cut and mended."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self


class Wire:
    """Passes connections on from one port to another, until it is cut.

    Args:
        door: port on which it listens.
        target: port to which it leads.
    """

    def __init__(self, door: int, target: int) -> None:
        self._door = door
        self._target = target
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._server: socket.socket | None = None

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def mend(self) -> None:
        """Take connections again."""
        if self._server is None:
            self._server = socket.create_server(("127.0.0.1", self._door), backlog=128)
            threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def cut(self) -> None:
        """Take no connections any more, and break those that are."""
        if self._server is not None:
            with suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()
            self._server = None
        self.break_connections()

    def break_connections(self) -> None:
        """Break the connections that are; new ones are taken."""
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            _close(end)

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                came, _ = server.accept()
            except OSError:
                return  # it is cut
            try:
                on = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                came.close()
                continue
            with self._lock:
                self._ends |= {came, on}
            for source, to in ((came, on), (on, came)):
                threading.Thread(target=self._pass_on, args=(source, to), daemon=True).start()

    def _pass_on(self, source: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(1 << 16):
                to.sendall(content)
        for end in (source, to):
            _close(end)
        with self._lock:
            self._ends -= {source, to}


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
