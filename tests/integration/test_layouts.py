"""Changes of the layout: a few of the nights of `make layouts`, and that its table is whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scrapers.settings import ROOT
from scrapers.targets import PageKind
from scrapers.whoscored.read import read_page, selector_files
from tests.integration.conftest import Services
from tests.layouts.changes import BY_NAME, CHANGES
from tests.layouts.mends import EDITS, mended
from tests.layouts.night import Cell, Nights, selector_of
from tests.layouts.place import Place, Server
from tests.layouts.subjects import html_of, subject
from tests.layouts.table import is_good, share, total

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


@pytest.mark.parametrize(
    ("kind", "change", "what"),
    [
        (PageKind.MATCH_PREVIEW, "team-names", "InvalidRows"),
        (PageKind.MATCH_REPORT, "columns", "LayoutChanged"),
        (PageKind.STANDINGS, "sides", "InvalidBatch"),
        (PageKind.PLAYER_STATISTICS, "per-cent", "Invalid"),
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
    good = Cell("keys", "schedule", ["a", "b"], 0, "LayoutChanged", 2, 2, True, "the draft", True)
    assert is_good([good])
    assert (share([good]), "1 cells: 0 wrong rows" in total([good])) == ((2, 2), True)
    for spoilt in ({"wrong": 1}, {"landed": False}, {"mended": ""}, {"named": 0}, {"suggested": 0}):
        values = {name: getattr(good, name) for name in Cell.__dataclass_fields__}
        assert not is_good([Cell(**{**values, **spoilt})]), spoilt


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
