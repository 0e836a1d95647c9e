"""Ids, classes and attributes that have another name now, by where in the page they stand.

Layouts are often renamed as a whole: every class of a component, all ids. What a name is told
by is the elements that bear it: their tags, the way to them, how many there are, and what they
hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scrapers.parsing.model import Place, Rows
from scrapers.parsing.page import Page
from scrapers.parsing.suggest.names import affinity
from scrapers.parsing.suggest.resemblance import shape

_LEVELS = 6
_ENOUGH = 0.55
_INSIDE = 0.3  # what is in elements counts for so much
_CHILDREN = 6
_CSS_NAME = re.compile(r"((?<!\\)#|(?<![\w\\])\.)(-?[A-Za-z_][\w-]*)")
_QUOTED = re.compile(r"(['\"])(\s*)([A-Za-z_][\w-]*)(\s*)\1")
_ATTRIBUTE = re.compile(r"(?<=[\[@])([A-Za-z][\w-]*)(?=[\]=~|^$* )])")
_PLAIN_ATTRIBUTES = ("id", "class", "style")
_TAG_NAME = re.compile(r"(?<![\w.#-])([a-z][a-z0-9]*\.[A-Za-z_][\w-]*)")
Name = tuple[str, str]  # '#' id, '.' class, '<' tag.class, '@' attribute; and the name


@dataclass(slots=True)
class HtmlRenames:
    """What became of names.

    Attributes:
        names: new names by old ones.
        vanished: old names that no new page bears, those with a new name included.
    """

    names: dict[Name, str] = field(default_factory=dict)
    vanished: set[Name] = field(default_factory=set)

    def place(self, old: Place) -> Place | None:
        """A place under the names of now; None if it names none that changed."""
        changed = {
            name: text
            for name in ("css", "xpath")
            if (was := getattr(old, name)) is not None and (text := self.text(was)) != was
        }
        if old.attr is not None and ("@", old.attr) in self.names:
            changed["attr"] = self.names[("@", old.attr)]
        return old.model_copy(update=changed) if changed else None

    def rows(self, old: Rows) -> Rows | None:
        """A place of rows under the names of now; None if it names none that changed."""
        for name in ("css", "xpath"):
            was = getattr(old, name)
            if was is not None and (text := self.text(was)) != was:
                return old.model_copy(update={name: text})
        return None

    def text(self, selector: str) -> str:
        """A CSS or XPath with each changed name replaced."""

        def named(match: re.Match[str]) -> str:
            return match.group(1) + self.names.get((match.group(1), match.group(2)), match.group(2))

        def tagged(match: re.Match[str]) -> str:
            return self.names.get(("<", match.group(1)), match.group(1))

        def quoted(match: re.Match[str]) -> str:
            mark, before, name, after = match.groups()
            new = self.names.get(("#", name)) or self.names.get((".", name)) or name
            return f"{mark}{before}{new}{after}{mark}"

        def attribute(match: re.Match[str]) -> str:
            return self.names.get(("@", match.group(1)), match.group(1))

        pieces = re.split(r"((?:'[^']*')|(?:\"[^\"]*\"))", selector)
        done = []
        for piece in pieces:
            if piece[:1] in ("'", '"'):
                done.append(_QUOTED.sub(quoted, piece))
            else:
                renamed = _CSS_NAME.sub(named, _TAG_NAME.sub(tagged, piece))
                done.append(_ATTRIBUTE.sub(attribute, renamed))
        return "".join(done)

    def is_suspect(self, place: Place | Rows) -> bool:
        """Whether a place speaks of a name that is on no page any more."""
        text = place.css or place.xpath
        if text is None:
            return False
        found = {(m.group(1), m.group(2)) for m in _CSS_NAME.finditer(text)}
        found |= {("<", m.group(1)) for m in _TAG_NAME.finditer(text)}
        words = {m.group(3) for m in _QUOTED.finditer(text)}
        found |= {(mark, word) for mark in "#." for word in words}
        attr = getattr(place, "attr", None)
        found |= {("@", name) for name in [*_ATTRIBUTE.findall(text), *([attr] if attr else [])]}
        return bool(found & self.vanished)


@dataclass(slots=True)
class _Bearing:
    """The elements that bear a name: where they stand, what is in them; how often on a page."""

    paths: Counter[Any] = field(default_factory=Counter)
    near: Counter[Any] = field(default_factory=Counter)
    words: Counter[Any] = field(default_factory=Counter)
    shapes: Counter[Any] = field(default_factory=Counter)
    count: float = 0.0


def html_renames(old: Sequence[Page], new: Sequence[Page]) -> HtmlRenames:
    """Names of the old pages that the new ones lack, and what they are called there."""
    before, after = _bearers(old), _bearers(new)
    renames = HtmlRenames()
    renames.vanished = {name for name in before if name not in after}
    fresh = [name for name in after if name not in before]
    scored = []
    for lost in renames.vanished:
        for name in fresh:
            if name[0] == lost[0]:
                score = _alike(before[lost], after[name])
                if score >= _ENOUGH:
                    scored.append((score + 0.1 * affinity(lost[1], name[1]), lost, name))
    scored.sort(reverse=True)
    taken: set[Name] = set()
    for _, lost, name in scored:
        if lost not in renames.names and name not in taken:
            renames.names[lost] = name[1]
            taken.add(name)
    return renames


def _bearers(pages: Sequence[Page]) -> dict[Name, _Bearing]:
    """For each name the elements that bear it."""
    found: dict[Name, _Bearing] = {}
    for page in pages:
        for element in page.root.iter():
            if not isinstance(element.tag, str):
                continue
            names = list(_names(element))
            if not names:
                continue
            path = _path(element)
            near = tuple(re.sub(r"\d+$", "", step) for step in path[:3])
            text = _first_text(element)
            within = (*(str(child.tag) for child in element[:_CHILDREN]), shape(text))
            for place, name in enumerate(names):
                bearing = found.setdefault(name, _Bearing())
                bearing.count += 1 / len(pages)
                bearing.paths[path] += 1
                bearing.near[near] += 1
                bearing.words[text] += 1
                # Of the names of one element, as of its classes, each keeps its place.
                bearing.shapes[(place, within)] += 1
    return found


def _first_text(element: Any) -> str:
    """The first words within an element, as far as they are no script's."""
    if element.tag in ("script", "style"):
        return ""
    for text in element.itertext():
        if text.strip():
            return " ".join(text[:200].split())[:40]
    return ""


def _names(element: Any) -> Iterable[Name]:
    name = element.get("id")
    if name and re.fullmatch(r"[A-Za-z_][\w-]*", name):
        yield "#", name
    for each in (element.get("class") or "").split():
        yield ".", each
        yield "<", f"{element.tag}.{each}"
    for attribute in element.attrib:
        if attribute not in _PLAIN_ATTRIBUTES:
            yield "@", attribute


def _path(element: Any) -> tuple[str, ...]:
    """The way to an element: tags, and which of its kind each is where there are few."""
    steps: list[str] = []
    for each in (element, *element.iterancestors()):
        if len(steps) >= _LEVELS:
            break
        place = sum(1 for _ in each.itersiblings(each.tag, preceding=True))
        steps.append(
            f"{each.tag}{place}" if place < 4 and each.tag not in ("tr", "li") else each.tag
        )
    return tuple(steps)


def _alike(one: _Bearing, other: _Bearing) -> float:
    counts = sorted((one.count, other.count))
    # Somewhat moved: the nearest steps of the way still agree. Elsewhere altogether: what is in
    # the elements is the same, or of the same looks on another target's page.
    where = 0.55 * _overlap(one.paths, other.paths) + 0.3 * _overlap(one.near, other.near)
    inside = 0.6 * _overlap(one.words, other.words) + 0.4 * _overlap(one.shapes, other.shapes)
    return where + 0.15 * counts[0] / counts[1] + _INSIDE * (inside - 0.5)


def _overlap(one: Counter[Any], other: Counter[Any]) -> float:
    """How alike two distributions are: pages of other matches have more or fewer rows."""
    whole, others = sum(one.values()), sum(other.values())
    return float(sum(min(n / whole, other[key] / others) for key, n in one.items()))
