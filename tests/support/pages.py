"""Pages and selector files for tests: the real match page, month feeds, small ones by hand."""

from __future__ import annotations

import gzip
import json
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

REAL_MATCH_ID = 1650630


@lru_cache(maxsize=2)
def real_match_page(shared_data: Path) -> bytes:
    """The captured match centre, Barcelona - Rayo Vallecano, 2022-08-13."""
    return gzip.decompress((shared_data / f"match_live_{REAL_MATCH_ID}.html.gz").read_bytes())


def refusal_page(shared_data: Path) -> bytes:
    """The captured page of the site's protection."""
    return (shared_data / "block_page_2019.html").read_bytes()


def match_data(page: bytes) -> dict[str, Any]:
    """The page's matchCentreData, read without any code of the project."""
    text = page.decode()
    start = text.index("matchCentreData: ") + len("matchCentreData: ")
    data: dict[str, Any] = json.JSONDecoder().raw_decode(text, start)[0]
    return data


def with_match_data(page: bytes, data: Any) -> bytes:
    """The page with other matchCentreData."""
    text = page.decode()
    start = text.index("matchCentreData: ") + len("matchCentreData: ")
    _, end = json.JSONDecoder().raw_decode(text, start)
    return (text[:start] + json.dumps(data, ensure_ascii=False) + text[end:]).encode()


def feed_page(feed: Any) -> bytes:
    """JSON as a browser shows it."""
    text = feed if isinstance(feed, str) else json.dumps(feed)
    return (
        '<html><head><meta name="color-scheme" content="light dark"></head>'
        f"<body><pre>{escape(text, quote=False)}</pre></body></html>"
    ).encode()


def bare_page(feed: Any) -> bytes:
    """JSON that the site calls HTML, as a browser shows it: the body's text, after a blank."""
    text = feed if isinstance(feed, str) else " " + json.dumps(feed)
    return f"<html><head></head><body>{escape(text, quote=False)}</body></html>".encode()


def feed_match(**changes: Any) -> dict[str, Any]:
    """A finished match as the month feed lists it."""
    return {
        "id": 1650630,
        "stageId": 20934,
        "status": 6,
        "startTime": "2022-08-13T20:00:00",
        "startTimeUtc": "2022-08-13T19:00:00Z",
        "homeTeamId": 65,
        "homeTeamName": "Barcelona",
        "homeTeamCountryName": "Spain",
        "awayTeamId": 64,
        "awayTeamName": "Rayo Vallecano",
        "awayTeamCountryName": "Spain",
        "homeScore": 0,
        "awayScore": 0,
        "homePenaltyScore": None,
        "awayPenaltyScore": None,
        "elapsed": "FT",
        "matchIsOpta": True,
        "incidents": [],
        **changes,
    }


def feed(*matches: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A month feed of LaLiga 2022/2023."""
    stage = {
        "tournamentId": 4,
        "tournamentName": "LaLiga",
        "regionId": 206,
        "regionName": "Spain",
        "seasonId": 9149,
        "seasonName": "2022/2023",
        "stageId": 20934,
        "stageName": "LaLiga",
        "sex": 1,
        "matches": list(matches),
        **changes,
    }
    return {"tournaments": [stage]}


SMALL_SELECTOR = """\
page_kind: match_centre
version: small
effective_from: 2022-01-01
description: a small layout for tests
timezone: Europe/London
fetch: {ready: ["true"]}
fingerprint:
  all: [{css: "#here"}]
documents:
  data: {assigned_to: "site.params['data']"}
"""


def write_selector(folder: Path, text: str, version: str = "small") -> Path:
    """A selector file of the match centre under `folder`, as `SelectorFiles` looks for it."""
    path = folder / "whoscored" / "match_centre" / f"{version}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def small_page(data: Any = None, body: str = "") -> bytes:
    """A page of the small layout; `data` is what its script assigns, JavaScript if text."""
    literal = data if isinstance(data, str) else json.dumps(data)
    script = f'<script>\n  site.params["data"] = {literal};\n</script>'
    return f"<html><body><div id='here'>{body}</div>{script}</body></html>".encode()
