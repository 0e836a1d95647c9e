"""What a mutation may do to a page's rows, and the comparison of rows with the truth.

EXACT   the page's facts are untouched, or plainly lost: rows are the truth's, all of them
LOSSY   facts were taken away: rows may be lacking and values null, what is there is the truth
MOVED   facts stand elsewhere or twice: each value is one that the truth has in this column
SAID    facts were replaced: as MOVED, and each value that the mutation wrote may be there too
ANY     bytes were changed blindly: what is there must be sane, no more can be said
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from scrapers.whoscored.rows import RowSet
from tests.mutations.sources import Source

Row = dict[str, Any]


class Contract(StrEnum):
    """What a mutation may do to the rows; see the module."""

    EXACT = "exact"
    LOSSY = "lossy"
    MOVED = "moved"
    SAID = "said"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Mutated:
    """A damaged page.

    Attributes:
        said: values that the mutation wrote into the page.
    """

    html: bytes
    said: tuple[Any, ...] = ()


Make = Callable[[random.Random, Source], Mutated | None]


@dataclass(frozen=True, slots=True)
class Mutator:
    """A way to damage a page; `make` gives None where the page has no place for it."""

    group: str
    name: str
    contract: Contract
    make: Make


KEYS: dict[str, tuple[str, ...]] = {
    "region": ("region_id",),
    "competition": ("competition_id",),
    "season": ("season_id",),
    "stage": ("stage_id",),
    "team": ("team_id",),
    "player": ("player_id",),
    "referee": ("referee_id",),
    "type_name": ("kind", "type_id"),
    "fixture": ("match_id",),
    "match": ("match_id",),
    "match_team": ("team_id",),
    "line_up": ("player_id",),
    "formation": ("team_id", "ordinal"),
    "formation_slot": ("team_id", "ordinal", "slot"),
    "substitution": ("off_event_id",),
    "player_stat": ("player_id", "stat"),
    "team_stat": ("team_id", "stat"),
    "shot_zone": ("team_id", "zone", "minute"),
    "event": ("event_id",),
    "standing": ("table_stage_id", "group_number", "scope", "team_id"),
    "referee_statistic": ("referee_id",),
    "match_preview": ("match_id",),
    "missing_player": ("player_id",),
    "predicted_line_up": ("player_id",),
    "match_trait": ("team_id", "kind", "ordinal"),
    "team_season_stat": ("team_id", "stat"),
    "player_season_stat": ("player_id", "team_id", "stat"),
}
# What is reckoned from several facts, or numbered: another fact gives another value.
_RECKONED = {
    *("minute_on", "minute_off", "minutes_played", "is_captain", "rating", "total", "last"),
    *("on_event_id", "player_on_id", "ordinal", "status", "elapsed", "kind", "side", "by_minute"),
    *("text", "vertical", "horizontal", "satisfied_event_types", "qualifiers", "player_ids"),
    *("slots", "period_end_minutes"),
}
# Lists, objects and texts of which a part may be lost, and nothing may be added.
_PARTS = {"qualifiers", "satisfied_event_types", "by_minute", "text"}
# Truth values and numbers are words with few meanings: any of them may be said.
_SAYS_NOTHING = (bool, datetime)


def wrongs(
    rows: RowSet, truth: RowSet, contract: Contract, said: Iterable[Any], limit: int = 6
) -> list[str]:
    """What in the rows the mutation can't have made; some of it, in words."""
    if contract is Contract.ANY:
        return []
    judge = {
        Contract.EXACT: _not_the_truth,
        Contract.LOSSY: _not_of_the_truth,
    }.get(contract)
    found: list[str] = []
    words = {_plain(value) for one in said for value in _flat(one)}
    for table, given in rows.items():
        there = truth.get(table, [])
        if given == there:
            continue
        problems = judge(table, given, there) if judge else _unheard(table, given, there, words)
        found += [f"{table}: {what}" for what in problems]
        if len(found) >= limit:
            break
    return found[:limit]


def fewer(rows: RowSet, truth: RowSet) -> dict[str, tuple[int, int]]:
    """Tables with fewer rows than the truth: how many, of how many."""
    return {
        table: (len(rows.get(table, [])), len(there))
        for table, there in truth.items()
        if len(rows.get(table, [])) < len(there)
    }


def _key(table: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEYS[table])


def _differing(one: Row, other: Row) -> list[str]:
    return [name for name, value in one.items() if value != other[name]]


def _not_the_truth(table: str, given: list[Row], there: list[Row]) -> Iterator[str]:
    if len(given) != len(there):
        yield f"{len(given)} rows instead of {len(there)}"
    yield from _not_of_the_truth(table, given, there, ())


def _not_of_the_truth(
    table: str,
    given: list[Row],
    there: list[Row],
    reckoned: Iterable[str] = tuple(_RECKONED - _PARTS),
) -> Iterator[str]:
    known = {_key(table, row): row for row in there}
    for row in given:
        key = _key(table, row)
        if key not in known:
            if "ordinal" not in KEYS[table] or not reckoned:
                yield f"row {key} is none of the truth"
            continue
        lost = bool(reckoned)
        for name in _differing(row, known[key]):
            # What is numbered moves up where one before it is lost.
            sources = there if "ordinal" in KEYS[table] else [known[key]]
            if lost and name in _PARTS and any(_is_part(row[name], o[name]) for o in sources):
                continue
            if name in reckoned or (lost and row[name] is None):
                continue
            yield f"{key} {name} is {row[name]!r:.60}, in truth {known[key][name]!r:.60}"


def _is_part(value: Any, truth: Any) -> bool:
    """Whether a value is the true one, or what is left of it."""
    if value is None or value == truth:
        return True
    if isinstance(value, dict) and isinstance(truth, dict):
        return all(key in truth and _is_part(one, truth[key]) for key, one in value.items())
    if isinstance(value, list) and isinstance(truth, list):
        return all(any(_is_part(one, other) for other in truth) for one in value)
    return isinstance(value, str) and isinstance(truth, str) and value in truth


def _unheard(table: str, given: list[Row], there: list[Row], words: set[Any]) -> Iterator[str]:
    allowed: dict[str, set[Any]] = {}
    truth = {_key(table, row): row for row in there}
    for row in given:
        same = truth.get(_key(table, row))
        for name, value in row.items():
            if (same and same[name] == value) or value is None or name in _RECKONED:
                continue
            if isinstance(value, _SAYS_NOTHING):
                continue
            if name not in allowed:
                allowed[name] = {_plain(x) for one in there for x in _flat(one[name])} | words
            if any(_plain(one) not in allowed[name] for one in _flat(value)):
                yield f"{_key(table, row)} {name} is {value!r:.60}, which nobody said"


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _flat(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _flat(one)
    else:
        yield value


def _plain(value: Any) -> Any:
    """Numbers and their texts alike, spaces as the page shows them."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return float(value) if abs(value) < 1e300 else str(value)
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return " ".join(value.split())
        return value if math.isnan(number) else number
    return value
