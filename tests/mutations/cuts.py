"""Pages that end too early, lack a stretch, or have bytes that were changed."""

from __future__ import annotations

import random

from tests.mutations.contract import Contract, Mutated, Mutator
from tests.mutations.sources import Source


def _anywhere(rng: random.Random, source: Source) -> Mutated:
    return Mutated(source.html[: rng.randrange(len(source.html))])


def _closed(text: str, at: int) -> bytes:
    """The page cut at a place, as a browser shows it: what was open is closed."""
    kept = text[:at]
    begun = kept.rfind("<script")
    if begun > kept.rfind("</script"):
        kept = kept if ">" in kept[begun:] else kept[:begun]
        return (kept + ("</script>" if ">" in kept[begun:] else "") + "</body></html>").encode()
    if kept.rfind("<") > kept.rfind(">"):
        kept = kept[: kept.rfind("<")]
    shown = "</pre>" if "<pre" in kept and "</pre" not in kept else ""
    return (kept + shown + "</body></html>").encode()


def _as_shown(rng: random.Random, source: Source) -> Mutated:
    return Mutated(_closed(source.text, rng.randrange(200, len(source.text))))


def _in_data(rng: random.Random, source: Source) -> Mutated | None:
    if not source.data:
        return None
    start, end = rng.choice(source.data)
    return Mutated(_closed(source.text, rng.randrange(start, end)))


def _in_an_element(rng: random.Random, source: Source) -> Mutated | None:
    if not source.elements:
        return None
    return Mutated(_closed(source.text, rng.choice(source.elements).start))


def _stretch(rng: random.Random, source: Source) -> Mutated:
    html = source.html
    length = rng.choice((1, 2, 5, 30, 500, 20_000))
    at = rng.randrange(max(1, len(html) - length))
    return Mutated(html[:at] + html[at + length :])


def _bytes(rng: random.Random, source: Source) -> Mutated:
    html = bytearray(source.html)
    for _ in range(rng.choice((1, 3, 20, 200))):
        html[rng.randrange(len(html))] = rng.randrange(32, 127)
    return Mutated(bytes(html))


def _stretches_swapped(rng: random.Random, source: Source) -> Mutated:
    html = source.html
    a, b, c, d = sorted(rng.randrange(len(html)) for _ in range(4))
    return Mutated(html[:a] + html[c:d] + html[b:c] + html[a:b] + html[d:])


def _twice(rng: random.Random, source: Source) -> Mutated:
    return Mutated(source.html + source.html)


EXACT, ANY = Contract.EXACT, Contract.ANY
MUTATORS = (
    Mutator("cut", "at any byte", EXACT, _anywhere),
    Mutator("cut", "anywhere, closed as a browser does", EXACT, _as_shown),
    Mutator("cut", "within data, closed as a browser does", EXACT, _in_data),
    Mutator("cut", "before an element, closed as a browser does", EXACT, _in_an_element),
    Mutator("cut", "a stretch taken out", ANY, _stretch),
    Mutator("cut", "bytes changed", ANY, _bytes),
    Mutator("cut", "two stretches swapped", ANY, _stretches_swapped),
    Mutator("cut", "the page twice", EXACT, _twice),
)
