"""A match's report as the site shows it: each side's strengths and weaknesses, and its style.

There is one of each finished match that has a match centre. On the site a script draws the
table; here it is served drawn.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from html import escape
from itertools import zip_longest
from typing import TYPE_CHECKING

from tests.site.chance import stream
from tests.site.pages import foot, head

if TYPE_CHECKING:
    from tests.site.match import Match

_GOOD = (
    "Finishing scoring chances", "Creating chances through individual skill",
    "Stealing the ball from the opposition", "Attacking down the wings", "Aerial duels",
    "Shooting from direct free kicks",
)  # fmt: skip
_BAD = (
    "Defending set pieces", "Protecting the lead", "Avoiding offside", "Keeping possession",
    "Stopping opponents from creating chances",
)  # fmt: skip
_STYLE = (
    "Short passes", "Possession football", "Attacked through the middle", "Long balls",
    "Played in their own half", "Aggressive", "Consistent first eleven",
)  # fmt: skip
KINDS = {"strength": _GOOD, "weakness": _BAD, "style": _STYLE}
_HEADS = {"strength": "Strengths", "weakness": "Weaknesses", "style": "Style"}
_NONE = "no significant "

_TABLE = """
<div id="match-report" class="main-content-column">
    <table class="matchstory">
        <tr class="matchstory-header"><th>{home}</th><th>{away}</th></tr>
        {rows}
    </table>
</div>
"""
_CELL = '<div class="matchstory-icon"><span class="matchstory-text">{text}</span></div>'


def traits(match: Match) -> dict[tuple[str, str], tuple[str, ...]]:
    """Sentences by side ('home', 'away') and kind; empty where there is nothing to say."""
    rng = stream(match.world.seed, match.id, "report")
    return {
        (side, kind): _draw(rng, kind, known)
        for kind, known in KINDS.items()
        for side in ("home", "away")
    }


def _draw(rng: random.Random, kind: str, known: tuple[str, ...]) -> tuple[str, ...]:
    least = 1 if kind == "style" else 0
    return tuple(rng.sample(known, rng.randrange(least, 4)))


def report_page(match: Match, round_matches: Iterable[Match]) -> bytes:
    """The report of a match; without its table before the match is over."""
    content = ""
    if match.status == "finished" and match.has_match_centre:
        said = traits(match)
        rows = []
        for kind, word in _HEADS.items():
            rows.append(f'<tr class="matchstory-typeheader"><td colspan="2">{word}</td></tr>')
            home, away = (said[side, kind] for side in ("home", "away"))
            pairs = list(zip_longest(home, away)) or [(None, None)]
            for number, pair in enumerate(pairs):
                cells = "".join(_cell(text, word, number) for text in pair)
                rows.append(f'<tr class="matchstory-row">{cells}</tr>')
        content = _TABLE.format(
            home=escape(match.home.name), away=escape(match.away.name), rows="\n".join(rows)
        )
    return (head(match, None, round_matches) + content + foot()).encode()


def _cell(text: str | None, word: str, number: int) -> str:
    if text is None and number:
        return '<td class="matchstory-empty"></td>'
    said = escape(text) if text is not None else f"{_NONE}{word.lower()}"
    return f"<td>{_CELL.format(text=said)}</td>"
