"""Faults on demand: which request is answered badly, and how."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

KINDS = (
    "slow", "status", "refuse", "truncate", "empty", "drop", "download", "replace", "move",
)  # fmt: skip
HTML, JSON = "text/html; charset=utf-8", "application/json; charset=utf-8"
_REFUSAL = """<html style="height:100%">
<head>
    <META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW">
    <script type="text/javascript" src="/_Incapsula_Resource?STANDIN=1"></script>
</head>
<body style="margin:0px;height:100%">
<iframe src="/_Incapsula_Resource?STANDIN=2&incident_id={0}" frameborder=0 width="100%"
        height="100%">Request unsuccessful. Incapsula incident ID:
    {0}
</iframe>
</body>
</html>
"""
INCIDENT = "100000000000000042-20000000000000007"


# A browser asks once more by itself, at once and unseen, when a connection is dropped.
AGAIN_SECONDS = 1.0


class FaultError(ValueError):
    """A fault that can't be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent for a request; `drop` closes the connection instead.

    `location` is where a moved page is now.
    """

    status: int
    content_type: str
    body: bytes
    drop: bool = False
    location: str = ""


@dataclass(slots=True)
class Fault:
    """A fault for requests whose path and query match.

    Attributes:
        pattern: regular expression, found anywhere in path and query, in any case.
        kind: one of KINDS.
        seconds: how long a slow answer takes.
        status: HTTP status for `status`.
        times: how often it still strikes; None: always.
        old, new: for `replace`, what stands in the page and what is served in its place; for
            `move`, `new` is the address it has moved to.
    """

    pattern: re.Pattern[str]
    kind: str
    seconds: float = 5.0
    status: int = 503
    times: int | None = None
    old: str = ""
    new: str = ""

    @classmethod
    def of(cls, stated: Mapping[str, object]) -> Fault:
        """A fault as a control call states it; raises FaultError if it is wrong."""
        unknown = set(stated) - {"pattern", "kind", "seconds", "status", "times", "old", "new"}
        if unknown:
            raise FaultError(f"unknown keys: {', '.join(sorted(unknown))}")
        if stated.get("kind") not in KINDS:
            raise FaultError(f"kind is {stated.get('kind')!r}: one of {', '.join(KINDS)}")
        try:
            return cls(
                re.compile(str(stated.get("pattern", "")), re.IGNORECASE),
                str(stated["kind"]),
                float(str(stated.get("seconds", 5.0))),
                HTTPStatus(int(str(stated.get("status", 503)))).value,
                None if stated.get("times") is None else int(str(stated["times"])),
                str(stated.get("old", "")),
                str(stated.get("new", "")),
            )
        except (ValueError, re.error) as error:
            raise FaultError(str(error)) from error


@dataclass
class Faults:
    """The faults in force; the first that matches strikes."""

    refusal: bytes | None = None
    clock: Callable[[], float] = time.monotonic
    _faults: list[Fault] = field(default_factory=list)
    _dropped: dict[str, tuple[float, Fault]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Put a fault in force, behind those that are."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._faults.clear()
            self._dropped.clear()

    def strike(self, target: str) -> Fault | None:
        """The fault for a request, counted as used; None if it is answered well.

        A dropped request that comes again at once is dropped again, and not counted.
        """
        now = self.clock()
        with self._lock:
            at, dropping = self._dropped.get(target, (0.0, None))
            if dropping and now - at < AGAIN_SECONDS:
                return dropping
            for fault in self._faults:
                if fault.times != 0 and fault.pattern.search(target):
                    if fault.times is not None:
                        fault.times -= 1
                    if fault.kind == "drop":
                        self._dropped[target] = (now, fault)
                    return fault
        return None

    def spoil(self, fault: Fault, answer: Answer) -> Answer:
        """The answer as the fault makes it; `slow` is for the server to wait."""
        match fault.kind:
            case "status":
                return Answer(fault.status, HTML, error_page(fault.status))
            case "refuse":
                page = self.refusal or _REFUSAL.format(INCIDENT).encode()
                return Answer(HTTPStatus.OK, HTML, page)
            case "truncate":
                return replace(answer, body=answer.body[: _middle(answer.body)])
            case "empty":
                return Answer(HTTPStatus.OK, HTML, b"")
            case "drop":
                return replace(answer, drop=True)
            case "download":
                return replace(answer, content_type="application/octet-stream")
            case "replace":
                body = answer.body.replace(fault.old.encode(), fault.new.encode())
                return replace(answer, body=body)
            case "move":
                return Answer(HTTPStatus.FOUND, HTML, b"", location=fault.new)
        return answer


def error_page(status: int) -> bytes:
    """An error page as servers make them."""
    words = f"{status} {HTTPStatus(status).phrase}"
    page = (
        f"<html>\n<head><title>{words}</title></head>\n<body>\n<h1>{words}</h1>\n</body>\n</html>\n"
    )
    return page.encode() + b"<!-- a browser shows its own page for a small one -->\n" * 12


def _middle(body: bytes) -> int:
    """Within the data: half way through what follows its begin, or through all of it."""
    begin = max(body.find(b"matchCentreData: "), 0)
    # A character may be cut in two: a broken origin would not care.
    return begin + (len(body) - begin) // 2
