"""Menu, tournament, season and stage pages give regions, seasons, stages, standings, referees."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from scrapers.errors import LayoutChanged, SourceUnavailable, TargetAbsent
from scrapers.parsing import SelectorFiles
from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from scrapers.warehouse.tables import CORE_TABLES, data_columns
from scrapers.whoscored.read import read_page, selector_files
from scrapers.whoscored.rows import RowSet
from tests.site.tables import DEDUCTED
from tests.support.pages import REAL_MATCH_ID
from tests.support.site_pages import page_of, site

LEAGUE = {"region_id": 901, "competition_id": 9101}
SERIE_A = {"region_id": 902, "competition_id": 9102}
CUP = {"region_id": 903, "competition_id": 9103}
MENU = Target.of(PageKind.TOURNAMENTS)
SEASONS = Target.of(PageKind.SEASONS, **LEAGUE)
STAGES = Target.of(PageKind.STAGES, **LEAGUE, season_id=91201)
CUP_STAGES = Target.of(PageKind.STAGES, **CUP, season_id=91203)
TABLE = Target.of(PageKind.STANDINGS, **LEAGUE, season_id=91201, stage_id=21501)
GROUP = Target.of(PageKind.STANDINGS, **CUP, season_id=91203, stage_id=21513)
REFEREES = Target.of(PageKind.REFEREE_STATISTICS, **LEAGUE, season_id=91201, stage_id=21501)


@pytest.fixture(scope="module")
def files() -> SelectorFiles:
    return selector_files(ROOT / "selectors")


def read(files: SelectorFiles, target: Target, html: bytes | None = None) -> RowSet:
    page = page_of(target) if html is None else html
    return read_page(page, target, "http://x/", files).rows


@pytest.mark.parametrize("target", [MENU, SEASONS, CUP_STAGES, TABLE, REFEREES])
def test_rows_have_exactly_the_tables_columns(files: SelectorFiles, target: Target) -> None:
    tables = {table.name: {c.name for c in data_columns(table)} for table in CORE_TABLES}
    for name, rows in read(files, target).items():
        assert rows, name
        assert all(set(row) == tables[name] for row in rows)


def test_the_menu_gives_regions_and_their_tournaments(files: SelectorFiles) -> None:
    rows = read(files, MENU)
    assert {"region_id": 902, "name": "Serravia", "kind": "country", "flag": "flg-sv"} in rows[
        "region"
    ]
    kinds = {row["name"]: row["kind"] for row in rows["region"]}
    assert kinds["Interocean"] == "international"
    assert {
        "competition_id": 9102,
        "name": "Série Ouro",
        "region_id": 902,
        "region_name": "Serravia",
    } in rows["competition"]


def test_the_menu_of_a_real_match_page(files: SelectorFiles, shared_data: Path) -> None:
    page = gzip.decompress((shared_data / f"match_live_{REAL_MATCH_ID}.html.gz").read_bytes())
    rows = read(files, MENU, page)
    assert (len(rows["region"]), len(rows["competition"])) == (114, 433)
    assert {
        "competition_id": 2,
        "name": "Premier League",
        "region_id": 252,
        "region_name": "England",
    } in rows["competition"]
    assert {row["kind"] for row in rows["region"]} == {"country", "international"}


def test_a_tournament_gives_its_seasons_whichever_is_selected(files: SelectorFiles) -> None:
    rows = read(files, SEASONS)
    assert rows["competition"] == [
        {
            "competition_id": 9101,
            "name": "First Division",
            "region_id": 901,
            "region_name": "Valdoria",
        }
    ]
    assert [(row["season_id"], row["name"]) for row in rows["season"]] == [
        (91201, "2022/2023"),
        (91101, "2021/2022"),
        (91001, "2020/2021"),
        (90901, "2019/2020"),
    ]
    other = Target.of(PageKind.SEASONS, **SERIE_A)
    assert b'selected="selected" value="/Regions/902/Tournaments/9102/Seasons/91102' in page_of(
        other
    )
    assert [row["season_id"] for row in read(files, other)["season"]][:2] == [91202, 91102]


def test_a_season_of_one_stage_has_it_in_its_navigation(files: SelectorFiles) -> None:
    assert b'name="stages"' not in page_of(STAGES)
    rows = read(files, STAGES)
    assert rows["stage"] == [{"stage_id": 21501, "season_id": 91201, "name": None}]
    assert rows["season"] == [{"season_id": 91201, "competition_id": 9101, "name": "2022/2023"}]


def test_a_season_of_several_stages_lists_them(files: SelectorFiles) -> None:
    stages = read(files, CUP_STAGES)["stage"]
    assert [(row["stage_id"], row["name"]) for row in stages] == [
        (21511, "Qualifying Round"),
        (21512, "Interocean Cup Grp. A"),
        (21513, "Interocean Cup Grp. B"),
        (21514, "Interocean Cup Grp. C"),
        (21515, "Interocean Cup Grp. D"),
        (21516, "Final Stage"),
    ]


def test_a_table_is_that_of_the_matches(files: SelectorFiles) -> None:
    standings = read(files, TABLE)["standing"]
    assert len(standings) == 3 * 10
    matches = [m for m in site().world.matches() if m.stage_id == 21501 and m.status == "finished"]
    for team_id in {m.home.id for m in matches}:
        home = [(m.home_score, m.away_score) for m in matches if m.home.id == team_id]
        away = [(m.away_score, m.home_score) for m in matches if m.away.id == team_id]
        for scope, scores in (("overall", home + away), ("home", home), ("away", away)):
            row = next(r for r in standings if (r["team_id"], r["scope"]) == (team_id, scope))
            won = sum(own > other for own, other in scores)
            drawn = sum(own == other for own, other in scores)
            taken = DEDUCTED.get(team_id, 0) if scope == "overall" else 0
            assert (row["played"], row["won"], row["drawn"]) == (len(scores), won, drawn)
            assert row["goals_for"] == sum(own for own, _ in scores)
            assert row["goals_against"] == sum(other for _, other in scores)
            assert row["points"] == 3 * won + drawn - taken
    overall = sorted((r for r in standings if r["scope"] == "overall"), key=lambda r: r["rank"])
    assert [row["rank"] for row in overall] == list(range(1, 11))
    assert [row["points"] for row in overall] == sorted(
        (r["points"] for r in overall), reverse=True
    )


def test_a_group_page_gives_the_tables_of_all_groups(files: SelectorFiles) -> None:
    rows = read(files, GROUP)
    assert rows["stage"] == [
        {"stage_id": 21513, "season_id": 91203, "name": "Interocean Cup Grp. B"}
    ]
    found = {(row["table_stage_id"], row["group_number"]) for row in rows["standing"]}
    assert found == {(21512, 0), (21513, 1), (21514, 2), (21515, 3)}
    assert {row["stage_id"] for row in rows["standing"]} == {21513}
    assert len(rows["standing"]) == 4 * 4 * 3


def test_a_knock_out_stage_has_no_table(files: SelectorFiles) -> None:
    target = Target.of(PageKind.STANDINGS, **CUP, season_id=91203, stage_id=21516)
    with pytest.raises(TargetAbsent, match="the stage has no table"):
        read(files, target)


def test_a_row_of_noughts_is_no_place(files: SelectorFiles) -> None:
    noughts = f"[21501,77,'Renamed',{','.join(['0'] * 27)},,,,0,0,0,'Valdoria',901,'','',''],"
    page = page_of(TABLE).replace(b'"standings": [', f'"standings": [{noughts}'.encode())
    rows = read(files, TABLE, page)
    assert 77 not in {row["team_id"] for row in rows["standing"]}
    assert 77 in {row["team_id"] for row in rows["team"]}


def test_referees_with_their_figures(files: SelectorFiles) -> None:
    rows = read(files, REFEREES)
    finished = [m for m in site().world.matches() if m.stage_id == 21501 and m.status == "finished"]
    assert sum(row["matches"] for row in rows["referee_statistic"]) == len(finished)
    for row in rows["referee_statistic"]:
        assert row["yellow_cards_per_match"] == pytest.approx(
            row["yellow_cards"] / row["matches"], abs=0.005
        )
    assert {r["referee_id"] for r in rows["referee"]} == {
        r["referee_id"] for r in rows["referee_statistic"]
    }
    assert all(row["name"][0].isalpha() for row in rows["referee"])


def test_referees_columns_are_found_by_their_heads(files: SelectorFiles) -> None:
    """Two columns change places, and a place stands before the name."""
    before = read(files, REFEREES)
    page = page_of(REFEREES).decode()
    head, _, body = page.partition("<tbody>")
    head = head.replace("<th>Yel</th><th>Red pg</th>", "<th>Red pg</th><th>Yel</th>")
    rows = body.split("</tr>")
    for number, row in enumerate(rows[:-1]):
        cells = row.split("<td>")
        cells[6], cells[7] = cells[7], cells[6]
        name = cells[0].rindex('">') + 2
        cells[0] = f"{cells[0][:name]}{number + 1}. {cells[0][name:]}"
        rows[number] = "<td>".join(cells)
    moved = read(files, REFEREES, (head + "<tbody>" + "</tr>".join(rows)).encode())
    assert moved == before


# pages that changed


def fields_of(files: SelectorFiles, target: Target, html: bytes) -> object:
    with pytest.raises(LayoutChanged) as caught:
        read(files, target, html)
    return caught.value.facts["fields"]


@pytest.mark.parametrize(
    ("target", "old", "new", "fields"),
    [
        (MENU, "var allRegions", "var regionsOfAll", ["fingerprint", "regions"]),
        (MENU, "name: 'Serravia'", "title: 'Serravia'", ["regions.name"]),
        (MENU, "{type:0, id:902", "{type:7, id:902", ["regions.kind"]),
        (MENU, "flg:'flg-sv'", "flag:'flg-sv'", ["regions.flag"]),
        (MENU, "{id:9102,", "{id:9109,", ["regions.tournaments.address_competition_id"]),
        (MENU, "{type:0, id:902", "{type:0, id:904", ["regions.tournaments.address_region_id"]),
        (MENU, "tournaments: [{id:9102", "cups: [{id:9102", ["regions.tournaments"]),
        (SEASONS, '<select id="seasons"', '<select id="years"', ["fingerprint", "seasons"]),
        (SEASONS, "/Seasons/91001/", "/S/91001/", ["seasons.season_id"]),
        (SEASONS, "/Tournaments/9101/Seasons/91001", "/Tournaments/9/Seasons/91001",
         ["seasons.address_competition_id"]),
        (SEASONS, ">2020/2021<", "> <", ["seasons.name"]),
        (CUP_STAGES, '<select id="stages"', '<select id="rounds"', ["stages"]),
        (CUP_STAGES, "/stages/21516/", "/stages/999/", ["shown_stage_id"]),
        (CUP_STAGES, "/Seasons/91203/Stages/21513", "/Seasons/1/Stages/21513",
         ["stages.address_season_id"]),
        (TABLE, "tables.push(", "standings.push(", ["tables"]),
        (TABLE, '"standings":', '"rows":', ["tables.rows"]),
        (TABLE, '"standingsGroupIdx":0', '"groupIdx":0', ["tables.group_number"]),
        (TABLE, "[21501,9001,'Ardenholm',", "[21501,'Ardenholm',9001,",
         ["tables.rows.team_id", "tables.rows.team_name"]),
        (TABLE, "var tables = [];", "tables.push(load());", ["documents.tables", "tables"]),
        (REFEREES, "<th>Yel</th>", "<th>Yellow</th>", ["referees.yellow_cards"]),
        (REFEREES, "<th>Pen pg</th>", "<th>Penalties</th>", ["referees.penalties_per_match"]),
        (REFEREES, "<th>Referee</th>", "<th>Official</th>", ["fingerprint", "referees"]),
        (REFEREES, "/Referees/", "/Officials/", ["referees"]),
    ],
)  # fmt: skip
def test_a_changed_page_names_its_fields(
    files: SelectorFiles, target: Target, old: str, new: str, fields: list[str]
) -> None:
    page = page_of(target).decode()
    assert old in page
    assert fields_of(files, target, page.replace(old, new).encode()) == fields


@pytest.mark.parametrize(
    ("asked", "served", "fields"),
    [
        (SEASONS, Target.of(PageKind.SEASONS, **CUP),
         ["competition_id", "seasons.address_region_id", "seasons.address_competition_id"]),
        (STAGES, CUP_STAGES, ["competition_id", "season_id"]),
        (TABLE, GROUP, ["competition_id", "season_id", "stage_id"]),
    ],
)  # fmt: skip
def test_a_page_of_something_else_is_refused(
    files: SelectorFiles, asked: Target, served: Target, fields: list[str]
) -> None:
    assert fields_of(files, asked, page_of(served)) == fields


def test_without_data_attributes_the_pages_read_the_same(files: SelectorFiles) -> None:
    for target in (SEASONS, STAGES, TABLE):
        page = page_of(target).replace(b' data-tournament-id="9101"', b"")
        assert read(files, target, page) == read(files, target)


def test_links_in_any_case_read_the_same(files: SelectorFiles) -> None:
    for target in (SEASONS, STAGES, CUP_STAGES, TABLE, REFEREES, MENU):
        page = page_of(target).decode()
        for part in ("Regions", "Tournaments", "Seasons", "Stages", "Referees"):
            page = page.replace(f"/{part}/", f"/{part.lower()}/")
        assert read(files, target, page.encode()) == read(files, target)


def test_a_cut_page_is_unavailable(files: SelectorFiles) -> None:
    for target in (MENU, SEASONS, TABLE):
        page = page_of(target)
        with pytest.raises(SourceUnavailable):
            read(files, target, page[: len(page) // 2])
