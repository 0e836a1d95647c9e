"""Elements, and objects and lists of data, that are swapped, doubled, emptied or taken out."""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Callable

from tests.mutations.contract import Contract, Mutated, Mutator
from tests.mutations.sources import Element, Source

_SMALL = re.compile(r"\{[^{}]{2,4000}\}|\[[^\[\]{}]{2,4000}\]")
_TAG = re.compile(r"<[^>]*>")
_DECODER = json.JSONDecoder()
Edit = Callable[[str, int, int], str]


def _element(rng: random.Random, source: Source) -> Element | None:
    found = [one for one in source.elements if one.inner_end > one.inner_start]
    return rng.choice(found) if found else None


def _on_element(edit: Callable[[str, Element], str]) -> Callable[..., Mutated | None]:
    def make(rng: random.Random, source: Source) -> Mutated | None:
        one = _element(rng, source)
        return Mutated(edit(source.text, one).encode()) if one else None

    return make


def _doubled_element(text: str, one: Element) -> str:
    return text[: one.end] + text[one.start : one.end] + text[one.end :]


def _emptied_element(text: str, one: Element) -> str:
    return text[: one.inner_start] + text[one.inner_end :]


def _removed_element(text: str, one: Element) -> str:
    return text[: one.start] + text[one.end :]


def _swapped_elements(rng: random.Random, source: Source) -> Mutated | None:
    one = _element(rng, source)
    if one is None:
        return None
    like = [
        other
        for other in source.elements
        if (other.name, other.depth) == (one.name, one.depth)
        and (other.start >= one.end or other.end <= one.start)
    ]
    if not like:
        return None
    first, second = sorted((one, rng.choice(like)), key=lambda found: found.start)
    text = source.text
    # Text around an element, or a mark that parts two names, can come to stand for a name.
    said = (
        *(word.strip() for word in _TAG.split(text[first.start : second.end]) if word.strip()),
        *(_TAG.sub("", text[each.start : each.end]) for each in (first, second)),
    )
    return Mutated(
        (
            text[: first.start]
            + text[second.start : second.end]
            + text[first.end : second.start]
            + text[first.start : first.end]
            + text[second.end :]
        ).encode(),
        tuple(html.unescape(word) for word in said),
    )


def block(rng: random.Random, source: Source) -> tuple[int, int] | None:
    """An object or list in the page's data: a small one, or a large one if it is JSON."""
    if not source.data:
        return None
    text = source.text
    start, end = rng.choice(source.data)
    at = rng.randrange(start, end)
    if rng.random() < 0.4:
        places = [text.rfind(mark, start, at) for mark in "{["]
        place = max(places)
        if place >= 0:
            try:
                return place, _DECODER.raw_decode(text, place)[1]
            except ValueError:
                pass  # JavaScript and no JSON: a small one then
    found = _SMALL.search(text, at, end) or _SMALL.search(text, start, end)
    return found.span() if found else None


def _on_block(edit: Edit) -> Callable[..., Mutated | None]:
    def make(rng: random.Random, source: Source) -> Mutated | None:
        found = block(rng, source)
        return Mutated(edit(source.text, *found).encode()) if found else None

    return make


def _emptied(text: str, start: int, end: int) -> str:
    return text[: start + 1] + text[end - 1 :]


def _null(text: str, start: int, end: int) -> str:
    return text[:start] + "null" + text[end:]


def _doubled(text: str, start: int, end: int) -> str:
    return text[:end] + "," + text[start:end] + text[end:]


def _wrapped(text: str, start: int, end: int) -> str:
    return f"{text[:start]}[{text[start:end]}]{text[end:]}"


def _taken_out(text: str, start: int, end: int) -> str:
    # With the comma that would be left, where it is one of several.
    if text[end : end + 1] == ",":
        return text[:start] + text[end + 1 :]
    before = text[:start].rstrip()
    return (before[:-1] if before.endswith(",") else text[:start]) + text[end:]


def _swapped(rng: random.Random, source: Source) -> Mutated | None:
    text = source.text
    first = block(rng, source)
    if first is None:
        return None
    other = re.compile(r",\s*").match(text, first[1])
    if other is None or text[other.end() : other.end() + 1] != text[first[0]]:
        return None
    found = _SMALL.match(text, other.end())
    if found is None:
        return None
    a, b = text[slice(*first)], found.group()
    changed = text[: first[0]] + b + text[first[1] : found.start()] + a + text[found.end() :]
    return Mutated(changed.encode())


LOSSY, MOVED = Contract.LOSSY, Contract.MOVED
MUTATORS = (
    Mutator("blocks", "elements swapped", Contract.SAID, _swapped_elements),
    Mutator("blocks", "element doubled", MOVED, _on_element(_doubled_element)),
    Mutator("blocks", "element emptied", LOSSY, _on_element(_emptied_element)),
    Mutator("blocks", "element taken out", LOSSY, _on_element(_removed_element)),
    Mutator("blocks", "object or list emptied", LOSSY, _on_block(_emptied)),
    Mutator("blocks", "object or list null", LOSSY, _on_block(_null)),
    Mutator("blocks", "object or list taken out", LOSSY, _on_block(_taken_out)),
    Mutator("blocks", "object or list doubled", MOVED, _on_block(_doubled)),
    Mutator("blocks", "object or list wrapped", LOSSY, _on_block(_wrapped)),
    Mutator("blocks", "neighbours swapped", MOVED, _swapped),
)
