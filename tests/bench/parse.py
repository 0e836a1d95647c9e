"""A match page to typed rows, beside the plainest reading of it that a script would do."""

from __future__ import annotations

import json
import re
from statistics import median

import pandas as pd

from scrapers.settings import ROOT
from scrapers.targets import Target
from scrapers.whoscored.read import read_page, selector_files
from tests.bench.figures import BenchError, Figure, alternate, rates
from tests.bench.place import Place, matches
from tests.demo.show import CAPTURED
from tests.site.world import World
from tests.support.pages import REAL_MATCH_ID, real_match_page

_DATA = re.compile(r"matchCentreData:\s*(\{.*\}),\s*matchCentreEventTypeJson")


def measure(place: Place) -> list[Figure]:
    """Matches per second of both, on one core.

    Raises:
        BenchError: the two do not find the same events.
    """
    if CAPTURED.is_dir():
        which, match_id, html = "captured page", REAL_MATCH_ID, real_match_page(CAPTURED)
    else:
        (match_id,) = matches(1)
        page = World().page(match_id)
        assert page is not None
        which, html = "stand-in page (no captured one here)", page
    files = selector_files(ROOT / "selectors")
    target = Target.match_centre(match_id)

    def ours() -> int:
        return len(read_page(html, target, which, files).rows["event"])

    events, expected = ours(), len(plain(html))
    if events != expected:
        raise BenchError(f"read_page finds {events} events, the plain reading {expected}")
    rows = sum(map(len, read_page(html, target, which, files).rows.values()))
    rounds = 7 if place.quick else 25
    place.say(f"reading the {which}, {rounds} times each way")
    taken = alternate(rounds, ours=ours, plain=lambda: plain(html))
    each = [median(taken[name]) * 1000 for name in ("ours", "plain")]
    return [
        Figure(
            "parse",
            f"read_page, {which}, {len(html) / 1e6:.2f} MB",
            rates(1, taken["ours"]),
            "regex + json.loads + DataFrame of the events alone",
            rates(1, taken["plain"]),
            "matches/s",
            note=f"{each[0]:.0f} ms for {rows} checked rows of all tables; "
            f"{each[1]:.0f} ms for {events} unchecked events",
        )
    ]


def plain(html: bytes) -> pd.DataFrame:
    """The page's events as a script would read them."""
    found = _DATA.search(html.decode())
    if found is None:
        raise BenchError("the page holds no matchCentreData where the plain reading looks for it")
    return pd.DataFrame(json.loads(found[1])["events"])
