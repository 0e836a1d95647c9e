"""Receivers of messages on 127.0.0.1: a mail server and a webhook, well or ill on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.supervise import free_ports


@dataclass
class Webhook:
    """A web server that takes posts.

    Attributes:
        address: of Apprise's json:// kind; the path holds a token, as real ones do.
        behaviour: ok, refuse (500), hang (answers nothing), drip (a byte a second).
        posts: what was posted, as JSON.
    """

    port: int
    token: str = "hooktoken"
    behaviour: str = "ok"
    posts: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.port}/{self.token}"

    @property
    def titles(self) -> list[str]:
        return [post["title"] for post in self.posts]


@contextmanager
def webhook(**options: Any) -> Iterator[Webhook]:
    """A webhook that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.tries += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if hook.behaviour == "hang":
                hook.released.wait(60)
                return
            if hook.behaviour == "drip":
                self.send_response(200)
                self.end_headers()
                while not hook.released.wait(1):
                    try:
                        self.wfile.write(b" ")
                        self.wfile.flush()
                    except OSError:
                        return
                return
            if hook.behaviour == "refuse":
                self.send_error(500, "no")
                return
            hook.posts.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook = Webhook(server.server_address[1], **options)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hook
    finally:
        hook.released.set()
        server.shutdown()
        server.server_close()


class Mailbox:
    """What a mail server took: (recipients, text of the mail)."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[tuple[list[str], str]] = []

    @property
    def address(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=touchline@example.org&to=night@example.org"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 taken"


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mail server that listens."""
    (port,) = free_ports(1)
    box = Mailbox(port)
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def wait_for_posts(hook: Webhook, number: int, seconds: float = 20) -> None:
    """Wait until so many posts were taken."""
    end = time.monotonic() + seconds
    while len(hook.posts) < number:
        assert time.monotonic() < end, f"{len(hook.posts)} of {number} posts arrived"
        time.sleep(0.05)
