"""Catalogue, tables and referees from the archive to core; the rules; names over time and own."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select, text

from scrapers.errors import ConfigInvalid, InvalidBatch
from scrapers.quality.gate import judge
from scrapers.settings import ROOT, Settings
from scrapers.targets import PageKind, Target
from scrapers.tasks.tools import Tools
from scrapers.warehouse.name_tables import NameRow, OwnNameRow
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.tables import RefereeStatistic, Season, Stage, Standing
from scrapers.whoscored.own_names import Loaded, load_names
from scrapers.whoscored.read import read_page, selector_files
from scrapers.whoscored.rows import RowSet
from tests.support import landed
from tests.support.archived import FETCHED, land_pages
from tests.support.gates import lighten, who_says
from tests.support.rows import new_batch, put, row
from tests.support.site_pages import page_of

LEAGUE = {"region_id": 901, "competition_id": 9101}
CUP = {"region_id": 903, "competition_id": 9103}
MENU = Target.of(PageKind.TOURNAMENTS)
SEASONS = Target.of(PageKind.SEASONS, **LEAGUE)
STAGES = Target.of(PageKind.STAGES, **CUP, season_id=91203)
TABLE = Target.of(PageKind.STANDINGS, **LEAGUE, season_id=91201, stage_id=21501)
GROUP = Target.of(PageKind.STANDINGS, **CUP, season_id=91203, stage_id=21513)
REFEREES = Target.of(PageKind.REFEREE_STATISTICS, **LEAGUE, season_id=91201, stage_id=21501)
ALL = (MENU, SEASONS, STAGES, TABLE, GROUP, REFEREES)
FILES = selector_files(ROOT / "selectors")
Change = Callable[[RowSet], object]


def land_all(
    tools: Tools, targets: Iterable[Target], hours: int = 0, replaced: tuple[str, str] = ("", "")
) -> dict[str, int]:
    """Land the stand-in's pages; how many came to which state."""
    old, new = (part.encode() for part in replaced)
    pages = {target: page_of(target) for target in targets}
    if old:
        pages = {target: page.replace(old, new) for target, page in pages.items()}
    return land_pages(tools, pages, FETCHED + timedelta(hours=hours)).states


def count(engine: Engine, table: Any) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table.__table__.fullname}")))


# the whole way


def test_pages_land_as_the_site_has_them_and_twice_changes_nothing(
    tools: Tools, engine: Engine
) -> None:
    assert land_all(tools, ALL) == {"landed": 6}
    with engine.connect() as connection:
        first = connection.execute(
            text(
                "SELECT t.name, s.points, s.played, c.name AS competition, r.name AS region,"
                "  s.selector_version"
                " FROM core.standing s JOIN core.team t USING (team_id)"
                " JOIN core.stage g USING (stage_id) JOIN core.season USING (season_id)"
                " JOIN core.competition c USING (competition_id) JOIN core.region r"
                " USING (region_id) WHERE stage_id = 21501 AND scope = 'overall' AND rank = 1"
            )
        ).one()
    expected = next(
        each for each in read(TABLE)["standing"] if (each["scope"], each["rank"]) == ("overall", 1)
    )
    assert (first.points, first.played) == (expected["points"], expected["played"])
    assert (first.competition, first.region) == ("First Division", "Valdoria")
    assert first.selector_version == "standings/2024-06"
    assert (count(engine, Standing), count(engine, Stage)) == (30 + 48, 7)
    assert count(engine, RefereeStatistic) == len(read(REFEREES)["referee_statistic"])
    before = landed.versions(engine), names_versions(engine)
    assert land_all(tools, ALL, hours=1) == {"landed": 6}
    assert (landed.versions(engine), names_versions(engine)) == before


def test_a_table_replaces_its_own_rows_only(tools: Tools, engine: Engine) -> None:
    assert land_all(tools, [TABLE, GROUP]) == {"landed": 2}
    page = page_of(GROUP)
    begin = page.index(b'    tables.push({\n  "id": 21515')
    shorter = page[:begin] + page[page.index(b"    });\n", begin) + 8 :]
    assert land_pages(tools, {GROUP: shorter}, FETCHED + timedelta(hours=1)).states == {"landed": 1}
    assert count(engine, Standing) == 30 + 36


def test_a_stage_keeps_the_name_that_a_page_without_it_does_not_know(
    tools: Tools, engine: Engine
) -> None:
    feed = Target.schedule(21501, "202208")
    stages = Target.of(PageKind.STAGES, **LEAGUE, season_id=91201)
    assert land_all(tools, [feed]) == {"landed": 1}
    assert land_all(tools, [stages, TABLE], hours=1) == {"landed": 2}
    with engine.connect() as connection:
        assert connection.scalar(select(Stage.name)) == "First Division"


def test_a_knock_out_stage_is_absent(tools: Tools, engine: Engine) -> None:
    target = Target.of(PageKind.STANDINGS, **CUP, season_id=91203, stage_id=21516)
    assert land_all(tools, [target]) == {"absent": 1}
    with engine.connect() as connection:
        assert connection.scalar(select(TargetRow.failure_detail)) == (
            "the stage has no table, as a knock-out round has none"
        )


# the rules


def read(target: Target) -> RowSet:
    return copy.deepcopy(read_page(page_of(target), target, "http://x/", FILES).rows)


def broken(
    engine: Engine, settings: Settings, rows: Mapping[Target, RowSet]
) -> dict[str, set[str]]:
    """What is said of each target that the gate puts aside."""
    staged = [
        put(engine, target, found, page_hash=uuid4().hex * 2) for target, found in rows.items()
    ]
    verdict = judge(engine, new_batch(engine), staged, settings)
    return {key: {why["what"] for why in reasons} for key, reasons in verdict.bad.items()}


def first(table: str, **values: Any) -> Change:
    """Other values in the table's first row."""
    return lambda rows: rows[table][0].update(values)


def more(table: str, column: str, by: int = 1) -> Change:
    """A value of the table's first row raised."""

    def change(rows: RowSet) -> None:
        rows[table][0][column] += by

    return change


def swapped(table: str, one: str, other: str) -> Change:
    """Two columns that changed places."""

    def change(rows: RowSet) -> None:
        for each in rows[table]:
            each[one], each[other] = each[other], each[one]

    return change


def same(table: str, column: str, step: int = 1) -> Change:
    """A value of the first row in another row too."""

    def change(rows: RowSet) -> None:
        rows[table][step][column] = rows[table][0][column]

    return change


def emptied(table: str) -> Change:
    return lambda rows: rows[table].clear()


SAYS: list[tuple[Target, Change, str]] = [
    (MENU, first("region", kind="planet"), "kind is one of"),
    (MENU, first("region", name=None), "name is set"),
    (MENU, same("region", "region_id"), "region_id are unique on a page"),
    (MENU, same("region", "name"), "no two regions have the same name"),
    (MENU, same("competition", "competition_id"), "competition_id are unique on a page"),
    (MENU, first("competition", region_id=7), "a competition is of a region of the menu"),
    (SEASONS, first("season", name="Premier League"), "the name has a year"),
    (SEASONS, first("season", name="2022/2021"), "does not end before it begins"),
    (SEASONS, first("season", name="2098/2099"), "does not begin years from now"),
    (SEASONS, same("season", "season_id"), "season_id are unique on a page"),
    (SEASONS, first("competition", region_id=902), "the region is the one that was asked for"),
    (SEASONS, first("season", competition_id=9102), "the seasons are of what was asked for"),
    (STAGES, first("stage", name=None), "of several stages each has a name"),
    (STAGES, same("stage", "stage_id"), "stage_id are unique on a page"),
    (STAGES, first("stage", season_id=91201), "the stages are of the season asked for"),
    (STAGES, first("stage", stage_id=21501), "a stage stays in its season"),
    (STAGES, first("season", competition_id=9101), "the season is of what was asked for"),
    (STAGES, first("competition", region_id=902), "the region is the one that was asked for"),
    (TABLE, more("standing", "played"), "matches played are those won, drawn and lost"),
    (TABLE, more("standing", "goals_for"), "the difference is of goals_for and goals_against"),
    (TABLE, swapped("standing", "goals_for", "goals_against"), "the difference is of goals"),
    (TABLE, swapped("standing", "won", "lost"), "points are not of an order"),
    (TABLE, swapped("standing", "won", "drawn"), "points are not of an order"),
    (TABLE, swapped("standing", "points", "goal_difference"), "the difference is of goals"),
    (TABLE, swapped("standing", "played", "rank"), "matches played are those won"),
    (TABLE, same("standing", "rank", 3), "no two teams of a group have the same place"),
    (TABLE, more("standing", "rank", 20), "the last place is the number of teams"),
    (TABLE, first("standing", rank=0), "rank is between 1 and 999"),
    (TABLE, first("standing", scope="neutral"), "scope is one of away, home, overall"),
    (TABLE, lambda rows: rows["standing"].pop(0), "a row overall, at home and away"),
    (TABLE, first("standing", stage_id=21502), "the page that was asked for"),
    (TABLE, first("standing", team_id=5), "standing.team_id is a team that is known"),
    (TABLE, same("standing", "scope"), "are unique on a page"),
    (TABLE, emptied("standing"), "a stage that had a table still has its rows"),
    (REFEREES, first("referee_statistic", matches=0), "matches is between 1 and 99"),
    (REFEREES, more("referee_statistic", "yellow_cards", 9), "yellow cards a match are the cards"),
    (REFEREES, more("referee_statistic", "red_cards", 3), "red cards a match are the cards"),
    (REFEREES, swapped("referee_statistic", "yellow_cards", "red_cards"),
     "more yellow cards are shown than red ones"),
    (REFEREES, first("referee_statistic", fouls_per_match=640), "fouls_per_match is between"),
    (REFEREES, first("referee_statistic", stage_id=21502), "the referees are of the stage"),
    (REFEREES, first("referee_statistic", referee_id=5), "is a referee that is known"),
]  # fmt: skip


def test_every_rule_is_told_by_its_sentence(
    engine: Engine, settings: Settings, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert land_all(tools, ALL) == {"landed": 6}
    as_they_are = {target: read(target) for target in ALL}
    assert broken(engine, settings, as_they_are) == {}
    lenient = settings.model_copy(update={"completeness_floor": 0.0})  # nothing but faults
    faults = {target: [one for one in SAYS if one[0] == target] for target in ALL}
    for together in zip_longest(*faults.values()):
        # A fault of each page at most, and of the tables and rules those that have a word to say.
        said = [one for one in together if one]
        rows = {target: copy.deepcopy(as_they_are[target]) for target, _, _ in said}
        for target, change, _ in said:
            change(rows[target])
        with monkeypatch.context() as patch:
            lighten(patch, *(name for _, _, sentence in said for name in who_says(sentence)))
            found = broken(engine, lenient, rows)
        assert found.keys() == {target.key for target in rows}, said
        for target, _, sentence in said:
            assert any(sentence in what for what in found[target.key]), (sentence, found)


def test_goals_at_home_and_away_are_all_goals(engine: Engine, settings: Settings) -> None:
    """A change that each row by itself would bear."""
    for columns, sentence in (
        (("played", "won"), "wins at home and away are all wins"),
        (("played", "drawn"), "draws at home and away are all draws"),
        (("goals_for", "goal_difference"), "goals at home and away are all goals"),
        (("goals_against",), "goals against add up as well"),
    ):
        rows = read(TABLE)
        for column in columns:
            rows["standing"][0][column] += 1
        if columns == ("goals_against",):
            rows["standing"][0]["goal_difference"] -= 1
        found = broken(engine, settings, {TABLE: rows})
        assert any(sentence in what for what in found[TABLE.key]), (sentence, found)


def test_a_deduction_of_points_is_no_fault(engine: Engine, settings: Settings) -> None:
    rows = read(TABLE)
    rows["standing"][0]["points"] -= 3
    assert broken(engine, settings, {TABLE: rows}) == {}


def test_a_menu_that_lost_most_of_its_entries_is_not_published(
    engine: Engine, settings: Settings, tools: Tools
) -> None:
    assert land_all(tools, [MENU]) == {"landed": 1}
    rows = read(MENU)
    kept = rows["region"][:30]
    ids = {region["region_id"] for region in kept}
    rows["region"] = kept
    rows["competition"] = [one for one in rows["competition"] if one["region_id"] in ids]
    with pytest.raises(InvalidBatch, match="still lists half of the competitions"):
        broken(engine, settings, {MENU: rows})


# names


def names_of(engine: Engine, kind: str, entity_id: int) -> list[tuple[str, datetime]]:
    query = (
        select(NameRow.name, NameRow.first_seen_at)
        .where(NameRow.kind == kind, NameRow.entity_id == entity_id)
        .order_by(NameRow.first_seen_at)
    )
    with engine.connect() as connection:
        return [(each.name, each.first_seen_at) for each in connection.execute(query)]


def names_versions(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return [
            tuple(each)
            for each in connection.execute(
                text("SELECT xmin::text, ctid::text, n.* FROM core.name n ORDER BY 2")
            )
        ]


def test_names_are_kept_since_they_were_first_seen(tools: Tools, engine: Engine) -> None:
    renamed = ("Ardenholm", "New Ardenholm")
    assert land_all(tools, [TABLE], hours=48, replaced=renamed) == {"landed": 1}
    assert land_all(tools, [TABLE], hours=24) == {"landed": 1}  # a page of before lands later
    day = timedelta(hours=24)
    assert names_of(engine, "team", 9001) == [
        ("Ardenholm", FETCHED + day),
        ("New Ardenholm", FETCHED + 2 * day),
    ]
    before = names_versions(engine)
    assert land_all(tools, [TABLE], hours=72) == {"landed": 1}
    assert names_versions(engine) == before
    assert land_all(tools, [TABLE]) == {"landed": 1}
    assert names_of(engine, "team", 9001)[0] == ("Ardenholm", FETCHED)


def test_names_of_every_kind(tools: Tools, engine: Engine) -> None:
    match = Target.match_centre(1700001)
    feed = Target.schedule(21501, "202208")
    assert land_all(tools, [*ALL, feed, match]) == {"landed": 8}
    with engine.connect() as connection:
        kinds = set(connection.scalars(select(NameRow.kind)))
        venue = connection.execute(
            text(
                "SELECT n.name, m.venue_name FROM core.name n JOIN core.match m"
                " ON n.kind = 'venue' AND n.entity_id = m.home_team_id"
            )
        ).one()
        season = connection.execute(
            select(NameRow.entity_id, NameRow.name)
            .join(Season, Season.season_id == NameRow.entity_id)
            .where(NameRow.kind == "season", Season.name == NameRow.name)
        ).all()
    assert kinds == {
        *("region", "competition", "season", "stage", "team", "player", "referee"),
        *("venue", "manager"),
    }
    assert venue[0] == venue[1]
    assert len(season) == count(engine, Season)


def test_a_row_without_a_name_gives_none(engine: Engine, tools: Tools) -> None:
    stages = Target.of(PageKind.STAGES, **LEAGUE, season_id=91201)
    assert land_all(tools, [stages]) == {"landed": 1}
    assert row("stage", stage_id=21501, season_id=91201) == read(stages)["stage"][0]
    assert names_of(engine, "stage", 21501) == []


def own_names(engine: Engine) -> dict[tuple[str, int], str]:
    query = select(OwnNameRow.kind, OwnNameRow.entity_id, OwnNameRow.name)
    with engine.connect() as connection:
        return {(each.kind, each.entity_id): each.name for each in connection.execute(query)}


def test_own_names_are_what_the_file_says(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "names.yaml"
    assert load_names(engine, path) == Loaded(0, 0, 0, 0)
    path.write_text("team: {65: Barça, 64: Rayo}\ncompetition: {4: LaLiga}\n", encoding="utf-8")
    assert load_names(engine, path) == Loaded(3, 3, 0, 0)
    assert load_names(engine, path) == Loaded(3, 0, 0, 0)
    path.write_text("team: {65: FC Barcelona, 64: Rayo}\n", encoding="utf-8")
    assert load_names(engine, path) == Loaded(2, 0, 1, 1)
    assert own_names(engine) == {("team", 65): "FC Barcelona", ("team", 64): "Rayo"}
    path.write_text("team: {65: x, '64': y}\n", encoding="utf-8")
    with pytest.raises(ConfigInvalid, match=r"names.yaml:1: team.64: '64' is no id"):
        load_names(engine, path)
    assert own_names(engine)["team", 65] == "FC Barcelona"
    path.unlink()
    assert load_names(engine, path) == Loaded(0, 0, 0, 2)
