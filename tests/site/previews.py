"""A match's preview as the site serves it: line-ups, missing players, a prediction.

Every fixture has one. What it says does not come true: it is drawn apart from the match itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from tests.site.chance import poisson, stream
from tests.site.clubs import Club, Player
from tests.site.formations import BY_ID, Formation
from tests.site.pages import foot, head, slug

if TYPE_CHECKING:
    from tests.site.match import Match

# The site's word for the reason, and how it says whether the player is out.
REASONS = (
    ("injured", "Out"), ("injured doubtful", "Doubtful"), ("suspended", "Out"), ("other", "Out"),
)  # fmt: skip

_MAIN = """
<div id="preview" class="main-content-column">
{line_ups}{missing}
<div id="preview-team-news" class="with-team-selector col12-lg-12">
    <h2>Team News</h2>
    <div class="preview-news-items">
        <div class="row12-lg home small-display-on"><div class="note rc-b">
            <ul class="items"><li>{home} train as ever.</li></ul></div></div>
        <div class="row12-lg away small-display-off"><div class="note rc-b">
            <ul class="items"><li>{away} have travelled.</li></ul></div></div>
        <div class="clear"></div>
    </div>
</div>
</div>
<h2 class="col12-lg-12">Prediction</h2>
<div class="col12-lg-12 match-prediction-container">
    <div class="note rc">
        <div id="preview-prediction" class="rc-b rc-r">
            <div class="home">
                <span class="predicted-score">{home_score}</span>
                <div class="team-name"><a href="/teams/{home_id}/show/x" class="team-link">\
<span>{home}</span></a></div>
            </div>
            <div class="away">
                <span class="predicted-score">{away_score}</span>
                <div class="team-name"><a href="/teams/{away_id}/show/x" class="team-link">\
<span>{away}</span></a></div>
            </div>
        </div>
    </div>
</div>
"""
_LINE_UPS = """
<div id="preview-lineups" class="col12-lg-12">
    <h2>Possible Line-ups</h2>
    <div class="pitch-formation-header">
        <div class="home"><a class="team-link" href="/teams/{home_id}/show/x">{home}</a>
            <span class="formation-label">{home_formation}</span></div>
        <div class="away"><a class="team-link" href="/teams/{away_id}/show/x">{away}</a>
            <span class="formation-label">{away_formation}</span></div>
    </div>
    <div class="pitch">
        <div class="home">{home_players}</div>
        <div class="away">{away_players}</div>
    </div>
</div>
"""
_PLAYER = """
<ul class="player" style="top: calc({across}% - 16px); {edge}: {along}%;" \
title="{name}({position})" data-playerid="{id}">
    <li class="player-name-wrapper"><a class="player-name player-link cnt-oflow rc" \
href="/players/{id}/show/{slug}">{short}</a></li>
    <li class="player-rating rc">{rating}</li>
</ul>
"""
_MISSING = """
<div id="missing-players" class="with-team-selector col12-lg-12">
    <h2>Missing Players</h2>
    <div class="team-selector col12-lg-0">
        <div class="home-selector selected"><span class="team-name">{home}</span></div>
        <div class="away-selector"><span class="team-name">{away}</span></div>
    </div>
    <div class="row12-lg col12-lg-6 home small-display-on">{home_table}</div>
    <div class="col12-lg-6 away small-display-off">{away_table}</div>
    <div class="clear"></div>
</div>
"""
_TABLE = """
<table class="grid gray">
    <thead><tr class="last"><th class="pn">Player</th><th>Reason</th><th>Status</th>\
<th>Rating</th></tr></thead>
    <tbody>{rows}</tbody>
</table>
"""
_ROW = """
<tr class="{alt}">
    <td class="pn"><a class="player-link" href="/players/{id}/show/{slug}">{name}</a></td>
    <td class="reason"><span class="missing missing-{reason_class}" title="{reason}"></span></td>
    <td class="confirmed">{status}</td>
    <td class="rating">{rating}</td>
</tr>
"""


@dataclass(frozen=True, slots=True)
class Absence:
    """A player who is missing; `rating` is of the season so far, None without one."""

    player: Player
    reason: str
    status: str
    rating: float | None


@dataclass(frozen=True, slots=True)
class SidePreview:
    """What the site foresees of a club: who starts in which place, who is missing."""

    club: Club
    formation: Formation
    starters: tuple[tuple[Player, str, float | None], ...]
    missing: tuple[Absence, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What the site foresees of a match."""

    home: SidePreview
    away: SidePreview
    score: tuple[int, int]


def preview(match: Match) -> Preview:
    """What the site foresees of a match; the same at every moment of its world."""
    rng = stream(match.world.seed, match.id, "preview")
    # Of one match in six nobody is missing on either side.
    whole = rng.random() < 1 / 6
    edge = match.home.strength - match.away.strength + 0.25
    score = poisson(rng, max(0.3, 1.3 + edge)), poisson(rng, max(0.3, 1.3 - edge))
    home, away = (_side(rng, club, whole) for club in (match.home, match.away))
    return Preview(home, away, score)


def _side(rng: random.Random, club: Club, whole: bool) -> SidePreview:
    formation = BY_ID[rng.choice(list(BY_ID))]
    count = 0 if whole else rng.randrange(6)
    # The keeper in the first shirt and a few more are always there to start.
    out = rng.sample(club.squad[1:], count)
    fit = [player for player in club.squad if player not in out]
    chosen: list[Player] = []
    for slot in formation.slots:
        free = [player for player in fit if player not in chosen]
        wanted = [player for player in free if player.line == slot.line]
        chosen.append((wanted or [player for player in free if player.line != "G"])[0])
    starters = tuple(
        (player, slot.position, _rating(rng))
        for player, slot in zip(chosen, formation.slots, strict=True)
    )
    missing = tuple(Absence(player, *rng.choice(REASONS), _rating(rng)) for player in out)
    return SidePreview(club, formation, starters, missing)


def _rating(rng: random.Random) -> float | None:
    return None if rng.random() < 0.1 else round(rng.uniform(5.8, 7.9), 2)


def preview_page(match: Match, round_matches: Iterable[Match]) -> bytes:
    """The preview of a match."""
    seen = preview(match)
    names = {
        "home": escape(match.home.name), "away": escape(match.away.name),
        "home_id": match.home.id, "away_id": match.away.id,
    }  # fmt: skip
    line_ups = _LINE_UPS.format(
        **names,
        home_formation="-".join(seen.home.formation.name),
        away_formation="-".join(seen.away.formation.name),
        home_players=_players(seen.home, "left"),
        away_players=_players(seen.away, "right"),
    )
    missing = ""
    if seen.home.missing or seen.away.missing:
        missing = _MISSING.format(
            **names, home_table=_table(seen.home.missing), away_table=_table(seen.away.missing)
        )
    content = _MAIN.format(
        **names, line_ups=line_ups, missing=missing,
        home_score=seen.score[0], away_score=seen.score[1],
    )  # fmt: skip
    return (head(match, None, round_matches) + content + foot()).encode()


def _players(side: SidePreview, edge: str) -> str:
    return "".join(
        _PLAYER.format(
            across=round(slot.horizontal * 10, 2),
            edge=edge,
            along=round(slot.vertical * 10 + 1.8, 2),
            name=escape(player.name, quote=True),
            position=position,
            id=player.id,
            slug=slug(player.name),
            short=escape(player.name.split(" ")[-1]),
            rating="N/A" if rating is None else f"{rating:.2f}",
        )
        for (player, position, rating), slot in zip(
            side.starters, side.formation.slots, strict=True
        )
    )


def _table(missing: Sequence[Absence]) -> str:
    """Without anybody there is no table."""
    if not missing:
        return ""
    rows = "".join(
        _ROW.format(
            alt="alt" if number % 2 else "",
            id=one.player.id,
            slug=slug(one.player.name),
            name=escape(one.player.name),
            reason_class=one.reason.replace(" ", "-"),
            reason=one.reason,
            status=one.status,
            rating='<span class="info">N/A</span>' if one.rating is None else f"{one.rating:.2f}",
        )
        for number, one in enumerate(missing)
    )
    return _TABLE.format(rows=rows)
