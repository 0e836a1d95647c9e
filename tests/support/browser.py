"""What browser tests need: a hub that can die, a Selenoid's front, a site with every fault."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, ClassVar, Self

import psutil

from scrapers.settings import Settings, load_settings
from tests.support.stack import BROWSER_ARGS
from tests.support.supervise import free_ports, listening

PATH = "/wd/hub"
_NOBODY = "nobody.invalid"


def browser_settings(base_url: str, *hub_urls: str, **changes: Any) -> Settings:
    """Settings of a worker that has browsers to do with, and neither broker nor database."""
    return load_settings(
        **{
            "_env_file": None,
            "database_url": f"postgresql+psycopg2://touchline:none@{_NOBODY}/none",
            "broker_url": f"redis://{_NOBODY}",
            "cache_url": f"redis://{_NOBODY}",
            "archive_url": "memory://archive",
            "base_url": base_url,
            "allowed_hosts": "127.0.0.1",
            "hub_urls": ",".join(hub_urls),
            "browser_args": BROWSER_ARGS,
            "session_start_timeout_seconds": 20,
            "page_load_timeout_seconds": 15,
            "script_timeout_seconds": 5,
            **changes,
        }
    )


class ChromeDriver:
    """ChromeDriver as the smallest W3C hub: a process with browsers as children."""

    def __init__(self) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}{PATH}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it and wait until it listens."""
        self._process = subprocess.Popen(
            ["chromedriver", f"--port={self.port}", f"--url-base={PATH}", "--log-level=OFF"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: listening(self.port))

    def kill(self) -> None:
        """Kill it and its browsers, as a machine does that goes away."""
        if self._process is None:
            return
        own = psutil.Process(self._process.pid)
        for process in (own, *own.children(recursive=True)):
            _kill(process)
        self._process.wait(timeout=10)
        self._process = None

    def browsers(self) -> list[psutil.Process]:
        """The main processes of its browsers."""
        assert self._process is not None
        return [
            child
            for child in psutil.Process(self._process.pid).children(recursive=True)
            # One that has ended and is not yet missed by its parent has no command any more.
            if "chrom" in _name(child)
            and (command := _command(child))
            and "--type=" not in " ".join(command)
        ]

    def kill_browsers(self, kind: str = "") -> int:
        """Kill its browsers, or only their processes of a kind ('renderer'); how many."""
        assert self._process is not None
        found = psutil.Process(self._process.pid).children(recursive=True)
        if kind:
            found = [child for child in found if f"--type={kind}" in _command(child)]
        for child in found:
            _kill(child)
        return len(found)


@dataclass
class Front:
    """A proxy before a hub that counts its sessions, and can pass for a Selenoid.

    Attributes:
        target: port of the ChromeDriver behind it.
        status: what `/status` of its root answers, None: 404 as of a plain W3C hub.
        stuck: while set, commands are taken and never answered; also while `stuck_on` is part
            of a command's path.
        opened, closed: sessions opened and quit.
        asked: capabilities that sessions were asked for, oldest first.
        logins: `Authorization` headers seen, None for none.
    """

    target: int
    status: dict[str, Any] | None = None
    stuck: Event = field(default_factory=Event)
    stuck_on: str = ""
    opened: int = 0
    closed: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    logins: set[str | None] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._over = Event()
        self._server = _serve("127.0.0.1", type("Handler", (_FrontHandler,), {"front": self}))
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def netloc(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """Its address as a hub."""
        return f"http://{self.netloc}{PATH}"


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(
        self, status: int, body: bytes, kind: str = "text/html; charset=utf-8", **headers: str
    ) -> None:
        """Send a whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class _FrontHandler(_Quiet):
    front: ClassVar[Front]

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def do_DELETE(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        front = self.front
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        front.logins.add(self.headers.get("Authorization"))
        if self.path == "/status":
            known = front.status is not None
            text = json.dumps(front.status or {}).encode()
            self.answer(200 if known else 404, text, "application/json")
            return
        is_new = self.command == "POST" and self.path == f"{PATH}/session"
        if is_new:
            front.asked.append(json.loads(body)["capabilities"])
        if front.stuck.is_set() or (front.stuck_on and front.stuck_on in self.path):
            front._over.wait()
            self.close_connection = True
            return
        connection = http.client.HTTPConnection("127.0.0.1", front.target, timeout=60)
        try:
            connection.request(
                self.command,
                self.path,
                body or None,
                {"Content-Type": "application/json", "Host": f"127.0.0.1:{front.target}"},
            )
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self.close_connection = True  # the hub died: so does the connection
            return
        finally:
            connection.close()
        if response.status == 200 and is_new:
            front.opened += 1
        if response.status == 200 and self.command == "DELETE" and self.path.count("/") == 4:
            front.closed += 1
        self.answer(response.status, content, "application/json")


class Site:
    """A site with a page for every fault; `elsewhere` is another host that must not be asked.

    Attributes:
        asked: how often each path was asked for.
        elsewhere: the same of the other host.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.elsewhere: Counter[str] = Counter()
        self.datagrams = 0
        self._over = Event()

    def __enter__(self) -> Self:
        self._main = _serve("127.0.0.1", type("Main", (_SiteHandler,), {"site": self}))
        # Reached as 127.0.0.2, as localhost and as any other name of this machine.
        self._other = _serve("0.0.0.0", type("Other", (_ElsewhereHandler,), {"site": self}))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("0.0.0.0", 0))
        self._udp.settimeout(0.2)
        self._listener = Thread(target=self._count_datagrams, daemon=True)
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.join(timeout=5)
        self._udp.close()
        for server in (self._main, self._other):
            server.shutdown()
            server.server_close()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._main.server_address[1]}"

    @property
    def other_port(self) -> int:
        """Port of the other host."""
        return int(self._other.server_address[1])

    @property
    def udp_port(self) -> int:
        """Port whose datagrams are counted."""
        return int(self._udp.getsockname()[1])

    def _count_datagrams(self) -> None:
        while not self._over.is_set():
            try:
                self._udp.recvfrom(2048)
            except TimeoutError:
                continue
            self.datagrams += 1


def own_address() -> str:
    """An address of this machine that is not a loopback one; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


class _ElsewhereHandler(_Quiet):
    site: ClassVar[Site]

    def do_GET(self) -> None:
        self.site.elsewhere[self.path] += 1
        self.answer(200, b"<title>elsewhere</title>you should not be here")

    def do_POST(self) -> None:
        self.do_GET()


_GREEDY = """<!doctype html><title>greedy</title><p id="text">here
<img src="http://{ip}:{port}/ip-image"><img src="http://localhost:{port}/name-image">
<img src="/own-image"><script src="http://{ip}:{port}/ip-script"></script>
<link rel="stylesheet" href="http://localhost:{port}/name-style">
<link rel="preconnect" href="http://{ip}:{port}">
<iframe src="http://{ip}:{port}/ip-frame"></iframe>
<iframe src="http://{own}:{port}/own-frame"></iframe>
<script>
fetch("http://{ip}:{port}/ip-fetch").catch(() => 0);
fetch("http://localhost:{port}/name-fetch").catch(() => 0);
navigator.sendBeacon("http://{ip}:{port}/ip-beacon", "x");
new WebSocket("ws://{ip}:{port}/ip-socket");
window.open("http://{ip}:{port}/ip-window"); window.open("/own-window");
const peer = new RTCPeerConnection({{iceServers: [{{urls: "stun:{own}:{udp}"}}]}});
peer.createDataChannel("x");
peer.createOffer().then(offer => peer.setLocalDescription(offer));
try {{ new WebTransport("https://{own}:{udp}/transport"); }} catch (error) {{}}
setTimeout(() => {{ document.title = "done"; }}, 800);
</script>"""


class _SiteHandler(_Quiet):
    site: ClassVar[Site]

    def do_GET(self) -> None:
        path = self.path
        self.site.asked[path] += 1
        page = getattr(self, "page_" + path.strip("/").partition("?")[0].replace("-", "_"), None)
        if page is not None:
            page()
        else:
            self.answer(200, f"<!doctype html><title>page</title><p>{path}".encode())

    def page_slow(self) -> None:
        self.site._over.wait(30)
        self.answer(200, b"late")

    def page_reset(self) -> None:
        # Closed with an RST.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def page_empty(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def page_cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>cut</title><p>half a pa" + b"ge " * 20_000)
        self.wfile.flush()
        self.site._over.wait(0.3)  # time to be read: a reset throws away what is under way
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def page_loop(self) -> None:
        self.answer(302, b"", Location="/loop")

    def page_away_ip(self) -> None:
        self.answer(302, b"", Location=f"http://127.0.0.2:{self.site.other_port}/redirected?a=b")

    def page_away_name(self) -> None:
        self.answer(302, b"", Location=f"http://localhost:{self.site.other_port}/redirected")

    def page_away_script(self) -> None:
        to = f"http://127.0.0.2:{self.site.other_port}/scripted"
        self.answer(200, f"<title>x</title><script>location = '{to}'</script>".encode())

    def page_away_data(self) -> None:
        self.answer(302, b"", Location="data:text/html,<title>inside</title>")

    def page_moved(self) -> None:
        self.answer(302, b"", Location="/moved-here")

    def page_503(self) -> None:
        self.answer(503, b"<title>busy</title><p>back soon")

    def page_503_bare(self) -> None:
        self.answer(503, b"")

    def page_403(self) -> None:
        self.answer(403, b"<title>no</title><p>not you")

    def page_403_bare(self) -> None:
        self.answer(403, b"")

    def page_nothing(self) -> None:
        self.send_response(204)
        self.end_headers()

    def page_download(self) -> None:
        self.answer(200, b'{"a": 1}' * 100, "application/octet-stream")

    def page_json(self) -> None:
        self.answer(200, b'{"a": [1, 2]}', "application/json")

    def page_late(self) -> None:
        self.answer(
            200,
            b"<title>x</title><script>setTimeout(() => { window.site = {data: 7};"
            b" document.body.textContent = 'filled' }, 700)</script>",
        )

    def page_strict(self) -> None:
        self.answer(200, b"<title>strict</title><p>x", Content_Security_Policy="default-src 'none'")

    def page_halves(self) -> None:
        self.answer(
            200,
            b"<title>x</title><p id=p><script>document.title = 'a\\ud800b';"
            b"document.getElementById('p').textContent = 'c\\udc00d \xc3\xa9'</script>",
        )

    def page_asks(self) -> None:
        self.answer(200, b"<title>asks</title><script>alert(1)</script><p>x")

    def page_asks_on(self) -> None:
        self.answer(200, b"<title>x</title><script>while (true) alert(1)</script><p>x")

    def page_hops(self) -> None:
        self.answer(
            200, b"<title>x</title><script>setTimeout(() => { location = '/late' }, 250)</script>"
        )

    def page_spins(self) -> None:
        self.answer(200, b"<title>x</title><p>x<script>setTimeout(() => { while (1); })</script>")

    def page_huge(self) -> None:
        self.answer(200, b"<title>x</title><p>x<!--" + b"x" * 20_000_001 + b"-->")

    def page_tampers(self) -> None:
        self.answer(
            200,
            b"<title>x</title><script>Object.defineProperty(document, 'title',"
            b" {get() { throw new Error('mine') }})</script>",
        )

    def page_greedy(self) -> None:
        text = _GREEDY.format(
            ip="127.0.0.2",
            own=own_address(),
            port=self.site.other_port,
            udp=self.site.udp_port,
        )
        self.answer(200, text.encode())


def wait_until(condition: Any, *, seconds: float = 20) -> None:
    """Ask until it is true; raises TimeoutError."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:.0f} s")
        time.sleep(0.05)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Browsers go away in the middle; that is no error of the server's."""


def _serve(address: str, handler: type[BaseHTTPRequestHandler]) -> _Server:
    server = _Server((address, 0), handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
