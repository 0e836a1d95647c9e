"""Undamaged pages of all kinds, their truth, and where in them data and elements stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from pathlib import Path

from scrapers.errors import TargetAbsent
from scrapers.parsing.files import SelectorFiles
from scrapers.pipeline.plan_pages import PLAYER_CATEGORIES, TEAM_CATEGORIES
from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from scrapers.whoscored.read import read_page, selector_files
from scrapers.whoscored.rows import RowSet
from tests.site.world import STAGES
from tests.support.pages import REAL_MATCH_ID, bare_page, real_match_page, refusal_page
from tests.support.site_pages import page_of, site

STATISTICS = (PageKind.TEAM_STATISTICS, PageKind.PLAYER_STATISTICS)
MATCHES, OF_A_MATCH = 40, 20
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_TAG = re.compile(
    r"<!--.*?-->|<(?P<raw>script|style)\b[^>]*>.*?</(?P=raw)\s*>"
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][\w-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>",
    re.DOTALL | re.IGNORECASE,
)
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_SHOWN = re.compile(r"<pre[^>]*>(.*?)</pre>|<body[^>]*>(\s*[{\[].*?)</body>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the markup, by its places in the text."""

    name: str
    start: int
    inner_start: int
    inner_end: int
    end: int
    depth: int


@dataclass(frozen=True)
class Source:
    """An undamaged page.

    Attributes:
        readable: whether it has rows; the protection's page has none, whatever is done to it.
    """

    target: Target
    html: bytes
    readable: bool = True

    @cached_property
    def text(self) -> str:
        """The page as text."""
        return self.html.decode()

    @cached_property
    def truth(self) -> RowSet:
        """Rows of the undamaged page; not to be changed."""
        if not self.readable:
            return {}
        return read_page(self.html, self.target, "", files()).rows

    @cached_property
    def data(self) -> list[tuple[int, int]]:
        """Where scripts, or the JSON that a browser shows, begin and end."""
        found = [(m.start(1), m.end(1)) for m in _SCRIPT.finditer(self.text) if m.group(1).strip()]
        for match in _SHOWN.finditer(self.text):
            group = 1 if match.group(1) is not None else 2
            found.append((match.start(group), match.end(group)))
        whole = [(a, b) for a, b in found if b - a > 20]
        # The menu of tournaments stands on every page of the site, and is read from one.
        own = [
            (a, b)
            for a, b in whole
            if self.target.page_kind is PageKind.TOURNAMENTS
            or not self.text[a:b].lstrip().startswith(("var allRegions", "var require"))
        ]
        return own or whole

    @cached_property
    def elements(self) -> list[Element]:
        """Its elements, scripts left out."""
        found: list[Element] = []
        opened: list[tuple[str, int, int]] = []
        for match in _TAG.finditer(self.text):
            name = (match.group("name") or "").lower()
            if not name or name in _VOID:
                continue
            if not match.group("close"):
                opened.append((name, match.start(), match.end()))
                continue
            while opened:
                last, start, inner = opened.pop()
                if last == name:
                    depth = len(opened)
                    found.append(Element(name, start, inner, match.start(), match.end(), depth))
                    break
        return [one for one in found if one.name not in ("html", "body", "head")]


@cache
def files() -> SelectorFiles:
    """The selector files of the repository."""
    return selector_files(ROOT / "selectors")


def page(target: Target) -> bytes:
    """The stand-in's page as a browser archives it."""
    html = page_of(target)
    return bare_page(html.decode()) if target.page_kind in STATISTICS else html


def feeds() -> list[Target]:
    """Month feeds that list matches."""
    listed = {(m.stage_id, f"{m.kickoff_utc:%Y%m}") for m in site().world.matches()}
    return [Target.schedule(stage, month) for stage, month in sorted(listed)]


@cache
def sources(shared: Path | None = None) -> dict[PageKind, list[Source]]:
    """Pages by kind; with the captured ones of a folder if one is given."""
    found: dict[PageKind, list[Source]] = {kind: [] for kind in PageKind}
    for target in _targets():
        source = Source(target, page(target))
        if _has_rows(source):
            found[target.page_kind].append(source)
    if shared is not None:
        real = Target.match_centre(REAL_MATCH_ID)
        # Thrice, so that the one real page has some weight among forty.
        found[real.page_kind] += [Source(real, real_match_page(shared))] * 3
        found[real.page_kind].append(Source(real, refusal_page(shared), readable=False))
    return found


def _has_rows(source: Source) -> bool:
    if source.target.page_kind is not PageKind.STANDINGS:
        return True
    try:
        return bool(source.truth)
    except TargetAbsent:  # a knock-out round has no table
        return False


def _targets() -> Iterator[Target]:
    world = site().world
    matches = [m for m in world.matches() if m.status == "finished" and m.has_match_centre]
    step = max(1, len(matches) // MATCHES)
    chosen = list(islice(matches[::step], MATCHES))
    yield Target.of(PageKind.TOURNAMENTS)
    yield from feeds()
    for match in chosen:
        yield Target.match_centre(match.id)
    for match in chosen[:OF_A_MATCH]:
        yield Target.of(PageKind.MATCH_PREVIEW, match_id=match.id)
        yield Target.of(PageKind.MATCH_REPORT, match_id=match.id)
    seen: set[Target] = set()
    for stage in STAGES:
        competition = stage.competition
        ids = {"region_id": competition.region.id, "competition_id": competition.id}
        season = {**ids, "season_id": competition.season_id}
        for target in (
            Target.of(PageKind.SEASONS, **ids),
            Target.of(PageKind.STAGES, **season),
            Target.of(PageKind.STANDINGS, **season, stage_id=stage.id),
            Target.of(PageKind.REFEREE_STATISTICS, **season, stage_id=stage.id),
            *(
                Target.of(kind, stage_id=stage.id, category=category, subcategory=part)
                for kind, parts in zip(
                    STATISTICS, (TEAM_CATEGORIES, PLAYER_CATEGORIES), strict=True
                )
                for category, part in parts
            ),
        ):
            if target not in seen:
                seen.add(target)
                yield target
