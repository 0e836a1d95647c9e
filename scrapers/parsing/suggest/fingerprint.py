"""What tells the new layout from the old one: fingerprint, absences, signs of readiness."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from scrapers.parsing.conditions import is_met
from scrapers.parsing.fields import document_value
from scrapers.parsing.model import Condition, Document, Place, SelectorFile
from scrapers.parsing.page import Page
from scrapers.parsing.places import MISSING, elements_getter
from scrapers.parsing.suggest.json_places import at
from scrapers.parsing.suggest.names import SIMPLE
from scrapers.parsing.suggest.scope import Case
from scrapers.parsing.suggest.solve import FOUND, Solution, Status

_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")  # without a name space
_QUERY = re.compile(r"document\.querySelector\((['\"])(.+?)\1\)")


@dataclass(slots=True)
class Layout:
    """Parts of a draft that are not fields.

    Attributes:
        fingerprint: conditions under all, any, none.
        absent: changed conditions: the rule, its part, the place in it, the condition.
        ready: signs of readiness; empty: as they are.
    """

    fingerprint: dict[str, list[Condition]]
    absent: list[tuple[int, str, int, Condition]] = field(default_factory=list)
    ready: list[str] = field(default_factory=list)


def layout_of(solution: Solution, cases: Sequence[Case]) -> Layout:
    """The new layout's fingerprint and what follows from it."""
    base, documents = solution.base, solution.documents
    pages = [case.page for case in cases]
    old_pages = [case.reference for case in cases if case.reference is not None]
    kept = [c for c in base.fingerprint.all if _everywhere(c, pages, documents)]
    for condition in base.fingerprint.all:
        if condition not in kept:
            renamed = _renamed(condition, solution)
            if renamed is not None and _everywhere(renamed, pages, documents):
                kept.append(renamed)
    any_ = list(_any(solution, pages, old_pages))
    none = [c for c in base.fingerprint.none if not _somewhere(c, pages, documents)]
    sign = next(
        (s for s in _signs(solution, old_pages) if _tells(s, pages, old_pages, solution)), None
    )
    all_ = list(kept)
    is_met_by_all = all(any(is_met(c, page, documents) for c in any_) for page in pages)
    if sign is not None and not is_met_by_all and (any_ or len(sign) > 1):
        any_ += sign
    elif sign is not None and len(sign) == 1:
        all_.append(sign[0])
    elif any_ and not is_met_by_all:
        any_ = []  # what holds on some of the pages only is no fingerprint of them
    if not (all_ or any_ or none):
        all_ = list(base.fingerprint.all) or [Condition.model_validate({"css": "body"})]
    layout = Layout({"all": all_, "any": any_, "none": none})
    layout.absent = list(_absences(base, solution, pages))
    layout.ready = _ready(base, solution, layout, pages)
    return layout


def _any(solution: Solution, pages: Sequence[Page], old: Sequence[Page]) -> Iterator[Condition]:
    """Of the old layout's alternatives those that hold still, under the names of now.

    One that no page bears, neither an old nor a new one, says what other pages say (that there
    is nothing) and is kept.
    """
    base = solution.base
    for condition in base.fingerprint.any:
        says_nothing = bool(old) and not _somewhere(condition, old, base.documents)
        if says_nothing or _somewhere(condition, pages, solution.documents):
            yield condition
            continue
        renamed = _renamed(condition, solution)
        if renamed is not None and _somewhere(renamed, pages, solution.documents):
            yield renamed


def _tells(
    sign: list[Condition], pages: Sequence[Page], old: Sequence[Page], solution: Solution
) -> bool:
    """Whether any of some conditions holds on all new pages, and none of them on an old one."""
    documents = solution.documents
    if not all(_known(condition, documents) for condition in sign):
        return False
    new = all(any(is_met(c, page, documents) for c in sign) for page in pages)
    return new and not any(_somewhere(c, old, documents) for c in sign)


def _everywhere(
    condition: Condition, pages: Sequence[Page], documents: dict[str, Document]
) -> bool:
    return _known(condition, documents) and all(is_met(condition, p, documents) for p in pages)


def _somewhere(condition: Condition, pages: Sequence[Page], documents: dict[str, Document]) -> bool:
    return _known(condition, documents) and any(is_met(condition, p, documents) for p in pages)


def _known(condition: Condition, documents: dict[str, Document]) -> bool:
    return condition.js is None or condition.js in documents


def _renamed(condition: Condition, solution: Solution) -> Condition | None:
    for name in ("css", "xpath"):
        text = getattr(condition, name)
        if text is not None and (changed := solution.html.text(text)) != text:
            return Condition.model_validate({name: changed})
    if condition.js is None or condition.path is None:
        return None
    renamed = solution.renames.expression(condition.js, condition.path)
    if renamed is None:
        return None
    return Condition.model_validate(
        condition.model_dump(exclude_defaults=True) | {"js": renamed[0], "path": renamed[1]}
    )


def _signs(solution: Solution, old_pages: Sequence[Page]) -> Iterator[list[Condition]]:
    """Conditions that what moved allows, the most lasting first; each is one of `any`.

    Data under a new name, then keys under a new name, then elements. A key counts as there when
    its value is null too: pages that have nothing to say are of the new layout as well.
    """
    for finding in solution.findings:
        if finding.document is not None and finding.status == Status.MOVED:
            yield [Condition.model_validate({"js": finding.name.removeprefix("documents.")})]
    heads: dict[str, tuple[str, str]] = {}
    elements: list[str] = []
    in_rows: list[str] = []
    for finding in sorted(solution.findings, key=lambda f: f.name.count(".")):
        if finding.status not in FOUND or not finding.proposals:
            continue
        best = finding.proposals[0]
        for rows in best.rows[:1]:
            if rows.js is not None and rows.path is not None:
                heads[finding.name] = (rows.js, rows.path)
                yield from _key(solution, old_pages, rows.js, rows.path.partition(".[")[0])
            elif rows.css is not None and "." not in finding.name:
                elements.append(rows.css)
        for place in best.found_places:
            group = finding.name.rpartition(".")[0]
            if place.js is None and place.path is None and group:
                # Rows that need not be there tell nothing of a page without them.
                in_rows += _of_rows(place) if _is_required(solution.base, group) else ()
            elif place.css is not None:
                elements.append(place.css)
            elif place.js is not None and place.path is not None:
                yield from _key(solution, old_pages, place.js, place.path)
            elif place.js is None and place.path is not None:
                yield from _in_rows(solution.base, group, place.path, heads)
    yield from ([Condition.model_validate({"css": css})] for css in (*elements, *in_rows))


def _is_required(base: SelectorFile, group: str) -> bool:
    """Whether each page has rows of a group, and of those around it."""
    groups = base.groups
    for name in group.split("."):
        found = groups.get(name)
        if found is None or not found.required or found.min_rows == 0:
            return False
        groups = found.groups
    return True


def _of_rows(place: Place) -> Iterator[str]:
    """What stands in rows, looked for on the whole page."""
    css = place.css or ""
    if "," in css:
        return  # an attribute would be that of the last alternative alone
    if place.attr is not None and _PLAIN_NAME.fullmatch(place.attr) and f"[{place.attr}" not in css:
        yield f"{css}[{place.attr}]"
    if css:
        yield css


def _key(
    solution: Solution, old_pages: Sequence[Page], js: str, path: str
) -> Iterator[list[Condition]]:
    """The outermost key on a path that old pages lack."""
    if not SIMPLE.fullmatch(path):
        return
    parts = path.split(".")
    document = solution.documents.get(js)
    old = [document_value(page, document) for page in old_pages] if document else []
    for size in range(1, len(parts) + 1):
        head = ".".join(parts[:size])
        if all(value is MISSING or at(value, head) is MISSING for value in old):
            there = Condition.model_validate({"js": js, "path": head})
            null = Condition.model_validate({"js": js, "path": head, "is_null": True})
            yield [there, null]
            return


def _in_rows(
    base: SelectorFile, group: str, path: str, heads: dict[str, tuple[str, str]]
) -> Iterator[list[Condition]]:
    """A key within rows: the first row's, or the first there is."""
    found = base.groups.get(group)
    if found is None:
        return
    rows = found.rows[0]
    js, head = heads.get(group, (rows.js, rows.path))
    if js is None or head is None or rows.items or not SIMPLE.fullmatch(path):
        return
    for text in (f"{head}[0].{path}", f"{head}[].{path} | [0]"):
        yield [Condition.model_validate({"js": js, "path": text})]


def _absences(
    base: SelectorFile, solution: Solution, pages: Sequence[Page]
) -> Iterator[tuple[int, str, int, Condition]]:
    """Conditions of absence that speak of a key that has another name now."""
    for index, rule in enumerate(base.absent):
        for part in ("all", "any", "none"):
            for number, condition in enumerate(getattr(rule, part)):
                if condition.js is None:
                    if (changed := _renamed(condition, solution)) is not None:
                        yield index, part, number, changed
                    continue
                if condition.path is None:
                    continue
                plain = Condition.model_validate({"js": condition.js, "path": condition.path})
                if _somewhere(plain, pages, solution.documents):
                    continue
                renamed = _renamed(condition, solution)
                if renamed is not None:
                    yield index, part, number, renamed


def _ready(
    base: SelectorFile, solution: Solution, layout: Layout, pages: Sequence[Page]
) -> list[str]:
    """Signs of readiness with one for the new layout, if the old ones never come on it."""
    queries = [match.group(2) for text in base.fetch.ready if (match := _QUERY.search(text))]
    if not queries or len(queries) < len(base.fetch.ready):
        return []
    if any(all(_finds(css, page) for page in pages) for css in queries):
        return []
    renamed = [solution.html.text(text) for text in base.fetch.ready]
    if renamed != list(base.fetch.ready):
        return [*base.fetch.ready, *renamed]
    css = [c.css for c in layout.fingerprint["all"] if c.css is not None and '"' not in c.css]
    if not css:
        css = ["body"]
    return [*base.fetch.ready, f'document.querySelector("{css[-1]}") !== null']


def _finds(css: str, page: Page) -> bool:
    try:
        return bool(elements_getter(css, None)(page.root))
    except ValueError:
        return True  # JavaScript knows selectors that this library does not: leave it alone
