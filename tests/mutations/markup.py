"""What belongs into XML, or into no page: entities, DOCTYPE, CDATA, instructions, comments."""

from __future__ import annotations

import random

from tests.mutations.contract import Contract, Mutated, Mutator
from tests.mutations.sizes import put_in
from tests.mutations.sources import Source

_LOLS = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 12))
_DOCTYPES = (
    f'<!DOCTYPE html [<!ENTITY lol0 "lol">{_LOLS}]>',
    '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE html [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>',
    '<!DOCTYPE html SYSTEM "http://127.0.0.1:9/x.dtd">',
    "<!DOCTYPE " + "html " * 50_000 + ">",
    "<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN' 'about:legacy-compat'>",
    '<?xml version="1.0" encoding="utf-16"?>',
    '<?xml version="1.0" standalone="no"?><!DOCTYPE x [<!ELEMENT x ANY>]>',
)
_PIECES = (
    "<![CDATA[<p>x</p>]]>", "<![CDATA[", "]]>", "<?php echo 1; ?>", "<?xml-stylesheet href='x'?>",
    "<? " + "x" * 100_000 + " ?>", "<!-- a -- b --!> -->", "<!-->", "<!--->", "<!----!>",
    "<svg><script>var a = 1;</script></svg>", "<math><mi>x</mi></math>", "<x:y xmlns:x='z'/>",
    "<template><p>x</p></template>", "<noscript><p></noscript>", "<iframe srcdoc='<p>'></iframe>",
    "<frameset></frameset>", "<base href='http://127.0.0.1:9/'>", "<isindex>", "<image>",
    "<object data='http://127.0.0.1:9/'></object>", "<meta http-equiv='refresh' content='0'>",
    "&lol9;" * 1000, "&#0;", "&#xD800;", "&#1114112;", "&#99999999999;", "&nope;", "&", "<", ">",
    "<a <b>", "</p></p></nope>", "<p/>" * 100, "<table><td><table><tr>", "<form><form>",
)  # fmt: skip
_SWALLOWING = ("<!--", "<plaintext>", "<textarea>", "<title>", "<xmp>", "<style>", "<select>")


def _doctype(rng: random.Random, source: Source) -> Mutated:
    return Mutated(rng.choice(_DOCTYPES).encode() + source.html)


def _piece(rng: random.Random, source: Source) -> Mutated:
    return put_in(source, rng.choice(_PIECES), rng)


def _swallowing(rng: random.Random, source: Source) -> Mutated:
    return put_in(source, rng.choice(_SWALLOWING), rng)


def _in_text(rng: random.Random, source: Source) -> Mutated | None:
    """References to entities in the text of an element or in the data."""
    places = [(e.inner_start, e.inner_end) for e in source.elements if e.inner_end > e.inner_start]
    places += source.data
    if not places:
        return None
    start, end = rng.choice(places)
    at = rng.randrange(start, end)
    what = rng.choice(("&lol9;", "&#0;", "&#xD800;", "&nope;", "&amp;", "&lt;b&gt;", "&#x202E;"))
    return Mutated((source.text[:at] + what + source.text[at:]).encode())


def _commented(rng: random.Random, source: Source) -> Mutated | None:
    """An element within a comment."""
    if not source.elements:
        return None
    one = rng.choice(source.elements)
    opened, closed = rng.choice((("<!--", "-->"), ("<!--[if IE]>", "<![endif]-->")))
    text = source.text
    inner = text[one.start : one.end].replace("-->", "")
    return Mutated((text[: one.start] + opened + inner + closed + text[one.end :]).encode())


def _wrapped(rng: random.Random, source: Source) -> Mutated | None:
    """An element within another that changes what it is."""
    if not source.elements:
        return None
    one = rng.choice(source.elements)
    name = rng.choice(("div", "span", "template", "noscript", "svg", "table", "td", "li", "a"))
    text = source.text
    inner = text[one.start : one.end]
    return Mutated(f"{text[: one.start]}<{name}>{inner}</{name}>{text[one.end :]}".encode())


EXACT, LOSSY, ANY = Contract.EXACT, Contract.LOSSY, Contract.ANY
MUTATORS = (
    Mutator("markup", "DOCTYPE, bombs, external entities", EXACT, _doctype),
    Mutator("markup", "CDATA, instructions, odd elements", EXACT, _piece),
    Mutator("markup", "what swallows the rest", LOSSY, _swallowing),
    Mutator("markup", "entities in texts and data", ANY, _in_text),
    Mutator("markup", "element in a comment", LOSSY, _commented),
    Mutator("markup", "element within another", LOSSY, _wrapped),
)
