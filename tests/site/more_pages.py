"""Routes of what the site has beside month feeds, match centres and the catalogue."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs

from tests.site import season_statistics
from tests.site.faults import HTML, Answer
from tests.site.previews import preview_page
from tests.site.reports import report_page

if TYPE_CHECKING:
    from tests.site.world import World

_MATCH = re.compile(r"/matches/(\d{1,9})/(preview|matchreport)(?:/[^/]*)?/?", re.IGNORECASE)
_FEED = re.compile(r"/statisticsfeed/1/get(team|player)statistics/?")
_PAGES = {"preview": preview_page, "matchreport": report_page}
_FEEDS = {
    "team": (season_statistics.team_feed, "summaryteam"),
    "player": (season_statistics.player_feed, "summary"),
}


def answer(world: World, parts: SplitResult) -> Answer | None:
    """The answer to a request, if it is one of these pages and there is such a one."""
    if found := _MATCH.fullmatch(parts.path):
        match = world.match(int(found.group(1)))
        if match is None:
            return None
        page = _PAGES[found.group(2).lower()]
        return Answer(HTTPStatus.OK, HTML, page(match, world.month_of(match)))
    if found := _FEED.fullmatch(parts.path):
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        feed, category = _FEEDS[found.group(1)]
        stage = world.stage(asked.get("stageId", ""))
        if stage is None or asked.get("category") != category:
            return None
        matches = (match for match in world.matches() if match.stage_id == stage.id)
        # JSON, but the site calls it HTML.
        return Answer(HTTPStatus.OK, HTML, feed(stage, matches, asked.get("subcategory", "")))
    return None
