"""Values assigned or pushed in a page's scripts: found by the target's name, read as data.

Nothing is executed. A literal that is JSON is read as such; any other is written as JSON
first: keys without quotes, single quotes, comments, holes in arrays, `undefined`.
Libraries for this (chompjs 1.4) refuse holes and make `null` and `undefined` texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson

MAX_DEPTH = 200
# So many places of a script are looked at one by one; more of them in one way through it.
_FEW = 8

_TARGET = re.compile(
    r"""[A-Za-z_$][\w$]*|\.\s*[A-Za-z_$][\w$]*|\[\s*(?:"[^"\\]+"|'[^'\\]+')\s*\]"""
)
_KEY = re.compile(r"""\s*(?:([A-Za-z_$][\w$]*|\d+)|"([^"\\]*)"|'([^'\\]*)')\s*:\s*""")
_SCALAR = re.compile(
    r"(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?=\s*[,;)}\]])"
)
# Texts are matched possessively: a way back for each letter of a megabyte takes a hundred of them.
_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<text>"(?:[^"\\\n]++|\\.)*+"|'(?:[^'\\\n]++|\\.)*+')"""
    r"""|(?P<mark>[{}\[\],:])"""
    r"""|(?P<word>[^\s"'{}\[\],:;/]+)""",
    re.DOTALL,
)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+")
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,13}")
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|(\r\n|.))", re.DOTALL
)
_ESCAPED = {
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "0": "\0",
    "\n": "",
    "\r\n": "",
}
_WORDS = {
    "true": "true",
    "false": "false",
    "null": "null",
    "undefined": "null",
    "!0": "true",
    "!1": "false",
}
# What is no code: comments, texts, templates; one that is not closed goes on to its line's end,
# a comment or a template to the script's.
_NO_CODE = re.compile(
    r"""//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:[^"\\\n]++|\\.)*+"?|'(?:[^'\\\n]++|\\.)*+'?|`(?:[^`\\]++|\\.)*+`?""",
    re.DOTALL,
)
_AFTER = re.compile(r"[ \t\r]*(?:[;,)}\]\n]|//|/\*|$)")
_DECODER = json.JSONDecoder()


class NotDataError(ValueError):
    """What is assigned can't be read as data.

    Attributes:
        cut: the text ended within the value: the page arrived incomplete.
    """

    def __init__(self, what: str, *, cut: bool = False) -> None:
        super().__init__(what)
        self.cut = cut


@lru_cache(maxsize=256)
def assignment_pattern(target: str) -> tuple[str, re.Pattern[str]]:
    """First name of an assignment target, and the pattern that finds the assignment.

    `a.b["c"]` is found in each way of writing it: `a.b['c']`, `a.b.c`, with spaces.

    Raises:
        ValueError: the text is no name with properties.
    """
    first, pattern = _target_pattern(target)
    return first, re.compile(pattern + r"\s*=(?![=>])\s*")


@lru_cache(maxsize=64)
def push_pattern(target: str) -> tuple[str, re.Pattern[str]]:
    """First name of a list in a script, and the pattern that finds `target.push(`.

    Raises:
        ValueError: the text is no name with properties.
    """
    first, pattern = _target_pattern(target)
    return first, re.compile(pattern + r"\s*\.\s*push\s*\(\s*")


def _target_pattern(target: str) -> tuple[str, str]:
    names: list[str] = []
    position = 0
    text = target.strip()
    while position < len(text):
        match = _TARGET.match(text, position)
        if not match or (position == 0) != (text[position] not in ".["):
            raise ValueError(f"{target!r} is no assignment target")
        names.append(match.group().strip(".[]\"' \t"))
        position = match.end()
    if not names:
        raise ValueError("an assignment target is empty")
    parts = [re.escape(names[0])]
    for name in names[1:]:
        quoted = rf"""\s*\[\s*(?:"{re.escape(name)}"|'{re.escape(name)}')\s*\]"""
        dotted = rf"\s*\.\s*{re.escape(name)}(?![\w$])"
        parts.append(f"(?:{quoted}|{dotted})")
    return names[0], "".join(parts)


def assigned_value_starts(script: str, target: str) -> list[int]:
    """Where in `script` the values assigned to `target` begin, comments left out."""
    return _starts(script, *assignment_pattern(target))


def pushed_values(script: str, target: str) -> list[Any]:
    """The values that `script` pushes to the list `target`, in its order, comments left out.

    Raises:
        NotDataError: one of them can't be read as data.
    """
    values = []
    position = 0
    for start in _starts(script, *push_pattern(target)):
        if start < position:
            continue  # within a value that is read already
        position = start
        while True:
            value, end = _value_at(script, position)
            values.append(value)
            position = _skip_space(script, end)
            if script[position : position + 1] != ",":
                break
            position = _skip_space(script, position + 1)
        if script[position : position + 1] != ")":
            rest = script[position : position + 20]
            raise NotDataError(f"the script is code, not data, at {rest!r}", cut=not rest)
    return values


def _starts(script: str, first: str, pattern: re.Pattern[str]) -> list[int]:
    if first not in script:
        return []
    matches = []
    for match in pattern.finditer(script):
        before = script[match.start() - 1] if match.start() else " "
        if not (before.isalnum() or before in "_$."):
            matches.append(match)
    if len(matches) > _FEW:
        return [match.end() for match in _in_code(script, matches)]
    return [match.end() for match in matches if _is_code(script, match)]


def _in_code(script: str, matches: list[re.Match[str]]) -> Iterator[re.Match[str]]:
    """Those that stand neither in a comment nor in a text, in one way through the script."""
    pieces = _NO_CODE.finditer(script)
    piece = next(pieces, None)
    for match in matches:
        while piece is not None and piece.end() <= match.start():
            piece = next(pieces, None)
        if piece is None or piece.start() > match.start():
            yield match


def _is_code(script: str, match: re.Match[str]) -> bool:
    """Whether a place in a script is neither in a comment nor in a text."""
    position = match.start()
    line = script[script.rfind("\n", 0, position) + 1 : position]
    opened = script.rfind("/*", 0, position)
    may_be_none = (
        any(mark in line for mark in ("//", '"', "'"))
        or opened > script.rfind("*/", 0, position)
        or script.find("`", 0, position) >= 0
    )
    # The other way goes through all of the script that stands before: only where it must.
    return not may_be_none or match in _in_code(script, [match])


def read_value(script: str, start: int) -> Any:
    """The literal that begins at `start`, as Python data.

    Raises:
        NotDataError: it is code and not a literal, nested too deep, or cut off.
    """
    value, end = _value_at(script, start)
    # `{} || other` begins with a literal and is none.
    following = _AFTER.match(script, end)
    if following is None:
        raise NotDataError(f"the script is code, not data, at {script[end : end + 20]!r}")
    return value


def _value_at(script: str, start: int) -> tuple[Any, int]:
    """The literal that begins at `start`, and its end."""
    try:
        return _json_at(script, start) or _members_at(script, start) or _tolerant(script, start)
    except RecursionError as error:
        raise NotDataError("nested too deep") from error


def _json_at(text: str, start: int) -> tuple[Any, int] | None:
    """JSON value at `start` and its end; None if it isn't JSON."""
    if text[start : start + 1] not in ("{", "["):
        scalar = _SCALAR.match(text, start)
        if scalar:
            try:
                return orjson.loads(scalar.group()), scalar.end()
            except orjson.JSONDecodeError as error:  # 1e400
                raise NotDataError(f"the script has a number that is none: {error.msg}") from error
        if text[start : start + 1] != '"':
            return None
    else:
        # Sites write their data on one line. A JSON object is no beginning of another one, so
        # if the line reads as JSON, then it is the whole value; orjson needs to know its end.
        line_end = text.find("\n", start)
        candidate = text[start : line_end if line_end >= 0 else len(text)].rstrip(" \t\r,;")
        if candidate[-1] in "}]" and len(candidate) > 1:
            try:
                return orjson.loads(candidate), start + len(candidate)
            except orjson.JSONDecodeError:
                pass  # not JSON, or not alone on its line: the slower readers decide
    try:
        value, end = _DECODER.raw_decode(text, start)
    except ValueError:
        return None
    return value, end


def _members_at(text: str, start: int) -> tuple[Any, int] | None:
    """An object whose large members are JSON, such as a page's arguments; None if it is none."""
    if text[start : start + 1] != "{":
        return None
    members: dict[str, Any] = {}
    position = start + 1
    while key := _KEY.match(text, position):
        found = _json_at(text, key.end()) or _tolerant(text, key.end())
        members[key.group(1) or key.group(2) or key.group(3) or ""] = found[0]
        position = _skip_space(text, found[1])
        if text[position : position + 1] != ",":
            break
        position += 1
    position = _skip_space(text, position)
    return (members, position + 1) if text[position : position + 1] == "}" else None


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _tolerant(text: str, start: int) -> tuple[Any, int]:
    literal, end = _as_json(text, start)
    try:
        return orjson.loads(literal), end
    except orjson.JSONDecodeError as error:
        raise NotDataError(f"the script is no proper literal: {error.msg}") from error


def _as_json(text: str, start: int) -> tuple[str, int]:
    """The JavaScript literal at `start` written as JSON, and its end."""
    pieces: list[str] = []
    open_marks: list[str] = []
    last = ""  # the last token that isn't space
    position = start
    while not pieces or open_marks:
        token = _TOKEN.match(text, position)
        if token is None:
            rest = text[position : position + 20]
            is_cut = not rest or (rest[0] in "\"'" and "\n" not in text[position:])
            what = "ends within the value" if is_cut else f"is code, not data, at {rest!r}"
            raise NotDataError(f"the script {what}", cut=is_cut)
        position = token.end()
        kind, piece = token.lastgroup, token.group()
        if kind == "space":
            continue
        if kind == "text":
            pieces.append(_string(piece))
        elif kind == "word":
            is_key = open_marks[-1:] == ["{"] and last in ("{", ",")
            is_last = position == len(text)
            pieces.append(f'"{piece}"' if is_key else _word(piece, cut=is_last))
        else:
            _mark(piece, last, open_marks, pieces)
        last = piece
    return " ".join(pieces), position


def _mark(mark: str, last: str, open_marks: list[str], pieces: list[str]) -> None:
    if mark in "{[":
        open_marks.append(mark)
        if len(open_marks) > MAX_DEPTH:
            raise NotDataError(f"nested deeper than {MAX_DEPTH}")
    elif mark in "}]":
        if not open_marks or open_marks.pop() + mark not in ("{}", "[]"):
            raise NotDataError("the script's brackets do not match")
        if last == ",":
            pieces.pop()  # JavaScript allows a comma after the last member
    elif mark == "," and last in ("[", ",") and open_marks[-1] == "[":
        pieces.append("null")  # a hole: [1,,2]
    pieces.append(mark)


def _word(word: str, *, cut: bool) -> str:
    if word in _WORDS:
        return _WORDS[word]
    if word[:2].lower() == "0x" and _HEX.fullmatch(word):
        return str(int(word, 16))
    if _NUMBER.fullmatch(word):
        return f"0{word}" if word[0] == "." else word
    raise NotDataError(f"the script is code, not data, at {word[:40]!r}", cut=cut)


def _string(literal: str) -> str:
    """A JavaScript string, quotes and all, as a JSON string."""
    if "\\" not in literal:
        return orjson.dumps(literal[1:-1]).decode()
    try:
        text = _ESCAPE.sub(_unescaped, literal[1:-1])
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16")  # joins \\ud83d\\ude00
        return orjson.dumps(whole).decode()
    except ValueError as error:  # half a surrogate pair, a code beyond Unicode
        raise NotDataError(f"the script has a text that is none: {literal[:40]!r}") from error


def _unescaped(match: re.Match[str]) -> str:
    code = match.group(1) or match.group(2) or match.group(3)
    if code:
        return chr(int(code, 16))
    char: str = match.group(4)
    if char in "123456789":
        raise NotDataError(f"the script has an octal escape: \\{char}")
    return _ESCAPED.get(char, char)
