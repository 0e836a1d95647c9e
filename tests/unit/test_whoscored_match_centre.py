"""The real match page gives the rows that stand on it; a doctored one gives none."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scrapers.errors import LayoutChanged, SourceRefused, SourceUnavailable, TargetAbsent
from scrapers.parsing import SelectorFiles
from scrapers.settings import ROOT
from scrapers.targets import Target
from scrapers.warehouse.tables import CORE_TABLES, data_columns
from scrapers.whoscored.read import ReadPage, read_page, selector_files
from scrapers.whoscored.rows import RowSet
from tests.support.pages import (
    REAL_MATCH_ID,
    match_data,
    real_match_page,
    refusal_page,
    with_match_data,
)

# ruff: noqa: DTZ001 - times on a page have no zone
TARGET = Target.match_centre(REAL_MATCH_ID)


PYTHON: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "BigInteger": (int,),
    "Numeric": (int, float),
    "Text": (str,),
    "Boolean": (bool,),
    "DateTime": (datetime,),
    "JSONB": (dict, list),
    "ARRAY": (list,),
}


@pytest.fixture(scope="module")
def files() -> SelectorFiles:
    return selector_files(ROOT / "selectors")


@pytest.fixture
def html(shared_data: Path) -> bytes:
    return real_match_page(shared_data)


@pytest.fixture
def rows(html: bytes, files: SelectorFiles) -> RowSet:
    return read(html, files).rows


def read(html: bytes, files: SelectorFiles, target: Target = TARGET) -> ReadPage:
    return read_page(html, target, "http://x/matches/1650630/live", files)


def test_counts(rows: RowSet) -> None:
    assert {table: len(found) for table, found in rows.items()} == {
        "competition": 1,
        "season": 1,
        "team": 2,
        "player": 46,
        "referee": 1,
        "type_name": 364,
        "match": 1,
        "match_team": 2,
        "line_up": 46,
        "formation": 11,
        "formation_slot": 121,
        "substitution": 9,
        "player_stat": 492,
        "team_stat": 66,
        "shot_zone": 25,
        "event": 1465,
    }


def test_rows_have_exactly_the_columns_of_their_tables(rows: RowSet) -> None:
    tables = {table.name: table for table in CORE_TABLES}
    for name, found in rows.items():
        columns = {column.name: column for column in data_columns(tables[name])}
        for row in found:
            assert set(row) == set(columns), name
            for column, value in row.items():
                if value is None:
                    assert columns[column].nullable, (name, column)
                else:
                    kind = type(columns[column].type).__name__
                    assert type(value) in PYTHON[kind], (name, column, value)


def test_keys_are_unique(rows: RowSet) -> None:
    for table in CORE_TABLES:
        key = [column.name for column in table.primary_key]
        found = Counter(tuple(row[k] for k in key) for row in rows.get(table.name, []))
        assert all(count == 1 for count in found.values()), table.name


def test_foreign_keys_hold_within_the_page(rows: RowSet) -> None:
    for table in CORE_TABLES:
        for constraint in table.foreign_key_constraints:
            parent = constraint.referred_table
            if parent.name not in rows:
                continue
            names = [e.column.name for e in constraint.elements]
            known = {tuple(row[n] for n in names) for row in rows[parent.name]}
            for row in rows.get(table.name, []):
                value = tuple(row[n] for n in constraint.column_keys)
                assert None in value or value in known, (table.name, constraint.column_keys, value)


def test_the_match(rows: RowSet) -> None:
    assert rows["match"] == [
        {
            "match_id": 1650630,
            "competition_id": 4,
            "season_id": 9149,
            "stage_id": None,
            "home_team_id": 65,
            "away_team_id": 64,
            # 20:00 on the page, 21:00 in Barcelona.
            "kickoff_utc": datetime(2022, 8, 13, 19, tzinfo=UTC),
            "kickoff_page": datetime(2022, 8, 13, 20),
            "status": "finished",
            "elapsed": "FT",
            "home_score": 0,
            "away_score": 0,
            "home_score_ht": 0,
            "away_score_ht": 0,
            "home_score_ft": 0,
            "away_score_ft": 0,
            "home_score_et": None,
            "away_score_et": None,
            "home_score_pk": None,
            "away_score_pk": None,
            "venue_name": "Spotify Camp Nou",
            "attendance": 81104,
            "referee_id": 229,
            "weather_code": None,
            "max_period": 2,
            "max_minute": 99,
            "expanded_max_minute": 105,
            "period_end_minutes": {"1": 50, "2": 99},
            "data_updated_page": datetime(2022, 8, 14, 16, 57, 5),
        }
    ]
    assert rows["competition"] == [
        {"competition_id": 4, "name": "LaLiga", "region_id": 206, "region_name": "Spain"}
    ]
    assert rows["season"] == [{"season_id": 9149, "competition_id": 4, "name": "2022/2023"}]
    assert rows["referee"] == [
        {
            "referee_id": 229,
            "name": "Alejandro José Hernández Hernández",
            "first_name": "Alejandro José",
            "last_name": "Hernández Hernández",
        }
    ]


def test_the_teams(rows: RowSet) -> None:
    assert rows["team"] == [
        {"team_id": 65, "name": "Barcelona", "country_name": "Spain"},
        {"team_id": 64, "name": "Rayo Vallecano", "country_name": "Spain"},
    ]
    home, away = rows["match_team"]
    assert home == {
        "match_id": 1650630,
        "team_id": 65,
        "side": "home",
        "manager_name": "Xavi Hernández",
        "average_age_years": 30.0,
        "rating": 6.531875,
        "score_halftime": 0,
        "score_fulltime": 0,
        "score_running": 0,
    }
    assert (away["side"], away["manager_name"]) == ("away", "Andoni Iraola")


def test_players_without_height_or_weight_have_none(rows: RowSet) -> None:
    players = {row["player_id"]: row for row in rows["player"]}
    assert players[80774] == {
        "player_id": 80774, "name": "Marc ter Stegen", "height_cm": 187, "weight_kg": 88
    }  # fmt: skip
    assert players[449824]["height_cm"] is None
    assert [p["player_id"] for p in players.values() if p["weight_kg"] is None] == [422965, 449824]


def test_the_line_ups(rows: RowSet) -> None:
    line_up = {row["player_id"]: row for row in rows["line_up"]}
    assert Counter(row["team_id"] for row in line_up.values()) == {65: 23, 64: 23}
    starters = [row for row in line_up.values() if row["is_starter"]]
    assert Counter(row["team_id"] for row in starters) == {65: 11, 64: 11}
    assert [row["player_id"] for row in line_up.values() if row["is_captain"]] == [44721, 16942]
    assert [p for p, row in line_up.items() if row["is_man_of_the_match"]] == [141499]
    assert sum(row["rating"] is not None for row in line_up.values()) == 31
    assert line_up[44120] == {
        "match_id": 1650630,
        "player_id": 44120,
        "team_id": 65,
        "shirt_number": 17,
        "position": "Sub",
        "is_starter": False,
        "is_captain": False,
        "is_man_of_the_match": False,
        "minute_on": 87,
        "minute_off": None,
        "minutes_played": 18,
        "replaced_player_id": 44288,
        "replaced_by_player_id": None,
        "rating": 6.21,
        "age_years": 37,
    }
    ends = {p: (line_up[p]["minute_on"], line_up[p]["minute_off"], line_up[p]["minutes_played"])
            for p in (80774, 130331, 44721, 12712)}  # fmt: skip
    assert ends == {
        80774: (0, None, 105),  # to the end
        130331: (0, 65, 65),  # substituted
        44721: (0, 98, 98),  # second yellow card; the first one was voided
        12712: (None, None, 0),  # not used
    }


def test_the_formations(rows: RowSet) -> None:
    assert [
        (f["team_id"], f["ordinal"], f["formation_name"], f["start_minute"], f["end_minute"])
        for f in rows["formation"]
    ] == [
        (65, 1, "433", 0, 65), (65, 2, "433", 65, 65), (65, 3, "433", 65, 66),
        (65, 4, "433", 66, 78), (65, 5, "433", 78, 87), (65, 6, "3142", 87, 99),
        (64, 1, "4231", 0, 67), (64, 2, "4231", 67, 67), (64, 3, "4231", 67, 84),
        (64, 4, "4231", 84, 89), (64, 5, "4231", 89, 99),
    ]  # fmt: skip
    second = rows["formation"][1]
    assert (second["sub_on_player_id"], second["sub_off_player_id"]) == (279423, 422937)
    slots = [s for s in rows["formation_slot"] if (s["team_id"], s["ordinal"]) == (65, 1)]
    assert [s["slot"] for s in slots] == list(range(1, 12))
    assert slots[0] == {
        "match_id": 1650630, "team_id": 65, "ordinal": 1, "slot": 1, "player_id": 80774,
        "vertical": 0.0, "horizontal": 5.0,
    }  # fmt: skip


def test_the_substitutions(rows: RowSet) -> None:
    pairs = [
        (s["player_off_id"], s["player_on_id"], s["expanded_minute"]) for s in rows["substitution"]
    ]
    assert pairs == [
        (422937, 279423, 65), (130331, 90782, 65), (300447, 382234, 66), (372469, 18701, 67),
        (236575, 422958, 67), (402197, 277269, 78), (422959, 400048, 84), (44288, 44120, 87),
        (16942, 244564, 89),
    ]  # fmt: skip
    assert rows["substitution"][0] == {
        "match_id": 1650630, "off_event_id": 2445691335, "on_event_id": 2445691339, "team_id": 65,
        "player_off_id": 422937, "player_on_id": 279423, "period_id": 2, "minute": 59,
        "expanded_minute": 65,
    }  # fmt: skip


def test_the_statistics(rows: RowSet) -> None:
    team = {(s["team_id"], s["stat"]): s for s in rows["team_stat"]}
    assert team[65, "shotsTotal"]["total"] == 21
    assert (team[65, "possession"]["total"], team[64, "possession"]["total"]) == (589, 284)
    assert team[65, "passesTotal"]["by_minute"]["0"] == 12.0
    assert team[65, "passSuccess"]["total"] is None
    assert team[65, "throwInAccuracy"]["total"] is None
    assert team[65, "tackleSuccessful"]["total"] == 16
    # The page lists minutes 62, 75 and 88 last; the latest of them all is 104.
    assert team[65, "passSuccess"]["last"] == team[65, "passSuccess"]["by_minute"]["104"]
    assert "minutesWithStats" not in {s["stat"] for s in rows["team_stat"] + rows["player_stat"]}
    ratings = [s for s in rows["player_stat"] if s["stat"] == "ratings"]
    assert len(ratings) == 31
    assert all(s["total"] is None and 0 <= s["last"] <= 10 for s in ratings)
    assert sum(zone["shots"] for zone in rows["shot_zone"]) == 21 + 4
    assert sum(zone["goals"] for zone in rows["shot_zone"]) == 0


def test_every_event_with_every_column(rows: RowSet, html: bytes) -> None:
    """Against the page's JSON, read by the test itself."""
    stated = match_data(html)["events"]
    assert len(stated) == 1465
    names = {
        "eventId": "team_event_id", "teamId": "team_id", "playerId": "player_id",
        "minute": "minute", "second": "second", "expandedMinute": "expanded_minute", "x": "x",
        "y": "y", "endX": "end_x", "endY": "end_y", "goalMouthY": "goal_mouth_y",
        "goalMouthZ": "goal_mouth_z", "blockedX": "blocked_x", "blockedY": "blocked_y",
        "relatedEventId": "related_team_event_id", "relatedPlayerId": "related_player_id",
        "isTouch": "is_touch", "satisfiedEventsTypes": "satisfied_event_types",
    }  # fmt: skip
    for ordinal, (event, row) in enumerate(zip(stated, rows["event"], strict=True), start=1):
        wanted: dict[str, Any] = {column: event.get(key) for key, column in names.items()}
        wanted |= {
            "match_id": 1650630,
            "event_id": int(event["id"]),
            "ordinal": ordinal,
            "period_id": event["period"]["value"],
            "type_id": event["type"]["value"],
            "type_name": event["type"]["displayName"],
            "outcome": event["outcomeType"]["value"] == 1,
            "is_shot": event.get("isShot", False),
            "is_goal": event.get("isGoal", False),
            "is_own_goal": event.get("isOwnGoal", False),
            "card_type": event.get("cardType", {}).get("displayName"),
            "qualifiers": [
                {
                    "type_id": q["type"]["value"],
                    "name": q["type"]["displayName"],
                    "value": q.get("value"),
                }
                for q in event["qualifiers"]
            ],
        }
        assert row == wanted
    known = set(names) | {
        "id", "period", "type", "outcomeType", "isShot", "isGoal", "isOwnGoal", "cardType",
        "qualifiers",
    }  # fmt: skip
    assert set().union(*stated) <= known, "the page has keys that no column keeps"


def test_every_column_is_filled_where_the_page_fills_it(rows: RowSet) -> None:
    empty = {
        (table, column)
        for table, found in rows.items()
        for column in found[0]
        if all(row[column] is None for row in found)
    }
    assert empty == {
        ("match", column)
        for column in ("stage_id", "home_score_et", "away_score_et", "home_score_pk",
                       "away_score_pk", "weather_code")
    }  # fmt: skip
    filled = Counter(c for row in rows["event"] for c, v in row.items() if v is not None)
    assert [filled[c] for c in ("player_id", "second", "end_x", "goal_mouth_y", "blocked_x",
                                "related_team_event_id", "card_type")] == [
        1451, 1457, 946, 25, 15, 36, 9
    ]  # fmt: skip


def test_the_dictionaries(rows: RowSet) -> None:
    names = {(row["kind"], row["type_id"]): row["name"] for row in rows["type_name"]}
    assert Counter(kind for kind, _ in names) == {
        "event_type": 29, "qualifier": 84, "period": 4, "outcome": 2, "card": 2,
        "satisfied_event": 219, "formation": 24,
    }  # fmt: skip
    assert names["event_type", 1] == "Pass"
    assert names["period", 16] == "PreMatch"
    assert names["card", 32] == "SecondYellow"
    assert names["outcome", 0] == "Unsuccessful"
    assert names["qualifier", 11114] == "VoidYellowCard"
    assert names["satisfied_event", 91] == "touches"
    assert names["formation", 4] == "433"


def test_the_version_is_named(html: bytes, files: SelectorFiles) -> None:
    assert read(html, files).selector_version == "match_centre/2022-08"


def fields_of(html: bytes, files: SelectorFiles, target: Target = TARGET) -> list[str]:
    with pytest.raises(LayoutChanged) as caught:
        read(html, files, target)
    fields = caught.value.facts["fields"]
    assert isinstance(fields, list)
    for name in fields:
        assert name in caught.value.detail or len(fields) > 5 or fields[0] == "fingerprint"
    return fields


RENAMED_KEYS = [
    ("startTime", ["kickoff_page", "kickoff_utc"]),
    ("score", ["home_score", "away_score"]),
    ("htScore", ["home_score_ht", "away_score_ht"]),
    ("pkScore", ["home_score_pk", "away_score_pk"]),
    ("venueName", ["venue_name"]),
    ("attendance", ["attendance"]),
    ("weatherCode", ["weather_code"]),
    ("statusCode", ["status"]),
    ("elapsed", ["elapsed"]),
    ("maxPeriod", ["max_period"]),
    ("expandedMaxMinute", ["expanded_max_minute"]),
    ("timeStamp", ["data_updated_page"]),
    ("playerIdNameDictionary", ["player_names"]),
    ("events", ["events"]),
]


@pytest.mark.parametrize(("key", "fields"), RENAMED_KEYS)
def test_a_renamed_key_of_the_match_is_named(
    html: bytes, files: SelectorFiles, key: str, fields: list[str]
) -> None:
    data = match_data(html)
    data[f"{key}2"] = data.pop(key)
    assert fields_of(with_match_data(html, data), files) == fields


ROW_KEYS = [
    ("events", "id", ["events.event_id"]),
    ("events", "teamId", ["events.team_id"]),
    ("events", "playerId", ["events.player_id"]),
    ("events", "endX", ["events.end_x"]),
    ("events", "second", ["events.second"]),
    ("events", "period", ["events.period_id", "events.period_name"]),
    ("events", "outcomeType", ["events.outcome_id", "events.outcome_name", "events.outcome"]),
    ("events", "isTouch", ["events.is_touch"]),
    ("events", "qualifiers", ["events.qualifiers"]),
    ("events", "satisfiedEventsTypes", ["events.satisfied_event_types"]),
    ("players", "playerId", ["teams.players.player_id"]),
    ("players", "shirtNo", ["teams.players.shirt_number"]),
    ("players", "height", ["teams.players.height_cm"]),
    ("players", "isFirstEleven", ["teams.players.is_starter"]),
    ("players", "stats", ["teams.players.stats"]),
    ("formations", "formationSlots", ["teams.formations.slots"]),
    ("formations", "formationPositions", ["teams.formations.positions"]),
]


@pytest.mark.parametrize(("group", "key", "fields"), ROW_KEYS)
def test_a_renamed_key_of_rows_is_named(
    html: bytes, files: SelectorFiles, group: str, key: str, fields: list[str]
) -> None:
    data = match_data(html)
    lists = [data["events"]] if group == "events" else [data[s][group] for s in ("home", "away")]
    for row in (row for found in lists for row in found):
        if key in row:
            row[f"{key}2"] = row.pop(key)
    assert fields_of(with_match_data(html, data), files) == fields


Change = Callable[[dict[str, Any]], object]
WRONG_VALUES: list[tuple[Change, list[str]]] = [
    (lambda d: d.update(attendance="81,104"), ["attendance"]),
    (lambda d: d.update(attendance=True), ["attendance"]),
    (lambda d: d.update(score="0 - 0"), ["home_score", "away_score"]),
    (lambda d: d.update(etScore="2:1"), ["home_score_et", "away_score_et"]),
    (lambda d: d.update(statusCode=9), ["status"]),
    (lambda d: d.update(statusCode="6"), ["status"]),
    (lambda d: d.update(startTime="2022-08-13"), ["kickoff_page", "kickoff_utc"]),
    (lambda d: d.update(startTime="2022-08-13T21:00:00"), ["header_kickoff_page"]),
    (lambda d: d["events"][7].update(x=500), ["events.x"]),
    (lambda d: d["events"][7].update(id=2445618547.5), ["events.event_id"]),
    (lambda d: d["events"][7].update(isTouch=1), ["events.is_touch"]),
    (lambda d: d["events"][7].update(playerId="422937"), ["events.player_id"]),
    (lambda d: d["events"][7].update(endX="3.6"), ["events.end_x"]),
    (lambda d: d["events"][7]["outcomeType"].update(value=2),
     ["events.outcome_id", "events.outcome"]),
    (lambda d: d["events"][7]["type"].update(displayName="Shot"), ["events.type_name"]),
    (lambda d: d["events"].insert(7, None), ["events.event_id"]),
    (lambda d: d["events"].clear(), ["events"]),
    (lambda d: d.update(home=d["away"], away=d["home"]), ["teams.side"]),
    (lambda d: d["home"].update(teamId=66), ["header_home_team_id"]),
    (lambda d: d["home"].update(name=" "), []),
    (lambda d: d["home"]["players"][0].update(height=1.87), ["teams.players.height_cm"]),
    (lambda d: d["home"]["players"][0].update(isFirstEleven="true"), ["teams.players.is_starter"]),
    (lambda d: d["home"].update(players=d["home"]["players"][:5]), ["teams.players"]),
    (lambda d: d["home"]["stats"]["touches"].update({"5": "1"}), ["teams.stats.by_minute"]),
    (lambda d: d["home"]["formations"][0]["playerIds"].pop(), ["teams.formations.slots"]),
    (lambda d: d["home"]["formations"][0]["playerIds"].__setitem__(3, 2**31),
     ["teams.formations.player_ids"]),
    (lambda d: d["home"]["formations"][0]["formationSlots"].__setitem__(3, 12),
     ["teams.formations.slots"]),
    (lambda d: d.pop("away"), ["teams.team_id"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "fields"), WRONG_VALUES)
def test_a_wrong_value_is_named_and_never_lands(
    html: bytes, files: SelectorFiles, change: Change, fields: list[str]
) -> None:
    data = copy.deepcopy(match_data(html))
    change(data)
    page = with_match_data(html, data)
    if fields:
        found = fields_of(page, files)
        assert found[: len(fields)] == fields
    else:
        read(page, files)


def test_another_match_s_page_is_refused(html: bytes, files: SelectorFiles) -> None:
    assert fields_of(html, files, Target.match_centre(1650631)) == ["match_id"]


@pytest.mark.parametrize(
    ("old", "new", "fields"),
    [
        ("'13/08/2022 20:00:00'", "'13/08/2022 21:00:00'", ["header_kickoff_page"]),
        ("'13/08/2022 20:00:00'", "'08/13/2022 20:00:00'", ["header_kickoff_page"]),
        ("matchId: 1650630", "matchId: 1650631", ["header_match_id"]),
        ("input: [65,64", "input: [64,65", ["header_home_team_id", "header_away_team_id"]),
        ("/Tournaments/4/", "/Competitions/4/", ["competition_id"]),
        ("LaLiga - 2022/2023\r\n", "LaLiga\r\n", ["competition_name", "season_name"]),
        (
            *('id="breadcrumb-nav"', 'id="crumbs"'),
            [
                "fingerprint",
                *(
                    f"{n}_{what}"
                    for n in ("competition", "season", "region")
                    for what in ("id", "name")
                ),
            ],
        ),
        (
            *("params['matchheader']", "params['header']"),
            [
                "fingerprint",
                "header_match_id",
                "header_home_team_id",
                "header_away_team_id",
                "header_kickoff_page",
            ],
        ),
        ("formationIdNameMappings", "formationNames", ["formation_names"]),
        ("matchCentreEventTypeJson", "eventTypes", ["satisfied_event_names"]),
    ],
)
def test_a_page_that_changed_is_named(
    html: bytes, files: SelectorFiles, old: str, new: str, fields: list[str]
) -> None:
    text = html.decode()
    assert text.count(old) >= 1
    assert fields_of(text.replace(old, new).encode(), files) == fields


def test_renamed_data_is_no_absence(html: bytes, files: SelectorFiles) -> None:
    for old, new in (("matchCentreData:", "matchData:"), ('params["args"]', 'params["match"]')):
        fields = fields_of(html.decode().replace(old, new).encode(), files)
        assert {"events", "player_names", "home_score"} <= set(fields)


@pytest.mark.parametrize("how", ["null", "no script"])
def test_a_match_without_a_match_centre_is_absent(
    html: bytes, files: SelectorFiles, how: str
) -> None:
    text = html.decode()
    if how == "null":
        text = with_match_data(html, None).decode()
    else:
        at = text.index('require.config.params["args"]')
        begin, end = text.rindex("<script>", 0, at), text.index("</script>", at)
        text = text[:begin] + text[end + len("</script>") :]
    with pytest.raises(TargetAbsent, match="no match centre"):
        read(text.encode(), files)


def test_a_match_that_is_not_over_gives_rows_too(html: bytes, files: SelectorFiles) -> None:
    data = match_data(html)
    data |= {"statusCode": 3, "elapsed": "67'", "ftScore": "", "attendance": 0, "maxPeriod": 2}
    match = read(with_match_data(html, data), files).rows["match"][0]
    assert (match["status"], match["elapsed"]) == ("live", "67'")
    assert match["home_score_ft"] is None
    assert match["attendance"] is None


def test_a_cup_match_with_extra_time_and_shoot_out(html: bytes, files: SelectorFiles) -> None:
    data = match_data(html)
    data |= {
        "elapsed": "PEN", "score": "2 : 2", "htScore": "1 : 0", "ftScore": "1 : 1",
        "etScore": "2 : 2", "pkScore": "4 : 5", "maxPeriod": 5, "expandedMaxMinute": 150,
    }  # fmt: skip
    for event, minute, flag in ((100, 20, "isGoal"), (200, 40, "isOwnGoal")):
        data["events"][event] |= {"isGoal": True, flag: True, "minute": minute}
    data["events"][300]["period"] = {"value": 5, "displayName": "PenaltyShootout"}
    rows = read(with_match_data(html, data), files).rows
    match = rows["match"][0]
    scores = {key: value for key, value in match.items() if "score" in key}
    assert scores == {
        "home_score": 2, "away_score": 2, "home_score_ht": 1, "away_score_ht": 0,
        "home_score_ft": 1, "away_score_ft": 1, "home_score_et": 2, "away_score_et": 2,
        "home_score_pk": 4, "away_score_pk": 5,
    }  # fmt: skip
    goals = [(e["minute"], e["is_goal"], e["is_own_goal"]) for e in rows["event"] if e["is_goal"]]
    assert goals == [(20, True, False), (40, True, True)]
    # The shoot-out is no playing time: the last played minute is 105.
    goalkeeper = next(row for row in rows["line_up"] if row["player_id"] == 80774)
    assert goalkeeper["minutes_played"] == 105


def test_nobody_refereed(html: bytes, files: SelectorFiles) -> None:
    data = match_data(html)
    for referee in (None, {"officialId": 0, "name": ""}):
        rows = read(with_match_data(html, data | {"referee": referee}), files).rows
        assert rows["referee"] == []
        assert rows["match"][0]["referee_id"] is None


def test_the_refusal_page_is_refused(shared_data: Path, files: SelectorFiles) -> None:
    with pytest.raises(SourceRefused, match="137002380008229538-44123801063591652"):
        read(refusal_page(shared_data), files)


def test_a_cut_page_is_unavailable_and_not_changed(html: bytes, files: SelectorFiles) -> None:
    """Cut anywhere, as the server sent it and as a browser closes it."""
    data_begins = html.index(b"matchCentreData: ")
    data_ends = html.index(b"matchCentreEventTypeJson")
    cuts = [20, 5_000, 30_000, data_begins + 30, data_begins + 500_001, data_ends - 100]
    for cut in cuts:
        served = html[:cut]
        closed = served + (b"</script>" if cut > data_begins else b"") + b"</body></html>"
        for page in (served, closed):
            with pytest.raises(SourceUnavailable):
                read(page, files)
