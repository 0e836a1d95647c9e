"""Protections' pages are known, real pages never taken for one; what is no page is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers.errors import SourceRefused, SourceUnavailable, TargetAbsent
from scrapers.targets import PageKind
from scrapers.whoscored.emptiness import check_page
from scrapers.whoscored.refusal import refusal_of
from tests.support.pages import feed, feed_match, feed_page, real_match_page, refusal_page

MATCH = PageKind.MATCH_CENTRE


def document(head: str = "", body: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


REFUSALS = [
    ("Imperva Incapsula", document("<script src='/_Incapsula_Resource?SWJIYLWA=1'></script>")),
    ("Cloudflare", document("<title>Just a moment...</title>",
                            "<script src='/cdn-cgi/challenge-platform/h/b/orchestrate'></script>")),
    ("Cloudflare", document("<title>Attention Required! | Cloudflare</title>",
                            "<i id='cf-error-details'>Ray ID: <b>7f1a2b3c4d5e6f70</b>")),
    ("PerimeterX", document("<title>Access to this page has been denied.</title>",
                            "<div id='px-captcha'></div>")),
    ("Akamai", document("<title>Access Denied</title>",
                        "Reference&#32;#18.5e1 https://errors.edgesuite.net/18.5e1")),
    ("DataDome", document("", "<script src='https://geo.captcha-delivery.com/c.js'></script>")),
    ("the server", document("<title>403 Forbidden</title>", "<h1>403 Forbidden</h1>")),
    ("the server", document("<title>429 Too Many Requests</title>")),
    ("the server", document("", "<div id=\"main-frame-error\">HTTP ERROR 403</div>")),
]  # fmt: skip


@pytest.mark.parametrize(("vendor", "html"), REFUSALS)
def test_refusals(vendor: str, html: str) -> None:
    assert (refusal_of(html) or "").startswith(f"{vendor} refused the page")
    with pytest.raises(SourceRefused, match=vendor):
        check_page(html, "", MATCH)


def test_the_captured_refusal_with_its_incident(shared_data: Path) -> None:
    told = refusal_of(refusal_page(shared_data))
    assert told == (
        "Imperva Incapsula refused the page, incident 137002380008229538-44123801063591652"
    )


def test_the_title_tells_too() -> None:
    assert refusal_of(document("", "<p>wait</p>"), "Just a moment...")
    assert refusal_of(document("", "<p>wait</p>"), "Live Scores") is None


def test_real_pages_are_never_refusals(shared_data: Path) -> None:
    real = real_match_page(shared_data)
    assert refusal_of(real, "Barcelona 0-0 Rayo Vallecano - LaLiga 2022/2023 Live") is None
    check_page(real, "", MATCH)
    # Protections leave scripts of theirs in real pages, and reporters quote their words.
    script = b"<script src='/_Incapsula_Resource?x'></script><p>Access Denied</p>"
    for page in (real, real[:38_000] + b"</body></html>"):
        assert refusal_of(page.replace(b"<body", script + b"<body", 1)) is None
    odd = feed_page(feed(feed_match(homeTeamName="px-captcha FC")))
    assert refusal_of(odd) is None
    check_page(odd, "", PageKind.SCHEDULE)
    check_page(feed_page({"tournaments": []}), "", PageKind.SCHEDULE)


UNAVAILABLE = [
    (MATCH, "<html><head></head><body></body></html>", "empty"),
    (MATCH, "", "empty"),
    (PageKind.SCHEDULE, "<html><head></head><body></body></html>", "empty"),
    (MATCH, document("<title>502 Bad Gateway</title>", "<h1>502</h1>" + "x" * 200), "502"),
    (MATCH, document("<title>503 Service Temporarily Unavailable</title>" + " " * 200), "503"),
    (MATCH, document("", "<h1>Internal Server Error</h1>" + "x" * 200), "Internal"),
    (PageKind.SCHEDULE, document("", "<pre>Service Unavailable</pre>" + "x" * 200), "Service"),
    (MATCH, document("", '<div id="main-frame-error">ERR_CONNECTION_REFUSED</div>' + "x" * 200),
     "error page"),
    (PageKind.SCHEDULE, document("", "It fails: HTTP ERROR 500 " + "x" * 200), "500"),
    (MATCH, "<html><head><title>x</title></head><body>" + "x" * 3000, "no end"),
    (PageKind.SCHEDULE, document("", '<pre>{"tournaments":[{"a":1</pre>' + " " * 200), "no end"),
    (PageKind.SCHEDULE, document("", "<pre></pre>" + " " * 200), "empty"),
    (MATCH, document("<title>x</title>", "<p>x</p>" * 200), "neither"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "html", "what"), UNAVAILABLE)
def test_what_is_no_page(kind: PageKind, html: str, what: str) -> None:
    with pytest.raises(SourceUnavailable, match=what):
        check_page(html, "", kind)


@pytest.mark.parametrize(
    "head",
    ["<title>404 Not Found</title>", "<title>Page Not Found | WhoScored.com</title>",
     "<title>x</title></head><body><h1>410 Gone</h1>"],
)  # fmt: skip
def test_a_page_that_says_not_found_is_neither_cut_nor_another_layout(head: str) -> None:
    html = document(head, "<p>x</p>" * 50 + "<footer>x</footer>")
    with pytest.raises(TargetAbsent, match="no such page"):
        check_page(html, "", MATCH)
    with pytest.raises(TargetAbsent):
        check_page(document("", "<p>x</p>" * 50), "404 Not Found", MATCH)
    # A real page may hold any words.
    data = "<script>require.config.params['args'] = {};</script>"
    check_page(document(head + data, "<footer>x</footer>"), "", MATCH)


def test_another_layout_is_left_to_the_selectors() -> None:
    check_page(document("", "<main>x</main><footer>x</footer>" + "x" * 200), "New", MATCH)
    check_page(document("", "<div id='json'>{}</div>" + "x" * 200), "", PageKind.SCHEDULE)


@settings(max_examples=150)
@given(st.text(max_size=400), st.sampled_from(list(PageKind)))
def test_no_text_breaks_the_checks(text: str, kind: PageKind) -> None:
    for html in (
        text,
        document("", text),
        document(text),
        f"<pre>{text}",
        text.encode("utf-8", "replace"),
    ):
        try:
            check_page(html, text, kind)
        except (SourceRefused, SourceUnavailable):
            continue


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Série Ouro".encode().decode("latin-1"), "garbled"),
        ("Série Ouro".encode().decode("cp1252"), "garbled"),
        ("S\ufffdrie Ouro", "lost"),
        ("S\0rie Ouro", "NUL"),
    ],
)
def test_a_page_that_was_decoded_wrongly_is_fetched_again(text: str, says: str) -> None:
    page = f"<html><body>{text}{'x' * 200}<footer></footer></body></html>"
    with pytest.raises(SourceUnavailable, match=says):
        check_page(page, "", PageKind.STAGES)
    check_page(page.replace(text, "Série Ouro – »"), "", PageKind.STAGES)
