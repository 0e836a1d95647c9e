"""A page gives typed values, or the names of everything that failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scrapers.errors import LayoutChanged, TargetAbsent
from scrapers.parsing import Extracted, Page, extract
from scrapers.parsing.load import load
from tests.support.pages import SMALL_SELECTOR, small_page, write_selector


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read a small page by a small selector file with these fields and groups."""

    def read_by(parts: str, data: Any = None, body: str = "") -> Extracted:
        selector = load(write_selector(tmp_path, SMALL_SELECTOR + parts))
        return extract(Page(small_page(data, body), "http://x/"), selector)

    return read_by


def failures(read: Any, parts: str, data: Any = None, body: str = "") -> list[str]:
    with pytest.raises(LayoutChanged) as caught:
        read(parts, data, body)
    assert caught.value.facts["selector"] == "match_centre/small"
    assert caught.value.facts["url"] == "http://x/"
    told = caught.value.facts["failures"]
    assert isinstance(told, list)
    assert caught.value.facts["fields"] == list(dict.fromkeys(t.split(" ")[0] for t in told))
    return told


ALTERNATIVES = """
fields:
  name:
    from:
      - {js: data, path: name}
      - {js: data, path: old.name, transform: [{map: {A: Anna}}]}
      - {css: "b.name", attr: data-name}
      - {xpath: "//b[@class='name']", regex: 'called (\\w+)'}
    type: text
"""


@pytest.mark.parametrize(
    ("data", "body", "expected"),
    [
        ({"name": "one", "old": {"name": "A"}}, "", "one"),
        ({"name": None, "old": {"name": "A"}}, "", "Anna"),
        ({"old": {"name": "A"}}, "<b class=name data-name=three>", "Anna"),
        ({"old": {"name": "B"}}, "<b class=name data-name=three>", "three"),
        ({}, "<b class=name>she is called  </b>", None),
        ({}, "<b class=name>she is called Dora</b>", "Dora"),
    ],
)
def test_the_first_place_with_a_value_wins(
    read: Any, data: Any, body: str, expected: str | None
) -> None:
    if expected is None:
        told = failures(read, ALTERNATIVES, data, body)
        assert told == [
            "name is 'she is called  ', in which 'called (\\\\w+)' is not found "
            "(regex called (\\w+))"
        ]
    else:
        assert read(ALTERNATIVES, data, body).fields == {"name": expected}


def test_what_fits_no_place_is_told_even_when_optional(read: Any) -> None:
    parts = ALTERNATIVES + "    required: false\n"
    assert failures(read, parts, {"old": {"name": "B"}}) == [
        "name is 'B', which the map does not know ('A') (map: {'A': 'Anna'})"
    ]
    assert read(parts, {}).fields == {"name": None}


FIELDS = """
fields:
  a: {from: [{js: data, path: a}], type: integer, range: [1, 9]}
  b: {from: [{js: data, path: b}], type: text, required: false}
  c: {from: [{js: data, path: c}], type: text, required: false, present: true}
  d: {from: [{js: data, path: d}], type: text, one_of: [home, away], required: false}
  e: {from: [{js: data, path: e}], type: number, required: false, range: [0, 1]}
"""


def test_all_failures_are_told_at_once(read: Any) -> None:
    data = {"a": 10, "b": 5, "d": "Home", "e": 1.01}
    assert failures(read, FIELDS, data) == [
        "a is 10, out of its range 1 to 9",
        "b is no text: 5",
        "c is not on the page",
        "d is 'Home', not one of 'home', 'away'",
        "e is 1.01, out of its range 0 to 1",
    ]


@pytest.mark.parametrize("wrong", ["1", 1.0, True, [1], {"x": 1}])
def test_a_wrong_type_is_never_taken(read: Any, wrong: Any) -> None:
    told = failures(read, FIELDS, {"a": wrong, "c": None})
    assert len(told) == 1
    assert told[0].startswith("a is no whole number")


def test_optional_is_null_when_missing_and_present_is_content_with_null(read: Any) -> None:
    assert read(FIELDS, {"a": 1, "c": None}).fields == {
        "a": 1, "b": None, "c": None, "d": None, "e": None
    }  # fmt: skip


GROUPS = """
groups:
  teams:
    rows: [{js: data, path: "[home, away]"}]
    min_rows: 2
    fields:
      id: {from: [{path: id}], type: integer}
    groups:
      players:
        rows: [{path: players}]
        min_rows: 1
        fields:
          name: {from: [{path: name}], type: text}
          shirt: {from: [{path: shirt}], type: integer, required: false, min_filled: 1}
          captain:
            from: [{path: captain}]
            type: boolean
            transform: [{default: false}]
        groups:
          stats:
            rows: [{path: stats, items: true, skip_keys: [minutes]}]
            required: false
            fields:
              stat: {from: [{path: key}], type: text}
              by_minute: {from: [{path: value}], type: number_by_integer}
"""
TEAMS = {
    "home": {
        "id": 1,
        "players": [
            {"name": "A", "shirt": 7, "captain": True,
             "stats": {"minutes": [1, 2], "touches": {"1": 2.0}, "passes": {}}},
            {"name": "B"},
        ],
    },
    "away": {"id": 2, "players": [{"name": "C", "stats": {}}]},
}  # fmt: skip


def test_groups_within_groups(read: Any) -> None:
    teams = read(GROUPS, TEAMS).groups["teams"]
    assert [t["id"] for t in teams] == [1, 2]
    assert teams[0]["players"] == [
        {
            "name": "A", "shirt": 7, "captain": True,
            "stats": [
                {"stat": "touches", "by_minute": {"1": 2.0}}, {"stat": "passes", "by_minute": {}}
            ],
        },
        {"name": "B", "shirt": None, "captain": False, "stats": []},
    ]  # fmt: skip
    assert teams[1]["players"] == [{"name": "C", "shirt": None, "captain": False, "stats": []}]


def test_failures_in_rows_are_counted(read: Any) -> None:
    data = {
        "home": {"id": "1", "players": [{"name": "A", "stats": {"x": {"1": "2"}}}, {"nom": "B"}]},
        "away": {"id": 2, "spieler": []},
    }
    assert failures(read, GROUPS, data) == [
        "teams.id is no whole number: '1' in 1 of 2 rows",
        "teams.players has no place on the page in 1 of 2 rows",
        "teams.players.name has no value in 1 of 2 rows",
        "teams.players.shirt has a value in fewer than 1 rows in 2 of 2 rows",
        "teams.players.stats.by_minute is no number: '2' in 1 of 1 rows",
    ]


def test_places_that_are_kept_and_emptied_state_nothing(read: Any) -> None:
    """An empty string becomes null by a step that comes later; it is no value before either."""
    groups = """
groups:
  rows:
    rows: [{js: data, path: home.rows}]
    fields:
      id: {from: [{path: id}], type: integer}
      fouls:
        from: [{path: fouls}]
        type: number
        transform: [strip, empty_to_null, to_number]
        required: false
        min_filled: 1
"""
    rows = [{"id": 1, "fouls": ""}, {"id": 2, "fouls": " "}]
    assert failures(read, groups, {"home": {"rows": rows}}) == [
        "rows.fouls has a value in fewer than 1 rows in 2 of 2 rows"
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, "teams.id has no value in 2 of 2 rows"),
        ({"home": TEAMS["home"]}, "teams.id has no value in 1 of 2 rows"),
        (
            {**TEAMS, "away": {"id": 2, "players": []}},
            "teams.players has 0 rows, fewer than 1 in 1 of 2 rows",
        ),
        (
            {**TEAMS, "away": {"id": 2, "players": {"1": {}}}},
            "teams.players is no list: {'1': {}} in 1 of 2 rows",
        ),
    ],
)
def test_rows_that_are_missing_or_none(read: Any, data: Any, expected: str) -> None:
    told = failures(read, GROUPS, data)
    assert expected in told


def test_rows_of_elements(read: Any) -> None:
    parts = """
groups:
  rows:
    rows: [{css: "tr.old"}, {css: "tr.new"}]
    fields:
      name: {from: [{css: "td:first-child"}], type: text, transform: [strip]}
      id:
        from: [{xpath: ".//a", attr: href, regex: '/(\\d+)$'}]
        type: integer
        transform: [to_integer]
      site: {from: [{js: data, path: site}], type: text}
"""
    body = (
        "<table><tr class=new><td> A <i>b</i></td><td><a href='/x/12'>x</a></td></tr>"
        "<tr class=new><td>B</td><td><a href='/x/13'>x</a></td></tr></table>"
    )
    rows = read(parts, {"site": "s"}, body).groups["rows"]
    assert rows == [{"name": "A b", "id": 12, "site": "s"}, {"name": "B", "id": 13, "site": "s"}]
    assert failures(read, parts, {"site": "s"}, "") == ["rows has no place on the page"]


def test_an_unreadable_document_is_told_first(read: Any) -> None:
    told = failures(read, FIELDS, "loadData(1)")
    assert told[0].startswith("documents.data can't be read: the script is code, not data")
    assert "a has no value" in told


ABSENT = """
absent:
  - all: [{js: data, path: match, is_null: true}]
    says: there is no match in the data
  - none: [{js: data}, {xpath: "//script[contains(., 'match')]"}]
    says: there is no data on the page at all
fields:
  id: {from: [{js: data, path: match.id}], type: integer}
"""


def test_absence_is_what_the_page_says_and_no_renamed_key(read: Any, tmp_path: Path) -> None:
    assert read(ABSENT, {"match": {"id": 1}}).fields == {"id": 1}
    with pytest.raises(TargetAbsent, match="no match in the data"):
        read(ABSENT, {"match": None})
    with pytest.raises(TargetAbsent, match="at all"):
        extract(
            Page(b"<html><div id=here></div></html>"),
            load(write_selector(tmp_path, SMALL_SELECTOR + ABSENT)),
        )
    assert failures(read, ABSENT, {"spiel": None, "match2": 1}) == ["id has no value"]


def test_the_last_of_several_assignments_holds(tmp_path: Path) -> None:
    selector = load(
        write_selector(
            tmp_path,
            SMALL_SELECTOR + "fields:\n  a: {from: [{js: data, path: a}], type: integer}\n",
        )
    )
    page = b"<script>site.params.data = {a: 1}; site.params['data'] = {a: 2}</script>"
    assert extract(Page(page), selector).fields == {"a": 2}
    page += b"<script>// site.params.data = {a: 3}\nvar b</script>"
    assert extract(Page(page), selector).fields == {"a": 2}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("count(//b) = 2", True),
        ("count(//b) = 3", False),
        ("//b", True),
        ("//i", False),
        ("string(//b)", True),
        ("string(//i)", False),
        ("count(//i)", False),
        ("//b/@id", True),
    ],
)
def test_conditions_by_xpath(read: Any, condition: str, expected: bool) -> None:
    parts = f'absent:\n  - all: [{{xpath: "{condition}"}}]\n    says: the condition holds here\n'
    body = "<b id=one>x</b><b></b>"
    if expected:
        with pytest.raises(TargetAbsent):
            read(parts, {}, body)
    else:
        read(parts, {}, body)


def test_an_xpath_that_does_not_suit_the_page_is_told(read: Any) -> None:
    parts = 'fields:\n  a: {from: [{xpath: "//b[count(1)]"}], type: text, required: false}\n'
    assert failures(read, parts, {}, "<b>x</b>")[0].startswith("a the XPath does not suit the page")
    parts = """
groups:
  a:
    rows: [{xpath: //b/text()}]
    fields: {x: {from: [{css: i}], type: text}}
"""
    assert failures(read, parts, {}, "<b>x</b>") == ["a finds texts, rows are elements"]
