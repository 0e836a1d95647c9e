"""The stand-in's season: the same everywhere, and right at every moment of its clock."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from scrapers.pipeline.intervals import Interval
from scrapers.settings import ROOT, FollowedStage
from tests.site.amend import AmendError, Amendment
from tests.site.captured import LISTED_MATCH
from tests.site.match import Match
from tests.site.world import DEFAULT_NOW, World
from tests.support.pages import match_data

LONDON = ZoneInfo("Europe/London")
END = datetime(2023, 7, 1, tzinfo=UTC)

DIGESTS = """
import hashlib, sys
from tests.site.world import World
world = World("other")
for match_id in map(int, sys.argv[1:]):
    print(match_id, hashlib.sha256(world.page(match_id)).hexdigest())
for stage in world.follow():
    print(hashlib.sha256(world.feed(stage["stage_id"], "202209")).hexdigest())
"""


def by_id(lines: str) -> set[str]:
    return set(lines.splitlines())


def test_pages_depend_on_seed_and_match_alone() -> None:
    ids = [str(m.id) for m in World("other").matches() if m.status == "finished"][::29]
    outputs = [
        subprocess.run(
            [sys.executable, "-c", DIGESTS, *order],
            env={**os.environ, "PYTHONHASHSEED": salt, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt, order in (("1", ids), ("2", ids[::-1]))
    ]
    assert by_id(outputs[0]) == by_id(outputs[1])
    here = World("other", datetime(2023, 6, 1, tzinfo=UTC)).page(int(ids[0]))
    assert here
    assert f"{ids[0]} {hashlib.sha256(here).hexdigest()}" in outputs[0]
    other = World("another").page(int(ids[0]))
    assert other
    assert other != here


def test_a_world_is_cheap_until_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a match was played")

    monkeypatch.setattr("tests.site.match.play", refuse)
    world = World()
    finished = [m for m in world.matches() if m.status == "finished"]
    assert all(m.home_score is not None and m.has_match_centre is not None for m in finished)
    assert world.days()


def test_two_leagues_and_a_cup() -> None:
    world = World(now=END)
    stages = [FollowedStage.model_validate(one) for one in world.follow()]
    assert len({s.stage_id for s in stages}) == 8
    assert len({s.competition for s in stages}) == 3
    sizes = Counter(m.stage.name for m in world.matches())
    assert sizes == {
        "First Division": 90, "Série Ouro": 90, "Qualifying Round": 4, "Final Stage": 7,
        **{f"Interocean Cup Grp. {group}": 12 for group in "ABCD"},
    }  # fmt: skip
    for stage in ("First Division", "Série Ouro"):
        matches = [m for m in world.matches() if m.stage.name == stage]
        pairs = Counter((m.home.id, m.away.id) for m in matches)
        assert set(pairs.values()) == {1}
        assert len(pairs) == 10 * 9
    assert LISTED_MATCH not in world.fixtures


def test_ids_are_nobody_elses() -> None:
    world = World(now=END)
    clubs = {c.id: c for m in world.matches() for c in (m.home, m.away)}
    players = [p for c in clubs.values() for p in c.squad]
    assert len(clubs) == 20
    assert len({p.id for p in players}) == len({p.name for p in players}) == len(players)
    assert min(p.id for p in players) >= 700_000
    for club in clubs.values():
        assert len({p.shirt for p in club.squad}) == len(club.squad)


def test_nobody_plays_twice_within_forty_hours() -> None:
    world = World(now=END)
    for club in {m.home.id for m in world.matches()}:
        own = sorted(
            m.kickoff_utc for m in world.matches() if club in (m.home.id, m.away.id)
        )  # fmt: skip
        assert min(b - a for a, b in pairwise(own)) > timedelta(hours=40)


def test_a_night_of_football() -> None:
    world = World()
    night = world.matches_on(date(2023, 1, 14))
    assert Counter(m.stage.name for m in night) == {"First Division": 4, "Série Ouro": 4}
    span = Interval.of_days(date(2023, 1, 14), date(2023, 1, 14))
    assert all(span.start <= m.kickoff_utc < span.end for m in night)
    # One of them kicks off after midnight by UTC, and belongs to the evening before.
    assert max(m.kickoff_utc for m in night).date() == date(2023, 1, 15)
    listed = [m for day in world.days() for m in world.matches_on(day)]
    assert [m.id for m in listed] == [m.id for m in world.matches()]


def feeds(world: World) -> dict[int, dict[str, object]]:
    """Every match as the feeds of all stages and months list it, with its month."""
    found: dict[int, dict[str, object]] = {}
    months = [f"2022{m:02}" for m in range(7, 13)] + [f"2023{m:02}" for m in range(1, 8)]
    for stage in world.follow():
        for month in months:
            for tournament in json.loads(world.feed(int(str(stage["stage_id"])), month))[
                "tournaments"
            ]:
                for match in tournament["matches"]:
                    assert match["id"] not in found
                    found[match["id"]] = {**match, "month": month}
    return found


def test_the_feeds_are_the_world() -> None:
    world = World()
    listed = feeds(world)
    assert listed.keys() == {m.id for m in world.matches()}
    for match in world.matches():
        entry = listed[match.id]
        local = match.kickoff_utc.astimezone(LONDON)
        assert entry["startTimeUtc"] == f"{match.kickoff_utc:%Y-%m-%dT%H:%M:%SZ}"
        assert entry["startTime"] == f"{local:%Y-%m-%dT%H:%M:%S}"
        assert entry["month"] == f"{local:%Y%m}"
        assert (entry["homeScore"], entry["awayScore"]) == (match.home_score, match.away_score)
        penalties = match.penalties or (None, None)
        assert (entry["homePenaltyScore"], entry["awayPenaltyScore"]) == penalties
        assert entry["matchIsOpta"] is match.opta
    assert json.loads(world.feed(1, "202208")) == {"tournaments": []}
    assert json.loads(world.feed(21501, "202307")) == {"tournaments": []}


def test_summer_time_is_the_sites() -> None:
    listed = feeds(World(now=END)).values()
    offsets = Counter(
        datetime.fromisoformat(str(m["startTime"])).hour
        - datetime.fromisoformat(str(m["startTimeUtc"])).hour
        for m in listed
    )
    assert offsets[0] > 50
    assert offsets[1] > 50
    assert offsets[-23] > 0  # 23:30 by UTC, half past midnight in London


def test_every_special_kind_is_there() -> None:
    matches = World().matches()
    statuses = Counter(m.status for m in matches)
    assert statuses["postponed"] == statuses["abandoned"] == 2
    assert statuses["live"] == 1
    assert statuses["finished"] > 150
    assert statuses["scheduled"] > 50
    lacking = [m for m in matches if m.status == "finished" and not m.has_match_centre]
    assert {(m.no_centre, m.opta) for m in lacking} == {
        ("null", False), ("null", True), ("no_script", True), ("no_script", False)
    }  # fmt: skip
    finished = [m for m in matches if m.status == "finished"]
    assert sum(m.outcome.extra_time for m in finished) >= 4
    assert sum(bool(m.outcome.shoot_out) for m in finished) >= 3


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_extra_time_is_for_the_cup_alone(seed: str) -> None:
    world = World(seed, END)
    for match in world.matches():
        outcome = match.outcome
        if not match.fixture.knock_out:
            assert not outcome.extra_time
        else:
            assert outcome.winner is not None
            home, away = outcome.score((1, 2))
            assert outcome.extra_time == (home == away)
            home, away = outcome.score()
            assert bool(outcome.shoot_out) == (home == away)


def test_a_final_is_listed_when_its_teams_are_known() -> None:
    (final,) = [m for m in World().matches() if m.status == "scheduled" and m.fixture.knock_out]
    semis = [m for m in World().matches_on(date(2023, 1, 11)) if m.fixture.knock_out]
    assert len(semis) == 2
    winners = {(m.home, m.away)[m.outcome.winner or 0].id for m in semis}
    assert {final.home.id, final.away.id} == winners
    before = World(now=datetime(2023, 1, 10, tzinfo=UTC))
    assert before.match(final.id) is None
    assert before.page(final.id) is None
    assert final.id not in feeds(before)


def test_a_postponed_match_comes_back_under_its_id_in_another_month() -> None:
    world = World()
    fixture = next(f for f in world.fixtures.values() if f.postponement)
    put_off = fixture.postponement
    assert put_off

    def seen(now: datetime) -> tuple[str, object, Match]:
        world.now = now
        match = world.match(fixture.id)
        assert match
        return match.status, feeds(world)[fixture.id]["month"], match

    assert seen(put_off.told - timedelta(hours=1))[:2] == ("scheduled", "202209")
    status, month, match = seen(put_off.told + timedelta(hours=1))
    assert (status, month, match.elapsed) == ("postponed", "202209", "Post")
    assert seen(fixture.kickoff + timedelta(hours=1))[0] == "postponed"
    assert seen(put_off.known + timedelta(hours=1))[:2] == ("scheduled", "202210")
    status, month, match = seen(put_off.kickoff + timedelta(hours=3))
    assert (status, month) == ("finished", "202210")
    assert match.kickoff_utc == put_off.kickoff


def test_a_live_match_is_the_begin_of_the_finished_one() -> None:
    world = World()
    (live,) = [m for m in world.matches() if m.status == "live"]
    early = match_data(world.page(live.id) or b"")
    assert early["statusCode"] == 3
    world.now += timedelta(hours=3)
    late = match_data(world.page(live.id) or b"")
    assert late["statusCode"] == 6
    begin = [e["id"] for e in early["events"] if e["period"]["value"] < 14]
    assert len(begin) > 700
    assert [e["id"] for e in late["events"]][: len(begin)] == begin
    assert early["playerIdNameDictionary"] == late["playerIdNameDictionary"]


def test_the_clock_of_a_live_match() -> None:
    world = World()
    (live,) = [m for m in world.matches() if m.status == "live"]
    words = []
    for minutes in (1, 10, 46, 60, 70, 125):
        world.now = live.kickoff_utc + timedelta(minutes=minutes)
        match = world.match(live.id)
        assert match
        words.append((match.status, match.elapsed))
    assert words[0] == ("scheduled", "")
    assert words[1] == ("live", "11'")
    assert words[2][1] in ("45+2'", "HT")
    assert words[3] == ("live", "HT")
    assert words[4][0] == "live"
    assert words[5] == ("finished", "FT")


@pytest.fixture
def amended() -> tuple[World, Match, bytes]:
    world = World()
    match = next(m for m in world.matches() if m.status == "finished" and len(m.outcome.goals) > 2)
    page = world.page(match.id)
    assert page
    return world, match, page


def events(page: bytes | None) -> list[dict[str, object]]:
    found: list[dict[str, object]] = match_data(page or b"")["events"]
    return found


@pytest.mark.parametrize(("change", "more"), [("add_event", 1), ("remove_event", -1)])
def test_corrected_events(amended: tuple[World, Match, bytes], change: str, more: int) -> None:
    world, match, before = amended
    world.amend(Amendment(match.id, change))
    after = world.page(match.id)
    assert len(events(after)) == len(events(before)) + more
    old, new = ({e["id"] for e in events(page)} for page in (before, after))
    assert 2 <= len(old - new) <= 8, "some ids change"
    assert len(old & new) > 1000, "most do not"
    assert len(new) == len(events(after))
    world.amend(Amendment(match.id, change))
    assert len(events(world.page(match.id))) == len(events(before)) + 2 * more
    world.clear_amendments()
    assert world.page(match.id) == before


def test_a_corrected_score(amended: tuple[World, Match, bytes]) -> None:
    world, match, before = amended
    world.amend(Amendment(match.id, "correct_score"))
    corrected = world.match(match.id)
    assert corrected
    assert corrected.score
    assert match.score
    assert sum(corrected.score) == sum(match.score) - 1
    data = match_data(world.page(match.id) or b"")
    assert data["score"] == "{} : {}".format(*corrected.score)
    assert len(data["events"]) == len(events(before))
    assert feeds(world)[match.id]["homeScore"] == corrected.home_score


def test_other_corrections(amended: tuple[World, Match, bytes]) -> None:
    world, match, before = amended
    player = match_data(before)["away"]["players"][3]
    world.amend(Amendment(match.id, "rename_player", player["playerId"], "Zé d'Óbidus"))
    data = match_data(world.page(match.id) or b"")
    assert data["playerIdNameDictionary"][str(player["playerId"])] == "Zé d'Óbidus"
    assert data["away"]["players"][3]["name"] == "Zé d'Óbidus"
    world.amend(Amendment(match.id, "withdraw"))
    assert match.id not in feeds(world)
    assert world.now == DEFAULT_NOW


def test_what_cannot_be_corrected() -> None:
    world = World()
    extra = next(m for m in world.matches() if m.outcome.extra_time and m.status == "finished")
    for amendment in (Amendment(extra.id, "correct_score"), Amendment(extra.id, "unheard")):
        with pytest.raises(AmendError):
            world.amend(amendment)
    with pytest.raises(KeyError):
        world.amend(Amendment(1, "add_event"))
