"""Why a field was not found: its value is not on the page, or nothing is known of it."""

from __future__ import annotations

from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from scrapers.parsing.fields import place_reader
from scrapers.parsing.model import Document, SelectorField
from scrapers.parsing.places import MISSING, is_element
from scrapers.parsing.suggest.fields import Search, rows_alike
from scrapers.parsing.suggest.scope import Scope, wants
from scrapers.parsing.suggest.tokens import token, tokens_of
from scrapers.parsing.values import shown

_EXAMPLES = 40
_EMPTY = "its place is there and empty"


def is_emptied(scope: Scope, short: str, like: SelectorField, search: Search) -> bool:
    """Whether a field's place is on the pages, and says nothing where others of the kind do."""
    told = any(row.get(short) is not None for row in rows_alike(scope))
    return told and _still_there(scope, like, search.documents, search.zone) == _EMPTY


def why_not(scope: Scope, short: str, like: SelectorField, search: Search) -> tuple[str, str]:
    """A status (`gone` or `unknown`) and a sentence for a person."""
    place = _still_there(scope, like, search.documents, search.zone)
    known = [(view, i, w) for view in scope.views for i, w in wants(view, short) if w is not None]
    mend = ": leave it to the versions that have it" + (
        ", or make it required: false if the site has dropped it" if like.required else ""
    )
    if not known:
        if place == _EMPTY and is_emptied(scope, short, like, search):
            return "gone", f"{place}, and nothing new on the page is like it{mend}"
        if place:
            return "unknown", f"no value of it is known, and {place}"
        return "unknown", "no value of it is known, and nothing like it was found"
    some = known[:: max(1, len(known) // _EXAMPLES)]
    missing = [want for view, index, want in some if not _holds(view, index, want)]
    example = shown(some[0][2])
    if len(missing) > len(some) / 2:
        also = f"; {place}" if place else ""
        return "gone", f"its value, such as {shown(missing[0])}, is not on the page{also}{mend}"
    if place == _EMPTY:
        return (
            "gone",
            f"{place}, and its value, such as {example}, only stands for other things{mend}",
        )
    also = f" ({place})" if place else ""
    return "unknown", f"its value, such as {example}, is in the page, but no place gives it{also}"


def _still_there(
    scope: Scope, like: SelectorField, documents: dict[str, Document], zone: ZoneInfo
) -> str:
    """Says so if its place is on the pages, without a value."""
    for place in like.places:
        reader = place_reader(place, documents, zone)
        found = []
        for view in scope.views:
            found += reader.find(view.case.page, view.rows[:200])[0]
        there = [value for value in found if value is not MISSING]
        if there and len(there) > len(found) / 2:
            empty = all(value is None or not str(value).strip() for value in there)
            return _EMPTY if empty else "its place holds something else"
    return ""


def _holds(view: Any, index: int, want: Any) -> bool:
    """Whether a row's part of the page says a value anywhere, in plain words or figures."""
    row = view.rows[index]
    text = token(want)
    if text is None:
        return False  # a time, true, null: not to be recognised by its looks
    if is_element(row) and row.getparent() is None:
        page = unescape(view.case.page.text).casefold()
        return text in " ".join(page.split()) or text in page
    return text in tokens_of(row) or any(text in each for each in tokens_of(row))
