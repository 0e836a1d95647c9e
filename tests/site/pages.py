"""A match page as the site serves it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from tests.site.chance import stream
from tests.site.clubs import (
    COMPETITIONS,
    INTEROCEAN,
    SERRAVIA,
    VALDORIA,
    Competition,
    Region,
)
from tests.site.codes import FORMATIONS, SATISFIED, Json
from tests.site.match_data import SITE_CLOCK

if TYPE_CHECKING:
    from tests.site.match import Match

_HEAD = """

<!DOCTYPE html>
<html lang="en">
<head>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="content-type" content="text/html; charset=utf-8">
    <meta name="title" content="{title}">
    <meta name="description" content="{teams} live incidents, goals, cards, lineups, statistics">
    <link rel="canonical" href="/matches/{match_id}/live/{slug}">
    <link rel="icon" href="data:,">
    <title>
        {title}
    </title>
<script type="text/javascript">
    var require = {{
        waitSeconds: 0,
        config: {{
            'params': {{
                'site': {{
                    gCurrentLocale: 'en',
                    gIdentified: false,
                    gUtcOffSetNow:0,
                }}
            }}
        }}
    }};
</script>
</head>

<body data-locale-code="en">
<script>
    require.config.params.site.gRdCountries = [];
</script>
    <div id="layout-wrapper" class="max-content">
<div id="content-header">
    <div id="breadcrumb-nav">
        <span class="iconize iconize-icon-left"><span class="ui-icon country {flag}"></span>\
{region}</span><span class="separator">&raquo;</span><a href="{season_path}">
            {competition} - {season}
        </a>
        <span class="separator">&raquo;</span>
        <select id="matches" name="matches">{options}</select>
    </div>
</div>

<div id="match-header" class="col12-lg-12 col12-m-12 col12-s-12 col12-xs-12 match-header">
</div>

<div style="clear: both;"></div>

<script type="text/javascript">

    require.config.params['matchheader'] = {{
        input: [{header}]
,
        matchId: {match_id}
    }};


</script>
<div id="sub-navigation" class=""><ul><li><a href="/matches/{match_id}/preview/{slug}">Preview</a>\
</li><li><a href="/matches/{match_id}/show/{slug}">Head to Head</a></li></ul></div>
"""
_PANELS = """
            <h2>Timeline</h2>
            <div id="live-incidents" class="grid">
            </div>
    <div id="live-match" class="panel-container">
        <div id="match-centre-header">
        </div>
        <div id="match-centre" class="panel is-active-panel" data-selected-stat="ratings">
        </div>
        <div id="chalkboard" class="panel">
        </div>
        <div id="heatmaps" class="panel">
        </div>
        <div id="match-last-updated-at"></div>
    </div>
"""
_ARGS = """
    <script>
        require.config.params["args"] = {{
            matchId:{match_id},
            matchCentreData: {data},
            matchCentreEventTypeJson: {types},
            formationIdNameMappings:{formations}
        }};
    </script>

"""
_FOOT = """
<script type="text/javascript">
var allRegions = [{regions}];
</script>
    <div id="footer-wrapper">
        <div id="footer">
        </div>
    </div>
    <footer>
        <p>A stand-in for tests. Everybody and everything on this page is invented.</p>
    </footer>
    </div>
</body>
</html>
"""
_TYPES = json.dumps(SATISFIED, separators=(",", ":"))
_FORMATIONS = json.dumps(FORMATIONS, separators=(",", ":"))


def compact(value: object) -> str:
    """JSON as the site writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def script_text(value: str) -> str:
    """A single-quoted JavaScript string."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def slug(*parts: str) -> str:
    """The readable end of an address."""
    text = "-".join(parts).lower()
    return "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in text)


def match_page(match: Match, data: Json | None, round_matches: Iterable[Match]) -> bytes:
    """The match page; without `data` its matchCentreData is null.

    A match whose page lacks the script has `match.no_centre` 'no_script'.
    """
    parts = [
        head(match, data, round_matches),
        _PANELS,
    ]
    if match.no_centre != "no_script":
        parts.append(
            _ARGS.format(
                match_id=match.id, data=compact(data), types=_TYPES, formations=_FORMATIONS
            )
        )
    parts.append(foot())
    return "".join(parts).encode()


def head(match: Match, data: Json | None, round_matches: Iterable[Match]) -> str:
    """The begin of every page of a match: navigation and the header's script."""
    competition = match.stage.competition
    teams = f"{match.home.name}-{match.away.name}"
    score = match.score
    result = f"{score[0]}-{score[1]}" if score else "vs"
    title = (
        f"{match.home.name} {result} {match.away.name} - "
        f"{competition.name} {competition.season} Live"
    )
    return _HEAD.format(
        title=escape(title, quote=True),
        teams=escape(teams, quote=True),
        match_id=match.id,
        slug=_match_slug(match),
        flag=competition.region.flag,
        region=escape(competition.region.name),
        competition=escape(competition.name),
        season=competition.season,
        season_path=_season_path(competition),
        options=_options(match, round_matches),
        header=_header(match, data),
    )


def foot() -> str:
    """The end of every whole page, with the menu of regions and tournaments."""
    return _FOOT.replace("{regions}", _menu())


def _match_slug(match: Match) -> str:
    competition = match.stage.competition
    return slug(
        competition.region.name, competition.name, competition.season.replace("/", "-"),
        match.home.name, match.away.name,
    )  # fmt: skip


def _season_path(competition: Competition) -> str:
    return (
        f"/Regions/{competition.region.id}/Tournaments/{competition.id}"
        f"/Seasons/{competition.season_id}/{slug(competition.region.name, competition.name)}"
    )


def _header(match: Match, data: Json | None) -> str:
    """Positional, in JavaScript and not in JSON; what is not known yet is left out."""
    local = match.kickoff_utc.astimezone(SITE_CLOCK)
    texts = [data[f"{name}Score"] if data else "" for name in ("ht", "ft", "et", "pk")]
    values = [
        str(match.home.id),
        str(match.away.id),
        script_text(match.home.name),
        script_text(match.away.name),
        script_text(f"{local:%d/%m/%Y %H:%M:%S}"),
        script_text(f"{local:%d/%m/%Y} 00:00:00"),
        str(match.code),
        script_text(match.elapsed),
        *(script_text(text) if text else "" for text in texts),
        script_text(f"{match.score[0]} : {match.score[1]}") if match.score else "",
        script_text(match.home.region.name),
        script_text(match.away.region.name),
    ]
    return ",".join(values)


def _options(match: Match, others: Iterable[Match]) -> str:
    """The other matches of the month, by day."""
    ordered = sorted(others, key=lambda m: (m.kickoff_utc, m.id))
    groups = []
    for day, matches in groupby(ordered, lambda m: f"{_local(m):%a, %b %d %Y}"):
        entries = [
            f'<option value="/Matches/{m.id}/Show/{_match_slug(m)}" '
            + ('selected="selected">' if m.id == match.id else ">")
            + f"{escape(m.home.name)}-{escape(m.away.name)}</option>"
            for m in matches
        ]
        groups.append(f'<optgroup label="{day}">{"".join(entries)}</optgroup>')
    return "".join(groups)


def _local(match: Match) -> datetime:
    return match.kickoff_utc.astimezone(SITE_CLOCK)


def _menu() -> str:
    """Regions and their tournaments: JavaScript with bare keys, and as long as a real one."""
    rng = stream("menu")
    syllables = ("ar", "bel", "cor", "dun", "est", "fal", "gor", "hal", "ist", "jor", "kel", "lor")
    regions = [_region(region) for region in (VALDORIA, SERRAVIA, INTEROCEAN)]
    names: dict[str, None] = {}
    while len(names) < 170:
        names["".join(rng.sample(syllables, 3)).capitalize()] = None
    for number, name in enumerate(names):
        tournaments = ", ".join(
            f"{{id:{number * 10 + k + 20_000}, url:'/regions/{number + 1000}/tournaments/"
            f"{number * 10 + k + 20_000}/{name.lower()}-{kind.lower().replace(' ', '-')}', "
            f"name:'{kind}', sortOrder:{k}}}"
            for k, kind in enumerate(("First League", "Second League", "Cup", "Super Cup"))
        )
        regions.append(
            f"{{type:0, id:{number + 1000}, flg:'flg-x{number}', name: '{name}', "
            f"tournaments: [{tournaments}]}}"
        )
    return ",\n".join(regions)


def _region(region: Region) -> str:
    tournaments = ",".join(
        f"{{id:{c.id}, url:'/regions/{region.id}/tournaments/{c.id}/"
        f"{slug(region.name, c.name)}', name:{script_text(c.name)}, sortOrder:{number}}}"
        for number, c in enumerate(c for c in COMPETITIONS if c.region == region)
    )
    return (
        f"{{type:{int(region == INTEROCEAN)}, id:{region.id}, flg:'{region.flag}', "
        f"name: {script_text(region.name)}, tournaments: [{tournaments}]}}"
    )
