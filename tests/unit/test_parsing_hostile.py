"""No page, however made, gives anything but rows or a named failure, and none takes long."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scrapers.errors import LayoutChanged, SourceRefused, SourceUnavailable, TargetAbsent
from scrapers.parsing import Page, SelectorFiles
from scrapers.parsing.page import MAX_BYTES
from scrapers.parsing.places import element_value
from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from scrapers.whoscored.read import read_page, selector_files
from tests.support.pages import REAL_MATCH_ID, feed_page, real_match_page

FAILURES = (LayoutChanged, SourceRefused, SourceUnavailable, TargetAbsent)
MATCH = Target.match_centre(REAL_MATCH_ID)
MONTH = Target.schedule(20934, "202208")


@pytest.fixture(scope="module")
def files() -> SelectorFiles:
    return selector_files(ROOT / "selectors")


HEAD = (
    "<html><body><div id='match-header'></div><div id='breadcrumb-nav'></div>"
    "<script>require.config.params['matchheader'] = {input: [1,2]};</script>"
)


@pytest.mark.parametrize(
    "html",
    [
        HEAD + "<div>" * 100_000 + "</body></html>",
        HEAD + "<script>require.config.params['args'] = " + "[" * 500_000 + "</script></html>",
        HEAD + "<script>require.config.params['args'] = " + '{"a":' * 100_000 + "1</script></html>",
        HEAD + "<script>require.config.params['args'] = {matchCentreData: "
        + '{"a":' * 50_000 + "1" + "}" * 50_000 + "};</script></html>",
        HEAD + "<script>" + "require.config.params['args'] = \n" * 20_000 + "</script></html>",
        HEAD + "<script>require.config.params['args'] = '" + "\\" * 300_001 + "'</script></html>",
        HEAD + "<script>require.config.params['args'] = [" + "/*" * 200_000 + "</script></html>",
        HEAD + "<script>require.config.params" + " " * 500_000 + "</script></html>",
        HEAD + f"<a href='/Tournaments/{'9' * 5000}/'>{' ' * 100_000}</a></html>",
        HEAD + "<p " + "".join(f" a{n}='{n}'" for n in range(60_000)) + "></p></html>",
        "<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>" + HEAD + "&x;</html>",
    ],
    ids=range(11),
)  # fmt: skip
@pytest.mark.timeout(20)
def test_pages_made_to_hurt(html: str, files: SelectorFiles) -> None:
    with pytest.raises(FAILURES):
        read_page(html.encode(), MATCH, "", files)


@pytest.mark.parametrize(
    "html", [b"x" * (MAX_BYTES + 1), b"<html>\xff\xfe</html>", b"\x80", "é".encode("latin-1")]
)
def test_too_large_or_no_text(html: bytes) -> None:
    with pytest.raises(LayoutChanged) as caught:
        Page(html)
    assert caught.value.facts["fields"] == ["page"]


@pytest.mark.parametrize("html", [b"", b" ", b"<!-- -->", b"\0", b"<"])
def test_documents_without_content(html: bytes, files: SelectorFiles) -> None:
    with pytest.raises(LayoutChanged):
        files.read(Page(html), PageKind.MATCH_CENTRE)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 1_240_000), length=st.integers(0, 2_000), text=st.text(max_size=6))
def test_a_real_page_damaged_anywhere(
    shared_data: Path, files: SelectorFiles, place: int, length: int, text: str
) -> None:
    real = real_match_page(shared_data)
    damaged = real[:place] + text.encode("utf-8", "replace") + real[place + length :]
    try:
        rows = read_page(damaged, MATCH, "", files).rows
    except FAILURES:
        return
    assert rows["match"][0]["match_id"] == REAL_MATCH_ID
    assert len(rows["event"]) > 1400


@settings(max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["tournaments", "matches", "stageId", "id", "status"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=15,
    )
)
def test_feeds_of_any_shape(content: object) -> None:
    files = selector_files(ROOT / "selectors")
    try:
        rows = read_page(feed_page(content), MONTH, "", files).rows
    except FAILURES:
        return
    assert rows["fixture"] == []


@pytest.mark.parametrize(
    "what",
    [
        "<b>" * 300,
        "<div>" * 300 + "</div>" * 300,
        f"<p title='{'x' * 11_000_000}'></p>",
        f"<p>{'x ' * 6_000_000}</p>",
        f"<!--{'x' * 11_000_000}-->",
    ],
    ids=["deep", "deep and closed", "attribute", "text", "comment"],
)
def test_what_the_parser_cuts_is_no_page(what: str) -> None:
    """It cuts in silence: rows behind the place would be missing, and nothing would tell."""
    page = Page(f"<html><body><p>one</p>{what}<p>two</p></body></html>".encode())
    with pytest.raises(LayoutChanged, match="too large or too deep") as caught:
        _ = page.root
    assert caught.value.facts["fields"] == ["page"]


def test_scripts_and_styles_are_no_text_of_what_they_stand_in() -> None:
    page = Page(b"<div id=a>Serra<script>var a;</script><style>b{}</style>via <!-- c --> d</div>")
    assert element_value(page.root.get_element_by_id("a"), None) == "Serravia  d"
    script = Page(b"<html><script>var a = 1;</script></html>").root.find(".//script")
    assert element_value(script, None) == "var a = 1;"
