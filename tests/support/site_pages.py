"""The stand-in's pages as a browser archives them, without a server or a browser."""

from __future__ import annotations

from functools import cache

from scrapers.targets import PageKind, Target
from tests.site.captured import Captured
from tests.site.state import State
from tests.site.world import World
from tests.support.pages import feed_page

BASE = "http://site"


@cache
def site() -> State:
    """The stand-in as it is by default."""
    return State(World(), Captured({}))


def page_of(target: Target) -> bytes:
    """What the stand-in serves for a target; JSON as a browser shows it."""
    answer = site().page(target.url(BASE)[len(BASE) :])
    assert answer.status == 200, target.key
    if target.page_kind is PageKind.SCHEDULE:
        return feed_page(answer.body.decode())
    return answer.body
