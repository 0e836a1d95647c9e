"""All of a page kind at once: documents, groups and fields, each kept or found anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from scrapers.parsing.compare import fields_of_group
from scrapers.parsing.explain import place_told
from scrapers.parsing.extract import page_reader
from scrapers.parsing.fields import PlaceReader, document_value, place_reader
from scrapers.parsing.model import Document, Group, Place, Rows, SelectorField, SelectorFile
from scrapers.parsing.page import Page
from scrapers.parsing.places import MISSING
from scrapers.parsing.suggest.fields import Proposal, Search, place_key, search_field
from scrapers.parsing.suggest.gone import is_emptied, why_not
from scrapers.parsing.suggest.groups import rows_are_there, rows_fit, rows_stand, search_rows
from scrapers.parsing.suggest.html_renames import HtmlRenames, html_renames
from scrapers.parsing.suggest.json_places import documents_of, keys_of, same_document
from scrapers.parsing.suggest.make import place as make_place
from scrapers.parsing.suggest.make import rows as make_rows
from scrapers.parsing.suggest.members import called, members_of, unreadable_members
from scrapers.parsing.suggest.names import Renames, last_name, near
from scrapers.parsing.suggest.scope import (
    Case,
    Scope,
    evaluate,
    inner_scope,
    root_scope,
    rows_of,
    wants,
)
from scrapers.parsing.suggest.tokens import tokens_of, wanted_tokens

_ALTERNATIVES = 5
_SOME = 20  # parents looked at
_ROWS = 300  # rows looked at
_OFTEN = 0.2  # of the rows: a key that is rarer may be missing by chance
_DOCUMENT = 0.3  # one less like the old document is not it


class Status(StrEnum):
    """What became of a field, a group or a document."""

    STANDS = "stands"  # read as before
    MOVED = "moved"  # found, and known values prove it
    LIKELY = "likely"  # found by likeness; no value is known that could prove it
    PARTLY = "partly"  # found, but not on all pages or not all values
    GONE = "gone"  # its known value is not on the page
    UNKNOWN = "unknown"  # nothing was found, and nothing is known


FOUND = (Status.MOVED, Status.LIKELY, Status.PARTLY)


@dataclass(slots=True)
class Finding:
    """What is to be said of a field, a group (its rows) or a document.

    Attributes:
        name: whole name; `documents.args` for a document.
        status: what became of it.
        was: where the file looks for it.
        proposals: places, the best first.
        document: of a document: where it stands now.
        says: what a person should know.
    """

    name: str
    status: Status
    was: str
    proposals: list[Proposal] = field(default_factory=list)
    document: Document | None = None
    says: str = ""


@dataclass(slots=True)
class Solution:
    """Everything that was found.

    Attributes:
        base: the version that served as the pattern.
        findings: one for each document, group and field, in the file's order.
        documents: documents of the draft, those added included.
        renames: what became of paths in documents.
        html: what became of ids, classes and attributes.
    """

    base: SelectorFile
    findings: list[Finding]
    documents: dict[str, Document]
    renames: Renames
    html: HtmlRenames


def solve(
    base: SelectorFile, cases: Sequence[Case], suspects: Mapping[str, str] | None = None
) -> Solution:
    """Find where everything that a version reads stands on pages that it does not read.

    Args:
        suspects: fields that are read, and what speaks against the values that they have then.
    """
    return _Solver(base, cases, suspects or {}).solve()


class _Solver:
    def __init__(
        self, base: SelectorFile, cases: Sequence[Case], suspects: Mapping[str, str]
    ) -> None:
        self._base = base
        self._suspects = suspects
        self._cases = cases
        documents = dict(base.documents)
        self._search = Search(documents, dict(base.documents), ZoneInfo(base.timezone))
        self._findings: dict[str, Finding] = {}
        self._renames: dict[str, Renames] = {}
        self._used: set[str] = set()
        self._members: dict[str, dict[str, str]] = {}
        references = [case.reference for case in cases if case.reference is not None]
        self._html = html_renames(references, [case.page for case in cases])

    def solve(self) -> Solution:
        for name in self._base.documents:
            self._document(name)
        self._add_documents()
        scope = root_scope(self._cases)
        self._level(scope, self._base.fields, self._base.groups)
        used = self._used | set(self._base.documents)
        documents = {n: d for n, d in self._search.documents.items() if n in used}
        findings = [self._findings[name] for name in self._order() if name in self._findings]
        renames = self._renames.setdefault("", Renames())
        return Solution(self._base, findings, documents, renames, self._html)

    def _order(self) -> list[str]:
        reader = page_reader(self._base)
        names = [f"documents.{name}" for name in self._base.documents]
        names += [each.name for each in reader.fields]

        def walk(groups: dict[str, Any]) -> None:
            for group in groups.values():
                names.append(group.name)
                names.extend(each.name for each in group.fields)
                walk(group.groups)

        walk(reader.groups)
        return names

    # documents

    def _document(self, name: str) -> None:
        document = self._base.documents[name]
        told = f"documents.{name}"
        was = document_told(document)
        there = [document_value(case.page, document) is not MISSING for case in self._cases]
        if all(there):
            self._findings[told] = Finding(told, Status.STANDS, was)
            return
        scored: dict[Document, list[float]] = {}
        for case in self._cases:
            for found, value in documents_of(case.page):
                if not _is_among(found, self._base.documents.values()):
                    scored.setdefault(found, []).append(self._like_document(name, case, value))
        means = {found: sum(s) / len(self._cases) for found, s in scored.items()}
        best = max(means, key=lambda found: means[found], default=None)
        if best is None or means[best] < _DOCUMENT:
            says = "no data like it is on the page"
            self._findings[told] = Finding(told, Status.UNKNOWN, was, says=says)
            return
        self._search.documents[name] = best
        says = "" if any(case.known is not None for case in self._cases) else "by its keys"
        self._findings[told] = Finding(told, Status.MOVED, was, document=best, says=says)

    def _like_document(self, name: str, case: Case, value: Any) -> float:
        keys = {
            last_name(part)
            for path in self._paths_in(name)
            for part in path.split(".")
            if last_name(part).isidentifier()
        }
        by_keys = len(keys & keys_of(value)) / len(keys) if keys else 0.0
        known = case.known or case.alike
        want: set[str] = set()
        if known is not None:
            fields = [
                n for n, f in self._base.fields.items() if any(p.js == name for p in f.places)
            ]
            want |= wanted_tokens({n: known.fields.get(n) for n in fields})
            for group_name, group in self._base.groups.items():
                if any(rows.js == name for rows in group.rows):
                    for row in known.groups.get(group_name, [])[:20]:
                        want |= wanted_tokens(row)
        have = _all_tokens(value)
        by_values = len(want & have) / len(want) if want else by_keys
        return 0.5 * by_keys + 0.5 * by_values

    def _paths_in(self, name: str) -> list[str]:
        paths = [p.path for f in self._base.fields.values() for p in f.places if p.js == name]
        for group in self._base.groups.values():
            if any(rows.js == name for rows in group.rows):
                paths += [rows.path for rows in group.rows]
                paths += [p.path for _, f in fields_of_group("", group) for p in f.places]
                paths += [rows.path for inner in _inner(group) for rows in inner.rows]
        return [path for path in paths if path]

    def _add_documents(self) -> None:
        """Other data on the pages, by names of their own: values may have moved there."""
        for case in self._cases:
            for document, _ in documents_of(case.page):
                if not _is_among(document, self._search.documents.values()):
                    name = self._name_for(document)
                    self._search.documents[name] = document

    def _name_for(self, document: Document) -> str:
        text = re.split(r"[.\[#=]", document_told(document) or "data")[-1]
        plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in text.lower()).strip("_")
        plain = plain if plain[:1].isalpha() else f"data_{plain}"
        name, number = plain[:40], 1
        while name in self._search.documents:
            number += 1
            name = f"{plain[:40]}_{number}"
        return name

    # groups and fields

    def _level(
        self, scope: Scope, fields: dict[str, SelectorField], groups: dict[str, Group]
    ) -> None:
        places = self._all_rows(scope, groups)
        self._fields(scope, fields)
        for name, group in groups.items():
            places[name] = self._members_named(scope, name, group, places[name])
            inner = inner_scope(
                scope, name, group, places[name], self._search.documents,
                self._search.old_documents,
            )  # fmt: skip
            self._level(inner, group.fields, group.groups)
            self._named_as_ever(inner, group.fields)

    def _all_rows(self, scope: Scope, groups: dict[str, Group]) -> dict[str, Sequence[Rows]]:
        """Where the rows of each group stand; the surest tell where the others may have gone."""
        places: dict[str, Sequence[Rows]] = {}
        lost: list[tuple[str, list[Proposal]]] = []
        for short, group in groups.items():
            places[short] = group.rows
            name = scope.named(short)
            was = " | ".join(_rows_told(rows) for rows in group.rows)
            if not any(view.rows for view in scope.views):
                says = "there are no rows to look in"
                self._findings[name] = Finding(name, Status.UNKNOWN, was, says=says)
            elif rows_stand(scope, short, group, self._search) and not self._lost_rows(
                scope, group
            ):
                self._findings[name] = Finding(name, Status.STANDS, was)
            else:
                self._findings[name] = Finding(name, Status.UNKNOWN, was)
                lost.append((short, search_rows(scope, short, group, self._search)))
        lost.sort(key=lambda pair: pair[1][0].score if pair[1] else (), reverse=True)
        for short, found in lost:
            places[short] = self._rows(scope, short, groups[short], found)
        return places

    def _members_named(
        self, scope: Scope, short: str, group: Group, places: Sequence[Rows]
    ) -> Sequence[Rows]:
        """Rows that are members of objects, what is left out of them under its name of now."""
        name = scope.named(short)
        new = [row for view in scope.views for row in view.rows]
        old = [row for view in scope.views for row in view.before]
        changed: list[Rows] = []
        for rows in places:
            if not rows.items or rows.js is not None or not rows.skip_keys:
                changed.append(rows)
                continue
            members = members_of(rows, group.rows[0], new, old, self._keys(scope))
            skipped = [members.renamed.pop(key, key) for key in rows.skip_keys]
            skipped += unreadable_members(scope, short, group, members, self._search)
            changed.append(rows.model_copy(update={"skip_keys": skipped}))
            self._members[name] = members.renamed
        if changed != list(places):
            finding = self._findings[name]
            fit = rows_fit(scope, short, group, changed[0], self._search)
            finding.status = Status.MOVED if fit.is_proven else Status.LIKELY
            finding.says = "other names of members that are no rows"
            finding.proposals = [Proposal(rows=tuple(changed), fit=fit, note=finding.says)]
        return changed

    def _keys(self, scope: Scope) -> dict[str, str]:
        """Keys of a scope's rows that are known to have another name."""
        renames = self._renames.setdefault(scope.name, Renames())
        return {old: new for (_, old), (_, new) in renames.exact.items() if old != new}

    def _named_as_ever(self, scope: Scope, fields: dict[str, SelectorField]) -> None:
        """Members that are rows under another name now are called by the old one."""
        renamed = self._members.get(scope.name, {})
        for short, like in fields.items():
            if not renamed or all(place.path != "key" for place in like.places):
                continue
            places = [
                make_place(**p.model_dump(exclude_none=True) | {"path": called(renamed)})
                if p.path == "key"
                else p
                for p in like.places
            ]
            fit = evaluate(
                scope, short, like, places, None, self._search.documents, self._search.zone
            )
            name = scope.named(short)
            status = Status.MOVED if fit.is_proven else Status.LIKELY
            says = ", ".join(f"{old} is {new} now" for old, new in renamed.items())
            proposal = Proposal(tuple(places), None, (), fit, (1.0,), says)
            was = " | ".join(map(place_told, like.places))
            self._findings[name] = Finding(name, status, was, [proposal], says=says)

    def _lost_rows(self, scope: Scope, group: Group) -> bool:
        """Whether rows that need not be there are missing since a name is gone."""
        if not any(self._html.is_suspect(rows) for rows in group.rows):
            return False
        return not self._gives_rows(scope, group)

    def _gives_rows(self, scope: Scope, group: Group) -> bool:
        documents = self._search.documents
        return any(
            rows_of(group.rows, documents, view.case.page, parent)
            for view in scope.views
            for parent in view.rows[:_SOME]
        )

    def _had_rows(self, scope: Scope, group: Group) -> bool:
        documents = self._search.old_documents
        return any(
            rows_of(group.rows, documents, view.case.reference, parent)
            for view in scope.views
            if view.case.reference is not None
            for parent in view.before[:_SOME]
        )

    def _rows(
        self, scope: Scope, short: str, group: Group, found: list[Proposal]
    ) -> Sequence[Rows]:
        finding = self._findings[scope.named(short)]
        renames = self._renames.setdefault(scope.name, Renames())
        if renamed := self._renamed_rows(scope, short, group, renames):
            found = [renamed, *found]
        if not found:
            if rows_are_there(scope, short, group, self._search):
                finding.status = Status.STANDS  # what is gone are values in them
            else:
                finding.says = "no list like its rows is on the page"
            return group.rows
        # Of places that fit alike, one that no other group is read from.
        found = sorted(found, key=lambda proposal: _rows_key(scope, proposal) in self._search.taken)
        if with_old := self._rows_beside(scope, short, group, found[0]):
            found = [with_old, *found]
        best = found[0]
        self._search.taken.add(_rows_key(scope, best))
        fit = best.fit
        finding.status = Status.MOVED if fit and fit.is_proven else Status.LIKELY
        if fit and fit.pages_known and not fit.is_proven:
            finding.status = Status.PARTLY
        finding.proposals = found[:_ALTERNATIVES]
        self._learn_rows(scope, group, best.rows[0])
        return best.rows

    def _rows_beside(
        self, scope: Scope, short: str, group: Group, best: Proposal
    ) -> Proposal | None:
        """New rows, and where they are not, the old ones that still stand on some pages."""
        if best.fit is None or best.fit.pages_read == best.fit.pages:
            return None
        for old in group.rows:
            changed = group.model_copy(update={"rows": [*best.rows, old]})
            if rows_stand(scope, short, changed, self._search):
                fit = replace(best.fit, pages_read=best.fit.pages)
                return Proposal(rows=(*best.rows, old), fit=fit, score=best.score)
        return None

    def _learn_rows(self, scope: Scope, group: Group, new: Rows) -> None:
        old = group.rows[0]
        self._note_used(new.js)
        if old.path is None or new.path is None:
            return
        renames = self._renames.setdefault(scope.name, Renames())
        renames.learn(old.js, old.path, new.js, new.path)
        if "[" in old.path and "[" in new.path:  # a choice of members: what it is chosen from
            renames.learn(old.js, f"{_head(old.path)}.x", new.js, f"{_head(new.path)}.x")

    def _renamed_rows(
        self, scope: Scope, short: str, group: Group, renames: Renames
    ) -> Proposal | None:
        places = []
        for old in group.rows:
            renamed = renames.expression(old.js, old.path) if old.path else None
            if renamed is not None:
                given = old.model_dump(exclude_defaults=True)
                places.append(make_rows(**given | {"js": renamed[0], "path": renamed[1]}))
            else:
                places.append(self._html.rows(old) or old)
        changed = group.model_copy(update={"rows": places})
        if places == list(group.rows) or self._lost_rows(scope, changed):
            return None
        if self._had_rows(scope, group) and not self._gives_rows(scope, changed):
            return None
        if not rows_stand(scope, short, changed, self._search):
            return None
        self._note_used(places[0].js)
        fit = rows_fit(scope, short, group, places[0], self._search)
        return Proposal(rows=tuple(places), fit=fit)

    def _fields(self, scope: Scope, fields: dict[str, SelectorField]) -> None:
        if not any(view.rows for view in scope.views):
            return
        lost: list[str] = []
        for short, each in fields.items():
            name = scope.named(short)
            was = " | ".join(map(place_told, each.places))
            fit = evaluate(
                scope, short, each, each.places, None, self._search.documents, self._search.zone
            )
            is_lost = name in self._suspects or self._lost_values(scope, short, each)
            if fit.is_right and not is_lost:
                self._findings[name] = Finding(name, Status.STANDS, was)
                self._search.taken.update(place_key(scope, p) for p in each.places)
            else:
                lost.append(short)
        # What is known best is looked for first: its place tells where the others went.
        lost.sort(key=lambda short: _says(scope, short), reverse=True)
        for short in lost:
            self._field(scope, short, fields[short])

    def _lost_values(self, scope: Scope, short: str, like: SelectorField) -> bool:
        """Whether values that need not be there are missing, or counted as none, since a name
        or a key is gone; only asked where no value is known that would tell."""
        if any(want is not None for view in scope.views for _, want in wants(view, short)):
            return False
        if any(self._html.is_suspect(place) for place in like.places):
            return True
        if like.required or like.present:
            return False
        if any(place.path is None for place in like.places):
            return False
        now, then = 0, 0
        readers = [place_reader(p, self._search.documents, self._search.zone) for p in like.places]
        old = [place_reader(p, self._search.old_documents, self._search.zone) for p in like.places]
        for view in scope.views:
            now += sum(_stated(each, view.case.page, view.rows[:_ROWS]) for each in readers)
            if view.case.reference is not None:
                before = view.before[:_ROWS]
                then += sum(_stated(each, view.case.reference, before) for each in old)
        rows = sum(len(view.before[:_ROWS]) for view in scope.views)
        return now == 0 and then > _OFTEN * rows

    def _field(self, scope: Scope, short: str, like: SelectorField) -> None:
        name = scope.named(short)
        was = " | ".join(map(place_told, like.places))
        renames = self._renames.setdefault(scope.name, Renames())
        if renamed := self._renamed(scope, short, like, renames):
            found = [renamed]
        else:
            found = search_field(scope, short, like, self._search)
            found = _with_old_choice(scope, short, like, found, self._search)
            if found and is_emptied(scope, short, like, self._search):
                found = [p for p in found if p.is_new or (p.fit and p.fit.pages_known)]
        if not found:
            status, says = why_not(scope, short, like, self._search)
            if name in self._suspects:
                says = f"{self._suspects[name]}; {says}"
            self._findings[name] = Finding(name, Status(status), was, says=says)
            return
        best = found[0]
        fit = best.fit
        assert fit is not None
        status = Status.PARTLY
        if fit.is_right:
            status = Status.MOVED if fit.is_proven else Status.LIKELY
        says = best.note
        if status == Status.PARTLY:
            says = f"right on {fit.pages_right} of {fit.pages_known} pages that tell its value"
        if name in self._suspects:
            says = "; ".join(filter(None, (self._suspects[name], says)))
        with_others, left_out = self._beside_others(scope, short, like, best)
        if left_out:
            told = f"left out of its places: {' | '.join(map(place_told, left_out))}"
            says = f"{says}; {told}" if says else told
        found = [with_others, *found[1:_ALTERNATIVES]]
        self._findings[name] = Finding(name, status, was, found, says=says)
        for place in best.places:
            self._search.taken.add(place_key(scope, place))
            self._note_used(place.js)
        if len(best.places) == 1 and best.places[0].path is not None:
            new = best.places[0]
            for old in like.places:
                if old.path is not None:
                    renames.learn(old.js, old.path, new.js, str(new.path))
                    if status == Status.MOVED:
                        self._search.note_home(scope, old, new)

    def _beside_others(
        self, scope: Scope, short: str, like: SelectorField, best: Proposal
    ) -> tuple[Proposal, list[Place]]:
        """The new place in the stead of the old one that is most like it; the field's other
        places, where its value stands on other pages, are kept or, if it is then read worse, named.
        """
        (new, *more), fit = best.places, best.fit
        if len(like.places) < 2 or more or fit is None:
            return best, []
        close = [near(new, [old], short) for old in like.places]
        at = close.index(max(close))
        others = [old for index, old in enumerate(like.places) if index != at and old != new]
        if best.steps is not None:
            return best, others
        renames = self._renames.setdefault(scope.name, Renames())
        places = [renames.place(old) or self._html.place(old) or old for old in like.places]
        places[at] = new
        kept = tuple(p for index, p in enumerate(places) if p not in places[:index])
        search = self._search
        with_others = evaluate(scope, short, like, kept, None, search.documents, search.zone)
        if (
            with_others.pages_right >= fit.pages_right
            and with_others.pages_read >= fit.pages_read
            and with_others.share >= fit.share
        ):
            return replace(best, places=kept, fit=with_others, found=new), []
        return best, others

    def _renamed(
        self, scope: Scope, short: str, like: SelectorField, renames: Renames
    ) -> Proposal | None:
        """The old places with what is known of renamed keys, if they read the field so."""
        places = [renames.place(old) or self._html.place(old) or old for old in like.places]
        if places == list(like.places):
            return None
        search = self._search
        fit = evaluate(scope, short, like, places, None, search.documents, search.zone)
        return Proposal(tuple(places), None, (), fit, (1.0,)) if fit.is_right else None

    def _note_used(self, js: str | None) -> None:
        if js is not None:
            self._used.add(js)


def _stated(reader: PlaceReader, page: Page, rows: list[Any]) -> int:
    """How many rows state a value at a place."""
    return sum(value not in (MISSING, None) for value in reader.find(page, rows)[0])


def _with_old_choice(
    scope: Scope, short: str, like: SelectorField, found: list[Proposal], search: Search
) -> list[Proposal]:
    """Old places that still stand stay in front, if the field is then read no worse."""
    if not found or len(like.places) < 2 or found[0].steps is not None:
        return found
    best = found[0]
    if best.fit is None or best.fit.is_right:
        return found
    for places in ((*like.places[:-1], *best.places), (*like.places, *best.places)):
        fit = evaluate(scope, short, like, places, None, search.documents, search.zone)
        if fit.is_right:
            return [Proposal(places, None, (), fit, best.score), *found]
    return found


def _inner(group: Group) -> Iterator[Group]:
    for each in group.groups.values():
        yield each
        yield from _inner(each)


def document_told(document: Document) -> str:
    """Where a document stands, in a few words."""
    return document.assigned_to or document.pushed_to or document.css or document.xpath or ""


def _is_among(document: Document, others: Iterable[Document]) -> bool:
    return any(same_document(document, other) for other in others)


def _says(scope: Scope, short: str) -> int:
    """How much the known values of a field tell: many different and long ones most."""
    values = {
        str(row[short])
        for view in scope.views
        for row in view.wanted[:300]
        if row is not None and row.get(short) is not None and type(row[short]) is not bool
    }
    return sum(len(value) for value in values)


def _rows_key(scope: Scope, proposal: Proposal) -> str:
    within = scope.name if proposal.rows[0].js is None else ""
    return " | ".join([within, *map(_rows_told, proposal.rows)])


def _rows_told(rows: Rows) -> str:
    given = rows.model_dump(exclude_defaults=True)
    return ", ".join(f"{key}: {value}" for key, value in given.items())


def _head(path: str) -> str:
    return path.partition("[")[0].rstrip(".")


def _all_tokens(value: Any, depth: int = 0) -> set[str]:
    """Tokens of a whole document."""
    if depth > 8:
        return set()
    if type(value) is dict:
        found = {key for key in value if key.isdigit()}
        for inner in value.values():
            found |= _all_tokens(inner, depth + 1)
        return found
    if type(value) is list:
        found = set()
        for inner in value[:400]:
            found |= _all_tokens(inner, depth + 1)
        return found
    return set(tokens_of(value))
