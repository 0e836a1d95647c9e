"""Changes of the layout: a few of the nights of `make layouts`, and that its table is whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from scrapers.settings import ROOT
from scrapers.targets import PageKind
from scrapers.whoscored.read import read_page, selector_files
from tests.integration.conftest import Services
from tests.layouts.changes import BY_NAME, CHANGES
from tests.layouts.expected import CELLS, NAMES, missing
from tests.layouts.keys import KeyCell
from tests.layouts.mends import EDITS, mended
from tests.layouts.night import Cell, Nights, selector_of
from tests.layouts.place import Place, Server
from tests.layouts.run import KEY_BY_KEY
from tests.layouts.subjects import html_of, subject
from tests.layouts.table import is_good, share, shortfalls, total

EVERYWHERE = ("empty-rows", "empty-values")


@pytest.fixture(scope="module")
def place(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(
        Server(services.ports["postgres"], services.password),
        "layouts",
        tmp_path_factory.mktemp("layouts"),
    )
    yield made
    made.drop()


@pytest.fixture(scope="module")
def schedule(place: Place) -> Nights:
    return Nights(place, PageKind.SCHEDULE)


def night(nights: Nights, change: str) -> Cell:
    cell = nights.run(BY_NAME[change])
    assert cell is not None
    return cell


def test_renamed_keys_are_named_found_and_mended_by_the_draft(schedule: Nights) -> None:
    cell = night(schedule, "keys")
    assert (cell.wrong, cell.told, cell.named) == (0, "LayoutChanged", len(cell.fields))
    assert (cell.suggested, cell.mended, cell.landed) == (len(cell.fields), "the draft", True)


@pytest.mark.parametrize("change", ["sides", "clock", "seasons", "day-month"])
def test_another_meaning_in_the_same_shape_does_not_land(schedule: Nights, change: str) -> None:
    cell = night(schedule, change)
    assert cell.fields
    assert (cell.wrong, cell.landed) == (0, True), cell.notes
    assert cell.named, cell.told
    assert cell.mended


# `make layouts` does every change on every kind of page.
@pytest.mark.parametrize(
    ("kind", "change", "what"),
    [
        pytest.param(PageKind.MATCH_PREVIEW, "team-names", "InvalidRows", marks=pytest.mark.long),
        (PageKind.MATCH_REPORT, "columns", "LayoutChanged"),
        (PageKind.STANDINGS, "sides", "InvalidBatch"),
        pytest.param(PageKind.PLAYER_STATISTICS, "per-cent", "Invalid", marks=pytest.mark.long),
    ],
)
def test_what_pages_of_other_kinds_mean_is_held_against_what_is_known(
    place: Place, kind: PageKind, change: str, what: str
) -> None:
    cell = night(Nights(place, kind), change)
    assert what in cell.told
    assert (cell.wrong, cell.landed) == (0, True), cell.notes
    assert cell.named
    assert cell.mended


def test_a_feed_without_pre_is_read_as_before(schedule: Nights) -> None:
    cell = night(schedule, "feed")
    assert (cell.fields, cell.wrong, cell.landed) == ([], 0, True)


def test_what_is_emptied_waits_for_the_next_whole_page(schedule: Nights) -> None:
    cell = night(schedule, "empty-rows")
    assert (cell.wrong, cell.mended, cell.landed) == (0, "the next whole page", True)


def test_a_wrong_row_or_a_cell_without_a_mend_spoils_the_table() -> None:
    good = Cell(
        "keys",
        "schedule",
        fields=["a", "b"],
        told="LayoutChanged",
        named=2,
        suggested=2,
        mended="the draft",
        landed=True,
    )
    assert is_good([good])
    assert (share([good]), "1 cells: 0 wrong rows" in total([good])) == ((2, 2), True)
    for spoilt in (
        {"wrong": 1},
        {"landed": False},
        {"mended": ""},
        {"named": 0},
        {"unnamed": ["a"]},
        {"suggested": 0},
        {"broken": 1},
    ):
        assert not is_good([replace(good, **spoilt)]), spoilt
    # One page kind does not make up for another.
    others = [replace(good, kind="standings", suggested=1), *[good] * 20]
    assert shortfalls(others) == ["standings: suggest finds 1 of 2, fewer than 90%"]
    name = KeyCell("schedule", "feed: id", ["a"], 0, "LayoutChanged")
    assert is_good([], [name])
    assert not is_good([], [replace(name, wrong=1)])
    assert not is_good([], [replace(name, unnamed=["a"])])
    assert not is_good([])


def test_a_cell_that_is_due_and_not_there_is_told() -> None:
    kind = PageKind.SEASONS
    cells = [Cell(name, kind.value) for name in CELLS[kind]]
    assert missing(cells, [], [kind], list(BY_NAME)) == []
    told = missing(cells[1:], [], [kind], [*BY_NAME, KEY_BY_KEY])
    assert told == [
        f"seasons {cells[0].change}: no cell, though one is due",
        f"seasons: 0 names tried alone, {NAMES[kind]} are due",
    ]
    [told_too] = missing([*cells, Cell("clock", kind.value)], [], [kind], list(BY_NAME))
    assert told_too == "seasons clock: a cell that tests/layouts/expected.py does not know"


# --- the table is whole ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(PageKind))
def test_every_page_kind_is_tried_and_its_pages_are_read_without_a_change(kind: PageKind) -> None:
    files = selector_files(ROOT / "selectors")
    targets = subject(kind).targets
    for target in targets:
        assert read_page(html_of(target).encode(), target, "", files).rows
    tried = {
        change.name
        for change in CHANGES
        for target in targets
        if change.apply(html_of(target), kind, selector_of(kind)) is not None
    }
    assert tried == set(CELLS[kind])
    assert set(EVERYWHERE) <= tried
    # Renamed, moved or nested; each page kind can change in each of these ways.
    assert tried & {"names", "variable", "keys"}
    assert tried & {"wrap", "json-script", "deeper"}


def test_every_change_applies_to_some_page_kind() -> None:
    for change in CHANGES:
        assert any(
            change.apply(html_of(target), kind, selector_of(kind)) is not None
            for kind in PageKind
            for target in subject(kind).targets
        ), change.name


@pytest.mark.parametrize(("change", "kind"), list(EDITS))
def test_every_written_edit_is_of_a_change_and_makes_a_selector_file(
    change: str, kind: PageKind
) -> None:
    assert change in BY_NAME
    text = (ROOT / "selectors" / "whoscored" / kind.value).glob("*.yaml")
    current = next(text).read_text()
    edited = mended(change, kind, current, "layouts-1")
    assert edited is not None
    assert selector_of(kind, edited).version == "layouts-1"
