"""A month feed gives competition, stage, teams and fixtures."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest

from scrapers.errors import LayoutChanged, SourceUnavailable
from scrapers.parsing import SelectorFiles
from scrapers.settings import ROOT
from scrapers.targets import Target
from scrapers.warehouse.tables import CORE_TABLES, data_columns
from scrapers.whoscored.read import read_page, selector_files
from scrapers.whoscored.rows import RowSet
from tests.support.pages import feed, feed_match, feed_page

TARGET = Target.schedule(20934, "202208")


@pytest.fixture(scope="module")
def files() -> SelectorFiles:
    return selector_files(ROOT / "selectors")


def read(content: Any, files: SelectorFiles, target: Target = TARGET) -> RowSet:
    return read_page(feed_page(content), target, "http://x/", files).rows


def test_a_month(files: SelectorFiles) -> None:
    rows = read(feed(feed_match(), feed_match(id=2, homeTeamId=7, homeTeamName="X & <Y>")), files)
    assert rows["competition"] == [
        {"competition_id": 4, "name": "LaLiga", "region_id": 206, "region_name": "Spain"}
    ]
    assert rows["season"] == [{"season_id": 9149, "competition_id": 4, "name": "2022/2023"}]
    assert rows["stage"] == [{"stage_id": 20934, "season_id": 9149, "name": "LaLiga"}]
    assert rows["team"] == [
        {"team_id": 65, "name": "Barcelona", "country_name": "Spain"},
        {"team_id": 64, "name": "Rayo Vallecano", "country_name": "Spain"},
        {"team_id": 7, "name": "X & <Y>", "country_name": "Spain"},
    ]
    assert len(rows["fixture"]) == 2
    assert rows["fixture"][0] == {
        "match_id": 1650630,
        "stage_id": 20934,
        "feed_month": "202208",
        "kickoff_utc": datetime(2022, 8, 13, 19, tzinfo=UTC),
        "status": "finished",
        "elapsed": "FT",
        "home_team_id": 65,
        "away_team_id": 64,
        "home_score": 0,
        "away_score": 0,
        "home_penalty_score": None,
        "away_penalty_score": None,
        "is_opta": True,
    }
    tables = {table.name: table for table in CORE_TABLES}
    for name, found in rows.items():
        columns = {column.name for column in data_columns(tables[name])}
        assert all(set(row) == columns for row in found)


@pytest.mark.parametrize(
    ("status", "elapsed", "expected", "word"),
    [
        (1, "", "scheduled", None),
        (2, "Post", "postponed", "Post"),
        (3, "67'", "live", "67'"),
        (3, "HT", "live", "HT"),
        (4, "Can", "cancelled", "Can"),
        (4, "Int", "live", "Int"),
        (5, "Abd", "abandoned", "Abd"),
        (6, "FT", "finished", "FT"),
        (6, "AET", "finished", "AET"),
        (6, "PEN", "finished", "PEN"),
    ],
)
def test_status(
    files: SelectorFiles, status: int, elapsed: str, expected: str, word: str | None
) -> None:
    match = feed_match(status=status, elapsed=elapsed, homeScore=None, awayScore=None)
    fixture = read(feed(match), files)["fixture"][0]
    assert (fixture["status"], fixture["elapsed"]) == (expected, word)


def test_a_month_without_matches_is_valid(files: SelectorFiles) -> None:
    for empty in ({"tournaments": []}, feed()):
        rows = read(empty, files)
        assert rows["fixture"] == []
        assert rows["team"] == []


def fields_of(content: Any, files: SelectorFiles, target: Target = TARGET) -> object:
    with pytest.raises(LayoutChanged) as caught:
        read(content, files, target)
    return caught.value.facts["fields"]


MATCH = "tournaments.matches"


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"status": 8}, [f"{MATCH}.status"]),
        ({"status": "6"}, [f"{MATCH}.status"]),
        ({"status": True}, [f"{MATCH}.status"]),
        ({"id": "1650630"}, [f"{MATCH}.match_id"]),
        ({"id": 2**31}, [f"{MATCH}.match_id"]),
        ({"startTimeUtc": "2022-08-13T19:00:00"}, [f"{MATCH}.kickoff_utc"]),
        ({"startTimeUtc": None}, [f"{MATCH}.kickoff_utc"]),
        ({"homeScore": "0"}, [f"{MATCH}.home_score"]),
        ({"homeTeamId": None, "awayTeamName": None},
         [f"{MATCH}.home_team_id", f"{MATCH}.away_team_name"]),
        ({"matchIsOpta": 1}, [f"{MATCH}.is_opta"]),
        ({"stageId": 7}, [f"{MATCH}.stage_id"]),
        ({"startTimeUtc": "2022-10-01T19:00:00Z"}, [f"{MATCH}.kickoff_utc"]),
    ],
)  # fmt: skip
def test_wrong_values_are_named(
    files: SelectorFiles, changes: dict[str, Any], fields: list[str]
) -> None:
    assert fields_of(feed(feed_match(), feed_match(**changes)), files) == fields


@pytest.mark.parametrize("key", ["homeScore", "awayPenaltyScore", "elapsed"])
def test_a_renamed_key_that_may_be_null_is_noticed(files: SelectorFiles, key: str) -> None:
    match = feed_match()
    match[f"{key}2"] = match.pop(key)
    fields = fields_of(feed(match), files)
    assert isinstance(fields, list)
    assert len(fields) == 1


def test_a_feed_of_another_stage_or_month_is_refused(files: SelectorFiles) -> None:
    content = feed(feed_match())
    assert fields_of(content, files, Target.schedule(1, "202208")) == ["tournaments.stage_id"]
    assert fields_of(content, files, Target.schedule(20934, "202209")) == [f"{MATCH}.kickoff_utc"]
    last = feed_match(startTimeUtc="2022-08-31T23:30:00Z")
    assert read(feed(last), files, Target.schedule(20934, "202209"))["fixture"]


def test_what_is_no_feed_is_named_or_unavailable(files: SelectorFiles) -> None:
    assert fields_of({"matches": []}, files) == ["fingerprint", "tournaments"]
    assert fields_of([], files) == ["fingerprint", "tournaments"]
    assert fields_of({"tournaments": None}, files) == ["fingerprint", "tournaments"]
    assert fields_of({"tournaments": {}}, files) == ["tournaments"]
    for text in ("", '{"tournaments":[{"tourn', "Internal Server Error"):
        with pytest.raises(SourceUnavailable):
            read(text, files)


@pytest.mark.parametrize(
    "wrap",
    [
        "<html><head></head><body>{}</body></html>",
        "<html><head></head><body> {}\n</body></html>",
        '<html><head></head><body><pre style="word-wrap: break-word">{}</pre>'
        '<div class="json-formatter-container"></div></body></html>',
    ],
    ids=["body", "body with blanks", "pre with a formatter"],
)
@pytest.mark.parametrize("quotes", [False, True], ids=["plain quotes", "quotes as &quot;"])
def test_the_feed_reads_the_same_however_it_is_wrapped(
    files: SelectorFiles, wrap: str, quotes: bool
) -> None:
    content = feed(feed_match(homeTeamName="X & <Y> é", homeTeamId=7), feed_match(id=2))
    page = wrap.format(escape(json.dumps(content), quote=quotes)).encode()
    assert read_page(page, TARGET, "http://x/", files).rows == read(content, files)


@pytest.mark.parametrize("tag", ["pre", "body"])
def test_a_cut_feed_is_unavailable_however_it_is_wrapped(files: SelectorFiles, tag: str) -> None:
    text = escape(json.dumps(feed(feed_match())), quote=False)
    inner = f"<pre>{text[:-40]}</pre>" if tag == "pre" else text[:-40]
    page = f"<html><head></head><body>{inner}</body></html>".encode()
    with pytest.raises(SourceUnavailable):
        read_page(page, TARGET, "http://x/", files)
