"""The YAML edits of a person, for changes that `suggest` does not mend whole.

An edit is a list of replacements in the text of the selector file in force: a regular expression,
and what stands in place of all that it finds.
"""

from __future__ import annotations

import re

from scrapers.targets import PageKind
from tests.layouts.changes import hashed

K = PageKind
Edit = tuple[str, str]
_SEASONS = ", ".join(f'"{y}-{y - 1999}": "{y}/{y + 1}"' for y in range(2019, 2024))
_NAME_OF_SEASON = f"{{map: {{{_SEASONS}}}}}"
_VALUE = "            from: [{path: value}]\n            type: number"


def mended(change: str, kind: PageKind, current: str, version: str) -> str | None:
    """The selector file in force, edited for a change; None: no edit is written down.

    Raises:
        ValueError: an edit finds nothing in the file.
    """
    edits = EDITS.get((change, kind))
    if edits is None:
        return None
    text = re.sub(r"(?m)^version: .*$", f"version: {version}", current)
    for old, new in edits:
        changed = re.sub(old, new, text)
        if changed == text:
            raise ValueError(f"{change} of {kind}: {old!r} is not in the file")
        text = changed
    return text


def swapped(*pairs: tuple[str, str]) -> list[Edit]:
    """Replacements that let each two texts change places."""
    edits: list[Edit] = []
    for one, other in pairs:
        edits += [(re.escape(one), "<the other>"), (re.escape(other), one), ("<the other>", other)]
    return edits


def positions(*pairs: tuple[int, int]) -> list[Edit]:
    """The same for positions in a row."""
    return swapped(*((f'"[{one}]"', f'"[{other}]"') for one, other in pairs))


def header(*pairs: tuple[int, int]) -> list[Edit]:
    """The same for positions in a match's header."""
    return swapped(*((f'"input[{one}]"', f'"input[{other}]"') for one, other in pairs))


def of_stat(condition: str, step: str) -> list[Edit]:
    """Another unit for the statistics of some names."""
    new = (
        "            from:\n"
        f'              - path: "{condition} && value || null"\n'
        f"                transform: [{step}]\n"
        "              - {path: value}\n"
        "            type: number"
    )
    return [(re.escape(_VALUE), new)]


def first_step(key: str, step: str) -> Edit:
    """A step before those that a field of this key has."""
    return rf"(path: {key}\}}\]\n +type: \w+\n +transform: \[)", rf"\1{step}, "


def only_step(key: str, step: str) -> Edit:
    """A step for a field of this key that has none, written in a block."""
    return rf"(\n +)(from: \[\{{path: {key}\}}\])\n", rf"\1\2\1transform: [{step}]\n"


def only_step_inline(key: str, step: str) -> Edit:
    """The same for a field that is written on one line."""
    return (
        rf"(from: \[\{{path: {key}\}}\])(, type: \w+.*\}}|\}})\n",
        rf"\1, transform: [{step}]\2\n",
    )


def other_names(*names: str) -> list[Edit]:
    """Other ids and classes for these, as an inspector of the page shows them."""
    return [(rf"(?<=[#.]){name}(?![\w-])", hashed(name)) for name in names]


_CHOSEN_IN_TABLE: Edit = (
    r"select#(\w+) option\[selected\]\", attr: value",
    r'table#\1 tr.selected a", attr: href',
)
_TEXT_IN_TABLE: Edit = (r"select#(seasons|stages) option\[selected\]", r"table#\1 tr.selected a")

_SEASON_CHOSEN = [
    (
        r"(season_name:\n    from: .*\n    type: text\n    transform: \[.*)\]",
        rf"\1, {_NAME_OF_SEASON}]",
    )
]

EDITS: dict[tuple[str, PageKind], list[Edit]] = {
    ("seasons", K.SEASONS): [
        (
            r"(name: \{from: \[\{xpath: \.\}\], type: text, transform: \[.*)\]\}",
            rf"\1, {_NAME_OF_SEASON}]}}",
        )
    ],
    ("seasons", K.STAGES): _SEASON_CHOSEN,
    ("seasons", K.STANDINGS): _SEASON_CHOSEN,
    ("seasons", K.REFEREE_STATISTICS): _SEASON_CHOSEN,
    ("seasons", K.SCHEDULE): [
        (r"(path: seasonName\}\], type: text, transform: \[strip)\]", rf"\1, {_NAME_OF_SEASON}]")
    ],
    ("seasons", K.MATCH_CENTRE): [
        (r"-\\s\+\\S\[\^-\]\*\$", r"-\\s+\\S+\\s*$"),
        (r"\(\\S\[\^-\]\*\\S\)\\s\*\$", r"(\\S+)\\s*$"),
        (
            r"(season_name:(?:\n    .*)*?\n    transform: \[collapse_spaces)\]",
            rf"\1, {_NAME_OF_SEASON}]",
        ),
    ],
    ("sides", K.SCHEDULE): swapped(("path: home", "path: away")),
    ("sides", K.MATCH_CENTRE): header((0, 1)),
    ("sides", K.MATCH_PREVIEW): header((0, 1), (2, 3), (13, 14)),
    ("sides", K.MATCH_REPORT): header((0, 1), (2, 3), (13, 14)),
    ("sides", K.STANDINGS): positions(*((n, n + 9) for n in range(12, 21))),
    ("goals", K.STANDINGS): positions((8, 9), (17, 18), (26, 27)),
    ("team-names", K.MATCH_PREVIEW): header((2, 3)),
    ("team-names", K.MATCH_REPORT): header((2, 3)),
    ("columns", K.MATCH_REPORT): [
        (r"map: \{0: home, 1: away\}", "map: {0: away, 1: home}"),
        ("th:first-child", "th:last-child"),
    ],
    ("day-month", K.SCHEDULE): [
        (
            r"path: startTimeUtc\}\], type: utc_time, transform: \[iso_time\]",
            'path: startTime}], type: utc_time, transform: [{parse_time: "%Y-%d-%mT%H:%M:%SZ"}, '
            "to_utc]",
        )
    ],
    ("day-month", K.MATCH_CENTRE): [
        ("%d/%m/%Y", "%m/%d/%Y"),
        ("iso_time", '{parse_time: "%Y-%d-%mT%H:%M:%S"}'),
    ],
    ("clock", K.SCHEDULE): [
        (
            r"path: startTimeUtc\}\], type: utc_time, transform: \[iso_time\]",
            "path: startTime}], type: utc_time, transform: [iso_time, to_utc]",
        )
    ],
    ("clock", K.MATCH_CENTRE): [("timezone: Europe/London", "timezone: UTC")],
    ("metres", K.MATCH_CENTRE): [
        only_step("x", "{divide: 1.05}"),
        only_step_inline("y", "{divide: 0.68}"),
        *(only_step(key, "{divide: 0.68}") for key in ("endY", "goalMouthY")),
        only_step_inline("blockedX", "{divide: 1.05}"),
    ],
    ("shares", K.MATCH_CENTRE): [only_step("x", "{multiply: 100}")],
    ("seconds", K.MATCH_CENTRE): [
        only_step_inline("minute", "{divide: 60}"),
        only_step("expandedMinute", "{divide: 60}"),
    ],
    ("bodies", K.MATCH_CENTRE): [
        first_step("height", "{multiply: 100}"),
        first_step("weight", "{divide: 1000}"),
    ],
    ("bodies", K.PLAYER_STATISTICS): [
        first_step("height", "{multiply: 100}"),
        first_step("weight", "{divide: 1000}"),
    ],
    ("seconds", K.PLAYER_STATISTICS): of_stat("key == 'minsPlayed'", "{divide: 60}"),
    ("per-cent", K.PLAYER_STATISTICS): of_stat("key == 'passSuccess'", "{multiply: 100}"),
    ("per-cent", K.TEAM_STATISTICS): of_stat(
        "(key == 'possession' || key == 'passSuccess')", "{divide: 100}"
    ),
    ("ratings", K.PLAYER_STATISTICS): of_stat("key == 'rating'", "{divide: 10}"),
    ("ratings", K.TEAM_STATISTICS): of_stat("key == 'rating'", "{divide: 10}"),
    ("ratings", K.MATCH_PREVIEW): [
        (r"transform: \[to_number\]", "transform: [to_number, {divide: 10}]")
    ],
    ("names", K.STANDINGS): other_names(
        *("breadcrumb-nav", "sub-navigation", "tournament-header"),
        *("tournaments", "seasons", "stages"),
    ),
    ("table", K.STANDINGS): [_CHOSEN_IN_TABLE, _TEXT_IN_TABLE],
    ("table", K.STAGES): [
        (r"\{css: \"select#seasons\"\}", '{css: "table#seasons"}'),
        _CHOSEN_IN_TABLE,
        _TEXT_IN_TABLE,
        ("select#stages option", "table#stages a"),
        (r"\[not\(//select.*\n.*\n", "[not(//table[@id='stages'])]\n"),
        (r"xpath: self::option\}", "xpath: \"self::a[ancestor::table[@id='stages']]\"}"),
    ],
    ("comma", K.MATCH_PREVIEW): [
        (r"\(\?:\\\.\\d\+\)\?", r"(?:,\\d+)?"),
        (r"transform: \[to_number\]", 'transform: [{decimal: ","}, to_number]'),
    ],
}
