"""The closed list of transforms: small, pure steps from what the page says to a value.

A transform never sees null (but `default`, which is for it), and raises `MisfitError` for a value
it can't read. There is none that guesses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from scrapers.parsing.values import MisfitError, shown

Step = Callable[[Any], Any]
_DIGITS = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?")
_UNIX_UNITS = {"seconds": 1.0, "milliseconds": 0.001}
_LAST_SECOND = 4_102_444_800  # the year 2100
_EXACT = 2**53  # beyond this a float no longer holds every whole number


@dataclass(frozen=True, slots=True)
class Transform:
    """One of the list.

    Attributes:
        summary: what it does, for the documentation and the editor.
        build: makes the step from its argument and the file's time zone; raises ValueError for
            an argument it can't use.
        argument: JSON Schema of the argument; None: it takes none.
        takes_null: it is given nulls too.
    """

    summary: str
    build: Callable[[Any, ZoneInfo], Step]
    argument: dict[str, Any] | None = None
    takes_null: bool = False


def _plain(step: Step) -> Callable[[Any, ZoneInfo], Step]:
    return lambda argument, zone: step


def _as_text(value: Any) -> str:
    if type(value) is not str:
        raise MisfitError(f"is no text: {shown(value)}")
    return value


def _strip(value: Any) -> str:
    return _as_text(value).strip()


def _collapse_spaces(value: Any) -> str:
    return " ".join(_as_text(value).split())


def _empty_to_null(value: Any) -> Any:
    return None if type(value) is str and not value.strip() else value


def _zero_to_null(value: Any) -> Any:
    return None if type(value) in (int, float) and value == 0 else value


def _to_integer(value: Any) -> int:
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if type(value) is str and _DIGITS.fullmatch(value):
        return int(value)
    raise MisfitError(f"is no whole number: {shown(value)}")


def _to_number(value: Any) -> int | float:
    if type(value) in (int, float):
        number: int | float = value
        return number
    if type(value) is str and _DECIMAL.fullmatch(value):
        return float(value)
    raise MisfitError(f"is no number: {shown(value)}")


def _to_text(value: Any) -> str:
    if type(value) in (str, int):
        return str(value)
    raise MisfitError(f"is neither text nor whole number: {shown(value)}")


def _build_ungroup(argument: Any, zone: ZoneInfo) -> Step:
    if not isinstance(argument, str) or len(argument) != 1 or argument.isalnum():
        raise ValueError("ungroup needs the one character between groups of three digits")
    mark = re.escape(argument)
    pattern = re.compile(rf"[+-]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}}){{0,6}}")

    def ungroup(value: Any) -> str:
        text = _as_text(value)
        # '1,23' is not 123: only a number grouped by three all through is taken.
        if not pattern.fullmatch(text) and not _DIGITS.fullmatch(text):
            raise MisfitError(f"is no number in groups of three digits: {shown(value)}")
        return text.replace(argument, "")

    return ungroup


def _build_decimal(argument: Any, zone: ZoneInfo) -> Step:
    if not isinstance(argument, str) or len(argument) != 1 or argument.isalnum():
        raise ValueError("decimal needs the one character before the decimals")
    pattern = re.compile(rf"[+-]?[0-9]{{1,30}}(?:{re.escape(argument)}[0-9]{{1,30}})?")

    def decimal(value: Any) -> str:
        text = _as_text(value)
        if not pattern.fullmatch(text):
            raise MisfitError(f"is no number with decimals after {argument!r}: {shown(value)}")
        return text.replace(argument, ".")

    return decimal


def _build_multiply(argument: Any, zone: ZoneInfo) -> Step:
    is_number = type(argument) in (int, float) and math.isfinite(argument) and argument != 0
    if not is_number:
        raise ValueError("multiply needs a number, e.g. 100")
    factor = Decimal(repr(argument))

    def multiply(value: Any) -> int | float:
        if type(value) not in (int, float) or not math.isfinite(value):
            raise MisfitError(f"is no number: {shown(value)}")
        # In decimals, as people reckon: 1.83 m are 183 cm, not 183.00000000000003.
        product = Decimal(repr(value)) * factor
        if abs(product) >= _EXACT:
            raise MisfitError(f"is out of all bounds: {shown(value)}")
        return int(product) if product == product.to_integral_value() else float(product)

    return multiply


def _build_divide(argument: Any, zone: ZoneInfo) -> Step:
    is_number = type(argument) in (int, float) and math.isfinite(argument) and argument != 0
    if not is_number:
        raise ValueError("divide needs a number, e.g. 60")
    divisor = Decimal(repr(argument))

    def divide(value: Any) -> int | float:
        if type(value) not in (int, float) or not math.isfinite(value):
            raise MisfitError(f"is no number: {shown(value)}")
        # Not as a factor: 5400 s are 90 min, and no decimal fraction is a sixtieth.
        quotient = Decimal(repr(value)) / divisor
        if abs(quotient) >= _EXACT:
            raise MisfitError(f"is out of all bounds: {shown(value)}")
        return int(quotient) if quotient == quotient.to_integral_value() else float(quotient)

    return divide


def _build_unix_time(argument: Any, zone: ZoneInfo) -> Step:
    if argument not in _UNIX_UNITS:
        raise ValueError(f"unix_time counts in {' or '.join(_UNIX_UNITS)}")
    unit = _UNIX_UNITS[argument]

    def unix_time(value: Any) -> datetime:
        number = int(value) if type(value) is str and _DIGITS.fullmatch(value) else value
        if type(number) not in (int, float) or not 0 <= number * unit < _LAST_SECOND:
            raise MisfitError(f"is no time counted in {argument}: {shown(value)}")
        return datetime.fromtimestamp(number * unit, UTC)

    return unix_time


def _build_to_local(argument: Any, zone: ZoneInfo) -> Step:
    def to_local(value: Any) -> datetime:
        if type(value) is not datetime or value.tzinfo is None:
            raise MisfitError(f"is no time in UTC: {shown(value)}")
        return value.astimezone(zone).replace(tzinfo=None)

    return to_local


def _build_map(argument: Any, zone: ZoneInfo) -> Step:
    if not isinstance(argument, dict) or not argument:
        raise ValueError("map needs the values by what the page says, e.g. {6: finished}")
    # By type as well: to Python, 1, 1.0 and True are one key.
    table = {(type(key), key): value for key, value in argument.items()}

    def look_up(value: Any) -> Any:
        key = (type(value), value) if type(value) in (str, int, bool) else None
        if key not in table:
            known = ", ".join(shown(k) for k in list(argument)[:12])
            raise MisfitError(f"is {shown(value)}, which the map does not know ({known})")
        return table[key]

    return look_up


def _build_default(argument: Any, zone: ZoneInfo) -> Step:
    if argument is None or isinstance(argument, dict | list):
        raise ValueError("default needs a plain value, e.g. false")
    return lambda value: argument if value is None else value


def _build_parse_time(argument: Any, zone: ZoneInfo) -> Step:
    if not isinstance(argument, str) or "%" not in argument:
        raise ValueError("parse_time needs a pattern such as '%d/%m/%Y %H:%M:%S'")
    if argument == "%" or re.search(r"%(?![aAwdbBmyYHIpMSfzZjUWcxX%GuV])", argument):
        raise ValueError(f"parse_time does not know the pattern {argument!r}")

    def parse(value: Any) -> datetime:
        try:
            return datetime.strptime(_as_text(value), argument)  # noqa: DTZ007 - the page's clock
        except ValueError as error:
            raise MisfitError(f"is no time like {argument!r}: {shown(value)}") from error

    return parse


def _iso_time(value: Any) -> datetime:
    text = _as_text(value)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise MisfitError(f"is no ISO time: {shown(value)}") from error
    if len(text) < len("2022-08-13T20:00"):
        raise MisfitError(f"is a date without a time: {shown(value)}")
    return found if found.tzinfo is None else found.astimezone(UTC)


def _build_to_utc(argument: Any, zone: ZoneInfo) -> Step:
    def to_utc(value: Any) -> datetime:
        if type(value) is not datetime or value.tzinfo is not None:
            raise MisfitError(f"is no time without zone: {shown(value)}")
        if not timedelta(days=2) < value - datetime.min < timedelta(days=3652055):  # noqa: DTZ901
            raise MisfitError(f"is at the end of all calendars: {shown(value)}")
        # In the repeated hour of autumn the page does not say which one it means: the first.
        utc = value.replace(tzinfo=zone).astimezone(UTC)
        if utc.astimezone(zone).replace(tzinfo=None) != value:
            raise MisfitError(f"never was on the clock of {zone.key}: {value}")
        return utc

    return to_utc


_SCALAR = {"type": ["string", "number", "boolean", "null"]}

TRANSFORMS: dict[str, Transform] = {
    "strip": Transform("takes spaces off both ends", _plain(_strip)),
    "collapse_spaces": Transform(
        "takes spaces off both ends and makes runs of them one", _plain(_collapse_spaces)
    ),
    "empty_to_null": Transform("makes blank text null", _plain(_empty_to_null)),
    "zero_to_null": Transform("makes 0 null", _plain(_zero_to_null)),
    "to_integer": Transform(
        "makes '640' and 640.0 the integer 640; refuses '1,234' and 1.5", _plain(_to_integer)
    ),
    "to_number": Transform("makes '2.5' the number 2.5; refuses '2,5'", _plain(_to_number)),
    "to_text": Transform("makes the integer 433 the text '433'", _plain(_to_text)),
    "ungroup": Transform(
        "takes the given mark out between groups of three digits: '81,104' is '81104'",
        _build_ungroup,
        {"type": "string", "minLength": 1, "maxLength": 1},
    ),
    "decimal": Transform(
        "takes the given mark for the decimal point: '2,5' is '2.5'",
        _build_decimal,
        {"type": "string", "minLength": 1, "maxLength": 1},
    ),
    "multiply": Transform(
        "multiplies a number, for another unit: 1.83 times 100 is 183",
        _build_multiply,
        {"type": "number"},
    ),
    "divide": Transform(
        "divides a number, for another unit: 5400 by 60 is 90",
        _build_divide,
        {"type": "number"},
    ),
    "map": Transform(
        "looks the value up; one that is not listed is a failure",
        _build_map,
        {"type": "object", "minProperties": 1, "additionalProperties": _SCALAR},
    ),
    "default": Transform(
        "gives this value for null",
        _build_default,
        {"type": ["string", "number", "boolean"]},
        takes_null=True,
    ),
    "parse_time": Transform(
        "reads a time by a strptime pattern, without zone", _build_parse_time, {"type": "string"}
    ),
    "iso_time": Transform(
        "reads an ISO time: UTC if it says its offset, else without zone", _plain(_iso_time)
    ),
    "unix_time": Transform(
        "reads a time counted since 1970, in seconds or milliseconds: UTC",
        _build_unix_time,
        {"enum": list(_UNIX_UNITS)},
    ),
    "to_local": Transform("gives a UTC time on the file's timezone, without zone", _build_to_local),
    "to_utc": Transform("reads a time without zone on the file's timezone", _build_to_utc),
}
