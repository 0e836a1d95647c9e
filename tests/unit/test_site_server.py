"""The stand-in over HTTP: routes, faults, corrections, many at once, a clean end."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scrapers.errors import SourceRefused, SourceUnavailable, TouchlineError
from scrapers.parsing import SelectorFiles
from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from scrapers.whoscored.emptiness import check_page
from scrapers.whoscored.read import read_page, selector_files
from tests.site.captured import LISTED_MATCH, Captured
from tests.site.faults import AGAIN_SECONDS
from tests.site.server import HOST, serving
from tests.site.state import State
from tests.site.world import World
from tests.support.pages import feed_match, feed_page, match_data

MATCH = 1700056
LIVE = f"/matches/{MATCH}/live"
FEED = "/tournaments/21501/data/?d=202301"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    content_type: str
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def ask(port: int, path: str, data: Any = None, *, method: str = "") -> Reply:
    """One request; POST if there is data."""
    connection = http.client.HTTPConnection(HOST, port, timeout=20)
    try:
        body = None if data is None else json.dumps(data).encode()
        connection.request(method or ("GET" if data is None else "POST"), path, body)
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers.get_content_type(), answer.read())
    finally:
        connection.close()


@pytest.fixture
def port() -> Iterator[int]:
    with serving(State(World(), Captured({}))) as port:
        yield port


@pytest.fixture(scope="module")
def files() -> SelectorFiles:
    return selector_files(ROOT / "selectors")


def control(port: int, path: str, data: Any = None) -> Any:
    reply = ask(port, f"/__control/{path}", data)
    assert reply.status == 200, reply.body
    return reply.json


def fault(port: int, **stated: Any) -> None:
    control(port, "faults", stated)


def test_routes(port: int) -> None:
    page = ask(port, LIVE)
    assert (page.status, page.content_type) == (200, "text/html")
    assert match_data(page.body)["statusCode"] == 6
    for path in (f"/Matches/{MATCH}/Live", f"/matches/{MATCH}/live/a-b", f"{LIVE}/"):
        assert ask(port, path).body == page.body
    feed = ask(port, FEED)
    assert (feed.status, feed.content_type) == (200, "application/json")
    assert MATCH in [m["id"] for m in feed.json["tournaments"][0]["matches"]]
    for empty in ("/tournaments/5/data/?d=202301", "/tournaments/21501/data/?d=202207"):
        assert ask(port, empty).json == {"tournaments": []}
    assert ask(port, "/").status == 200
    assert ask(port, "/robots.txt").content_type == "text/plain"
    for path in ("/nowhere", "/matches/5/live", f"/matches/{MATCH}/show"):
        reply = ask(port, path)
        assert reply.status == 404
        assert b"404 Not Found" in reply.body


def test_the_world_in_json(port: int) -> None:
    world = World()
    told = control(port, "world")
    assert told["follow"] == world.follow()
    assert (told["seed"], told["now"]) == (world.seed, "2023-01-15T12:00:00Z")
    assert told["days"].keys() == {str(day) for day in world.days()}
    assert told["days"]["2023-01-14"] == 6
    kinds = {
        "postponed", "moved", "abandoned", "no_match_centre", "scheduled", "live", "extra_time",
        "shoot_out", "own_goal", "red_card",
    }  # fmt: skip
    assert told["special"].keys() == kinds
    assert all(told["special"].values())
    matches = {m.id: m for m in world.matches()}
    for kind in ("postponed", "abandoned", "scheduled", "live"):
        assert all(matches[i].status == kind for i in told["special"][kind])
    own_goal = match_data(ask(port, f"/matches/{told['special']['own_goal'][0]}/live").body)
    assert any(e.get("isOwnGoal") for e in own_goal["events"])
    red = match_data(ask(port, f"/matches/{told['special']['red_card'][0]}/live").body)
    cards = [e["cardType"]["displayName"] for e in red["events"] if "cardType" in e]
    assert set(cards) & {"Red", "SecondYellow"}


def test_requests_are_listed(port: int) -> None:
    fault(port, pattern="nowhere", kind="status", status=500)
    for path in (FEED, "/favicon.ico", "/nowhere"):
        ask(port, path)
    listed = control(port, "requests")
    assert [(r["path"], r["fault"]) for r in listed] == [(FEED, None), ("/nowhere", "status")]
    assert all(r["at"].endswith("Z") for r in listed)
    control(port, "requests/clear", {})
    assert control(port, "requests") == []


def test_the_clock_can_be_moved(port: int) -> None:
    (live,) = control(port, "world")["special"]["live"]
    assert match_data(ask(port, f"/matches/{live}/live").body)["statusCode"] == 3
    assert control(port, "now", {"now": "2023-01-15T18:00Z"}) == {"now": "2023-01-15T18:00:00Z"}
    assert match_data(ask(port, f"/matches/{live}/live").body)["statusCode"] == 6
    assert control(port, "world")["special"]["live"] == []


def test_a_correction(port: int) -> None:
    before = len(match_data(ask(port, LIVE).body)["events"])
    told = control(port, "amend", {"match_id": MATCH, "change": "add_event"})
    assert told["events"] == before + 1
    assert len(match_data(ask(port, LIVE).body)["events"]) == before + 1
    control(port, "amend/clear", {})
    assert len(match_data(ask(port, LIVE).body)["events"]) == before


@pytest.mark.parametrize(
    ("path", "data", "says"),
    [
        ("faults", {"kind": "strange"}, "strange"),
        ("faults", {"kind": "slow", "pattern": "("}, "unterminated"),
        ("faults", {"kind": "slow", "secnods": 1}, "secnods"),
        ("faults", {"kind": "status", "status": 999}, "999"),
        ("amend", {"match_id": 1, "change": "add_event"}, "no match 1"),
        ("amend", {"match_id": MATCH, "change": "strange"}, "strange"),
        ("amend", {"match": MATCH}, "match"),
        ("now", {"now": "soon"}, "soon"),
        ("now", [], "no JSON object"),
    ],
)
def test_wrong_control_calls_are_refused(port: int, path: str, data: Any, says: str) -> None:
    reply = ask(port, f"/__control/{path}", data)
    assert reply.status == 400
    assert says in reply.json["error"]
    assert ask(port, "/__control/unknown").status == 404
    assert control(port, "requests") == []


def shown(reply: Reply) -> bytes:
    """A reply as a browser shows it: JSON in a <pre>, what was left open is closed."""
    if reply.content_type == "application/json":
        return feed_page(reply.body.decode("utf-8", "ignore"))
    if not reply.body:
        return b"<html><head></head><body></body></html>"
    return reply.body if b"</html>" in reply.body else reply.body + b"</script></body></html>"


TARGETS = {LIVE: Target.match_centre(MATCH), FEED: Target.schedule(21501, "202301")}


@pytest.mark.parametrize("path", [LIVE, FEED])
@pytest.mark.parametrize(
    ("stated", "status", "failure"),
    [
        ({"kind": "status", "status": 503}, 503, SourceUnavailable),
        ({"kind": "status", "status": 403}, 403, SourceRefused),
        ({"kind": "status", "status": 429}, 429, SourceRefused),
        ({"kind": "refuse"}, 200, SourceRefused),
        ({"kind": "truncate"}, 200, SourceUnavailable),
        ({"kind": "empty"}, 200, SourceUnavailable),
    ],
)
def test_faults_that_the_platform_names(
    port: int, files: SelectorFiles, path: str, stated: Any, status: int,
    failure: type[TouchlineError],
) -> None:  # fmt: skip
    fault(port, pattern=path.split("?")[0], times=1, **stated)
    reply = ask(port, path)
    assert reply.status == status
    with pytest.raises(failure):
        read_page(shown(reply), TARGETS[path], "http://x/", files)
    assert ask(port, "/").status == 200
    good = ask(port, path)  # it struck once
    assert read_page(shown(good), TARGETS[path], "http://x/", files).rows


def test_a_truncated_page_keeps_its_word_about_its_length(port: int) -> None:
    whole = ask(port, LIVE).body
    fault(port, pattern="live", kind="truncate")
    half = ask(port, LIVE).body  # http.client raises if fewer bytes come than were announced
    assert whole.startswith(half)
    assert whole.index(b"matchCentreData") < len(half) < 0.7 * len(whole)


def test_a_dropped_connection() -> None:
    now = 0.0
    state = State(World(), Captured({}))
    state.faults.clock = lambda: now
    with serving(state) as port:
        fault(port, pattern=LIVE, kind="drop", times=1)
        for _ in range(2):  # the second is a browser's own, at once, and does not count
            with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
                ask(port, LIVE)
        assert ask(port, "/").status == 200
        now = AGAIN_SECONDS
        assert ask(port, LIVE).status == 200
        assert [r["fault"] for r in control(port, "requests")] == ["drop", "drop", None, None]


def test_a_slow_answer_holds_nobody_else_up(port: int) -> None:
    fault(port, pattern=LIVE, kind="slow", seconds=1.5)
    with ThreadPoolExecutor() as pool:
        began = time.monotonic()
        slow = pool.submit(ask, port, LIVE)
        while not control(port, "requests"):
            time.sleep(0.01)
        assert ask(port, "/").status == 200
        assert not slow.done()
        assert slow.result().status == 200
    assert time.monotonic() - began >= 1.5


def test_a_download_and_a_replaced_key(port: int) -> None:
    fault(port, pattern="tournaments", kind="download")
    fault(port, pattern="live", kind="replace", old='"events":[', new='"happenings":[')
    assert ask(port, FEED).content_type == "application/octet-stream"
    assert "happenings" in match_data(ask(port, LIVE).body)
    control(port, "faults/clear", {})
    assert ask(port, FEED).content_type == "application/json"
    assert "events" in match_data(ask(port, LIVE).body)


def test_a_moved_page(port: int) -> None:
    fault(port, pattern="live", kind="move", new="/")
    connection = http.client.HTTPConnection(HOST, port, timeout=20)
    connection.request("GET", LIVE)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (302, "/")
    connection.close()


def test_many_browsers_at_once_get_the_same_pages(port: int) -> None:
    world = World()
    ids = [m.id for m in world.matches() if m.status == "finished"][:6]
    with ThreadPoolExecutor(24) as pool:
        replies = list(pool.map(lambda i: ask(port, f"/matches/{i}/live").body, ids * 8))
    assert replies == [world.page(i) for i in ids] * 8


def test_captured_pages_are_served_as_they_are(shared_data: Path) -> None:
    captured = Captured.of(shared_data)
    with serving(State(World(), captured)) as port:
        reply = ask(port, f"/Matches/{LISTED_MATCH}/Live")
        assert reply.body == captured.matches[LISTED_MATCH]
        check_page(reply.body, "", PageKind.MATCH_CENTRE)
        feed = ask(port, "/tournaments/20934/data/?d=202208").json
        assert feed["tournaments"][0]["matches"] == [feed_match()]
        assert ask(port, "/tournaments/20934/data/?d=202209").json == {"tournaments": []}
        assert 20934 not in [s["stage_id"] for s in control(port, "world")["follow"]]
        assert ask(port, LIVE).status == 200
        fault(port, pattern="live", kind="refuse")
        assert ask(port, LIVE).body == (shared_data / "block_page_2019.html").read_bytes()


def test_without_captured_pages_there_are_none(port: int) -> None:
    assert ask(port, f"/matches/{LISTED_MATCH}/live").status == 404
    assert ask(port, "/tournaments/20934/data/?d=202208").json == {"tournaments": []}


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_to(signum: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.site", "--port", "0", "--now", "2022-08-14T12:00Z"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        address = process.stdout.readline().strip()
        port = int(address.rpartition(":")[2])
        assert address == f"http://127.0.0.1:{port}"
        told = control(port, "world")
        assert told["now"] == "2022-08-14T12:00:00Z"
        fault(port, pattern="/", kind="slow", seconds=60)
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(ask, port, "/")
            while not control(port, "requests"):
                time.sleep(0.01)
            process.send_signal(signum)
            assert process.wait(timeout=10) == 0
            with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
                waiting.result()
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
