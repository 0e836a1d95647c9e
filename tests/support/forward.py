"""A way to a server that opens when a test wants it: for services that come up too late."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Self

from tests.support.supervise import free_ports


class Forward:
    """Passes connections on to a port of 127.0.0.1, from `start` on; before, nobody listens.

    Attributes:
        port: where it listens.
        came: how many connections have come.
    """

    def __init__(self, target: int) -> None:
        (self.port,) = free_ports(1)
        self.came = 0
        self._target = target
        self._server: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            with suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()

    def start(self) -> None:
        """Listen."""
        self._server = socket.create_server(("127.0.0.1", self.port))
        _thread(self._accept)

    def _accept(self) -> None:
        assert self._server is not None
        with suppress(OSError):  # it is closed
            while True:
                came, _ = self._server.accept()
                self.came += 1
                on = socket.create_connection(("127.0.0.1", self._target))
                _thread(_pass_on, came, on)
                _thread(_pass_on, on, came)


def _pass_on(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65536):
            to.sendall(content)
    for end in (source, to):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _thread(call: Callable[..., None], *arguments: object) -> None:
    Thread(target=call, args=arguments, daemon=True).start()
