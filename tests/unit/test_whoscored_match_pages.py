"""Previews and reports: what the page says lands in rows, a changed page is named by its fields."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from scrapers.errors import LayoutChanged, TargetAbsent
from scrapers.parsing import SelectorFiles
from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from scrapers.warehouse.tables import CORE_TABLES, data_columns
from scrapers.whoscored.read import read_page, selector_files
from scrapers.whoscored.rows import RowSet
from tests.site.match import Match
from tests.site.previews import Preview, SidePreview, preview, preview_page
from tests.site.reports import report_page, traits
from tests.site.world import World

WORLD = World()
MATCHES = WORLD.matches()
PREVIEW, REPORT = PageKind.MATCH_PREVIEW, PageKind.MATCH_REPORT


@pytest.fixture(scope="module")
def files() -> SelectorFiles:
    return selector_files(ROOT / "selectors")


def match_with(what: Callable[[Match, Preview], bool]) -> Match:
    return next(match for match in MATCHES if what(match, preview(match)))


FULL = match_with(lambda m, p: bool(p.home.missing and p.away.missing) and m.status == "finished")


def page_of(match: Match, kind: PageKind) -> str:
    make = preview_page if kind is PREVIEW else report_page
    return make(match, [match]).decode()


def read(html: str, match_id: int, files: SelectorFiles, kind: PageKind) -> RowSet:
    rows = read_page(html.encode(), Target.of(kind, match_id=match_id), "http://x/", files).rows
    tables = {table.name: table for table in CORE_TABLES}
    for name, found in rows.items():
        columns = {column.name for column in data_columns(tables[name])}
        assert all(set(row) == columns for row in found)
    return rows


def fields_of(html: str, files: SelectorFiles, kind: PageKind, match_id: int = FULL.id) -> set[str]:
    with pytest.raises(LayoutChanged) as caught:
        read(html, match_id, files, kind)
    fields = caught.value.facts["fields"]
    assert isinstance(fields, list)
    return set(fields)


# previews


@pytest.mark.parametrize("match", MATCHES[::23], ids=lambda match: str(match.id))
def test_a_preview_gives_what_the_site_foresees(match: Match, files: SelectorFiles) -> None:
    seen = preview(match)
    rows = read(page_of(match, PREVIEW), match.id, files, PREVIEW)
    assert rows["match_preview"] == [
        {
            "match_id": match.id,
            "home_team_id": match.home.id,
            "away_team_id": match.away.id,
            "predicted_home_score": seen.score[0],
            "predicted_away_score": seen.score[1],
            "home_formation": "-".join(seen.home.formation.name),
            "away_formation": "-".join(seen.away.formation.name),
        }
    ]
    assert rows["team"] == [
        {"team_id": club.id, "name": club.name, "country_name": club.region.name}
        for club in (match.home, match.away)
    ]
    assert rows["missing_player"] == [
        {
            "match_id": match.id,
            "player_id": one.player.id,
            "team_id": side.club.id,
            "reason": one.reason,
            "status": one.status,
            "rating": one.rating,
        }
        for side in (seen.home, seen.away)
        for one in side.missing
    ]
    assert rows["predicted_line_up"] == [
        row for side in (seen.home, seen.away) for row in line_up(match, side)
    ]
    assert {(row["player_id"], row["name"]) for row in rows["player"]} == {
        (player.id, player.name)
        for side in (seen.home, seen.away)
        for player in (*(p for p, _, _ in side.starters), *(one.player for one in side.missing))
    }


def line_up(match: Match, side: SidePreview) -> list[dict[str, object]]:
    return [
        {
            "match_id": match.id,
            "player_id": player.id,
            "team_id": side.club.id,
            "ordinal": ordinal,
            "position": position,
            "rating": rating,
        }
        for ordinal, (player, position, rating) in enumerate(side.starters, start=1)
    ]


def test_nobody_is_missing(files: SelectorFiles) -> None:
    """On neither side: the section is not there. On one: its table is not."""
    match = match_with(lambda m, p: not p.home.missing and not p.away.missing)
    page = page_of(match, PREVIEW)
    assert "missing-players" not in page
    rows = read(page, match.id, files, PREVIEW)
    assert rows["missing_player"] == []
    assert len(rows["predicted_line_up"]) == 22
    match = match_with(lambda m, p: bool(p.home.missing) and not p.away.missing)
    rows = read(page_of(match, PREVIEW), match.id, files, PREVIEW)
    assert {row["team_id"] for row in rows["missing_player"]} == {match.home.id}


def test_a_preview_without_line_ups(files: SelectorFiles) -> None:
    page = page_of(FULL, PREVIEW)
    begin, end = page.index('<div class="pitch">'), page.index('<div id="missing-players"')
    rows = read(page[:begin] + "</div>" + page[end:], FULL.id, files, PREVIEW)
    assert rows["predicted_line_up"] == []
    assert rows["missing_player"]


@pytest.mark.parametrize(
    ("old", "new", "fields"),
    [
        # Renamed elements and classes: nobody is lost in silence.
        ('id="missing-players"', 'id="absent"', {"player_links", "home_missing", "away_missing"}),
        (' home small-display-on">\n<table', ' host">\n<table', {"player_links", "home_missing"}),
        ('id="preview-lineups"', 'id="line-ups"', {"player_links", "home_line_up", "away_line_up"}),
        ('<ul class="player"', '<ul class="man"', {"player_links", "home_line_up", "away_line_up"}),
        ('id="preview-prediction"', 'id="guess"', {"predicted_home_score", "predicted_away_score"}),
        ("predicted-score", "score-x", {"predicted_home_score", "predicted_away_score"}),
        ("formation-label", "label", {"home_formation", "away_formation"}),
        ('td class="confirmed"', "td", {"home_missing.status", "away_missing.status"}),
        ('td class="reason"', "td", {"home_missing.reason", "away_missing.reason"}),
        ('td class="rating"', "td", {"home_missing.rating", "away_missing.rating"}),
        ('id="preview"', 'id="forecast"', {"player_links"}),
        ("['matchheader']", "['header']", {"fingerprint", "match_id"} | {
            f"{side}_{what}" for side in ("home", "away")
            for what in ("team_id", "team_name", "country_name")}),
        ("matchId:", "id:", {"match_id"}),
        # Other values.
        ("/players/", "/p/", {f"{side}_missing.{name}" for side in ("home", "away")
                              for name in ("player_id", "name")}),
        ('<td class="rating">', '<td class="rating">rated ',
         {"home_missing.rating", "away_missing.rating"}),
        ('<span class="predicted-score">', '<span class="predicted-score">about ',
         {"predicted_home_score", "predicted_away_score"}),
    ],
)  # fmt: skip
def test_a_changed_preview_is_named(
    files: SelectorFiles, old: str, new: str, fields: set[str]
) -> None:
    page = page_of(FULL, PREVIEW)
    assert old in page
    assert fields_of(page.replace(old, new), files, PREVIEW) == fields


@pytest.mark.parametrize(
    ("pattern", "fields"),
    [
        (r'(<span class="predicted-score">)\d+', {"predicted_home_score", "predicted_away_score"}),
        (r'(title=")[a-z ]+(?=")', {"home_missing.reason", "away_missing.reason"}),
        (r'(<td class="confirmed">)\w+', {"home_missing.status", "away_missing.status"}),
    ],
)
def test_an_emptied_preview_is_named(files: SelectorFiles, pattern: str, fields: set[str]) -> None:
    page, count = re.subn(pattern, r"\1", page_of(FULL, PREVIEW))
    assert count
    assert fields_of(page, files, PREVIEW) == fields


def test_ids_of_a_line_up_are_read_from_links_if_the_attributes_go(files: SelectorFiles) -> None:
    page = page_of(FULL, PREVIEW)
    assert read(re.sub(r' data-playerid="\d+"', "", page), FULL.id, files, PREVIEW) == read(
        page, FULL.id, files, PREVIEW
    )


def test_a_wrapped_section_is_read_all_the_same(files: SelectorFiles) -> None:
    page = page_of(FULL, PREVIEW)
    wrapped = page.replace("<table class=", "<div><table class=").replace(
        "</table>", "</table></div>"
    )
    assert read(wrapped, FULL.id, files, PREVIEW) == read(page, FULL.id, files, PREVIEW)


@pytest.mark.parametrize("kind", [PREVIEW, REPORT])
def test_another_match_than_the_one_asked_for(files: SelectorFiles, kind: PageKind) -> None:
    assert fields_of(page_of(FULL, kind), files, kind, match_id=7) == {"match_id"}


def test_a_page_without_a_preview_is_absent(files: SelectorFiles) -> None:
    with pytest.raises(TargetAbsent, match="no preview"):
        read(page_of(FULL, REPORT), FULL.id, files, PREVIEW)


@pytest.mark.parametrize(("kind", "what"), [(PREVIEW, "no preview"), (REPORT, "no report")])
def test_a_page_that_does_not_exist_is_absent(
    files: SelectorFiles, kind: PageKind, what: str
) -> None:
    sentence = "The page you requested does not exist in WhoScored.com"
    page = f"<html><body><div>{sentence}</div><footer>{' ' * 200}</footer></body></html>"
    with pytest.raises(TargetAbsent, match=what):
        read(page, FULL.id, files, kind)


# reports


def test_a_report_gives_what_the_site_says(files: SelectorFiles) -> None:
    finished = [m for m in MATCHES if m.status == "finished" and m.has_match_centre]
    for match in finished[::29]:
        rows = read(page_of(match, REPORT), match.id, files, REPORT)
        clubs = {"home": match.home, "away": match.away}
        said = {
            (clubs[side].id, kind): texts for (side, kind), texts in traits(match).items() if texts
        }
        found: dict[tuple[int, str], list[str]] = {}
        for row in rows["match_trait"]:
            assert row["match_id"] == match.id
            texts = found.setdefault((row["team_id"], row["kind"]), [])
            texts.append(row["text"])
            assert row["ordinal"] == len(texts)
        assert {key: tuple(texts) for key, texts in found.items()} == said
        assert [team["team_id"] for team in rows["team"]] == [match.home.id, match.away.id]


def test_a_match_that_is_not_over_has_no_report(files: SelectorFiles) -> None:
    match = next(match for match in MATCHES if match.status == "scheduled")
    with pytest.raises(TargetAbsent, match="no report"):
        read(page_of(match, REPORT), match.id, files, REPORT)


@pytest.mark.parametrize(
    ("old", "new", "fields"),
    [
        ("matchstory-text", "text", {"cells.sentences"}),
        ("matchstory-row", "story", {"cells"}),
        ("matchstory-typeheader", "story-head", {"cells.kind"}),
        ("matchstory", "story", {"cells", "left_team_name"}),
        ("matchstory-header", "story-header", {"left_team_name"}),
        (">Weaknesses<", ">Faults<", {"cells.kind"}),
        ('<td><div class="matchstory-icon">', '<td></td><td><div class="matchstory-icon">',
         {"cells.side"}),
    ],
)  # fmt: skip
def test_a_changed_report_is_named(
    files: SelectorFiles, old: str, new: str, fields: set[str]
) -> None:
    page = page_of(FULL, REPORT)
    assert old in page
    assert fields_of(page.replace(old, new), files, REPORT) == fields
