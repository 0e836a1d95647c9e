"""The selector files read the stand-in's pages, and the rows are what the world holds."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from scrapers.errors import LayoutChanged, TargetAbsent
from scrapers.parsing import SelectorFiles
from scrapers.parsing.extract import Row
from scrapers.settings import ROOT
from scrapers.targets import Target
from scrapers.warehouse.tables import CORE_TABLES, data_columns
from scrapers.whoscored.read import read_page, selector_files
from scrapers.whoscored.rows import RowSet
from tests.site.match import Match
from tests.site.world import World
from tests.support.pages import feed_page

WORLD = World()


@pytest.fixture(scope="module")
def files() -> SelectorFiles:
    return selector_files(ROOT / "selectors")


def read(match: Match, files: SelectorFiles, page: bytes | None = None) -> RowSet:
    html = page or WORLD.page(match.id)
    assert html is not None
    return read_page(html, Target.match_centre(match.id), "http://x/", files).rows


def some() -> list[Match]:
    """A night, cup ties of all kinds, one abandoned, one live."""
    played = [m for m in WORLD.matches() if m.has_match_centre and m.status != "scheduled"]
    night = [m for m in WORLD.matches_on(date(2023, 1, 14)) if m.has_match_centre]
    odd = [m for m in played if m.status != "finished"]
    ties = {m.outcome.elapsed: m for m in played if m.fixture.knock_out}
    first = [m for m in played if m.outcome.dismissals][:1]
    return list({m.id: m for m in (*night, *odd, *ties.values(), *first, *played[::40])}.values())


@pytest.mark.parametrize("match", some(), ids=lambda m: f"{m.id}-{m.status}-{m.outcome.elapsed}")
def test_a_match_page(match: Match, files: SelectorFiles) -> None:
    rows = read(match, files)
    (row,) = rows["match"]
    assert row["kickoff_utc"] == match.kickoff_utc
    assert (row["status"], row["elapsed"]) == (match.status, match.elapsed)
    assert (row["home_score"], row["away_score"]) == match.score
    if match.status == "finished":
        assert (row["home_score_pk"], row["away_score_pk"]) == (match.penalties or (None, None))
        after = match.outcome.score() if match.outcome.extra_time else (None, None)
        assert (row["home_score_et"], row["away_score_et"]) == after
    assert (row["home_team_id"], row["away_team_id"]) == (match.home.id, match.away.id)
    assert len(rows["event"]) == match.events
    starters = Counter(p["team_id"] for p in rows["line_up"] if p["is_starter"])
    assert starters == {match.home.id: 11, match.away.id: 11}
    for team in (match.home, match.away):
        squad = [p for p in rows["line_up"] if p["team_id"] == team.id]
        assert sum(p["is_captain"] for p in squad) == 1
        # With eleven on the pitch a minute counts eleven times; a red card costs the rest.
        minutes = sum(p["minutes_played"] for p in squad)
        reds = [p for p in squad if p["minute_off"] is not None]
        assert minutes > 0
        if not match.outcome.dismissals and match.status == "finished":
            replaced = [p for p in reds if p["replaced_by_player_id"]]
            assert len(replaced) == len(reds)
            assert minutes % 11 == 0
    subs = [s for s in rows["substitution"] if s["player_on_id"] is None]
    assert subs == []
    goals = [e for e in rows["event"] if e["is_goal"] and e["period_id"] <= 4]
    assert sum(match.score or ()) == len(goals)
    assert rows["competition"] == [
        {
            "competition_id": match.stage.competition.id,
            "name": match.stage.competition.name,
            "region_id": match.stage.competition.region.id,
            "region_name": match.stage.competition.region.name,
        }
    ]
    assert_keys_hold(rows)


def assert_keys_hold(rows: RowSet) -> None:
    """Primary keys are unique, foreign keys are met, columns are the tables'."""
    for table in CORE_TABLES:
        found = rows.get(table.name, [])
        columns = {column.name for column in data_columns(table)}
        assert all(set(row) == columns for row in found)
        key = [column.name for column in table.primary_key]
        assert len({tuple(row[k] for k in key) for row in found}) == len(found), table.name
        for constraint in table.foreign_key_constraints:
            parent = constraint.referred_table.name
            if parent in rows:
                names = [e.column.name for e in constraint.elements]
                known = {tuple(row[n] for n in names) for row in rows[parent]}
                for row in found:
                    value = tuple(row[n] for n in constraint.column_keys)
                    assert None in value or value in known, (table.name, value)


ABSENT = [m for m in WORLD.matches() if not m.has_match_centre and m.status != "scheduled"] + [
    m for m in WORLD.matches() if m.status == "scheduled"
][:2]


@pytest.mark.parametrize("match", ABSENT, ids=lambda m: f"{m.id}-{m.status}-{m.no_centre}")
def test_what_has_no_match_centre_is_absent(match: Match, files: SelectorFiles) -> None:
    with pytest.raises(TargetAbsent):
        read(match, files)


def test_the_absent_are_of_every_kind() -> None:
    assert {(m.status, m.no_centre) for m in ABSENT} == {
        ("postponed", "null"), ("abandoned", "null"), ("scheduled", "null"),
        ("finished", "null"), ("finished", "no_script"),
    }  # fmt: skip


def test_the_feeds(files: SelectorFiles) -> None:
    seen: dict[object, Row] = {}
    for stage in WORLD.follow():
        stage_id = int(str(stage["stage_id"]))
        for month in ("202208", "202209", "202210", "202211", "202212", "202301", "202302"):
            page = feed_page(WORLD.feed(stage_id, month).decode())
            rows = read_page(page, Target.schedule(stage_id, month), "http://x/", files).rows
            seen |= {row["match_id"]: row for row in rows["fixture"]}
    until = datetime(2023, 3, 1, tzinfo=UTC)
    expected = [m for m in WORLD.matches() if m.kickoff_utc < until]
    assert seen.keys() == {m.id for m in expected}
    for match in expected:
        row = seen[match.id]
        assert (row["status"], row["stage_id"]) == (match.status, match.stage_id)
        assert row["kickoff_utc"] == match.kickoff_utc
        assert (row["home_score"], row["away_score"]) == (match.home_score, match.away_score)
        assert row["is_opta"] is match.opta


def test_names_survive_html_and_javascript(files: SelectorFiles) -> None:
    match = next(m for m in WORLD.matches() if "'" in m.home.name and m.has_match_centre)
    assert read(match, files)["team"][0]["name"] == match.home.name


def test_a_replaced_key_is_a_changed_layout(files: SelectorFiles) -> None:
    match = some()[0]
    page = (WORLD.page(match.id) or b"").replace(b'"venueName":', b'"groundName":')
    with pytest.raises(LayoutChanged) as caught:
        read(match, files, page)
    assert caught.value.facts["fields"] == ["venue_name"]
