"""Football's rules hold on the stand-in's pages, match by match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.site.match import Match
from tests.site.outcome import decided
from tests.site.world import World
from tests.support.pages import match_data, real_match_page

Json = dict[str, Any]
WORLD = World()
PLAYED = (1, 2, 3, 4)


def chosen() -> list[Match]:
    """The first round, the last week, extra time, own goals, what is broken off or goes on."""
    first, week = datetime(2022, 8, 16, tzinfo=UTC), datetime(2023, 1, 10, tzinfo=UTC)
    return [
        m
        for m in WORLD.matches()
        if m.has_match_centre
        and (m.kickoff_utc < first or m.kickoff_utc > week or m.outcome.extra_time
             or m.status != "finished")
    ]  # fmt: skip


MATCHES = chosen()


@lru_cache(maxsize=len(MATCHES))
def page_of(match_id: int) -> bytes:
    page = WORLD.page(match_id)
    assert page is not None
    return page


@lru_cache(maxsize=len(MATCHES))
def data_of(match_id: int) -> Json:
    return match_data(page_of(match_id))


@pytest.fixture(params=MATCHES, ids=lambda m: f"{m.id}-{m.status}-{m.outcome.elapsed}")
def match(request: pytest.FixtureRequest) -> Match:
    found: Match = request.param
    return found


@pytest.fixture
def data(match: Match) -> Json:
    return data_of(match.id)


def kind(event: Json) -> str:
    return str(event["type"]["displayName"])


def period(event: Json) -> int:
    return int(event["period"]["value"])


def marks(event: Json) -> dict[str, str | None]:
    return {q["type"]["displayName"]: q.get("value") for q in event["qualifiers"]}


def teams(data: Json) -> Iterator[tuple[Json, Json]]:
    """Each team with the other."""
    yield data["home"], data["away"]
    yield data["away"], data["home"]


def of(data: Json, team: Json, *kinds: str) -> list[Json]:
    events = [e for e in data["events"] if e["teamId"] == team["teamId"]]
    return [e for e in events if not kinds or kind(e) in kinds]


def goals(data: Json, team: Json, periods: tuple[int, ...]) -> int:
    """Goals of a team: its own, and the own goals of the other."""
    return sum(
        (e["teamId"] == team["teamId"]) != e.get("isOwnGoal", False)
        for e in data["events"]
        if e.get("isGoal") and period(e) in periods
    )


def text(data: Json, periods: tuple[int, ...]) -> str:
    return f"{goals(data, data['home'], periods)} : {goals(data, data['away'], periods)}"


def test_the_sample_has_every_kind_of_match() -> None:
    assert len(MATCHES) > 20
    assert {m.status for m in MATCHES} == {"finished", "abandoned", "live"}
    assert {m.outcome.elapsed for m in MATCHES} == {"FT", "AET", "PEN"}
    events = [e for m in MATCHES for e in data_of(m.id)["events"]]
    assert any(e.get("isOwnGoal") for e in events)
    assert {e["cardType"]["displayName"] for e in events if "cardType" in e} == {
        "Yellow", "SecondYellow", "Red"
    }  # fmt: skip
    assert any(e.get("isGoal") and "Penalty" in marks(e) and period(e) < 5 for e in events)
    assert any(kind(e) == "FormationChange" for e in events)


def test_the_score_is_the_goals(match: Match, data: Json) -> None:
    assert data["score"] == text(data, PLAYED) == f"{match.home_score} : {match.away_score}"
    if match.status == "finished":
        outcome = match.outcome
        assert match.score == outcome.score()
        assert data["htScore"] == text(data, (1,)) == "{} : {}".format(*outcome.score((1,)))
        assert data["ftScore"] == text(data, (1, 2)) == "{} : {}".format(*outcome.score((1, 2)))
        assert data["etScore"] == (text(data, PLAYED) if outcome.extra_time else "")
        assert data["pkScore"] == (text(data, (5,)) if outcome.shoot_out else "")
        assert data["elapsed"] == outcome.elapsed
    for team, _ in teams(data):
        assert team["scores"]["running"] == goals(data, team, PLAYED)
        assert team["scores"]["halftime"] == goals(data, team, (1,))
        assert team["scores"]["fulltime"] == goals(data, team, (1, 2))


def test_goals_are_at_the_right_end(data: Json) -> None:
    for event in data["events"]:
        if event.get("isGoal"):
            assert kind(event) == "Goal"
            assert event["isShot"]
            assert event["x"] < 15 if event.get("isOwnGoal") else event["x"] > 75
            assert ("OwnGoal" in marks(event)) == event.get("isOwnGoal", False)
            assert 45 < event["goalMouthY"] < 55
            assert event["goalMouthZ"] < 38


def test_eleven_begin_with_a_keeper_and_a_captain(data: Json) -> None:
    everybody = [p["playerId"] for team, _ in teams(data) for p in team["players"]]
    assert len(set(everybody)) == len(everybody)
    assert data["playerIdNameDictionary"].keys() == {str(p) for p in everybody}
    for team, _ in teams(data):
        players = team["players"]
        starters = [p for p in players if p.get("isFirstEleven")]
        assert len(starters) == 11
        assert [p["position"] for p in starters].count("GK") == 1
        assert all(p["position"] == "Sub" for p in players if not p.get("isFirstEleven"))
        assert len({p["shirtNo"] for p in players}) == len(players) >= 16
        first = team["formations"][0]
        assert {p["playerId"] for p in starters} == set(first["playerIds"][:11])
        assert first["captainPlayerId"] in first["playerIds"][:11]
        (formed,) = of(data, team, "FormationSet")
        assert marks(formed)["CaptainPlayerId"] == str(first["captainPlayerId"])
        assert period(formed) == 16


def stretches(data: Json, team: Json) -> dict[int, tuple[int, int]]:
    """Expanded minutes of coming on and leaving, by player, from the events alone."""
    time = {p["playerId"]: (0, 999) for p in team["players"] if p.get("isFirstEleven")}
    for event in of(data, team, "SubstitutionOff", "SubstitutionOn", "Card"):
        player, minute = event.get("playerId"), event["expandedMinute"]
        if kind(event) == "SubstitutionOn":
            assert player not in time, "comes back"
            time[player] = (minute, 999)
        elif kind(event) == "SubstitutionOff" or event["cardType"]["displayName"] != "Yellow":
            assert time[player][1] == 999, "leaves twice"
            time[player] = (time[player][0], minute)
    return time


def test_players_act_only_while_on_the_pitch(data: Json) -> None:
    for team, _ in teams(data):
        time = stretches(data, team)
        for event in of(data, team):
            if "playerId" in event:
                begin, end = time[event["playerId"]]
                assert begin <= event["expandedMinute"] <= end, event
        for player in team["players"]:
            if player["playerId"] not in time:
                assert player["stats"] == {}


def test_substitutions_are_pairs_and_five_at_most(data: Json) -> None:
    for team, _ in teams(data):
        gone, came = of(data, team, "SubstitutionOff"), of(data, team, "SubstitutionOn")
        assert len(gone) == len(came) <= 5
        players = {p["playerId"]: p for p in team["players"]}
        for off, on in zip(gone, came, strict=True):
            assert off["relatedEventId"] == on["eventId"]
            assert on["relatedEventId"] == off["eventId"]
            assert off["relatedPlayerId"] == on["playerId"]
            assert on["relatedPlayerId"] == off["playerId"]
            left, entered = players[off["playerId"]], players[on["playerId"]]
            assert left["subbedInPlayerId"] == entered["playerId"]
            assert entered["subbedOutPlayerId"] == left["playerId"]
            minute = on["expandedMinute"]
            assert left["subbedOutExpandedMinute"] == entered["subbedInExpandedMinute"] == minute
            assert left["subbedOutPeriod"] == entered["subbedInPeriod"] == on["period"]


def test_cards_are_in_order(data: Json) -> None:
    for team, _ in teams(data):
        shown = [(e["playerId"], e["cardType"]["displayName"]) for e in of(data, team, "Card")]
        for player in {player for player, _ in shown}:
            assert [card for who, card in shown if who == player] in (
                ["Yellow"], ["Red"], ["Yellow", "SecondYellow"]
            )  # fmt: skip


def test_formations_follow_each_other(data: Json) -> None:
    for team, _ in teams(data):
        entries = team["formations"]
        red = [e["expandedMinute"] for e in of(data, team, "Card") if "Yellow" not in marks(e)]
        assert entries[0]["startMinuteExpanded"] == 0
        for before, after in pairwise(entries):
            assert before["endMinuteExpanded"] == after["startMinuteExpanded"]
        for entry in entries:
            slots = [s for s in entry["formationSlots"] if s]
            sent = sum(minute <= entry["startMinuteExpanded"] for minute in red)
            # In the minute of a card both the eleven and the ten have an entry.
            assert len(set(slots)) == len(slots)
            assert 11 - sent <= len(slots) <= 11
            assert entry["formationPositions"][0] == {"vertical": 0.0, "horizontal": 5.0}
            assert len(entry["formationPositions"]) == 11
            assert len(entry["formationSlots"]) == len(entry["playerIds"])
            assert len(entry["playerIds"]) == len(entry["jerseyNumbers"])
        last = zip(entries[-1]["playerIds"], entries[-1]["formationSlots"], strict=True)
        on = {player for player, slot in last if slot}
        assert on == {p for p, (_, end) in stretches(data, team).items() if end == 999}
        assert entries[-1]["endMinuteExpanded"] >= entries[-1]["startMinuteExpanded"]
        assert sum("subOnPlayerId" in e for e in entries) == len(of(data, team, "SubstitutionOn"))


def test_periods_begin_and_end(match: Match, data: Json) -> None:
    ended = {int(p): minute for p, minute in data["periodEndMinutes"].items()}
    begun = {period(e) for e in data["events"] if kind(e) == "Start"}
    assert data["maxPeriod"] == max(begun)
    if match.status == "finished":
        assert begun == set(ended)
        assert begun == {1, 2} | ({3, 4} if match.outcome.extra_time else set()) | (
            {5} if match.outcome.shoot_out else set()
        )
        post = [e for e in data["events"] if period(e) == 14]
        assert [kind(e) for e in post] == ["End", "End"]
    for number in begun:
        events = [e for e in data["events"] if period(e) == number]
        assert [kind(e) for e in events].count("Start") == 2
        assert [kind(e) for e in events].count("End") == (2 if number in ended else 0)
        if number in ended:
            assert {kind(e) for e in events[-2:]} == {"End"}
            assert events[-1]["minute"] == ended[number]


def test_clocks_agree(data: Json) -> None:
    expanded = data["expandedMinutes"]
    for event in data["events"]:
        if period(event) in (*PLAYED, 5):
            assert expanded[str(period(event))][str(event["minute"])] == event["expandedMinute"]
        assert 0 <= event.get("second", 0) < 60
    clock = [
        (period(e), e["expandedMinute"], e.get("second", -1)) for e in data["events"]
    ]  # fmt: skip
    assert clock == sorted(clock)
    last = max(e["expandedMinute"] for e in data["events"] if period(e) < 14)
    assert data["expandedMaxMinute"] == data["minuteExpanded"]
    assert 0 <= data["expandedMaxMinute"] - last <= 1
    begins = [minutes[min(minutes, key=int)] for minutes in expanded.values()]
    ends = [minutes[max(minutes, key=int)] for minutes in expanded.values()]
    assert begins[1:] == [end + 1 for end in ends[:-1]]


def test_events_count_up_within_a_team(data: Json) -> None:
    for team, _ in teams(data):
        numbers = sorted(e["eventId"] for e in of(data, team))
        assert numbers == list(range(1, len(numbers) + 1))


def test_events_of_all_matches_have_ids_of_their_own() -> None:
    ids = Counter(e["id"] for m in MATCHES for e in data_of(m.id)["events"])
    assert max(ids.values()) == 1
    assert '"id":2500' in page_of(MATCHES[0].id).decode()
    assert '.0,"eventId":' in page_of(MATCHES[0].id).decode()


def test_related_events_are_there(data: Json) -> None:
    by_number = {(e["teamId"], e["eventId"]): e for e in data["events"]}
    other = {t["teamId"]: o["teamId"] for t, o in teams(data)}
    seen: Counter[str] = Counter()
    for event in data["events"]:
        if named := marks(event).get("OppositeRelatedEvent"):
            seen["opposite"] += 1
            rival = by_number[other[event["teamId"]], int(named)]
            if kind(event) == "BlockedPass":  # of a pass played a moment before
                assert 0 <= event["expandedMinute"] - rival["expandedMinute"] <= 1
            else:
                assert rival["expandedMinute"] == event["expandedMinute"]
                assert marks(rival)["OppositeRelatedEvent"] == str(event["eventId"])
        if event.get("isShot") and "relatedEventId" in event:
            seen["assisted"] += 1
            helped = by_number[event["teamId"], event["relatedEventId"]]
            assert helped["playerId"] == event["relatedPlayerId"] != event["playerId"]
            assert kind(helped) == "Pass"
            assert ("IntentionalGoalAssist" in marks(helped)) == event.get("isGoal", False)
    assert seen["opposite"] > 50
    assert seen["assisted"] > 2


def total(stats: Json, name: str) -> float:
    return float(sum(stats.get(name, {}).values()))


def test_statistics_are_the_events(data: Json) -> None:
    for team, _ in teams(data):
        played = [e for e in of(data, team) if period(e) in PLAYED]
        passes = [e for e in played if kind(e) == "Pass"]
        plain = [e for e in passes if not marks(e).keys() & {"ThrowIn", "KeeperThrow", "Cross"}]
        stats = team["stats"]
        shots = [e for e in played if e.get("isShot") and not e.get("isOwnGoal")]
        expected = {
            "touches": sum(e["isTouch"] for e in played),
            "passesTotal": len(plain),
            "passesAccurate": sum(e["outcomeType"]["value"] for e in plain),
            "possession": sum("ThrowIn" not in marks(e) for e in passes),
            "throwInsTotal": sum("ThrowIn" in marks(e) for e in passes),
            "cornersTotal": sum("CornerTaken" in marks(e) for e in passes),
            "shotsTotal": len(shots),
            "shotsOffTarget": sum(kind(e) == "MissedShots" for e in shots),
            "tacklesTotal": sum(kind(e) in ("Tackle", "Challenge") for e in played),
            "foulsCommited": sum(
                kind(e) == "Foul" and not e["outcomeType"]["value"] for e in played
            ),
        }
        for name, value in expected.items():
            assert total(stats, name) == value, name
            assert sum(total(p["stats"], name) for p in team["players"]) == value, name
        assert total(stats, "shotsOnTarget") >= sum(e.get("isGoal", False) for e in shots)
        zones = [c for z in team["shotZones"].values() for c in z["stats"].values()]
        assert sum(c["count"] for c in zones) == len(shots)
        assert sum(c["goalCount"] for c in zones) == sum(e.get("isGoal", False) for e in shots)


def test_ratings_and_the_best_of_the_match(data: Json) -> None:
    finals = {}
    for team, _ in teams(data):
        own = []
        for player in team["players"]:
            ratings = player["stats"].get("ratings", {})
            if ratings:
                assert all(3 <= value <= 10 for value in ratings.values())
                assert max(ratings, key=int) == str(data["expandedMaxMinute"])
                own.append(ratings[str(data["expandedMaxMinute"])])
                finals[player["playerId"]] = own[-1]
        assert len(own) == 11 + len(of(data, team, "SubstitutionOn"))
        mean = team["stats"]["ratings"][str(data["expandedMaxMinute"])]
        assert mean == pytest.approx(sum(own) / len(own), abs=0.01)
    best = [p["playerId"] for t, _ in teams(data) for p in t["players"] if p["isManOfTheMatch"]]
    assert len(best) == 1
    assert finals[best[0]] == max(finals.values())


def test_shoot_outs_end_when_they_are_decided() -> None:
    shoot_outs = [m for m in MATCHES if m.outcome.shoot_out]
    assert shoot_outs
    for match in shoot_outs:
        data = data_of(match.id)
        taken = [e for e in data["events"] if period(e) == 5 and e.get("isShot")]
        kicks = [(int(e["teamId"] == match.away.id), e.get("isGoal", False)) for e in taken]
        assert tuple(kicks) == match.outcome.shoot_out
        first = kicks[0][0]
        assert [side for side, _ in kicks] == [(first + n) % 2 for n in range(len(kicks))]
        assert decided(kicks, first)
        assert not any(decided(kicks[:n], first) for n in range(len(kicks)))
        home, away = (int(part) for part in data["pkScore"].split(" : "))
        assert home != away
        takers = Counter(e["playerId"] for e in taken)
        assert max(takers.values()) == 1 or len(kicks) > 20


def test_pages_are_about_as_big_as_real_ones() -> None:
    whole = [m for m in MATCHES if m.status == "finished" and not m.outcome.extra_time]
    events = [m.events for m in whole]
    assert min(events) > 1_150
    assert max(events) < 1_800
    assert 1_300 < sum(events) / len(events) < 1_600
    assert all(900_000 < len(page_of(m.id)) < 1_500_000 for m in whole)


def shape(value: Any, depth: int = 0) -> Any:
    """Keys and types of JSON; lists by their first item."""
    if isinstance(value, dict):
        return {key: shape(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0], depth + 1)] if value else []
    return type(value).__name__


def test_the_shapes_are_those_of_the_captured_page(shared_data: Path) -> None:
    real = match_data(real_match_page(shared_data))
    ours = data_of(next(m.id for m in MATCHES if m.status == "finished"))
    by_number = {"playerIdNameDictionary", "expandedMinutes", "periodEndMinutes"}
    assert list(ours) == list(real)
    for key in real.keys() - by_number - {"home", "away", "events"}:
        assert shape(ours[key]) == shape(real[key]), key
    for side in ("home", "away"):
        assert list(ours[side]) == list(real[side])
        assert ours[side]["shotZones"].keys() == real[side]["shotZones"].keys()
        named = {stat for s in ("home", "away") for stat in real[s]["stats"]}
        assert set(ours[side]["stats"]) <= named | {"shotsOnPost"}
        for name in ("players", "formations", "events", "incidentEvents"):
            rows = ours[side][name] if name in ours[side] else ours[name]
            known = real[side][name] if name in real[side] else real[name]
            every = [set(row) for row in known]
            goal = {"isGoal", "isOwnGoal"} if "vents" in name else set()
            shots = {"isShot", "goalMouthY", "goalMouthZ"} if name == "incidentEvents" else set()
            assert set.union(*map(set, rows)) <= set.union(*every) | goal | shots, name
            assert set.intersection(*every) <= set.intersection(*map(set, rows)), name


def test_events_have_the_numbers_of_the_captured_page(shared_data: Path) -> None:
    real = match_data(real_match_page(shared_data))
    ours = [e for m in MATCHES for e in data_of(m.id)["events"]]

    def numbers(events: list[Json]) -> dict[tuple[str, str], int]:
        found = {("type", kind(e)): e["type"]["value"] for e in events}
        found |= {("period", e["period"]["displayName"]): period(e) for e in events}
        found |= {
            ("qualifier", q["type"]["displayName"]): q["type"]["value"]
            for e in events
            for q in e["qualifiers"]
        }
        return found

    known, mine = numbers(real["events"]), numbers(ours)
    assert {name: number for name, number in mine.items() if name in known} == {
        name: number for name, number in known.items() if name in mine
    }
    assert len(set(mine.items())) == len({(name[0], number) for name, number in mine.items()})
    # A pass counts as what it counts as on the real page, whatever else it may be.
    always = set.intersection(
        *(set(e["satisfiedEventsTypes"]) for e in real["events"] if kind(e) == "Pass")
    )
    assert all(always <= set(e["satisfiedEventsTypes"]) for e in ours if kind(e) == "Pass")
