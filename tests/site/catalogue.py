"""A tournament's, a season's and a stage's pages, as the site serves them in and after 2024."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from tests.site import referees, tables
from tests.site.clubs import Competition
from tests.site.pages import foot, slug
from tests.site.season import Stage

if TYPE_CHECKING:
    from tests.site.world import World

# Seasons before the one that is played: their pages list stages without matches or tables.
EARLIER = ("2021/2022", "2020/2021", "2019/2020")
_PAGES = ("show", "fixtures", "teamstatistics", "playerstatistics", "refereestatistics")
_WORDS = ("Summary", "Fixtures", "Team Statistics", "Player Statistics", "Referee Statistics")

_PAGE = """

<!DOCTYPE html>
<html lang="en">
<head>
    <meta http-equiv="content-type" content="text/html; charset=utf-8">
    <link rel="icon" href="data:,">
    <title>{title}</title>
<script type="text/javascript">
    var require = {{
        config: {{
            'params': {{
                'site': {{
                    gCurrentLocale: 'en',
                    gUtcOffSetNow:0,
                }}
            }}
        }}
    }};
</script>
</head>
<body data-locale-code="en">
    <div id="layout-wrapper" class="max-content">
<div id="content-header">
    <div id="breadcrumb-nav">
<span class="iconize iconize-icon-left"><span class="ui-icon country {flag}"></span>{region}</span>\
<span class="separator">&raquo;</span>
  <span><select id="tournaments" name="tournaments">{tournaments}</select></span>
  <span class="separator">&raquo;</span>
  <span><select id="seasons" name="seasons">{seasons}</select></span>
{stages}    </div>
</div>
<h1 class="tournament-header">
    {competition}
    <span class="tournament-favourite-status" data-tournament-id="{competition_id}"></span>
</h1>
<div id="sub-navigation" class="with-single-level"><ul>{navigation}</ul></div>
{content}
    </div>
"""


@dataclass(frozen=True, slots=True)
class Season:
    """A season as the breadcrumb offers it."""

    id: int
    name: str
    stages: tuple[Stage, ...]


def seasons_of(competition: Competition, stages: Sequence[Stage]) -> list[Season]:
    """All seasons of a competition, newest first; those before this one have a stage each."""
    found = [Season(competition.season_id, competition.season, tuple(stages))]
    for back, name in enumerate(EARLIER, start=1):
        season_id = competition.season_id - back * 100
        stage = Stage(season_id - 60_000, competition.name, competition)
        found.append(Season(season_id, name, (stage,)))
    return found


def page(
    world: World, stages: Sequence[Stage], ids: Sequence[int], kind: str | None
) -> bytes | None:
    """The page of a tournament, a season or a stage; None if there is none of these ids.

    Args:
        stages: all that are played.
        ids: region, tournament, and perhaps season and stage.
        kind: of a stage's page: show, refereestatistics, …; None: not a stage's page.
    """
    region_id, competition_id, *others = ids
    played = [stage for stage in stages if stage.competition.id == competition_id]
    if not played or played[0].competition.region.id != region_id:
        return None
    competition = played[0].competition
    seasons = seasons_of(competition, played)
    # Without a season in the address the site shows one, which is not always the newest.
    default = seasons[1] if competition.key == "serravia" else seasons[0]
    season = next((s for s in seasons if others and s.id == others[0]), None)
    if others and season is None:
        return None
    season = season or default
    stage = next((s for s in season.stages if len(others) > 1 and s.id == others[1]), None)
    if len(others) > 1 and stage is None:
        return None
    stage = stage or season.stages[-1]
    siblings = list({s.competition.id: s.competition for s in stages}.values())
    return _render(world, competition, siblings, seasons, season, stage, kind or "show")


def _render(
    world: World, competition: Competition, siblings: Sequence[Competition],
    seasons: Sequence[Season], season: Season, stage: Stage, kind: str,
) -> bytes:  # fmt: skip
    region = competition.region
    base = f"/Regions/{region.id}/Tournaments/{competition.id}"
    words = slug(region.name, competition.name)
    links = f"{base}/Seasons/{season.id}/Stages/{stage.id}".lower()
    selected = ' class="selected"'
    navigation = "".join(
        f'<li><a href="{links}/{name}/{words}-{season.name.replace("/", "-")}"'
        f"{selected if name == kind else ''}>{word}</a></li>"
        for name, word in zip(_PAGES, _WORDS, strict=True)
    )
    stage_list = ""
    if len(season.stages) > 1:
        options = "".join(
            _option(f"{base}/Seasons/{season.id}/Stages/{s.id}/Show/{words}", s.name, s == stage)
            for s in season.stages
        )
        stage_list = (
            '  <span class="separator">&raquo;</span>\n'
            f'  <span><select id="stages" name="stages">{options}</select></span>\n'
        )
    content = {"show": tables.show, "refereestatistics": referees.table}.get(kind)
    html = _PAGE.format(
        title=escape(f"{competition.name} {season.name} - {stage.name}"),
        flag=region.flag,
        region=escape(region.name),
        tournaments="".join(
            _option(
                f"/Regions/{c.region.id}/Tournaments/{c.id}/{slug(c.region.name, c.name)}",
                c.name,
                c == competition,
            )
            for c in siblings
            if c.region == region
        ),
        seasons="".join(
            _option(f"{base}/Seasons/{s.id}/{words}", s.name, s == season) for s in seasons
        ),
        stages=stage_list,
        competition=escape(competition.name),
        competition_id=competition.id,
        navigation=navigation,
        content=content(world, stage, season.stages) if content else "",
    )
    return (html + foot()).encode()


def _option(value: str, text: str, selected: bool) -> str:
    mark = 'selected="selected" ' if selected else ""
    return f'<option {mark}value="{escape(value)}">{escape(text)}</option>'
