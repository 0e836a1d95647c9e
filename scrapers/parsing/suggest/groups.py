"""Where a group's rows stand now: lists and objects in JSON, repeated elements in HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from scrapers.parsing.compare import fields_of_group
from scrapers.parsing.extract import Row, rows_finder
from scrapers.parsing.fields import document_value
from scrapers.parsing.model import Group, Rows
from scrapers.parsing.places import MISSING, is_element
from scrapers.parsing.suggest.fields import Proposal, Search
from scrapers.parsing.suggest.html_places import repeated, row_selectors
from scrapers.parsing.suggest.json_places import keys_of, row_places
from scrapers.parsing.suggest.make import rows as make_rows
from scrapers.parsing.suggest.members import members_of
from scrapers.parsing.suggest.names import affinity, last_name
from scrapers.parsing.suggest.resemblance import rows_resemble
from scrapers.parsing.suggest.scope import Fit, Scope, View, evaluate, found_rows, rows_of
from scrapers.parsing.suggest.tokens import evenly, likeness, tokens_of_all, wanted_tokens

_PARENTS = 12
_ROWS = 60
_BEST = 6
_READ = 16  # places whose rows are read
STANDS = 0.35  # a list less like the rows that are wanted is not theirs
_WORDS = 12


def rows_stand(scope: Scope, short: str, group: Group, search: Search) -> bool:
    """Whether a group's rows are found on all pages where the file looks for them."""
    for view in scope.views:
        for parent, known in zip(view.rows, view.wanted, strict=True):
            rows = rows_of(group.rows, search.documents, view.case.page, parent)
            told = None if known is None else known.get(short)
            if rows is None and (group.required or told):
                return False
            if len(rows or ()) < group.min_rows:
                return False
            if told and not rows:
                return False
            if rows and all(row is None for row in rows):
                return False  # a choice of members, such as [home, away], of which none is there
    # Where nothing is known of the rows, their fields tell whether they are the right ones.
    score = _score_by_rows(scope, short, group.rows, search)
    return score is None or score >= 0.5 * STANDS


def rows_are_there(scope: Scope, short: str, group: Group, search: Search) -> bool:
    """Whether as many rows as are wanted stand where the file looks for them, whatever they say."""
    told = [(view, parent, known) for view in scope.views
            for parent, known in _known_parents(view, short)]  # fmt: skip
    counts = [
        len(rows_of(group.rows, search.documents, view.case.page, parent) or ())
        for view, parent, _ in told
    ]
    return bool(told) and all(
        count == len(known) for count, (_, _, known) in zip(counts, told, strict=True)
    )


def search_rows(scope: Scope, short: str, group: Group, search: Search) -> list[Proposal]:
    """Places of a group's rows, the best first; those unlike the wanted rows are left out."""
    scored: list[tuple[float, Rows]] = []
    seen: set[str] = set()
    for each in _candidates(scope, short, group, search):
        place = _without_skipped(scope, group, each)
        key = repr(place)
        if key not in seen:
            seen.add(key)
            score = _score(scope, short, group, [place], search)
            if score is not None and score >= STANDS:
                scored.append((score, place))
    scored.sort(key=lambda pair: pair[0], reverse=True)
    ranked: list[tuple[tuple[float, ...], Rows]] = []
    for score, place in scored[:_READ]:
        # A list in a list holds what its members hold: rows are where their fields can be read.
        alike, *habits = _habits(place, group, short)
        reads = _reads(scope, short, group, place, search)
        ranked.append(((round(score + 0.3 * reads + 0.04 * alike, 2), *habits), place))
    ranked.sort(key=lambda pair: pair[0], reverse=True)
    return [
        Proposal(rows=(place,), fit=rows_fit(scope, short, group, place, search), score=score)
        for score, place in ranked[:_BEST]
    ]


def _without_skipped(scope: Scope, group: Group, place: Rows) -> Rows:
    """A place of members without those that are no rows by their name, as it is now."""
    skipped = [key for rows in group.rows for key in rows.skip_keys]
    if not place.items or not skipped:
        return place
    new = [row for view in scope.views for row in evenly(view.rows, _PARENTS)]
    old = [row for view in scope.views for row in evenly(view.before, _PARENTS)]
    renamed = members_of(place, group.rows[0], new, old, {}).renamed
    return place.model_copy(update={"skip_keys": [renamed.get(key, key) for key in skipped]})


def _reads(scope: Scope, short: str, group: Group, place: Rows, search: Search) -> float:
    """Share of a group's fields that a place's rows give as they are, over all pages."""
    shares = []
    for view in scope.views:
        for parent in evenly(view.rows, 3):
            if rows := rows_of([place], search.documents, view.case.page, parent):
                shares.append(_readable(scope, view, group, rows, search))
    return sum(shares) / len(shares) if shares else 0.0


def _habits(place: Rows, group: Group, short: str) -> tuple[float, ...]:
    """What breaks a tie: written as the old one was, by a near name."""
    old = group.rows[0]
    said, was = place.path or place.css or "", old.path or old.css or ""
    alike = (place.items == old.items) + (("[" in said) == ("[" in was))
    near = max(affinity(last_name(said), last_name(was)), 0.6 * affinity(last_name(said), short))
    return (alike, round(near, 2), -len(said))


def _candidates(scope: Scope, short: str, group: Group, search: Search) -> Iterator[Rows]:
    of_values = any(p.path == "@" for f in group.fields.values() for p in f.places)
    if scope.name:
        parents = [row for view in scope.views for row in evenly(view.rows, _PARENTS)]
        if not any(is_element(parent) for parent in parents):
            yield from row_places(parents, None, of_values=of_values)
            return
    else:
        for js, document in search.documents.items():
            values = [document_value(view.case.page, document) for view in scope.views]
            if MISSING not in values:
                yield from row_places(values, js, of_values=of_values)
    for view in scope.views:
        told = _known_parents(view, short)
        for parent, known in told:
            yield from _in_html(parent, known)
        if not told and (old := _old_rows(view, group, search)):
            for parent in evenly(view.rows, _PARENTS):
                yield from _resembling_in_html(parent, old)


def _old_rows(view: View, group: Group, search: Search) -> list[Any]:
    """Elements that are a group's rows on the reference."""
    return [row for row in _old_raws(view, group, search) if is_element(row)]


def _old_raws(view: View, group: Group, search: Search) -> list[Any]:
    """What a group's rows are read from on the reference."""
    reference = view.case.reference
    if reference is None:
        return []
    found: list[Any] = []
    for parent in view.before[:_PARENTS]:
        found += rows_of(group.rows, search.old_documents, reference, parent) or []
    return found[:_ROWS]


def _resembling_in_html(parent: Any, old: list[Any]) -> Iterator[Rows]:
    """Repeated elements within a parent that look like a group's rows on another page."""
    if not is_element(parent):
        return
    scored = []
    for rows in repeated(parent, set()):
        score = rows_resemble(evenly(rows, _ROWS), old)
        if score >= STANDS:
            scored.append((score, rows))
    scored.sort(key=lambda pair: pair[0], reverse=True)
    for _, rows in scored[:3]:
        for css in row_selectors(rows, parent, []):
            try:
                yield make_rows(css=css)
            except ValidationError:
                continue


def _known_parents(view: View, short: str) -> list[tuple[Any, list[Row]]]:
    pairs = zip(view.rows, view.wanted, strict=True)
    told = [(parent, known[short]) for parent, known in pairs if known and known.get(short)]
    return evenly(told, _PARENTS)


def _in_html(parent: Any, known: list[Row]) -> Iterator[Rows]:
    """Repeated elements within a parent that hold what is known of the rows."""
    want = [wanted_tokens(row) for row in evenly(known, _ROWS)]
    words = sorted({w for row in want for w in row if len(w) > 3 and not w.isdigit()})
    words = words or sorted({w for row in want for w in row if len(w) > 1})
    scored: list[tuple[float, list[Any]]] = []
    for rows in repeated(parent, set(evenly(words, _WORDS))):
        ratio = min(len(rows), len(known)) / max(len(rows), len(known))
        if ratio < 0.4:
            continue
        have = tokens_of_all(evenly(rows, _ROWS))
        score = likeness(want, have) * (0.5 + 0.5 * ratio)
        if score >= STANDS:
            scored.append((score, rows))
    scored.sort(key=lambda pair: pair[0], reverse=True)
    for _, rows in scored[:4]:
        for css in row_selectors(rows, parent, []):
            try:
                yield make_rows(css=css)
            except ValidationError:
                continue


def _score(
    scope: Scope, short: str, group: Group, places: Sequence[Rows], search: Search
) -> float | None:
    """How like the wanted rows those of a place are, over all pages; None: nothing is wanted."""
    score = _score_by_rows(scope, short, places, search)
    return _score_by_keys(scope, short, group, places, search) if score is None else score


def _score_by_rows(
    scope: Scope, short: str, places: Sequence[Rows], search: Search
) -> float | None:
    scores = []
    for view in scope.views:
        for parent, known in _known_parents(view, short):
            want = [wanted_tokens(row) for row in evenly(known, _ROWS)]
            if not any(want):
                continue
            rows = rows_of(places, search.documents, view.case.page, parent) or []
            if not rows:
                scores.append(0.0)
                continue
            ratio = min(len(rows), len(known)) / max(len(rows), len(known))
            have = tokens_of_all(evenly(rows, _ROWS))
            scores.append(likeness(want, have) * (0.5 + 0.5 * ratio))
    return sum(scores) / len(scores) if scores else None


def _score_by_keys(
    scope: Scope, short: str, group: Group, places: Sequence[Rows], search: Search
) -> float | None:
    """The same where no row is known: by the names of keys, and by what such rows hold."""
    expected = {
        last_name(place.path)
        for _, field in fields_of_group("", group)
        for place in field.places
        if place.path
    } - {"key", "value"}
    scores = []
    for view in scope.views:
        raw = _old_raws(view, group, search)
        old = [row for row in raw if is_element(row)]
        had = keys_of([row for row in raw if not is_element(row)])
        alike = [row for known in view.alike for row in _rows_within(known, short)]
        for parent in evenly(view.rows, _PARENTS):
            rows = rows_of(places, search.documents, view.case.page, parent)
            if not rows:
                continue
            some = evenly(rows, _ROWS)
            if is_element(some[0]):
                by_fields = _readable(scope, view, group, rows, search)
                scores.append(0.7 * rows_resemble(some, old) + 0.3 * by_fields)
                continue
            found = keys_of(some)
            by_keys = len(expected & found) / len(expected) if expected else 0.0
            # Of rows whose own keys have other names, others may still be called the same.
            by_keys = max(by_keys, len(had & found) / len(had | found) if had else 0.0)
            extra = len(expected) / max(len(found), len(expected)) if expected else 0.0
            want = [wanted_tokens(row) for row in evenly(alike, _ROWS)]
            by_values = likeness(want, tokens_of_all(some)) if any(want) else by_keys
            by_fields = _readable(scope, view, group, rows, search)
            scores.append(
                0.3 * by_keys + 0.15 * extra * by_keys + 0.2 * by_values + 0.35 * by_fields
            )
    return sum(scores) / len(scores) if scores else None


def _readable(scope: Scope, view: View, group: Group, rows: list[Any], search: Search) -> float:
    """Share of a group's fields that rows give as they are, with nothing failing."""
    some = evenly(rows, _ROWS)
    inner = Scope(scope.named("rows"), [View(view.case, some, [None] * len(some))])
    good = 0
    for short, each in group.fields.items():
        steps = (inner, short, each, each.places, None, search.documents, search.zone)
        good += evaluate(*steps).pages_read
    return good / len(group.fields)


def _rows_within(known: Row, short: str) -> list[Row]:
    rows = known.get(short)
    return rows if type(rows) is list else []


def rows_fit(scope: Scope, short: str, group: Group, place: Rows, search: Search) -> Fit:
    """Pages on which a place gives rows, and on which they are like those that are wanted."""
    finder = rows_finder(place, search.documents)
    right = known_pages = read = 0
    shares = []
    for view in scope.views:
        found = [found_rows(finder, view.case.page, parent) for parent in view.rows]
        counts = [len(rows or ()) for rows in found]
        read += all(
            count >= group.min_rows and (rows is not None or not group.required)
            for count, rows in zip(counts, found, strict=True)
        )
        told = _known_parents(view, short)
        if not told:
            continue
        known_pages += 1
        alone = Scope(scope.name, [view])
        share = _score(alone, short, group, [place], search) or 0.0
        shares.append(share)
        right += share >= STANDS
    return Fit(
        right, known_pages, read, len(scope.views), sum(shares) / len(shares) if shares else 0
    )
