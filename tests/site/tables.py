"""Standings of a stage, worked out of the finished matches, in the script of its page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.site import cup
from tests.site.clubs import Club
from tests.site.pages import script_text
from tests.site.season import Stage

if TYPE_CHECKING:
    from tests.site.match import Match
    from tests.site.world import World

SCOPES = ("overall", "home", "away")
# The league has taken a point from this club: its points are one below its results.
DEDUCTED = {9003: 1}
_KNOCK_OUT = {cup.QUALIFYING.id, cup.FINALS.id}
_FORM = 6


@dataclass(slots=True)
class Line:
    """A club's counts in one scope: [played, won, drawn, lost, goals for, goals against]."""

    counts: list[int] = field(default_factory=lambda: [0] * 6)
    rank: int = 0
    deducted: int = 0

    @property
    def points(self) -> int:
        """Three a win, one a draw, less what was taken away."""
        return 3 * self.counts[1] + self.counts[2] - self.deducted

    @property
    def difference(self) -> int:
        """Goals for less goals against."""
        return self.counts[4] - self.counts[5]

    def add(self, own: int, other: int) -> None:
        """Count a match."""
        result = (own > other, own == other, own < other)
        for index, value in enumerate((1, *result, own, other)):
            self.counts[index] += value

    def values(self) -> list[int]:
        """As the page's row has them: rank, P, W, D, L, GF, GA, GD, Pts."""
        return [self.rank, *self.counts, self.difference, self.points]


Table = dict[Club, dict[str, Line]]


def table_of(clubs: Iterable[Club], matches: Iterable[Match]) -> Table:
    """The standings of clubs after these matches, in the order of their places."""
    table: Table = {club: {scope: Line() for scope in SCOPES} for club in clubs}
    for match in matches:
        if match.status != "finished" or match.score is None:
            continue
        home, away = match.score
        for club, scope, own, other in (
            (match.home, "home", home, away),
            (match.away, "away", away, home),
        ):
            for name in ("overall", scope):
                table[club][name].add(own, other)
    for club, lines in table.items():
        lines["overall"].deducted = DEDUCTED.get(club.id, 0)
    for scope in SCOPES:
        ordered = sorted(table, key=lambda c, s=scope: _order(c, table[c][s]))  # type: ignore[misc]
        for rank, club in enumerate(ordered, start=1):
            table[club][scope].rank = rank
    return dict(sorted(table.items(), key=lambda item: item[1]["overall"].rank))


def _order(club: Club, line: Line) -> tuple[int, int, int, str]:
    return -line.points, -line.difference, -line.counts[4], club.name


def show(world: World, stage: Stage, stages: Sequence[Stage]) -> str:
    """The scripts of a stage's page; a knock-out stage has no table, a group shows all groups."""
    groups = [s for s in stages if s in cup.GROUPS] if stage in cup.GROUPS else [stage]
    parts = ['\n<script type="text/javascript">\n    var tables = [];\n']
    for number, group in enumerate(groups):
        matches = [m for m in world.matches() if m.stage_id == group.id]
        clubs = {club: None for m in matches for club in (m.home, m.away)}
        if clubs and group.id not in _KNOCK_OUT:
            parts.append(_push(group, number, table_of(clubs, matches), matches))
    parts.append(
        "    require.config.params['args'] = { stageId: "
        f"{stage.id}, isAggregate: false, isOptaStage: true, tournamentTables: tables }};\n"
        "    var wsCalendar = {\n        min: (new Date(2022, 7, 12)).toString(),\n"
        f"        stageId: {stage.id},\n        isAggregate: false\n    }};\n</script>\n"
    )
    panels = "".join(
        f'<div id="tournament-tables-{group.id}" '
        'class="ws-panel stat-table tournament-standings-table">'
        f'<table id="standings-{group.id}-grid" class="grid with-centered-columns hover">'
        f'<tbody id="standings-{group.id}-content" class="standings"></tbody></table></div>'
        for group in groups
        if group.id not in _KNOCK_OUT
    )
    return panels + "".join(parts)


def _push(stage: Stage, number: int, table: Table, matches: Sequence[Match]) -> str:
    rows = ",\n   ".join(_row(stage, club, lines, matches) for club, lines in table.items())
    performance = ",".join(
        f"[{stage.id},{club.id},{script_text(club.name)},{lines['overall'].rank},'3']"
        for club, lines in table.items()
    )
    return (
        f'    tables.push({{\n  "id": {stage.id}, "stageId": {stage.id}, '
        f'"standingsGroupIdx":{number},\n'
        "  \"rankColorings\":[['standing-zone-top-1',[1,2]],['standing-zone-bottom-1',[9,10]]],\n"
        '  "startDate": "12-08-2022", "endDate":"28-05-2023",\n'
        f'  "standings": [{rows}],\n  "forms": [],\n'
        f'  "streaksCurrent": [], "streaksSeasonal":[], "performance":[{performance}]\n    }});\n'
    )


def _row(stage: Stage, club: Club, lines: dict[str, Line], matches: Sequence[Match]) -> str:
    own = [m for m in matches if club in (m.home, m.away) and m.status == "finished"]
    forms = [
        [_form(club, m) for m in own if club in sides(m)][-_FORM:]
        for sides in (lambda m: (m.home, m.away), lambda m: (m.home,), lambda m: (m.away,))
    ]
    texts = [
        json.dumps([{"field": f[0], "id": f[1], "outcome": f[4]} for f in form]) for form in forms
    ]
    values = [str(v) for scope in SCOPES for v in lines[scope].values()]
    return (
        f"[{stage.id},{club.id},{script_text(club.name)},{','.join(values)},"
        + ",".join("[" + ",".join(_literal(entry) for entry in form) + "]" for form in forms)
        + f",0,0,0,{script_text(club.region.name)},{club.region.id},"
        + ",".join(script_text(text) for text in texts)
        + "]"
    )


def _form(club: Club, match: Match) -> list[object]:
    home, away = match.score or (0, 0)
    is_away = match.away == club
    own, other = (away, home) if is_away else (home, away)
    outcome = 2 if own > other else 1 if own == other else 0
    competition = match.stage.competition
    opponent = match.home if is_away else match.away
    return [
        int(is_away), match.id, own, other, outcome, competition.region.id,
        competition.region.name, competition.id, competition.name, competition.season, club.id,
        opponent.id, club.name, opponent.name, match.home.name, match.away.name, home, away,
        "ldw"[outcome],
    ]  # fmt: skip


def _literal(values: Sequence[object]) -> str:
    return (
        "[" + ",".join(str(v) if isinstance(v, int) else script_text(str(v)) for v in values) + "]"
    )
