"""Pages that are none: empty documents, error pages of servers and browsers, cut pages, 404.

Looked for before anything is parsed, so that a hiccup of the line is not taken for a change of
the layout, and no garbled letter for a name.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from scrapers.errors import SourceRefused, SourceUnavailable, TargetAbsent
from scrapers.parsing.javascript import NotDataError, read_value
from scrapers.targets import PageKind
from scrapers.whoscored.refusal import refusal_of

# Kinds whose page is JSON; the others are whole pages of the site.
FEEDS = frozenset({PageKind.SCHEDULE, PageKind.TEAM_STATISTICS, PageKind.PLAYER_STATISTICS})

# The site has no page at the address, and says so.
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})

# What a browser shows after a download instead of a page: <html><head></head><body></body></html>
_SMALLEST = 100
_TAG = re.compile(r"<[^>]*>")
_ERROR_TITLE = re.compile(
    r"<(?:title|h1|pre)>\s*(?:(?:Error\s+)?5\d\d\b|Bad Gateway|Service (?:Temporarily )?Unavailable"
    r"|Gateway Time-?out|Internal Server Error|Server Error)",
    re.IGNORECASE,
)
_GONE_TITLE = re.compile(
    r"<(?:title|h1)>\s*(?:(?:Error\s+)?(?:404|410)\b|(?:Page\s+)?Not Found\b)", re.IGNORECASE
)
_BROWSER_ERROR = re.compile(r"id=\"main-frame-error\"|\b(?:ERR_[A-Z_]{4,40}|HTTP ERROR 5\d\d)\b")
_LITERAL = re.compile(r"require\.config\.params\s*\[[^\]\n]{1,40}\]\s*=\s*(?=[{\[])")
_FEED = re.compile(r"<(?:pre|body)[^>]{0,200}>\s*\{", re.IGNORECASE)
_BODY = re.compile(r"<body[^>]{0,200}>(\s*[{\[].*?)(?:</body>|\Z)", re.DOTALL | re.IGNORECASE)
# What stands behind the contents of every whole page: the menu of tournaments, the foot.
_BEHIND = ("var allRegions", "<footer")
_PRE = re.compile(r"<pre[^>]{0,200}>(.*?)(?:</pre>|\Z)", re.DOTALL | re.IGNORECASE)


def check_page(html: bytes | str, title: str, kind: PageKind) -> None:
    """Let a page pass that looks like one of the site's, whatever its layout.

    Raises:
        SourceRefused: it is a protection's page.
        SourceUnavailable: it is empty, an error page, or cut off.
        TargetAbsent: it says that there is no such page.
    """
    text = html.decode("utf-8", "replace") if isinstance(html, bytes) else html
    if refusal := refusal_of(text, title):
        raise SourceRefused(refusal)
    if what := _not_found(text, title):
        raise TargetAbsent(what)
    if what := _unavailable(text, title, kind):
        raise SourceUnavailable(what)


def _not_found(text: str, title: str) -> str | None:
    if _has_data(text):
        return None
    found = _GONE_TITLE.search(_headed(text, title))
    words = " ".join(_TAG.sub("", found.group()).split()) if found else None
    return f"the page says that there is no such page: {words}" if words else None


def _has_data(text: str) -> bool:
    return "require.config.params" in text or _FEED.search(text[:5000]) is not None


def _headed(text: str, title: str) -> str:
    return f"<title>{title}</title>{text[:20_000]}"


def _unavailable(text: str, title: str, kind: PageKind) -> str | None:
    if len(text) < _SMALLEST and not _TAG.sub("", text).strip():
        return f"the document is empty ({len(text)} characters): the page was not shown"
    if not _has_data(text) and (
        error := _BROWSER_ERROR.search(text) or _ERROR_TITLE.search(_headed(text, title))
    ):
        words = _TAG.sub("", error.group()).strip()
        return f"an error page instead of the page: {words[:80]}"
    if what := _garbled(text):
        return what
    if "</html>" not in text[-2000:].lower():
        return "the page is cut: it has no end"
    return _cut_feed(text) if kind in FEEDS else _cut_page(text, kind)


def _garbled(text: str) -> str | None:
    """Whether the page was spoilt on its way, so that no name or key in it can be trusted."""
    if "\0" in text:
        return "the page holds NUL characters, which no browser shows"
    if text.isascii():
        return None
    if "\ufffd" in text and text.replace("\ufffd", "").isascii():
        return "the page's letters are lost: it was decoded wrongly"
    for taken_for in ("latin-1", "cp1252"):
        try:
            # No text that was decoded rightly is UTF-8 once more, letter by letter.
            text.encode(taken_for).decode()
        except UnicodeError:
            continue
        return f"the page's letters are garbled: UTF-8 was taken for {taken_for}"
    return None


def _cut_feed(text: str) -> str | None:
    # A browser shows JSON in a <pre>; what the site calls HTML, as text of the body.
    found = _PRE.search(text) or _BODY.search(text)
    if found is None:
        return None  # not the feed's layout: the selector engine names what is missing
    feed = found.group(1).strip()
    if not feed:
        return "the feed is empty: no JSON in the page"
    if feed[0] == "{" and feed[-1] != "}":
        return "the feed is cut: its JSON has no end"
    return None


def _cut_page(text: str, kind: PageKind) -> str | None:
    # A browser closes what a cut page left open, so the cut is in the last script: it ends
    # within the literal that it assigns.
    begin = text.rfind("<script")
    end = text.find("</script", begin)
    script = text[text.find(">", begin) + 1 : end if end >= 0 else len(text)]
    for literal in _LITERAL.finditer(script):
        try:
            read_value(script, literal.end())
        except NotDataError as error:
            if error.cut:
                return "the page is cut: its last script ends within the data"
    # Cut in its markup. A match centre is read from its scripts alone: there the header will do.
    signs = ('id="match-header"', *_BEHIND) if kind is PageKind.MATCH_CENTRE else _BEHIND
    if not any(sign in text for sign in signs):
        return "the page is cut: it has neither a menu nor a foot behind its contents"
    return None
