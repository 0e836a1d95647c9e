"""Which version reads a page, and how a changed file is taken up."""

from __future__ import annotations

import logging
import os
from datetime import date
from pathlib import Path

import pytest

from scrapers.browser.plan import FetchPlan
from scrapers.errors import ConfigInvalid, LayoutChanged
from scrapers.parsing import Page, SelectorFiles
from scrapers.targets import PageKind
from tests.support.pages import SMALL_SELECTOR, small_page, write_selector

KIND = PageKind.MATCH_CENTRE
NAME = "fields:\n  name: {from: [{js: data, path: name}], type: text}\n"


def version(name: str, day: str, css: str = "#here", fields: str = NAME) -> str:
    return (
        SMALL_SELECTOR.replace("version: small", f"version: {name}")
        .replace("2022-01-01", day)
        .replace("#here", css)
        + fields
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two versions of one fingerprint, and one of another."""
    write_selector(tmp_path, version("a", "2020-01-01"), "a")
    write_selector(tmp_path, version("b", "2022-01-01"), "b")
    write_selector(tmp_path, version("c", "2024-01-01", "#new"), "c")
    return tmp_path


def page(data: object = None, body: str = "") -> Page:
    return Page(small_page({"name": "x"} if data is None else data, body))


@pytest.mark.parametrize(
    ("on", "body", "expected"),
    [
        (None, "", "b"),
        (date(2023, 1, 1), "", "b"),
        (date(2022, 1, 1), "", "b"),
        (date(2021, 12, 31), "", "a"),
        (date(2019, 1, 1), "", "b"),
        (None, "<i id=new>", "c"),
        (date(2023, 1, 1), "<i id=new>", "b"),
    ],
)
def test_fingerprint_first_then_the_day(
    folder: Path, on: date | None, body: str, expected: str
) -> None:
    assert SelectorFiles(folder).resolve(page(body=body), KIND, on).version == expected


def test_a_named_version_is_taken_whatever_its_fingerprint(folder: Path) -> None:
    files = SelectorFiles(folder)
    assert files.resolve(page(), KIND, version="c").version == "c"
    assert files.resolve(page(), KIND, version="match_centre/a").version == "a"
    with pytest.raises(ConfigInvalid, match="no version 'd' of match_centre: there is c, b, a"):
        files.resolve(page(), KIND, version="d")


def test_no_fingerprint_is_layout_changed_with_candidates(folder: Path) -> None:
    with pytest.raises(LayoutChanged) as caught:
        SelectorFiles(folder).resolve(Page(b"<p>something else</p>"), KIND)
    assert caught.value.facts["candidates"] == {
        "match_centre/c": ["#new is not there"],
        "match_centre/b": ["#here is not there"],
        "match_centre/a": ["#here is not there"],
    }
    assert caught.value.facts["fields"] == ["fingerprint", "name"]


def test_the_first_fitting_version_that_reads_every_field_wins(folder: Path) -> None:
    fields = NAME.replace("path: name", "path: title")
    write_selector(folder, version("b", "2022-01-01", fields=fields), "b")
    files = SelectorFiles(folder)
    assert files.read(page(), KIND)[0].version == "a"
    assert files.read(page({"title": "x"}), KIND)[0].version == "b"
    with pytest.raises(LayoutChanged) as caught:
        files.read(page({"nothing": 1}), KIND)
    assert caught.value.facts["selector"] == "match_centre/b"
    assert caught.value.facts["candidates"] == {
        "match_centre/b": ["name has no value"],
        "match_centre/a": ["name has no value"],
    }


def test_the_version_that_comes_nearest_tells_what_has_changed(folder: Path) -> None:
    """A newer version that reads another layout would send people after what is as it was."""
    city = "  city: {from: [{js: data, path: city}], type: text}\n"
    newer = NAME.replace("path: name", "path: title") + city
    write_selector(folder, version("a", "2020-01-01", fields=NAME + city), "a")
    write_selector(folder, version("b", "2022-01-01", fields=newer), "b")
    with pytest.raises(LayoutChanged) as caught:
        SelectorFiles(folder).read(page({"name": "x", "town": "y"}), KIND)
    assert caught.value.facts["selector"] == "match_centre/a"
    assert caught.value.facts["fields"] == ["city"]


def edit(path: Path, text: str) -> None:
    """Write the file as an editor does, with a time that differs from the last edit's."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    if path.stat().st_mtime_ns == before:
        os.utime(path, ns=(before + 1, before + 1))


def test_an_edit_is_in_force_at_the_next_page(folder: Path) -> None:
    files = SelectorFiles(folder)
    assert files.read(page(), KIND)[1].fields == {"name": "x"}
    edit(
        folder / "whoscored/match_centre/b.yaml",
        version("b", "2022-01-01", fields=NAME.replace("path: name", "path: title")),
    )
    assert files.read(page({"title": "y"}), KIND)[1].fields == {"name": "y"}
    write_selector(folder, version("d", "2025-01-01"), "d")
    assert files.read(page(), KIND)[0].version == "d"
    (folder / "whoscored/match_centre/d.yaml").unlink()
    assert files.resolve(page(), KIND).version == "b"


def test_a_bad_edit_is_logged_and_the_last_good_one_stays(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = SelectorFiles(folder)
    files.for_kind(KIND)
    path = folder / "whoscored/match_centre/b.yaml"
    edit(path, path.read_text().replace("type: text", "typ: text"))
    with caplog.at_level(logging.ERROR):
        assert files.read(page(), KIND)[0].version == "b"
        assert "did you mean 'type'?" in caplog.text
        caplog.clear()
        assert files.read(page(), KIND)[0].version == "b"
        assert caplog.text == "", "told once, not at every page"
    write_selector(folder, "page_kind: [", "new")
    assert files.read(page(), KIND)[0].version == "b"
    edit(path, version("b", "2022-01-01", fields=NAME.replace("name:", "title:")))
    assert files.read(page(), KIND)[1].fields == {"title": "x"}


def test_a_bad_file_at_the_start_is_refused(folder: Path) -> None:
    write_selector(folder, version("b", "2022-01-01").replace("type:", "typ:"), "b")
    with pytest.raises(ConfigInvalid, match=r"b\.yaml:\d+: fields\.name\.typ: unknown key"):
        SelectorFiles(folder).for_kind(KIND)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"no selector file in .*schedule"):
        SelectorFiles(tmp_path).for_kind(PageKind.SCHEDULE)


def test_the_fetch_plan_is_the_newest_version_s(folder: Path) -> None:
    newest = version("e", "2026-01-01").replace(
        'fetch: {ready: ["true"]}',
        'fetch: {load_strategy: normal, ready: ["a", "b"], ready_timeout_seconds: 3}',
    )
    write_selector(folder, newest, "e")
    assert SelectorFiles(folder).fetch_plan(KIND) == FetchPlan("normal", ("a", "b"), 3.0)
