"""Scripts made to mislead or to hurt whoever reads a page's data without running it."""

from __future__ import annotations

import random
import re

from tests.mutations.contract import Contract, Mutated, Mutator
from tests.mutations.sizes import put_in
from tests.mutations.sources import Source

_ASSIGNED = re.compile(
    r"(?P<target>require\.config\.params\[['\"]\w+['\"]\]|\ballRegions)\s*=\s*(?=[{\[])"
    r"|(?P<pushed>\btables\.push\()"
)
_BOMBS = (
    "var a = /(a+)+$/.test('{}!');".format("a" * 5000),
    "x = " + "(" * 50_000,
    "'" + "\\" * 200_001,
    '"' + "a" * 300_000,
    "/*" * 150_000,
    "//" + "require.config.params['args'] = " * 5_000,
    "`" + "${" * 50_000,
    "require.config.params['args']" + " " * 300_000 + "=",
    "require.config.params['args'] =" + "\n" * 300_000,
    "allRegions = allRegions = " * 20_000 + "1;",
    "tables.push(" * 20_000,
    "var r = /[/*'\"]/g, s = '<!--';",
    "//# sourceMappingURL=data:," + "A" * 200_000,
    "var a = {get a() { return 1; }, set a(b) {}, ['x' + 1]: 2, ...{}, async *b() {}};",
    "var p = {__proto__: {a: 1}, constructor: {prototype: {}}};",
    "label: for (;;) { break label; } if (a) { b } else { c }",
    "var big = [" + "[" * 30_000 + "]" * 30_000 + "];",
)


def _own(rng: random.Random, source: Source) -> Mutated:
    return put_in(source, f"<script>{rng.choice(_BOMBS)}</script>", rng)


def _literal(source: Source, rng: random.Random) -> tuple[re.Match[str], str] | None:
    """An assignment of the page's data, and its script's text from there on, cut short."""
    found = list(_ASSIGNED.finditer(source.text))
    if not found:
        return None
    match = rng.choice(found)
    end = source.text.find("</script", match.end())
    return match, source.text[match.end() : end].rstrip().rstrip(";")


def _false_copy(literal: str, rng: random.Random) -> str:
    """The literal with other numbers: if it is read, rows tell."""
    return re.sub(
        r"(?<=[:,\[])(\d+)(?=[,\]}])", lambda m: str(int(m.group(1)[:9]) + 1), literal, count=400
    )


def _misleading(form: str) -> object:
    def make(rng: random.Random, source: Source) -> Mutated | None:
        found = _literal(source, rng)
        if found is None:
            return None
        match, literal = found
        if len(literal) > 200_000:
            return None
        if form == "variable" and match["pushed"]:
            return None  # what follows the first list are further statements, and code
        head = match.group()
        code = f"{head}{_false_copy(literal, rng)}"
        if form == "block comment":
            script = f"/* as it was:\n{code.replace('*/', '')}\n;*/"
        elif form == "line comment":
            script = "".join(f"// {line}\n" for line in code.splitlines())
        elif form == "string":
            flat = code.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
            script = f"var s = '{flat}';"
        elif form == "template":
            script = f"var s = `{code.replace('`', '')}`;"
        else:
            script = f"var mine{code if code[0] == '.' else '_' + code};"
        script = script.replace("</script", "<\\/script")
        if rng.random() < 0.5:  # after all others: what is assigned last holds
            at = source.text.rfind("</body")
        else:
            at = source.text.find(">", source.text.rfind("<script", 0, match.start())) + 1
            return Mutated(f"{source.text[:at]}\n{script}\n{source.text[at:]}".encode())
        return Mutated(f"{source.text[:at]}<script>{script}</script>{source.text[at:]}".encode())

    return make


def _same_otherwise(rng: random.Random, source: Source) -> Mutated | None:
    """The same values in other words of the language."""
    found = _literal(source, rng)
    if found is None:
        return None
    start = found[0].end()
    text = source.text
    rest = text[start : start + len(found[1])]
    number = re.compile(r"(?<=[:,\[])(\d{1,9})(?=\s*[,\]}])")
    key = re.compile(r"(?<=[{,])\"([a-zA-Z]\w*)\"(?=:)")
    count = rng.choice((1, 3, 50))
    ways = {
        "hexadecimal": lambda: number.sub(lambda m: hex(int(m[1])), rest, count),
        "exponent": lambda: number.sub(lambda m: f"{m[1]}e0", rest, count),
        "point": lambda: number.sub(lambda m: f"{m[1]}.0", rest, count),
        "octal": lambda: number.sub(lambda m: f"0o{int(m[1]):o}", rest, count),
        "separator": lambda: number.sub(
            lambda m: m[1] if len(m[1]) < 4 else f"{m[1][:-3]}_{m[1][-3:]}", rest, count
        ),
        "plus": lambda: number.sub(lambda m: f"+{m[1]}", rest, count),
        "bare key": lambda: key.sub(lambda m: m[1], rest, count),
        "single quotes": lambda: key.sub(lambda m: f"'{m[1]}'", rest, count),
        "escaped key": lambda: key.sub(lambda m: f'"\\u{ord(m[1][0]):04x}{m[1][1:]}"', rest, count),
        "comment": lambda: re.sub(r",(?=\")", ",/* , {[ */", rest, count=count),
        "line comment": lambda: re.sub(r",(?=\")", ",// , {[ '\n", rest, count=count),
        "last comma": lambda: re.sub(r"(?<=[\d\"])}", ",}", rest, count=count),
        "brackets": lambda: f"({rest})" if rest[-1:] in "]}" else rest,
    }
    changed = ways[rng.choice(list(ways))]()
    return Mutated((text[:start] + changed + text[start + len(rest) :]).encode())


_CODE = (
    "get id() { return 7 }, ", "...other, ", "[`a`]: 1, ", "a: `text`, ", "f() {}, ",
    "a: function () { return {} }, ", "a: () => 1, ", "a: /[}\\]]/g, ", "a: new Date(0), ",
    "a: 1 + 1, ", "a: b ? c : d, ", "a: window.x || {}, ", "__proto__: {events: []}, ",
    '"__proto__": {"id": 1}, ', '"constructor": {"prototype": null}, ', "a: 017, ", "a: 1n, ",
    "a: -+1, ", "a: void 0, ", "a: undefined, ", "async: async () => {}, ", "a: 'x\\\ny', ",
    '"": 1, ', '"a\\u0000b": 1, ', '"toString": null, ', "a: " + "[" * 500 + "]" * 500 + ", ",
    "a: [" + "1," * 100_000 + "1], ", "a: '" + "\\u0041" * 50_000 + "', ",
)  # fmt: skip


def _code_inside(rng: random.Random, source: Source) -> Mutated | None:
    """A member put in at the head of an object of the data: code, or an odd key."""
    found = _literal(source, rng)
    if found is None:
        return None
    text, start = source.text, found[0].end()
    at = text.find("{", rng.choice((start, start, start + len(found[1]) // 2)))
    if at < 0 or at > start + len(found[1]):
        return None
    return Mutated((text[: at + 1] + rng.choice(_CODE) + text[at + 1 :]).encode())


def _broken_off(rng: random.Random, source: Source) -> Mutated | None:
    """Put in at the head of a script with data, where it spoils what follows, or ends it."""
    found = _literal(source, rng)
    if found is None:
        return None
    text = source.text
    at = text.find(">", text.rfind("<script", 0, found[0].start())) + 1
    pieces = ('"', "'", "`", "/*", "//", "{", "(", "<!--", "</script>", "*/", "\\", "/(a+)+$/\n")
    return Mutated((text[:at] + rng.choice(pieces) + text[at:]).encode())


def _after(rng: random.Random, source: Source) -> Mutated | None:
    """Code behind the literal that changes what it comes to."""
    found = _literal(source, rng)
    if found is None or found[1][-1:] not in "]}":
        return None
    text, end = source.text, found[0].end() + len(found[1])
    piece = rng.choice(
        (" || {}", ".slice(0, 1)", " && null", "[0]", " ?? {}", "()", ", 1", " + ''")
    )
    return Mutated((text[:end] + piece + text[end:]).encode())


EXACT, LOSSY = Contract.EXACT, Contract.LOSSY
MUTATORS = (
    Mutator("script", "bombs and code of its own", EXACT, _own),
    *(
        Mutator("script", f"false data in a {form}", EXACT, _misleading(form))  # type: ignore[arg-type]
        for form in ("block comment", "line comment", "string", "template", "variable")
    ),
    Mutator("script", "the same values in other words", EXACT, _same_otherwise),
    Mutator("script", "code or odd keys in the data", EXACT, _code_inside),
    Mutator("script", "unclosed marks before the data", EXACT, _broken_off),
    Mutator("script", "code behind the data", EXACT, _after),
)
