"""Pages whose bytes are not the UTF-8 that they should be."""

from __future__ import annotations

import codecs
import random

from tests.mutations.contract import Contract, Mutated, Mutator
from tests.mutations.sources import Source

_INVALID = (
    b"\xff", b"\x80", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xed\xa0\xbd\xed\xb8\x80",
    b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfe\xfe\xff\xff",
)  # fmt: skip


def _latin(rng: random.Random, source: Source) -> Mutated:
    return Mutated(source.text.encode(rng.choice(("latin-1", "cp1252")), "xmlcharrefreplace"))


def _half_latin(rng: random.Random, source: Source) -> Mutated:
    at = rng.randrange(len(source.text))
    rest = source.text[at:].encode("latin-1", "xmlcharrefreplace")
    return Mutated(source.text[:at].encode() + rest)


def _utf16(rng: random.Random, source: Source) -> Mutated:
    return Mutated(source.text.encode(rng.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32"))))


def _mark(rng: random.Random, source: Source) -> Mutated:
    return Mutated(codecs.BOM_UTF8 * rng.choice((1, 2)) + source.html)


def _invalid(rng: random.Random, source: Source) -> Mutated:
    html = source.html
    for _ in range(rng.choice((1, 1, 5))):
        at = rng.randrange(len(html))
        html = html[:at] + rng.choice(_INVALID) + html[at:]
    return Mutated(html)


def _replaced(rng: random.Random, source: Source) -> Mutated:
    """What a browser makes of bytes that it does not understand."""
    return Mutated("".join(c if c.isascii() else "\ufffd" for c in source.text).encode())


def _twice(rng: random.Random, source: Source) -> Mutated:
    """UTF-8 that was taken for Latin-1 and written as UTF-8 again: names are garbled."""
    return Mutated(source.html.decode("latin-1").encode())


def _lie(rng: random.Random, source: Source) -> Mutated:
    said = rng.choice(("utf-16", "iso-8859-1", "shift_jis", "utf-7", "x-nothing"))
    text = source.text
    if "charset=utf-8" in text:
        return Mutated(text.replace("charset=utf-8", f"charset={said}").encode())
    return Mutated(text.replace("<head>", f'<head><meta charset="{said}">', 1).encode())


def _null_bytes(rng: random.Random, source: Source) -> Mutated:
    html = source.html
    for _ in range(rng.choice((1, 4))):
        at = rng.randrange(len(html))
        html = html[:at] + b"\0" + html[at:]
    return Mutated(html)


def _references(rng: random.Random, source: Source) -> Mutated:
    """Another way of writing the same JSON: each letter beyond ASCII as an escape."""
    text = source.text
    changed = "".join(c if c.isascii() else "".join(f"\\u{u:04x}" for u in _units(c)) for c in text)
    return Mutated(changed.encode())


def _units(char: str) -> list[int]:
    raw = char.encode("utf-16-be")
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]


EXACT, ANY = Contract.EXACT, Contract.ANY
MUTATORS = (
    Mutator("encoding", "Latin-1", EXACT, _latin),
    Mutator("encoding", "Latin-1 from somewhere on", EXACT, _half_latin),
    Mutator("encoding", "UTF-16, UTF-32", EXACT, _utf16),
    Mutator("encoding", "byte order marks", EXACT, _mark),
    Mutator("encoding", "invalid bytes", EXACT, _invalid),
    Mutator("encoding", "letters lost in decoding", EXACT, _replaced),
    Mutator("encoding", "UTF-8 encoded twice", EXACT, _twice),
    Mutator("encoding", "another encoding declared", EXACT, _lie),
    Mutator("encoding", "NUL bytes", EXACT, _null_bytes),
    Mutator("encoding", "letters as escapes", ANY, _references),
)
