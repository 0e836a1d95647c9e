"""The HTTP server: threads, 127.0.0.1 only, ends cleanly on SIGTERM and SIGINT."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from tests.site import control
from tests.site.state import State

HOST = "127.0.0.1"
_IDLE = 30  # seconds after which an idle connection is closed


class Server(ThreadingHTTPServer):
    """A server of one state; port 0 takes a free one, see `server_port`."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, state: State, port: int) -> None:
        self.state = state
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version = "stand-in"
    timeout: ClassVar[int] = _IDLE

    def do_GET(self) -> None:
        self._answer("GET", b"")

    def do_HEAD(self) -> None:
        self._answer("HEAD", b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        self._answer("POST", self.rfile.read(int(length)) if length.isdecimal() else b"")

    def _answer(self, method: str, body: bytes) -> None:
        state = self.server.state
        fault = None
        if self.path.startswith(control.PREFIX):
            answer = control.answer(state, method, self.path, body)
        else:
            favicon = self.path == "/favicon.ico"
            fault = None if favicon else state.faults.strike(self.path)
            if not favicon:
                state.record(self.path, fault)
            answer = state.page(self.path)
        if fault:
            if fault.kind == "slow":
                time.sleep(fault.seconds)
            answer = state.faults.spoil(fault, answer)
        if answer.drop:
            self.close_connection = True
            return
        try:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Cache-Control", "no-store")
            if answer.location:
                self.send_header("Location", answer.location)
            # A connection for each request: what is dropped is then one request alone.
            self.send_header("Connection", "close")
            self.end_headers()
            if method != "HEAD":
                self.wfile.write(answer.body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the browser did not wait for the end

    def log_message(self, format: str, *args: object) -> None:
        """Requests are listed by /__control/requests; a log of them would only be long."""


@contextmanager
def serving(state: State) -> Iterator[int]:
    """Serve `state` in this process while the block runs; gives the port."""
    server = Server(state, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def serve(server: Server) -> None:
    """Serve until SIGTERM or SIGINT; to be called in the main thread."""
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    stop.wait()
    server.shutdown()
    thread.join()
    server.server_close()
