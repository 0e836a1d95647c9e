"""Where a field's values stand now: candidates from JSON and HTML, proven on all pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from scrapers.parsing.fields import document_value, place_reader
from scrapers.parsing.model import Document, Place, Rows, SelectorField
from scrapers.parsing.notation import TransformStep
from scrapers.parsing.places import MISSING, element_value, elements_getter, is_element
from scrapers.parsing.suggest.chains import Chain, fitting, plausible
from scrapers.parsing.suggest.html_places import hits, lasting, selectors_of
from scrapers.parsing.suggest.json_places import at, value_paths
from scrapers.parsing.suggest.make import place as make_place
from scrapers.parsing.suggest.names import near, parent
from scrapers.parsing.suggest.resemblance import resembling, values_alike
from scrapers.parsing.suggest.scope import Fit, Scope, evaluate, wants
from scrapers.parsing.values import FieldType, MisfitError

_KINDS = 20  # of so few different values
_KNOWN, _NULLS = 30, 10  # values looked at first; the proof looks at all
_PROVEN = 14  # candidates that are read on all pages
_HITS = 40
_SAMPLED_ROWS = 8
_SAID = re.compile(r"normalize-space\((?:text\(\))?\)='([^']*)'")
_LONGEST = 400
_SOME_ELEMENTS = 6
_JSON_TYPES = {FieldType.INTEGER_LIST: list, FieldType.NUMBER_BY_INTEGER: dict}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A place for a field, or for a group's rows, and what it is worth.

    Attributes:
        places: the field's places.
        steps: the field's transforms; None: as they are.
        rows: instead, of a group.
        fit: how it reads the pages.
        score: what it is ranked by; higher is better.
        note: what a person should know of it.
        is_new: nothing stood there on the references.
        found: of the places the one that was found; None: it is the last of them.
    """

    places: tuple[Place, ...] = ()
    steps: tuple[TransformStep, ...] | None = None
    rows: tuple[Rows, ...] = ()
    fit: Fit | None = None
    score: tuple[float, ...] = ()
    note: str = ""
    is_new: bool = False
    found: Place | None = None

    @property
    def found_places(self) -> tuple[Place, ...]:
        """The place that was found; none of rows."""
        return (self.found,) if self.found is not None else self.places[-1:]


_Home = tuple[str | None, str]


@dataclass(slots=True)
class Search:
    """What all searches of a page kind share.

    Attributes:
        documents: those of the file, as they stand on the new pages, and others found there.
        old_documents: those of the file, as they stand on references.
        zone: the pages' clock.
        taken: places that other fields are read from already.
        homes: of each scope, where what stood beside each other was found.
    """

    documents: dict[str, Document]
    old_documents: dict[str, Document]
    zone: ZoneInfo
    taken: set[str] = field(default_factory=set)
    homes: dict[str, dict[_Home, set[_Home]]] = field(default_factory=dict)

    def note_home(self, scope: Scope, old: Place, new: Place) -> None:
        """What stood at `old` stands at `new`, and is proven: so may what stood beside it."""
        if old.path and new.path:
            known = self.homes.setdefault(scope.name, {})
            known.setdefault((old.js, parent(old.path)), set()).add((new.js, parent(new.path)))


@dataclass(frozen=True, slots=True)
class _Candidate:
    place: Place
    chain: Chain
    share: float
    is_new: bool


def search_field(scope: Scope, short: str, like: SelectorField, search: Search) -> list[Proposal]:
    """Places of a field, the best first; none if nothing was found."""
    candidates = list(_json_candidates(scope, short, like, search))
    candidates += _html_candidates(scope, short, like, search)
    candidates += _in_old_places(scope, like, short, search)
    found = _proven(candidates, scope, short, like, search)
    best = max(found.values(), key=lambda p: p.score, default=None)
    if best is not None and best.fit is not None and not best.fit.is_right:
        found |= _proven(_refined(best, scope, short, like, search), scope, short, like, search)
    return sorted(found.values(), key=lambda p: p.score, reverse=True)


def _proven(
    candidates: list[_Candidate], scope: Scope, short: str, like: SelectorField, search: Search
) -> dict[str, Proposal]:
    """The candidates that rank first, read on all pages."""
    candidates.sort(key=lambda c: _before(c, scope, short, like, search), reverse=True)
    found: dict[str, Proposal] = {}
    for each in candidates[: 4 * _PROVEN]:
        if len(found) >= _PROVEN:
            break
        place = _with_chain(each.place, each.chain)
        steps = None if each.chain.is_old else each.chain.field_steps
        key = f"{place!r} {steps!r}"
        if key in found:
            continue
        fit = evaluate(scope, short, like, [place], steps, search.documents, search.zone)
        if fit.pages_read == 0 and fit.share == 0:
            continue
        _, is_new, *rest = _before(each, scope, short, like, search)
        rank = (
            fit.pages_right,
            round(fit.share, 2),
            fit.pages_read,
            is_new,
            _resemble(scope, short, fit),
            *rest,
        )
        note = (
            "" if fit.pages_known else "likely by its name and its values; nothing known proves it"
        )
        found[key] = Proposal((place,), steps, (), fit, rank, note, each.is_new)
    return found


def _refined(
    best: Proposal, scope: Scope, short: str, like: SelectorField, search: Search
) -> list[_Candidate]:
    """The best place once more, with steps for all that stands there: what is rare may not have
    been among the values that were looked at first."""
    place = best.places[0].model_copy(update={"regex": None, "transform": []})
    reader = place_reader(place, search.documents, search.zone)
    raws: list[Any] = []
    want: list[Any] = []
    others: list[Any] = []
    for view in scope.views:
        known = dict(wants(view, short))
        for index, raw in enumerate(reader.find(view.case.page, view.rows)[0]):
            if index in known:
                raws.append(raw)
                want.append(known[index])
            else:
                others.append(raw)
    if not any(value is not None for value in want):
        raws += others
        return [_Candidate(place, c, 0.5, True) for c in plausible(like, raws, search.zone)]
    if like.type in (FieldType.INTEGER, FieldType.NUMBER) and not like.required:
        # Words where no value is known, such as N/A, say that there is none.
        idle = {r for r in others if type(r) is str and not any(c.isdigit() for c in r)}
        raws += sorted(idle)
        want += [None] * len(idle)
    return [_Candidate(place, c, s, True) for c, s in fitting(like, raws, want, search.zone)]


def _in_old_places(
    scope: Scope, like: SelectorField, short: str, search: Search
) -> Iterator[_Candidate]:
    """Where the values stood, with other steps: also what no search finds, as a count."""
    samples = _samples(scope, short)
    if not samples:
        return
    want = [value for _, _, value in samples]
    for old in like.places:
        if old.path is not None and old.xpath is None and old.css is None:
            continue  # paths are looked for as such
        place = old.model_copy(update={"regex": None, "transform": []})
        reader = place_reader(place, search.documents, search.zone)
        raws = []
        for number, index, _ in samples:
            view = scope.views[number]
            if not is_element(view.rows[index]):
                return
            raws += reader.find(view.case.page, [view.rows[index]])[0]
        for chain, share in fitting(like, raws, want, search.zone):
            yield _Candidate(place, chain, share, False)


def _resemble(scope: Scope, short: str, fit: Fit) -> float:
    """How like the values of another page those are that came out; where none is known."""
    if fit.pages_known:
        return 0.0
    alike = [row.get(short) for row in rows_alike(scope)]
    return round(values_alike([v for v in alike if v is not None], fit.values), 1)


def rows_alike(scope: Scope) -> list[Any]:
    """Rows of other pages that show what a scope's values are like."""
    rows = [row for view in scope.views for row in view.alike]
    return rows + [
        each for view in scope.views for row in view.alike for each in _rows_at(row, scope.name)
    ]


def _rows_at(row: Any, name: str) -> list[Any]:
    rows = [row]
    for part in name.split(".") if name else ():
        rows = [inner for each in rows for inner in each.get(part) or ()]
    return rows if name else []


def _before(
    candidate: _Candidate, scope: Scope, short: str, like: SelectorField, search: Search
) -> tuple[float, ...]:
    """What ranks a candidate before it is read on all pages."""
    place = candidate.place
    taken = place_key(scope, _with_chain(place, candidate.chain)) in search.taken
    said = place.path or place.css or place.xpath or ""
    close = near(place, list(like.places), short, search.homes.get(scope.name, {}))
    return (
        candidate.share,
        candidate.is_new and not taken,
        not taken,
        2 if candidate.chain.is_old else candidate.chain.regex is None,
        round(lasting(place), 1) - 0.5 * _is_odd(place, like),
        round(close + 0.15 * candidate.chain.is_old, 2),
        -len(said),
    )


def _is_odd(place: Place, like: SelectorField) -> bool:
    """Whether a place is a position in a list, though the field never stood at one."""
    return "[" in (place.path or "") and not any("[" in (old.path or "") for old in like.places)


def place_key(scope: Scope, place: Place) -> str:
    """A place and what is cut out of it; within rows it is that of these rows alone."""
    within = scope.name if place.js is None else ""
    said = (within, place.js, place.path, place.css, place.xpath, place.attr, place.regex)
    return repr(said)


def _with_chain(place: Place, chain: Chain) -> Place:
    given = place.model_dump(exclude_none=True)
    return make_place(**given | {"regex": chain.regex, "transform": list(chain.place_steps)})


def _samples(scope: Scope, short: str) -> list[tuple[int, int, Any]]:
    """Some rows whose value is known: page, row and value; most of them have one."""
    known: list[tuple[int, int, Any]] = []
    nulls: list[tuple[int, int, Any]] = []
    for number, view in enumerate(scope.views):
        for index, want in wants(view, short):
            (nulls if want is None else known).append((number, index, want))
    if not known:
        return []
    first = {repr(sample[2]): sample for sample in reversed(known)}
    if len(first) > _KINDS:
        return _spread(known, _KNOWN) + _spread(nulls, _NULLS)
    # Of few values each is looked at, however rare it is.
    kinds = list(first.values())
    others = [sample for sample in known if not any(sample is each for each in kinds)]
    return kinds + _spread(others, _KNOWN - len(kinds)) + _spread(nulls, _NULLS)


def _of_each_shape(rows: list[Any]) -> list[Any]:
    """Some rows, among them one with each key there is: what is rare may be in few of many."""
    some, keys = rows[:_KNOWN], {key for row in rows[:_KNOWN] if type(row) is dict for key in row}
    for row in rows[_KNOWN:]:
        if type(row) is dict and not row.keys() <= keys:
            keys |= row.keys()
            some.append(row)
    return some


def _spread(items: list[Any], count: int) -> list[Any]:
    return (
        items if len(items) <= count else [items[int(i * len(items) / count)] for i in range(count)]
    )


def _json_candidates(
    scope: Scope, short: str, like: SelectorField, search: Search
) -> Iterator[_Candidate]:
    samples = _samples(scope, short)
    homes = search.homes.get(scope.name, {})
    for js, values, before in _json_scopes(scope, search):
        some = [values[number][index] for number, index, _ in samples]
        if not samples:
            some = [value for rows in values for value in _of_each_shape(rows)]
        want = [want for _, _, want in samples]
        for path in value_paths(some):
            raws = [at(value, path) for value in some]
            if not _may_be(raws, like.type):
                continue
            # In a list a longer one than before has new positions, which say nothing.
            is_new = (
                bool(before)
                and not path.startswith("[")
                and all(at(v, path) is MISSING for v in before)
            )
            try:
                place = make_place(js=js, path=path)
            except ValidationError:
                continue
            if samples:
                if all(
                    r in (MISSING, None) for r, w in zip(raws, want, strict=True) if w is not None
                ):
                    continue
                chains = list(fitting(like, raws, want, search.zone))
            elif is_new or (
                near(place, list(like.places), short, homes) > 0.6
                and not _is_odd(place, like)
                and place_key(scope, place) not in search.taken
            ):
                chains = [(c, 0.5) for c in plausible(like, raws, search.zone)]
            else:
                continue
            for chain, share in chains:
                yield _Candidate(place, chain, share, is_new)


def _may_be(raws: Sequence[Any], type_: FieldType) -> bool:
    shape = _JSON_TYPES.get(type_)
    kinds = {type(raw) for raw in raws if raw not in (MISSING, None)}
    if shape is not None:
        return kinds == {shape}
    return bool(kinds) and not kinds & {list, dict}


def _json_scopes(
    scope: Scope, search: Search
) -> Iterator[tuple[str | None, list[list[Any]], list[Any]]]:
    """Where paths begin: each document of the page, or the rows of a group; by page.

    With them what stood there on the references.
    """
    if scope.name:
        values = [view.rows for view in scope.views]
        if all(not is_element(row) for rows in values for row in rows[:1]):
            yield None, values, [row for view in scope.views for row in view.before[:200]]
        return
    for js, document in search.documents.items():
        values = [[document_value(view.case.page, document)] for view in scope.views]
        if any(rows[0] is MISSING for rows in values):
            continue
        # Data that the file does not name may have stood on the old pages as well.
        old = search.old_documents.get(js, document)
        before = []
        for view in scope.views:
            if view.case.reference is not None:
                value = document_value(view.case.reference, old)
                before.append(None if value is MISSING else value)
        yield js, values, before


def _html_candidates(
    scope: Scope, short: str, like: SelectorField, search: Search
) -> Iterator[_Candidate]:
    if like.type in _JSON_TYPES or like.type == FieldType.BOOLEAN:
        return
    samples = [s for s in _samples(scope, short) if s[2] is not None]
    samples = [s for s in samples if is_element(scope.views[s[0]].rows[s[1]])]
    if not samples:
        yield from _resembling(scope, like, search)
        return
    tally: Counter[tuple[str, str, str | None]] = Counter()
    for number, index, want in _spread(samples, _SAMPLED_ROWS):
        row = scope.views[number].rows[index]
        keys: dict[tuple[str, str, str | None], None] = {}
        for element, attr, raw in _best_hits(row, want, like):
            if not next(fitting(like, [raw], [want], search.zone), None):
                continue
            for way in selectors_of(element, row, like.places, want):
                ((kind, text),) = way.items()
                keys[(kind, text, attr)] = None
        for rank, key in enumerate(keys):
            tally[key] += 1000 - min(rank, 900)
    all_samples = _samples(scope, short)
    rows = [scope.views[number].rows[index] for number, index, _ in all_samples]
    want_all = [want for _, _, want in all_samples]
    for (kind, text, attr), _ in tally.most_common(3 * _PROVEN):
        if not _is_label(text, scope):
            continue
        place = make_place(**{kind: text, "attr": attr})
        raws = [_first(place, row) for row in rows]
        before = [row for view in scope.views for row in view.before[:50] if is_element(row)]
        is_new = bool(before) and all(_first(place, row) is MISSING for row in before)
        for chain, share in fitting(like, raws, want_all, search.zone):
            yield _Candidate(place, chain, share, is_new)


def _resembling(scope: Scope, like: SelectorField, search: Search) -> Iterator[_Candidate]:
    """Where no value is known: elements like the one that holds it on another page."""
    tally: Counter[tuple[str, str, str | None]] = Counter()
    for view in scope.views:
        rows = [row for row in view.rows[:_SAMPLED_ROWS] if is_element(row)]
        for place in like.places:
            found = [(_first_element(place, before), before) for before in view.before[:_KNOWN]]
            found = [(old, before) for old, before in found if old is not None]
            for row, (old, before) in zip(rows, found * len(rows), strict=False):
                alike = [(element, place.attr) for element in resembling(row, old, before)]
                for rank, (element, attr) in enumerate([*alike, *_by_regex(row, place)]):
                    for way in selectors_of(element, row, like.places, None)[:20]:
                        ((kind, text),) = way.items()
                        tally[(kind, text, attr)] += 100 - 10 * min(rank, 9)
    rows = [row for view in scope.views for row in view.rows[:_KNOWN]]
    for (kind, text, attr), _ in tally.most_common(2 * _PROVEN):
        if not _is_label(text, scope):
            continue
        place = make_place(**{kind: text, "attr": attr})
        raws = [_first(place, row) for row in rows]
        for chain in plausible(like, raws, search.zone):
            yield _Candidate(place, chain, 0.5, False)


def _is_label(selector: str, scope: Scope) -> bool:
    """Whether a text by which a place is told is on all pages: names of people are on some."""
    found = _SAID.search(selector)
    if found is None:
        return True
    known = [row for view in scope.views for row in (*view.wanted, *view.alike) if row]
    if any(found.group(1) in row.values() for row in known):
        return False
    rows = [row for view in scope.views for row in _spread(view.rows, _SAMPLED_ROWS)]
    pages = [view.case.page for view in scope.views]
    pages += [view.case.reference for view in scope.views if view.case.reference is not None]
    in_rows = all(
        found.group(1) in " ".join("".join(row.itertext()).split())
        for row in rows
        if is_element(row)
    )
    return in_rows and all(found.group(1) in page.text for page in pages)


def _by_regex(row: Any, place: Place) -> list[tuple[Any, str | None]]:
    """Elements, with their attribute, that hold what a place's regular expression looks for."""
    if place.regex is None:
        return []
    pattern = re.compile(place.regex)
    found: list[tuple[Any, str | None]] = []
    for element in row.iter():
        if isinstance(element.tag, str):
            for name, value in element.attrib.items():
                if len(value) < _LONGEST and (match := pattern.search(value)) and match.group():
                    found.append((element, name))
            if place.attr is None and (match := pattern.search((element.text or "")[:_LONGEST])):
                found += [(element, None)] if match.group().strip() else []
        if len(found) >= _SOME_ELEMENTS:
            break
    return found


def _first_element(place: Place, row: Any) -> Any:
    if (place.css is None and place.xpath is None) or not is_element(row):
        return None
    try:
        found = elements_getter(place.css, place.xpath)(row)
    except MisfitError:
        return None
    return found[0] if found and is_element(found[0]) else None


def _best_hits(row: Any, want: Any, like: SelectorField) -> list[tuple[Any, str | None, str]]:
    """Hits in what the field was read from before, then the others; what says least first.

    A value such as 4 stands all over a page, so both have their own number of places.
    """
    old = {place.attr for place in like.places if place.css or place.xpath}
    found = sorted(hits(row, want), key=lambda hit: (hit[1] is not None, len(hit[2].strip())))
    as_before = [hit for hit in found if hit[1] in old]
    others = [hit for hit in found if hit[1] not in old]
    return as_before[:_HITS] + others[:_HITS]


def _first(place: Place, row: Any) -> Any:
    try:
        found = elements_getter(place.css, place.xpath)(row)
    except MisfitError:
        return MISSING
    return element_value(found[0], place.attr) if found else MISSING
