"""Previews, reports and season statistics from the archive to core: landed as they are read.

Then each rule of their suites is broken in turn, and the gate names it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from scrapers.errors import InvalidBatch
from scrapers.pipeline.plan_pages import PLAYER_CATEGORIES, TEAM_CATEGORIES
from scrapers.quality.gate import judge
from scrapers.settings import ROOT, Settings
from scrapers.targets import PageKind, Target
from scrapers.tasks.tools import Tools
from scrapers.warehouse.tables import CORE_TABLES
from scrapers.whoscored.read import read_page, selector_files
from scrapers.whoscored.rows import RowSet
from tests.site.captured import Captured
from tests.site.match import Match
from tests.site.previews import preview
from tests.site.reports import traits
from tests.site.season_statistics import records
from tests.site.state import State
from tests.site.world import STAGES, World
from tests.support import landed
from tests.support.archived import FETCHED, land_pages
from tests.support.gates import lighten
from tests.support.pages import bare_page, feed_page
from tests.support.rows import new_batch, put

STAGE, MONTHS = 21501, ("202208", "202209", "202210")
WORLD = World()
SITE = State(WORLD, Captured({}))
FILES = selector_files(ROOT / "selectors")
FINISHED = [
    match
    for match in WORLD.matches()
    if match.stage_id == STAGE and match.status == "finished" and match.has_match_centre
    and f"{match.kickoff_utc:%Y%m}" in MONTHS
]  # fmt: skip
MATCHES = FINISHED[:6]
PREVIEW, REPORT = PageKind.MATCH_PREVIEW, PageKind.MATCH_REPORT
TEAMS, PLAYERS = PageKind.TEAM_STATISTICS, PageKind.PLAYER_STATISTICS
TABLES = {table.name: table for table in CORE_TABLES}
Change = Callable[[RowSet], object]


def page_of(target: Target) -> bytes:
    """The stand-in's page as a browser archives it."""
    address = target.url("http://site")[len("http://site") :]
    answer = SITE.page(address)
    assert answer.status == 200, address
    if target.page_kind is PageKind.SCHEDULE:
        return feed_page(answer.body.decode())
    if target.page_kind in (TEAMS, PLAYERS):
        return bare_page(answer.body.decode())
    return answer.body


def feeds() -> list[Target]:
    return [Target.schedule(STAGE, month) for month in MONTHS]


def of_matches(kind: PageKind, matches: Iterable[Match] = MATCHES) -> list[Target]:
    return [Target.of(kind, match_id=match.id) for match in matches]


def statistics() -> list[Target]:
    return [
        Target.of(kind, stage_id=STAGE, category=category, subcategory=part)
        for kind, parts in ((TEAMS, TEAM_CATEGORIES), (PLAYERS, PLAYER_CATEGORIES))
        for category, part in parts
    ]


def land_all(tools: Tools, targets: Iterable[Target], hours: int = 0) -> Any:
    pages = {target: page_of(target) for target in targets}
    return land_pages(tools, pages, FETCHED + timedelta(hours=hours))


def rows_in(engine: Engine, table: str, **where: Any) -> list[dict[str, Any]]:
    names = ", ".join(c.name for c in TABLES[table].primary_key)
    conditions = "".join(f" AND {name} = :{name}" for name in where)
    with engine.connect() as connection:
        found = connection.execute(
            text(f"SELECT * FROM core.{table} WHERE true{conditions} ORDER BY {names}"), where
        )
        return [dict(row) for row in found.mappings()]


# the whole way


def test_all_pages_land_as_the_site_has_them_and_twice_changes_nothing(
    tools: Tools, engine: Engine
) -> None:
    targets = [*of_matches(PREVIEW), *of_matches(REPORT), *statistics()]
    assert land_all(tools, feeds()).states == {"landed": 3}
    assert land_all(tools, targets).states == {"landed": 20}
    for match in MATCHES:
        seen, said = preview(match), traits(match)
        (found,) = rows_in(engine, "match_preview", match_id=match.id)
        assert (found["predicted_home_score"], found["predicted_away_score"]) == seen.score
        assert found["selector_version"] == "match_preview/2025-07"
        for side in (seen.home, seen.away):
            place = {"match_id": match.id, "team_id": side.club.id}
            assert {
                (row["player_id"], row["reason"], row["status"])
                for row in rows_in(engine, "missing_player", **place)
            } == {(one.player.id, one.reason, one.status) for one in side.missing}
            assert {
                (row["player_id"], row["position"])
                for row in rows_in(engine, "predicted_line_up", **place)
            } == {(player.id, position) for player, position, _ in side.starters}
        clubs = {"home": match.home, "away": match.away}
        for (name, kind), texts in said.items():
            place = {"match_id": match.id, "team_id": clubs[name].id, "kind": kind}
            assert tuple(r["text"] for r in rows_in(engine, "match_trait", **place)) == texts
    counted = records(match for match in WORLD.matches() if match.stage_id == STAGE)
    for club, one in counted.teams.items():
        place = {"stage_id": STAGE, "subcategory": "all", "team_id": club.id}
        stats = {r["stat"]: r["value"] for r in rows_in(engine, "team_season_stat", **place)}
        assert (stats["apps"], stats["goal"]) == (one.apps, one.counts["goal"])
    assert len(rows_in(engine, "player_season_stat", subcategory="all", stat="minsPlayed")) == len(
        counted.players
    )
    # Heights come with the statistics, names with every page.
    assert all(row["name"] for row in rows_in(engine, "player"))
    before = landed.versions(engine)
    assert land_all(tools, targets, hours=1).states == {"landed": 20}
    assert landed.versions(engine) == before


def test_a_preview_lands_before_anything_is_known_of_its_match(
    tools: Tools, engine: Engine
) -> None:
    assert land_all(tools, of_matches(PREVIEW)).states == {"landed": 6}
    assert len(rows_in(engine, "predicted_line_up")) == 6 * 22
    assert rows_in(engine, "fixture") == []


def test_a_page_replaces_its_own_rows_only(tools: Tools, engine: Engine) -> None:
    match = next(m for m in FINISHED if preview(m).home.missing and preview(m).away.missing)
    others = [m for m in MATCHES if m.id != match.id]
    land_all(tools, feeds())
    summary = land_all(tools, [*of_matches(PREVIEW, [match, *others]), *statistics()])
    assert summary.states.keys() == {"landed"}
    counts = {name: len(rows_in(engine, name)) for name in ("missing_player", "team_season_stat")}
    target = Target.of(PREVIEW, match_id=match.id)
    page = page_of(target).decode()
    begin = page.index('<tr class="">\n    <td class="pn">')
    shorter = page[:begin] + page[page.index("</tr>", begin) + len("</tr>") :]
    feed = statistics()[1]
    without = page_of(feed).replace(b'"tacklePerGame"', b'"tackles"')
    later = FETCHED + timedelta(hours=1)
    assert land_pages(tools, {target: shorter.encode()}, later).states == {"landed": 1}
    assert len(rows_in(engine, "missing_player")) == counts["missing_player"] - 1
    assert len(rows_in(engine, "predicted_line_up")) == 22 * (1 + len(others))
    # A statistic under another name is not taken for a new one.
    summary = land_pages(tools, {feed: without}, later)
    assert summary.states == {"quarantined": 1}
    assert len(rows_in(engine, "team_season_stat")) == counts["team_season_stat"]


# the rules


def read(target: Target) -> RowSet:
    return copy.deepcopy(read_page(page_of(target), target, "http://x/", FILES).rows)


def broken(
    engine: Engine, settings: Settings, rows: Mapping[Target, RowSet]
) -> dict[str, set[str]]:
    """What is said of each target that the gate puts aside."""
    batch_id = new_batch(engine)
    staged = [
        put(engine, target, found, page_hash=uuid4().hex * 2) for target, found in rows.items()
    ]
    verdict = judge(engine, batch_id, staged, settings)
    return {key: {why["what"] for why in reasons} for key, reasons in verdict.bad.items()}


def first(table: str, **values: Any) -> Change:
    """Other values in the table's first row."""
    return lambda rows: rows[table][0].update(values)


def _other_team(table: str) -> Change:
    def change(rows: RowSet) -> None:
        rows["team"].append({"team_id": 5, "name": "Strangers", "country_name": None})
        rows[table][0]["team_id"] = 5

    return change


def _fewer(table: str, count: int = 1) -> Change:
    return lambda rows: rows[table].__delitem__(slice(0, count))


def _twice(table: str) -> Change:
    return lambda rows: rows[table].append(dict(rows[table][0]))


def _stat(stat: str, value: float) -> Change:
    def change(rows: RowSet) -> None:
        table = next(name for name in rows if name.endswith("_season_stat"))
        next(row for row in rows[table] if row["stat"] == stat)["value"] = value

    return change


def _swapped(rows: RowSet) -> None:
    row = rows["match_preview"][0]
    row["home_team_id"], row["away_team_id"] = row["away_team_id"], row["home_team_id"]


SAYS: list[tuple[PageKind, Change, str]] = [
    (PREVIEW, first("match_preview", match_id=7), "the preview is of the match"),
    (PREVIEW, first("match_preview", predicted_home_score=None), "the site's prediction is there"),
    (PREVIEW, first("match_preview", predicted_away_score=40), "between 0 and 20"),
    (PREVIEW, first("match_preview", home_formation=None), "has a formation"),
    (PREVIEW, first("missing_player", reason=" "), "the reason is not blank"),
    (PREVIEW, first("missing_player", status=None), "status is set"),
    (PREVIEW, first("missing_player", status="injured"), "none of the words for a reason"),
    (PREVIEW, first("missing_player", reason="Out"), "none of the words for a status"),
    (PREVIEW, first("missing_player", rating=70.1), "rating is between"),
    (PREVIEW, first("missing_player", player_id=5), "missing_player.player_id is a player"),
    (PREVIEW, _other_team("missing_player"), "one of the match's two teams"),
    (PREVIEW, _other_team("predicted_line_up"), "one of the match's two teams"),
    (PREVIEW, _twice("missing_player"), "are unique on a page"),
    (PREVIEW, _fewer("predicted_line_up"), "eleven are expected to start"),
    (PREVIEW, _fewer("predicted_line_up", 22), "a preview that had line-ups still has some"),
    (PREVIEW, first("predicted_line_up", position="Goalkeeper"), "a word in capitals"),
    (PREVIEW, _swapped, "the home team is the schedule's"),
    (REPORT, first("match_trait", match_id=7), "all sentences are of the match"),
    (REPORT, first("match_trait", text="  "), "the sentence is not blank"),
    (REPORT, first("match_trait", kind="luck"), "kind is one of"),
    (REPORT, first("match_trait", team_id=5), "one of the page's two teams"),
    (REPORT, _fewer("match_trait", 99), "a report says something"),
    (REPORT, first("match_trait", ordinal=4), "are numbered from 1"),
    (REPORT, first("team", team_id=5), "the home team is the schedule's"),
    (REPORT, lambda rows: rows["team"].reverse(), "the away team is the schedule's"),
    (TEAMS, _stat("possession", 62.5), "is not above what it can be"),
    (TEAMS, _stat("passSuccess", 89.3), "is not above what it can be"),
    (TEAMS, _stat("rating", 10.5), "is not above what it can be"),
    (TEAMS, _stat("apps", -1), "is not below what it can be"),
    (TEAMS, first("team_season_stat", stage_id=7), "all rows are of the stage"),
    (TEAMS, first("team_season_stat", subcategory="x1"), "all rows are of the subcategory"),
    (TEAMS, first("team_season_stat", stat="shots per game"), "a name of letters and digits"),
    (TEAMS, _twice("team_season_stat"), "are unique on a page"),
    (PLAYERS, _stat("passSuccess", 140.0), "is not above what it can be"),
    (PLAYERS, _stat("minsPlayed", 1e6), "is not above what it can be"),
    (PLAYERS, _stat("shotsPerGame", -0.5), "is not below what it can be"),
    (PLAYERS, first("player_season_stat", player_id=5), "is a player that is known"),
    (PLAYERS, first("player", height_cm=17), "height_cm is between"),
]


WITH_MISSING = [match for match in FINISHED if preview(match).home.missing][:20]
SUMMARIES = {TEAMS: TEAM_CATEGORIES[0], PLAYERS: PLAYER_CATEGORIES[0]}


def targets_of(kind: PageKind) -> list[Target]:
    """Targets enough for one fault each."""
    if kind in (PREVIEW, REPORT):
        return of_matches(kind, WITH_MISSING)
    category, part = SUMMARIES[kind]
    return [
        Target.of(kind, stage_id=stage.id, category=category, subcategory=part) for stage in STAGES
    ]


@pytest.fixture
def known(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    """The schedule, the statistics and some previews are in core."""
    with monkeypatch.context() as patch:
        lighten(patch)
        assert land_all(tools, feeds()).states == {"landed": 3}
        everything = [*of_matches(PREVIEW, WITH_MISSING), *statistics()]
        assert land_all(tools, everything).states.keys() == {"landed"}


@pytest.fixture
def whole_batches_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that looks only at what refuses a whole batch."""
    lighten(monkeypatch)


@pytest.mark.parametrize("kind", [PREVIEW, REPORT, TEAMS, PLAYERS])
def test_every_rule_is_told_by_its_sentence(
    engine: Engine, make_settings: Any, known: None, kind: PageKind
) -> None:
    """Each fault is in a target of its own; the floor lets a batch of nothing but faults pass."""
    faults = [(change, sentence) for of_kind, change, sentence in SAYS if of_kind is kind]
    chosen = dict(zip(targets_of(kind), faults, strict=False))
    assert len(chosen) == len(faults)
    rows = {target: read(target) for target in chosen}
    if kind in (PREVIEW, REPORT):
        assert broken(engine, make_settings(), rows) == {}
    for target, (change, _) in chosen.items():
        change(rows[target])
    found = broken(engine, make_settings(completeness_floor=0), rows)
    for target, (_, sentence) in chosen.items():
        said = found.get(target.key, set())
        assert any(sentence in what for what in said), (sentence, said)


@pytest.mark.usefixtures("whole_batches_only")
def test_a_feed_that_lists_few_of_those_it_had_is_not_published(
    engine: Engine, settings: Settings, known: None
) -> None:
    for target in (statistics()[0], statistics()[len(TEAM_CATEGORIES)]):
        for share in (0.0, 0.3):
            rows = read(target)
            table = next(name for name in rows if name.endswith("_season_stat"))
            # Rows of a team or player stand together.
            rows[table] = rows[table][: int(len(rows[table]) * share)]
            with pytest.raises(InvalidBatch, match="lists most of those whom it listed before"):
                broken(engine, settings, {target: rows})


@pytest.mark.usefixtures("whole_batches_only")
def test_previews_that_all_lack_the_same_are_not_published(
    engine: Engine, settings: Settings, known: None
) -> None:
    for table, what in (
        ("predicted_line_up", "some of many previews of a competition that had line-ups"),
        ("missing_player", "somebody is missing"),
    ):
        rows = {target: read(target) for target in of_matches(PREVIEW)}
        for found in rows.values():
            found[table] = []
        with pytest.raises(InvalidBatch, match=what):
            broken(engine, settings, rows)


def test_statistics_of_another_stage_are_put_aside(
    engine: Engine, settings: Settings, known: None
) -> None:
    target = statistics()[0]
    rows = read(target)
    for row in (*rows["team"], *rows["team_season_stat"]):
        row["team_id"] += 1_000
    found = broken(engine, settings, {target: rows})
    assert found[target.key] == {"some of the teams play in the stage"}
