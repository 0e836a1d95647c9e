"""Pages that are too deep, too wide or too large, with their facts untouched."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.mutations.contract import Contract, Mutated, Mutator
from tests.mutations.sources import Source

_BLOCKS = {"div", "table", "ul", "h1", "h2", "footer"}


def places(source: Source) -> list[int]:
    """Places at which markup may be put in: before elements, and at the body's ends."""
    text = source.text
    body = text.find(">", text.find("<body")) + 1
    end = text.rfind("</body")
    # Between blocks: what is put in among words or cells is content of theirs.
    found = [one.start for one in source.elements if one.name in _BLOCKS]
    return [place for place in (body, end, *found) if place > 0]


def put_in(source: Source, what: str, rng: random.Random) -> Mutated:
    """The page with something put in at one of its places."""
    text = source.text
    at = rng.choice(places(source))
    return Mutated((text[:at] + what + text[at:]).encode())


def _markup(make: Callable[[random.Random], str]) -> Callable[[random.Random, Source], Mutated]:
    return lambda rng, source: put_in(source, make(rng), rng)


def _deep(rng: random.Random) -> str:
    name, count = rng.choice(("div", "b", "table", "x-y", "ul")), rng.choice((300, 5_000, 100_000))
    return f"<{name}>" * count + f"</{name}>" * (count if rng.random() < 0.7 else 0)


def _deep_data(rng: random.Random) -> str:
    count = rng.choice((250, 5_000, 200_000))
    opened, closed = rng.choice((("[", "]"), ('{"a":', "}"), ("[{a:[", "]}]")))
    return f"<script>var deep = {opened * count}1{closed * count};</script>"


def _attribute(rng: random.Random) -> str:
    return f'<div title="{"x" * rng.choice((100_000, 3_000_000, 12_000_000))}"></div>'


def _attributes(rng: random.Random) -> str:
    return "<div " + " ".join(f"a{n}='{n}'" for n in range(rng.choice((1_000, 60_000)))) + "></div>"


def _elements(rng: random.Random) -> str:
    return rng.choice(("<p>x</p>", "<i></i>", "<a href='/Players/1'></a>", "<br>")) * 100_000


def _comment(rng: random.Random) -> str:
    return "<!--" + rng.choice(("x", "- ", "<", "require.config.params ")) * 500_000 + "-->"


def _script(rng: random.Random) -> str:
    piece = rng.choice(("var x = 1;\n", "[", "/*", "require.config.params", "//\n", "allRegions "))
    return f"<script>{piece * 200_000}</script>"


def _list(rng: random.Random) -> str:
    return f"<script>var list = [{','.join('1' for _ in range(1_000_000))}];</script>"


def _text(rng: random.Random) -> str:
    return "<div>" + rng.choice(("word ", "&amp;", "\n", "é")) * 1_000_000 + "</div>"


def _too_large(rng: random.Random, source: Source) -> Mutated:
    return Mutated(source.html + b" " * rng.choice((19_000_000, 21_000_000, 60_000_000)))


def _spaces(rng: random.Random, source: Source) -> Mutated | None:
    """Spaces around the marks of the data; a language of data does not care for them."""
    if not source.data:
        return None
    start, end = rng.choice(source.data)
    text = source.text
    at = rng.randrange(start, end)
    for mark in ("},", "],"):
        found = text.find(mark, at, end)
        if found >= 0:
            spaces = rng.choice((" ", "\t", "\n")) * rng.choice((10, 300_000))
            return Mutated((text[: found + 2] + spaces + text[found + 2 :]).encode())
    return None


EXACT = Contract.EXACT
MUTATORS = (
    Mutator("size", "deep tags", EXACT, _markup(_deep)),
    Mutator("size", "deep data in a script", EXACT, _markup(_deep_data)),
    Mutator("size", "an attribute of megabytes", EXACT, _markup(_attribute)),
    Mutator("size", "thousands of attributes", EXACT, _markup(_attributes)),
    Mutator("size", "100,000 elements", EXACT, _markup(_elements)),
    Mutator("size", "a comment of megabytes", EXACT, _markup(_comment)),
    Mutator("size", "a script of megabytes", EXACT, _markup(_script)),
    Mutator("size", "a list of a million", EXACT, _markup(_list)),
    Mutator("size", "a text of megabytes", EXACT, _markup(_text)),
    Mutator("size", "around 20 MB and far beyond", EXACT, _too_large),
    Mutator("size", "spaces in the data", EXACT, _spaces),
)
