"""Values as PostgreSQL's COPY reads them in its text format; what it can't keep is refused.

In that format a line is a row, a tab parts two columns, `\\N` is null, and backslash, tab, line
feed and carriage return within a value are escaped. JSON and arrays are text in their own
notation first, and escaped like any text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, Integer, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB

NULL = r"\N"
Encode = Callable[[Any], str]

_SPECIAL = re.compile("[\\\\\t\n\r\x00\ud800-\udfff]")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")
# A NUL in JSON is written \u0000; behind an even number of backslashes only.
_JSON_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_TEXT_WRONG = "holds a NUL character or half a surrogate pair, which PostgreSQL can't keep"
# numeric takes 131072 digits before the point and 16383 after it.
_DIGITS_BEFORE, _DIGITS_AFTER = 131_072, 16_383


class Unfit(ValueError):
    """A value does not fit its column; the text says why, without the value."""


def encoder(column: Column[Any]) -> Encode:
    """The function that writes a column's values other than None; it raises `Unfit`."""
    kind = column.type
    if isinstance(kind, BigInteger):
        return _integer(63, "bigint")
    if isinstance(kind, Integer):
        return _integer(31, "integer")
    if isinstance(kind, ARRAY):
        return _array(_integer(31, "integer"))
    if isinstance(kind, DateTime):
        return _moment if kind.timezone else _clock
    for known, encode in _ENCODERS.items():
        if isinstance(kind, known):
            return encode
    raise TypeError(f"no way to copy a {kind!r} into {column}")


def _integer(bits: int, name: str) -> Encode:
    low, high = -(1 << bits), (1 << bits) - 1

    def encode(value: Any) -> str:
        if type(value) is not int:
            raise Unfit(f"is {_kind(value)}, not an integer")
        if not low <= value <= high:
            raise Unfit(f"is out of the range of {name}")
        return str(value)

    return encode


def _array(item: Encode) -> Encode:
    def encode(value: Any) -> str:
        if type(value) is not list:
            raise Unfit(f"is {_kind(value)}, not a list")
        return "{" + ",".join(map(item, value)) + "}"

    return encode


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unfit(f"is {_kind(value)}, not text")
    if _SPECIAL.search(value) is None:
        return value
    if _NOT_KEPT.search(value):
        raise Unfit(_TEXT_WRONG)
    return value.translate(_ESCAPES)


def _boolean(value: Any) -> str:
    if type(value) is not bool:
        raise Unfit(f"is {_kind(value)}, not true or false")
    return "t" if value else "f"


def _numeric(value: Any) -> str:
    if type(value) is float:
        if not math.isfinite(value):
            raise Unfit("is not finite")
        return repr(value)
    if type(value) is Decimal:
        if not value.is_finite():
            raise Unfit("is not finite")
        exponent = value.as_tuple().exponent
        if value.adjusted() >= _DIGITS_BEFORE or int(exponent) < -_DIGITS_AFTER:
            raise Unfit("has more digits than numeric keeps")
        return str(value)
    if type(value) is int:
        # Also keeps off Python's own limit on the digits of an integer's text.
        if value.bit_length() > 10_000:
            raise Unfit("has more digits than a number here may have")
        return str(value)
    raise Unfit(f"is {_kind(value)}, not a number")


def _moment(value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Unfit(f"is {_kind(value)}, not a date and time with its zone")
    try:
        return value.astimezone(UTC).isoformat()
    except OverflowError:
        raise Unfit("is out of the range of dates") from None


def _clock(value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is not None:
        raise Unfit(f"is {_kind(value)}, not a date and time without zone")
    return value.isoformat()


def _json(value: Any) -> str:
    try:
        text = _JSON.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        # The encoder's words tell of types and of numbers that are not finite; no more is kept.
        what = "holds a number that is not finite, or an endless one, or a loop"
        if isinstance(error, TypeError):
            what = "holds what JSON can't express"
        raise Unfit(what) from None
    if _SPECIAL.search(text) is None:
        return text
    if _NOT_KEPT.search(text) or _JSON_NUL.search(text):
        raise Unfit(_TEXT_WRONG)
    return text.replace("\\", r"\\")


def _kind(value: Any) -> str:
    if isinstance(value, datetime):
        return "a date and time with zone" if value.tzinfo else "a date and time without zone"
    return f"of type {type(value).__name__}"


_ENCODERS: dict[type[Any], Encode] = {
    Boolean: _boolean,
    Numeric: _numeric,
    JSONB: _json,
    Text: _text,
}
