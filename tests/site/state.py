"""What the running stand-in knows: its world, the faults in force, who asked for what."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from tests.site import more_pages
from tests.site.captured import Captured
from tests.site.faults import HTML, JSON, Answer, Fault, Faults, error_page
from tests.site.pages import foot
from tests.site.world import World

_FEED = re.compile(r"/tournaments/(\d{1,9})/data/?", re.IGNORECASE)
_MATCH = re.compile(r"/matches/(\d{1,9})/live(?:/[^/]*)?/?", re.IGNORECASE)
_CATALOGUE = re.compile(
    r"/regions/(\d{1,9})/tournaments/(\d{1,9})"
    r"(?:/seasons/(\d{1,9})(?:/stages/(\d{1,9})/([a-z]{1,30}))?)?(?:/[^/]*)?/?",
    re.IGNORECASE,
)
_HOME = (
    "<!DOCTYPE html>\n<html lang='en'><head><link rel='icon' href='data:,'>"
    "<title>Stand-in</title></head><body>"
    "<h1>A stand-in for tests</h1><p>Everybody and everything here is invented. "
    "What it holds: <a href='/__control/world'>/__control/world</a></p>\n<div><div>"
)


@dataclass
class State:
    """Everything that requests share; safe for many threads."""

    world: World
    captured: Captured
    faults: Faults = field(init=False)
    _requests: list[dict[str, object]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.faults = Faults(self.captured.refusal)

    def record(self, target: str, fault: Fault | None) -> None:
        """Note a request."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self._lock:
            self._requests.append(
                {"at": at, "path": target, "fault": fault.kind if fault else None}
            )

    def requests(self) -> list[dict[str, object]]:
        """Requests since the last clearing, in order."""
        with self._lock:
            return list(self._requests)

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._requests.clear()

    def page(self, target: str) -> Answer:
        """The answer to a request for path and query, without faults."""
        parts = urlsplit(target)
        if found := _MATCH.fullmatch(parts.path):
            match_id = int(found.group(1))
            body = self.captured.matches.get(match_id) or self.world.page(match_id)
            if body is not None:
                return Answer(HTTPStatus.OK, HTML, body)
        elif found := _FEED.fullmatch(parts.path):
            month = parse_qs(parts.query).get("d", [""])[0]
            stage_id = int(found.group(1))
            feed = self.captured.feed(stage_id, month) or self.world.feed(stage_id, month)
            return Answer(HTTPStatus.OK, JSON, feed)
        elif parts.path == "/":
            return Answer(HTTPStatus.OK, HTML, (_HOME + foot()).encode())
        elif found := _CATALOGUE.fullmatch(parts.path):
            *ids, kind = found.groups()
            body = self.world.catalogue([int(i) for i in ids if i], kind and kind.lower())
            if body is not None:
                return Answer(HTTPStatus.OK, HTML, body)
        elif (more := more_pages.answer(self.world, parts)) is not None:
            return more
        elif parts.path == "/robots.txt":
            return Answer(HTTPStatus.OK, "text/plain", b"User-agent: *\nDisallow: /__control/\n")
        elif parts.path == "/favicon.ico":
            return Answer(HTTPStatus.NO_CONTENT, "image/gif", b"")
        return Answer(HTTPStatus.NOT_FOUND, HTML, error_page(HTTPStatus.NOT_FOUND))
