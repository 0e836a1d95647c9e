"""Minutes played and substitutions, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from scrapers.parsing import Extracted
from scrapers.parsing.failures import Failures
from scrapers.whoscored.line_ups import end_of_play, line_up_rows, substitution_rows
from scrapers.whoscored.statistics import adds_up, last_value, summary


def event(
    kind: str, player: int | None = None, minute: int | None = 50, **more: Any
) -> dict[str, Any]:
    return {
        "type_name": kind, "player_id": player, "expanded_minute": minute, "minute": minute,
        "period_id": 2, "team_id": 1, "event_id": 100, "team_event_id": None, "card_type": None,
        "related_team_event_id": None, "related_player_id": None, **more,
    }  # fmt: skip


def player(player_id: int, **more: Any) -> dict[str, Any]:
    return {
        "player_id": player_id, "shirt_number": 1, "position": "MC", "is_starter": True,
        "is_man_of_the_match": False, "minute_on": None, "minute_off": None,
        "replaced_player_id": None, "replaced_by_player_id": None, "age_years": 20, "stats": [],
        **more,
    }  # fmt: skip


def match(
    events: list[dict[str, Any]], *players: dict[str, Any], end: int = 95, max_period: int = 2
) -> Extracted:
    team = {"team_id": 1, "formations": [{"captain_player_id": 7}], "players": list(players)}
    return Extracted(
        {"match_id": 1, "expanded_max_minute": end, "max_period": max_period},
        {"events": events, "teams": [team]},
    )


def red(minute: int, period: int = 2, card: str = "Red") -> dict[str, Any]:
    return event("Card", 7, minute, period_id=period, card_type=card)


SUB = {"is_starter": False}
CASES = [
    ("starter to the end", [], {}, (0, None, 95)),
    ("starter substituted", [], {"minute_off": 60}, (0, 60, 60)),
    ("only the event tells", [event("SubstitutionOff", 7, 60)], {}, (0, 60, 60)),
    ("the page's minute before the event's", [event("SubstitutionOff", 7, 61)],
     {"minute_off": 60}, (0, 60, 60)),
    ("red card", [red(30)], {}, (0, 30, 30)),
    ("second yellow card", [red(30, card="SecondYellow")], {}, (0, 30, 30)),
    ("yellow card", [red(30, card="Yellow")], {}, (0, None, 95)),
    ("no card type: a voided one", [event("Card", 7, 30)], {}, (0, None, 95)),
    ("red card after going off", [red(80)], {"minute_off": 60}, (0, 60, 60)),
    ("red card after the match, its clock begins again", [red(15, period=14)], {}, (0, None, 95)),
    ("red card before the match", [red(0, period=16)], {}, (0, None, 95)),
    ("substitute to the end", [], {**SUB, "minute_on": 60}, (60, None, 35)),
    ("substitute, only the event tells", [event("SubstitutionOn", 7, 70)], SUB, (70, None, 25)),
    ("substitute substituted", [], {**SUB, "minute_on": 60, "minute_off": 80}, (60, 80, 20)),
    ("substitute sent off", [red(90)], {**SUB, "minute_on": 60}, (60, 90, 30)),
    ("not used", [], SUB, (None, None, 0)),
    ("red card on the bench", [red(50)], SUB, (None, None, 0)),
    ("on in the first minute", [], {**SUB, "minute_on": 0}, (0, None, 95)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "events", "more", "expected"), CASES)
def test_minutes(
    name: str, events: list[dict[str, Any]], more: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    row = line_up_rows(match(events, player(7, **more)))[0]
    assert (row["minute_on"], row["minute_off"], row["minutes_played"]) == expected, name
    assert row["is_captain"]


def test_the_shoot_out_is_no_playing_time() -> None:
    events = [
        event("Pass", 7, 128, period_id=4), event("Goal", 7, 140, period_id=5),
        event("End", None, 15, period_id=14), red(139, period=5),
    ]  # fmt: skip
    page = match(events, player(7), end=141, max_period=5)
    assert end_of_play(page) == 128
    assert line_up_rows(page)[0]["minutes_played"] == 128


def off(**more: Any) -> dict[str, Any]:
    return event("SubstitutionOff", 7, event_id=1, team_event_id=11, **more)


def on(**more: Any) -> dict[str, Any]:
    return event("SubstitutionOn", 8, **{"event_id": 2, "team_event_id": 12, **more})


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([off(related_team_event_id=12), on()], (2, 8)),
        ([on(), off(related_team_event_id=12)], (2, 8)),
        ([off(), on(related_team_event_id=11)], (2, 8)),
        ([off(related_player_id=8), on()], (2, 8)),
        ([off(related_team_event_id=12), on(team_id=2)], (None, None)),
        ([off()], (None, None)),
        ([off(), on(team_event_id=None)], (None, None)),
        ([off(related_team_event_id=13, related_player_id=8), on(),
          on(event_id=3, team_event_id=13, player_id=9)], (3, 9)),
    ],
)  # fmt: skip
def test_pairs_of_substitutions(
    events: list[dict[str, Any]], expected: tuple[int | None, int | None]
) -> None:
    failures = Failures()
    rows = substitution_rows(match(events), failures)
    assert [(row["on_event_id"], row["player_on_id"]) for row in rows] == [expected]
    assert failures.found == []


def test_a_coming_on_is_paired_once() -> None:
    first, second = off(related_player_id=8), {**off(related_player_id=8), "event_id": 5}
    rows = substitution_rows(match([first, second, on()]), Failures())
    assert [row["on_event_id"] for row in rows] == [2, None]


def test_a_substitution_of_nobody_is_a_failure() -> None:
    failures = Failures()
    assert substitution_rows(match([{**off(), "player_id": None}]), failures) == []
    assert failures.names() == ["events.player_id"]


@pytest.mark.parametrize(
    ("stat", "expected"),
    [
        ("touches", True), ("possession", True), ("tackleSuccessful", True),
        ("cornersAccurate", True), ("ratings", False), ("passSuccess", False),
        ("tackleSuccess", False), ("aerialSuccess", False), ("dribbleSuccess", False),
        ("throwInAccuracy", False), ("cornersAccuracy", False),
    ],
)  # fmt: skip
def test_what_adds_up(stat: str, expected: bool) -> None:
    assert adds_up(stat) is expected


def test_the_last_minute_is_the_highest_number() -> None:
    by_minute = {"9": 1.0, "100": 3.0, "20": 2.0}
    assert last_value(by_minute) == 3.0
    assert summary({"stat": "touches", "by_minute": by_minute}) == {
        "stat": "touches", "by_minute": by_minute, "total": 6.0, "last": 3.0
    }  # fmt: skip
    assert summary({"stat": "touches", "by_minute": {}})["last"] is None
