"""Transforms and types take what they say and nothing else."""

# ruff: noqa: DTZ001, DTZ901 - times on a page have no zone

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers.parsing.places import MISSING, json_getter
from scrapers.parsing.transforms import TRANSFORMS
from scrapers.parsing.values import CHECKS, FieldType, MisfitError

LONDON = ZoneInfo("Europe/London")


def run(name: str, value: Any, argument: Any = None) -> Any:
    return TRANSFORMS[name].build(argument, LONDON)(value)


@pytest.mark.parametrize(
    ("name", "argument", "value", "expected"),
    [
        ("strip", None, " a b \n", "a b"),
        ("collapse_spaces", None, "\n  La\u00a0 Liga \t-  x ", "La Liga - x"),
        ("empty_to_null", None, " \n", None),
        ("empty_to_null", None, "x", "x"),
        ("empty_to_null", None, 0, 0),
        ("zero_to_null", None, 0, None),
        ("zero_to_null", None, 0.0, None),
        ("zero_to_null", None, 7, 7),
        ("zero_to_null", None, False, False),
        ("zero_to_null", None, "0", "0"),
        ("to_integer", None, "640", 640),
        ("to_integer", None, 640.0, 640),
        ("to_integer", None, 2445618547.0, 2445618547),
        ("to_integer", None, "-3", -3),
        ("to_number", None, "2.5", 2.5),
        ("to_number", None, 3, 3),
        ("to_text", None, 433, "433"),
        ("ungroup", ",", "81,104", "81104"),
        ("ungroup", ".", "1.234.567", "1234567"),
        ("ungroup", ",", "999", "999"),
        ("decimal", ",", "2,5", "2.5"),
        ("decimal", ",", "-12", "-12"),
        ("multiply", 100, 1.83, 183),
        ("multiply", 0.01, 7, 0.07),
        ("multiply", 0.1, 3, 0.3),
        ("divide", 60, 5400, 90),
        ("divide", 1.05, 52.395, 49.9),
        ("divide", 100, 0, 0),
        ("unix_time", "milliseconds", 1660417200000, datetime(2022, 8, 13, 19, tzinfo=UTC)),
        ("unix_time", "seconds", "1660417200", datetime(2022, 8, 13, 19, tzinfo=UTC)),
        ("to_local", None, datetime(2022, 8, 13, 19, tzinfo=UTC), datetime(2022, 8, 13, 20)),
        ("map", {6: "finished"}, 6, "finished"),
        ("map", {"FT": True}, "FT", True),
        ("map", {0: False, 1: True}, 1, True),
        ("map", {"x": None}, "x", None),
        ("default", False, None, False),
        ("default", False, True, True),
        ("parse_time", "%d/%m/%Y %H:%M:%S", "13/08/2022 20:00:00", datetime(2022, 8, 13, 20)),
        ("iso_time", None, "2022-08-13T20:00:00", datetime(2022, 8, 13, 20)),
        ("iso_time", None, "2022-08-14 16:57:05", datetime(2022, 8, 14, 16, 57, 5)),
        ("iso_time", None, "2022-08-13T19:00:00Z", datetime(2022, 8, 13, 19, tzinfo=UTC)),
        ("iso_time", None, "2022-08-13T21:00:00+02:00", datetime(2022, 8, 13, 19, tzinfo=UTC)),
        ("to_utc", None, datetime(2022, 8, 13, 20), datetime(2022, 8, 13, 19, tzinfo=UTC)),
        ("to_utc", None, datetime(2022, 12, 3, 20), datetime(2022, 12, 3, 20, tzinfo=UTC)),
        ("to_utc", None, datetime(2022, 10, 30, 1, 30), datetime(2022, 10, 30, 0, 30, tzinfo=UTC)),
    ],
)
def test_transforms(name: str, argument: Any, value: Any, expected: Any) -> None:
    found = run(name, value, argument)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        ("strip", None, 5),
        *(("to_integer", None, v) for v in ("1,234", "1.5", "", " 5", "٣", "1e3", "0x1", 1.5)),
        *(("to_integer", None, v) for v in (True, 2.0**60, float("nan"), [1], "9" * 20)),
        *(("to_number", None, v) for v in ("2,5", "1,234.5", "", "nan", "inf", True, "٣", "1_0")),
        ("to_text", None, True),
        ("to_text", None, 4.0),
        *(("ungroup", ",", v) for v in ("1,23", "1234,567", ",123", "1,,234", "1.234", 81104)),
        *(("decimal", ",", v) for v in ("1.234,5", "2,5,1", ",5", "2,", 2.5, "٣,1")),
        *(("divide", 60, v) for v in ("90", True, None, float("inf"), 2.0**60 * 60)),
        *(("multiply", 100, v) for v in ("1.83", True, None, float("nan"), 2.0**60)),
        *(("unix_time", "seconds", v) for v in (-1, 1660417200000, "soon", True, float("nan"))),
        *(("to_local", None, v) for v in (datetime(2022, 8, 13), "2022-08-13")),
        ("map", {6: "finished"}, 7),
        ("map", {6: "finished"}, "6"),
        ("map", {1: "x"}, True),
        ("map", {1: "x"}, 1.0),
        ("map", {1: "x"}, [1]),
        ("parse_time", "%d/%m/%Y %H:%M:%S", "08/13/2022 20:00:00"),
        ("parse_time", "%d/%m/%Y", "13/08/2022 20:00:00"),
        *(("iso_time", None, v) for v in ("2022-08-13", "20220813", "soon", "", 20220813)),
        ("to_utc", None, datetime(2022, 3, 27, 1, 30)),  # the hour that spring leaves out
        ("to_utc", None, datetime(2022, 8, 13, 20, tzinfo=UTC)),
        ("to_utc", None, datetime.max),
        ("to_utc", None, "2022-08-13"),
    ],
)
def test_transforms_refuse_what_they_can_not_read(name: str, argument: Any, value: Any) -> None:
    with pytest.raises(MisfitError):
        run(name, value, argument)


GOOD = {
    FieldType.TEXT: ["", "x", "Iñaki Peña 😀"],
    FieldType.INTEGER: [0, -5, 2**62],
    FieldType.NUMBER: [0, 1.5, -3],
    FieldType.BOOLEAN: [True, False],
    FieldType.LOCAL_TIME: [datetime(2022, 8, 13)],
    FieldType.UTC_TIME: [datetime(2022, 8, 13, tzinfo=UTC)],
    FieldType.INTEGER_LIST: [[], [1, 2]],
    FieldType.NUMBER_BY_INTEGER: [{}, {"46": 1.0, "0": 3}],
}
ODD: list[Any] = [
    "a\0b", "\ud800", True, 1, 1.0, 2**63, 10**400, float("nan"), float("inf"), "1",
    [], [True], [1.0],
    ["1"], {}, {"a": 1}, {"1": "1"}, {"1": True}, {"1": None}, {"-1": 1}, {"²": 1},
    datetime(2022, 8, 13), datetime(2022, 8, 13, tzinfo=UTC),
]  # fmt: skip
ALSO_GOOD = {
    FieldType.TEXT: ["1"],
    FieldType.INTEGER: [1],
    FieldType.NUMBER: [1, 1.0],
    FieldType.BOOLEAN: [True],
    FieldType.INTEGER_LIST: [[]],
    FieldType.NUMBER_BY_INTEGER: [{}],
    FieldType.LOCAL_TIME: [datetime(2022, 8, 13)],
    FieldType.UTC_TIME: [datetime(2022, 8, 13, tzinfo=UTC)],
}


@pytest.mark.parametrize("kind", list(FieldType))
def test_types(kind: FieldType) -> None:
    for value in GOOD[kind]:
        CHECKS[kind](value)
    good = [(type(v), repr(v)) for v in ALSO_GOOD[kind]]
    for value in ODD:
        if (type(value), repr(value)) in good:
            CHECKS[kind](value)
        else:
            with pytest.raises(MisfitError):
                CHECKS[kind](value)


json_objects = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=200)
@given(json_objects, st.sampled_from(["a", "a.b", "a.b.c", "a[0]", "a[1].b", "a.b[0][1]", "b.c"]))
def test_plain_paths_find_what_jmespath_finds(data: Any, path: str) -> None:
    found = json_getter(path)(data)
    assert (None if found is MISSING else found) == jmespath.search(path, data)


def test_a_null_is_told_from_a_missing_key() -> None:
    get = json_getter("a.b")
    assert get({"a": {"b": None}}) is None
    assert get({"a": {}}) is MISSING
    assert get({"a": None}) is MISSING
    assert get("text") is MISSING
