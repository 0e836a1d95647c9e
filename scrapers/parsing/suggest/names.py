"""How near two names are, and how keys were renamed so far."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from scrapers.parsing.model import Place
from scrapers.parsing.suggest.make import place as make_place

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# A chain of keys; texts in quotes and literals are passed over.
_CHAIN = re.compile(
    r"""'[^']*'|`[^`]*`|"[^"]*"|(?:[A-Za-z_]\w*|^(?:\[\d+\])+)(?:\[\d+\])*(?:\.[A-Za-z_]\w*(?:\[\d+\])*)*"""
)
SIMPLE = re.compile(
    r"""(?:[A-Za-z_]\w*|"[^"]+")?(?:\[\d+\])*(?:\.(?:[A-Za-z_]\w*|"[^"]+")(?:\[\d+\])*)*"""
)
_STEP = re.compile(r"""\[\d+\]|"[^"]*"|[^.\[\]"]+""")


def _joined(steps: list[str]) -> str:
    """A path of its keys and positions: `input[0].id` of `input`, `[0]`, `id`."""
    return re.sub(r"\.(?=\[\d+\])", "", ".".join(steps))


@lru_cache(maxsize=20_000)
def affinity(one: str, other: str) -> float:
    """How alike two names are, 0 to 1: by their letters, or by the words in them."""
    a, b = _plain(one), _plain(other)
    if not a or not b:
        return 0.0
    letters = difflib.SequenceMatcher(None, a, b).ratio()
    words, others = set(_words(one)), set(_words(other))
    common = len(words & others) / len(words | others) if words | others else 0.0
    return max(
        letters, common, 0.9 * (a in b or b in a) * min(len(a), len(b)) / max(len(a), len(b))
    )


def _words(name: str) -> list[str]:
    return [word.casefold() for word in _WORDS.findall(name)]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def last_name(path: str) -> str:
    """The last key of a path, without its index."""
    return re.sub(r"\[\d+\]", "", path.rpartition(".")[2]).strip('"')


# Where paths that began so begin now, as fields that were found tell: by document and path.
Homes = Mapping[tuple[str | None, str], Collection[tuple[str | None, str]]]


def near(place: Place, old: list[Place], field_name: str, homes: Homes | None = None) -> float:
    """How near a place is to where a field stood, by its names, 0 to 1.

    Args:
        homes: where the fields that stood beside it were found; there it is at home too.
    """
    said = _said(place)
    if any((place.js, said, place.attr) == (each.js, _said(each), each.attr) for each in old):
        return 1.0
    best = 0.6 * affinity(last_name(said), field_name)
    for each in old:
        was = _said(each)
        names = affinity(last_name(said), last_name(was))
        parents = affinity(parent(said), parent(was)) if "." in said else 0.5
        same = (place.js == each.js) * 0.2 + (place.attr == each.attr) * 0.1
        home = (each.js, parent(was))
        beside = [home, *(homes or {}).get(home, ())]
        if place.path is None:
            best = max(best, 0.65 * names + 0.15 * parents + same)
        elif (place.js, parent(said)) in beside:
            # Beside its old neighbours, also under quite another name.
            best = max(best, 0.5 * names + 0.5)
        else:
            best = max(best, 0.6 * names + 0.1 * parents + 0.75 * same)
    return best


def parent(path: str) -> str:
    """What a path's last key is a key of; empty: the document or the row itself."""
    return path.rpartition(".")[0]


def _said(place: Place) -> str:
    return place.path or place.css or place.xpath or ""


@dataclass(slots=True)
class Renames:
    """What became of paths: learned from places that were found, applied to those that were not.

    A path belongs to a document, or to the rows of a group (no document).
    """

    exact: dict[tuple[str | None, str], tuple[str | None, str]] = field(default_factory=dict)
    prefixes: dict[tuple[str | None, str], Counter[tuple[str | None, str]]] = field(
        default_factory=dict
    )

    def learn(self, old_js: str | None, old: str, new_js: str | None, new: str) -> None:
        """Note that what stood at one path stands at another now."""
        if not SIMPLE.fullmatch(old) or not SIMPLE.fullmatch(new):
            return
        self.exact.setdefault((old_js, old), (new_js, new))
        before, after = _STEP.findall(old), _STEP.findall(new)
        while len(before) > 1 and len(after) > 1 and before[-1] == after[-1]:
            before.pop()
            after.pop()
            key = (old_js, _joined(before))
            self.prefixes.setdefault(key, Counter())[(new_js, _joined(after))] += 1
        # The whole document may have moved under a key of another: '' to 'props.args'.
        if len(after) > 1 and before == after[-1:]:
            key = (old_js, "")
            self.prefixes.setdefault(key, Counter())[(new_js, _joined(after[:-1]))] += 1

    def path(self, js: str | None, path: str) -> tuple[str | None, str] | None:
        """A path as it is now; None if nothing is known of it."""
        if (js, path) in self.exact:
            return self.exact[(js, path)]
        parts = _STEP.findall(path)
        for size in range(len(parts), -1, -1):
            votes = self.prefixes.get((js, _joined(parts[:size])))
            if votes:
                new_js, prefix = votes.most_common(1)[0][0]
                return new_js, _joined([prefix, *parts[size:]])
        return None

    def expression(self, js: str | None, text: str) -> tuple[str | None, str] | None:
        """A whole JMESPath with each chain of keys in it as it is now; None if none is known."""
        found: list[str | None] = []

        def replace(match: re.Match[str]) -> str:
            if match.group()[0] in "'`\"":
                return match.group()
            renamed = self.path(js, match.group())
            if renamed is None:
                return match.group()
            found.append(renamed[0])
            return renamed[1]

        changed = _CHAIN.sub(replace, text)
        if not found or len(set(found)) > 1 or (changed == text and found[0] == js):
            return None
        return found[0], changed

    def place(self, old: Place) -> Place | None:
        """A place as it is now; None if nothing is known of it."""
        if old.path is None:
            return None
        renamed = self.expression(old.js, old.path)
        if renamed is None:
            return None
        given = old.model_dump(exclude_none=True)
        given |= {"js": renamed[0], "path": renamed[1], "transform": old.transform}
        return make_place(**given)
