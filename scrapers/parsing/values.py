"""The types a field may have, and the checks of its values."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

_LARGEST = 2**63 - 1


class FieldType(StrEnum):
    """Types of a field; the value must be of it already, nothing is converted in silence."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    LOCAL_TIME = "local_time"
    UTC_TIME = "utc_time"
    INTEGER_LIST = "integer_list"
    NUMBER_BY_INTEGER = "number_by_integer"


# Types that a range bounds: the number, or each number of the list.
RANGED = {FieldType.INTEGER, FieldType.NUMBER, FieldType.INTEGER_LIST}


class MisfitError(ValueError):
    """A value is not what the selector file says; the text says why, for a person."""


def shown(value: Any, limit: int = 60) -> str:
    """A value as messages quote it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value) if isinstance(value, datetime) else repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _text(value: Any) -> None:
    if type(value) is not str:
        raise MisfitError(f"is no text: {shown(value)}")
    if "\0" in value:
        raise MisfitError("holds a NUL character, which no database keeps")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise MisfitError(f"holds half a character pair: {shown(value)}") from error


def _integer(value: Any) -> None:
    # type() and not isinstance(): True is an int to Python.
    if type(value) is not int:
        raise MisfitError(f"is no whole number: {shown(value)}")
    if abs(value) > _LARGEST:
        raise MisfitError(f"is out of all bounds: {shown(value)}")


def _number(value: Any) -> None:
    is_number = type(value) is float or (type(value) is int and abs(value) <= _LARGEST)
    if not is_number or not math.isfinite(value):
        raise MisfitError(f"is no number: {shown(value)}")


def _boolean(value: Any) -> None:
    if type(value) is not bool:
        raise MisfitError(f"is neither true nor false: {shown(value)}")


def _local_time(value: Any) -> None:
    if type(value) is not datetime or value.tzinfo is not None:
        raise MisfitError(f"is no time without zone: {shown(value)}")


def _utc_time(value: Any) -> None:
    if type(value) is not datetime or value.tzinfo is None:
        raise MisfitError(f"is no time in UTC: {shown(value)}")


def _integer_list(value: Any) -> None:
    if type(value) is not list:
        raise MisfitError(f"is no list: {shown(value)}")
    for item in value:
        _integer(item)


def _number_by_integer(value: Any) -> None:
    if type(value) is not dict:
        raise MisfitError(f"is no object of numbers: {shown(value)}")
    for key, item in value.items():
        if not (key.isascii() and key.isdigit()):
            raise MisfitError(f"has the key {shown(key)}, which is no whole number")
        _number(item)


CHECKS: dict[FieldType, Callable[[Any], None]] = {
    FieldType.TEXT: _text,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.LOCAL_TIME: _local_time,
    FieldType.UTC_TIME: _utc_time,
    FieldType.INTEGER_LIST: _integer_list,
    FieldType.NUMBER_BY_INTEGER: _number_by_integer,
}
