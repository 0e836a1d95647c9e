"""Values of a page's data that are replaced, and keys that are dropped, renamed or doubled."""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

from tests.mutations.contract import Contract, Mutated, Mutator
from tests.mutations.sources import Source

_SCALAR = re.compile(
    r"(?<=[:,\[\s])(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|-?\d+(?:\.\d+)?|true|false|null)"
    r"(?=\s*[,\]}])"
)
_MEMBER = re.compile(
    r"(?P<key>\"[\w ]+\"|'[\w ]+'|\b[a-zA-Z]\w*)\s*:\s*"
    r"(?P<value>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|-?\d+(?:\.\d+)?|true|false|null)"
    r"(?=\s*[,}])"
)
_MOST_TEXT = 10_000_000
Piece = tuple[str, tuple[Any, ...]]  # as written, and what it says
_OTHER_TYPES: Sequence[Piece] = (
    ('"text"', ("text",)),
    ('"7"', ("7",)),
    ("true", ()),
    ("false", ()),
    ("[]", ()),
    ("{}", ()),
    ("[1,2]", (1, 2)),
    ('{"value":3,"displayName":"Three"}', (3, "Three")),
    ("1.5", (1.5,)),
    ("17", (17,)),
    ('"17/08/2022 20:00:00"', ("17/08/2022 20:00:00",)),
)
_HUGE: Sequence[Piece] = (
    ("1e308", (1e308,)),
    ("1e400", ()),
    ("-1e400", ()),
    (str(2**31), (2**31,)),
    (str(2**63), (2**63,)),
    ("9" * 400, ()),
    ("9" * 5000, ()),
    ("1e-320", (1e-320,)),
    ("0." + "3" * 400, (float("0." + "3" * 400),)),
    ("999", (999,)),
    ("100000", (100000,)),
)
_NO_NUMBER: Sequence[Piece] = (
    *(
        (word, (word,))
        for word in ("NaN", "Infinity", "-Infinity", "undefined", "-", "0/0", "--1", "1n")
    ),
    ('"NaN"', ("NaN",)),
    ('"inf"', ("inf",)),
    ("-0", (0,)),
    ("-0.0", (0,)),
)
_NEGATIVE: Sequence[Piece] = tuple((str(n), (n,)) for n in (-1, -7, -11, -100, -0.5, -(2**31)))
_TEXTS = (
    "\u202eabc", "e\u0301" * 40, "👨‍👩‍👧‍👦", "\u200b", "ﷺ", "\ufeff", "A" * 100_000, "", " ",
    "\u2028",
    "\\N", "\t", "'; DROP TABLE core.event; --", "<script>alert(1)</script>", "{}", "\x7f", "\x85",
    "İ", "ß", "\u0000e", "٣", "１２", "null", "-", "N/A",
)  # fmt: skip
_SURROGATES = (r'"\ud800"', r'"\udfff\ud800"', r'"a\ud83d"', r'"\ude00b"')
_NULS = (r'"\u0000"', r'"a\u0000b"', '"\x00"', '"a\x00b"')


def _unicode(rng: random.Random) -> Piece:
    text = rng.choice(_TEXTS)
    return json.dumps(text, ensure_ascii=rng.random() < 0.5), (text,)


def _nul(rng: random.Random) -> Piece:
    return rng.choice(_NULS), ("\ufffd", "a\ufffdb", "ab")


def _long(rng: random.Random) -> Piece:
    text = "x" * rng.choice((2_001, 70_000, 1_000_000))
    return f'"{text}"', (text,)


def _of(pieces: Sequence[Piece]) -> Callable[[random.Random], Piece]:
    return lambda rng: rng.choice(pieces)


def _written(pieces: Sequence[str]) -> Callable[[random.Random], Piece]:
    return lambda rng: (rng.choice(pieces), ())


def _somewhere(
    rng: random.Random, source: Source, pattern: re.Pattern[str]
) -> re.Match[str] | None:
    if not source.data:
        return None
    start, end = rng.choice(source.data)
    at = rng.randrange(start, end)
    return pattern.search(source.text, at, end) or pattern.search(source.text, start, end)


def _escaped(source: Source, written: str) -> str:
    """As it stands in the page: JSON that a browser shows is text of an element."""
    start = source.data[0][0]
    is_script = source.text.rfind("<script", 0, start) > source.text.rfind("<body", 0, start)
    return written if is_script or len(source.data) > 1 else html.escape(written, quote=False)


def _replaced(piece: Callable[[random.Random], Piece]) -> Callable[..., Mutated | None]:
    """One to four values, or all values of a key."""

    def make(rng: random.Random, source: Source) -> Mutated | None:
        text, said = source.text, []
        if rng.random() < 0.25:
            member = _somewhere(rng, source, _MEMBER)
            if member is None:
                return None
            written, says = piece(rng)
            pattern = re.compile(
                r"(?<![\w\"'])"
                + re.escape(member["key"])
                + r"(\s*:\s*)(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|-?\d+(?:\.\d+)?"
                r"|true|false|null)(?=\s*[,}])"
            )
            shown = _escaped(source, written)
            # Of a long text as many as make a page that is not refused for its size alone.
            count = max(1, _MOST_TEXT // len(shown))
            text = pattern.sub(lambda m: f"{member['key']}{m.group(1)}{shown}", text, count)
            said += says
        else:
            for _ in range(rng.choice((1, 1, 2, 4))):
                found = _somewhere(rng, source, _SCALAR)
                if found is None:
                    return None
                written, says = piece(rng)
                shown = _escaped(source, written)
                if text is source.text:
                    text = text[: found.start(1)] + shown + text[found.end(1) :]
                    said += says
        return Mutated(text.encode("utf-8", "surrogatepass"), tuple(said))

    return make


def _exchanged(rng: random.Random, source: Source) -> Mutated | None:
    """Two values of the data change places."""
    one, other = (_somewhere(rng, source, _SCALAR) for _ in range(2))
    if one is None or other is None or one.start() == other.start():
        return None
    first, second = sorted((one, other), key=lambda found: found.start())
    text = source.text
    changed = (
        text[: first.start(1)] + second[1] + text[first.end(1) : second.start(1)] + first[1]
        + text[second.end(1) :]
    )  # fmt: skip
    said = tuple(found[1].strip("\"'") for found in (first, second))
    return Mutated(changed.encode(), said)


def _dropped(rng: random.Random, source: Source) -> Mutated | None:
    member = _somewhere(rng, source, _MEMBER)
    if member is None:
        return None
    text, (start, end) = source.text, member.span()
    if text[end : end + 1] == ",":
        end += 1
    elif text[start - 1 : start] == ",":
        start -= 1
    return Mutated((text[:start] + text[end:]).encode())


def _renamed(everywhere: bool) -> Callable[..., Mutated | None]:
    def make(rng: random.Random, source: Source) -> Mutated | None:
        member = _somewhere(rng, source, _MEMBER)
        if member is None:
            return None
        text, key = source.text, member["key"]
        name = f"{key[0]}zz{key[1:]}" if key[0] in "\"'" else f"zz{key}"
        if everywhere:
            text = re.sub(r"(?<![\w\"'])" + re.escape(key) + r"(?=\s*:)", name, text)
        else:
            text = text[: member.start("key")] + name + text[member.end("key") :]
        # Where every number of a row is a statistic, so is what was none under its own name.
        values = re.findall(re.escape(key) + r"\s*:\s*\"?([^,}\"]*)", source.text)
        return Mutated(text.encode(), (name.strip("\"'"), *values))

    return make


def _doubled_key(rng: random.Random, source: Source) -> Mutated | None:
    member = _somewhere(rng, source, _MEMBER)
    if member is None:
        return None
    written, said = rng.choice((*_OTHER_TYPES, *_NEGATIVE))
    text = source.text
    again = f",{member['key']}:{_escaped(source, written)}"
    return Mutated((text[: member.end()] + again + text[member.end() :]).encode(), said)


SAID, LOSSY = Contract.SAID, Contract.LOSSY
MUTATORS = (
    Mutator("values", "of another type", SAID, _replaced(_of(_OTHER_TYPES))),
    Mutator("values", "huge numbers", SAID, _replaced(_of(_HUGE))),
    Mutator("values", "NaN, Infinity and the like", SAID, _replaced(_of(_NO_NUMBER))),
    Mutator("values", "negative numbers", SAID, _replaced(_of(_NEGATIVE))),
    Mutator("values", "unicode", SAID, _replaced(_unicode)),
    Mutator("values", "half surrogates", SAID, _replaced(_written(_SURROGATES))),
    # An HTML parser makes a NUL that stands in a script a U+FFFD.
    Mutator("values", "NUL characters", SAID, _replaced(_nul)),
    Mutator("values", "null", LOSSY, _replaced(_written(("null",)))),
    Mutator("values", "very long texts", SAID, _replaced(_long)),
    Mutator("values", "two exchanged", SAID, _exchanged),
    Mutator("keys", "dropped", LOSSY, _dropped),
    Mutator("keys", "renamed once", SAID, _renamed(False)),
    Mutator("keys", "renamed everywhere", SAID, _renamed(True)),
    Mutator("keys", "doubled", SAID, _doubled_key),
)
