"""Values assigned in scripts are read exactly, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers.parsing.javascript import (
    MAX_DEPTH,
    NotDataError,
    assigned_value_starts,
    pushed_values,
    read_value,
)


def value_of(script: str, target: str = "x") -> Any:
    starts = assigned_value_starts(script, target)
    assert len(starts) == 1, f"{target} is assigned {len(starts)} times"
    return read_value(script, starts[0])


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("[1,,2]", [1, None, 2]),
        ("[,1]", [None, 1]),
        ("[1,,]", [1, None]),
        ("[1,]", [1]),
        ("['a',,,'b']", ["a", None, None, "b"]),
        ("[[1,,],[,]]", [[1, None], [None]]),
        ("{a:1,'b c':2,\"d\":3,4:5,}", {"a": 1, "b c": 2, "d": 3, "4": 5}),
        ("{null:1, true:2, if:3}", {"null": 1, "true": 2, "if": 3}),
        ("{a:undefined, b:null, c:!0, d:!1}", {"a": None, "b": None, "c": True, "d": False}),
        ("['undefined','null','!0']", ["undefined", "null", "!0"]),
        ("[null,null,'']", [None, None, ""]),
        (r"'it\'s \"x\" \x41\u00e9\u{1F600}\n'", 'it\'s "x" Aé😀\n'),
        (r"'\ud83d\ude00'", "😀"),
        ("'a\\\nb'", "ab"),
        ("[1, // one\n 2, /* two, [ */ 3]", [1, 2, 3]),
        (
            "{a:.5,b:-1,c:1e3,d:0x1F,e:2445618547.0}",
            {"a": 0.5, "b": -1, "c": 1000.0, "d": 31, "e": 2445618547.0},
        ),
        ("{url:'http://a.b/c,d]}',t:'{'}", {"url": "http://a.b/c,d]}", "t": "{"}),
        ("undefined", None),
        ("5", 5),
        ('"a;b"', "a;b"),
        ('{"a": [1, 2,\n 3]}', {"a": [1, 2, 3]}),
        (
            "{id: 7, data: {\"a\":1},\n more: {'b':[,2]}}",
            {"id": 7, "data": {"a": 1}, "more": {"b": [None, 2]}},
        ),
    ],
)
def test_literals(literal: str, expected: Any) -> None:
    assert value_of(f"x = {literal};") == expected
    assert value_of(f"var x = {literal}\nvar y = 2;") == expected


@pytest.mark.parametrize(
    "literal",
    [
        "foo(1)", "{a: b}", "{a: new Date(1)}", "{} || y", "[1 2]", '["a" "b"]', "`t`",
        "{a: 1]", "[1}", "{,}{", "{a::1}", "+1", "01", "[1]+[2]", r"'\1'", r"'\ud83d'",
        "function() {}", "{a: function() {}}", "/re/", "{a: 1, ...b}", "1n", "{a:,b:1}",
        '{"a":1}["a"]', "NaN_", "[1,2].length",
    ],
)  # fmt: skip
def test_code_is_refused(literal: str) -> None:
    with pytest.raises(NotDataError) as caught:
        value_of(f"x = {literal};")
    assert not caught.value.cut


@pytest.mark.parametrize("whole", ['{"a": [1, {"b": "text"}], "c": null}', "{a:'b',c:[1,,2]}"])
def test_a_cut_literal_is_known_as_cut(whole: str) -> None:
    for length in range(1, len(whole)):
        with pytest.raises(NotDataError) as caught:
            read_value(whole[:length], 0)
        assert caught.value.cut, whole[:length]


@pytest.mark.parametrize(
    "script",
    [
        'site.params["args"] = 1;',
        "site.params['args'] = 1;",
        "site.params.args = 1;",
        "  site . params [ 'args' ]=1",
        "a=2;site.params['args']=1",
        "if(x){site.params['args'] = 1}",
    ],
)
@pytest.mark.parametrize(
    "target", ['site.params["args"]', "site.params['args']", "site.params.args"]
)
def test_a_target_is_found_however_it_is_written(script: str, target: str) -> None:
    assert value_of(script, target) == 1


@pytest.mark.parametrize(
    "script",
    [
        "site.params.argsMore = 1", "my.site.params.args = 1", "mysite.params.args = 1",
        "site.params.args == 1", "site.params.args => 1", "// site.params.args = 1",
        "/* site.params.args = 1 */", "site.params['argsMore'] = 1", "site.params.args.more = 1",
    ],
)  # fmt: skip
def test_what_only_looks_like_the_target_is_left(script: str) -> None:
    assert assigned_value_starts(script, "site.params['args']") == []


@pytest.mark.parametrize("target", ["", "a b", "a[0]", "a[b]", "['a']", "a.", "a = 1", "a('b')"])
def test_a_target_that_is_none_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="target"):
        assigned_value_starts("", target)


@pytest.mark.parametrize("mark", ["[", "{a:", '{"a":'])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 5_000, 200_000])
def test_deep_nesting_is_refused_and_not_followed(mark: str, depth: int) -> None:
    with pytest.raises(NotDataError):
        read_value(mark * depth, 0)
    close = "]" if mark == "[" else "}"
    if depth > MAX_DEPTH + 1:
        with pytest.raises(NotDataError):
            read_value(mark * depth + "1" + close * depth, 0)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner, max_size=5
        )
    ),
    max_leaves=25,
)


def javascript(value: Any) -> str:
    """A value as JavaScript that is no JSON: single quotes, holes, undefined, comments."""
    if value is None:
        return "undefined"
    if isinstance(value, bool):
        return "!0" if value else "!1"
    if isinstance(value, str):
        return "'" + json.dumps(value)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
    if isinstance(value, list):
        items = ["" if item is None else javascript(item) for item in value]
        return "[" + ", ".join(items) + ("," if items else "") + "]"
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(f"{javascript(k)} : {javascript(v)}/* , */" for k, v in value.items())
            + "}"
        )
    return repr(value)


@settings(max_examples=150)
@given(json_values)
def test_json_and_javascript_of_the_same_value_read_the_same(value: Any) -> None:
    assert value_of(f"x = {json.dumps(value)};") == value
    assert value_of(f"x = {javascript(value)};") == value
    assert value_of(f"x = {{a: 1, 'b': {json.dumps(value)}, c: {javascript(value)}}}") == {
        "a": 1, "b": value, "c": value
    }  # fmt: skip


@settings(max_examples=300)
@given(st.text(alphabet="{}[]\"'\\,:;/*!a1.e-+ \n$x=u", max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        read_value(text, 0)
    except NotDataError:
        return


def test_what_is_pushed_is_a_list_in_the_scripts_order() -> None:
    script = """
    var tables = [];
    tables.push({ 'id': 1, "rows": [[1,,'a;b'],[2]] });
    // tables.push({'id': 9});
    other.tables.push({'id': 8});
    tables . push( {id: 2}, {id: 3} );
    tables.push([]) ;
    """
    assert pushed_values(script, "tables") == [
        {"id": 1, "rows": [[1, None, "a;b"], [2]]},
        {"id": 2},
        {"id": 3},
        [],
    ]
    assert pushed_values("a.b['c'].push(1)", "a.b.c") == [1]
    assert pushed_values("x.push('y.push(1)'); x.push('x.push(2)')", "x") == [
        "y.push(1)",
        "x.push(2)",
    ]


@pytest.mark.parametrize(
    "script",
    [
        "x.push(load())",
        "x.push({a: f()})",
        "x.push({a: 1}.a)",
        "x.push({a: 1}",
        "x.push({a: 'b",
        "x.push()",
        "x.push({a: 1}); x.push(a)",
    ],
)
def test_what_is_pushed_and_is_no_data_is_refused(script: str) -> None:
    with pytest.raises(NotDataError):
        pushed_values(script, "x")


@pytest.mark.parametrize(
    "false",
    [
        "/* as it was:\nx = [9];\n*/",
        "/*\n * x = [9];\n */",
        "// x = [9];",
        "var s = 'x = [9];';",
        'var s = "it\\"s: x = [9];";',
        "var s = `as\nx = [9];\n`;",
        "/* never closed\nx = [9];",
    ],
)
def test_what_is_no_code_assigns_nothing(false: str) -> None:
    assert assigned_value_starts(false, "x") == []
    assert value_of(f"x = [1];\n{false}") == [1]


@pytest.mark.parametrize(
    "before", ["var a = 'image/*';\n", 'var a = "/*", b = 1; ', "/* a */ ", "var a = `b`;\n"]
)
def test_what_only_looks_like_a_comment_hides_nothing(before: str) -> None:
    assert value_of(f"{before}x = [1];") == [1]


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 400])
def test_a_number_beyond_all_numbers_is_no_data(number: str) -> None:
    with pytest.raises(NotDataError):
        read_value(f"x = {{a: {number}, b: 'c'}};", 4)


@pytest.mark.parametrize("times", [2, 400])
def test_comments_and_texts_are_left_out_however_many_places_there_are(times: int) -> None:
    """Few places are looked at one by one, many in one way through the script."""
    block = "x.push(1); // x.push(2)\n/* x.push(3) */ y = \"x.push(4)\"; x.push('x.push(5)');\n"
    assert pushed_values(block * times, "x") == [1, "x.push(5)"] * times
