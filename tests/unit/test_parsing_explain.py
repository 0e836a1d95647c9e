"""`explain` says how a field came to its value; the schema and the reference are current."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from scrapers.cli.selectors import selectors_app
from scrapers.parsing.model import Group, Place, Rows, SelectorField, SelectorFile
from scrapers.parsing.schema import schema_text
from scrapers.parsing.transforms import TRANSFORMS
from scrapers.parsing.values import FieldType
from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from tests.support.pages import SMALL_SELECTOR, small_page, write_selector
from tests.support.site_pages import page_of

FIELDS = """\
fields:
  name:
    from:
      - {js: data, path: name}
      - {js: data, path: title, transform: [strip, {map: {A: Anna}}]}
      - {css: b}
    type: text
    unit: letters
    transform: [empty_to_null]
groups:
  rows:
    rows: [{js: data, path: rows}]
    fields:
      x: {from: [{path: x}], type: integer, range: [0, 9]}
"""


@pytest.fixture
def explain(tmp_path: Path) -> Any:
    """Run `explain` over a small page; gives exit code and output."""
    write_selector(tmp_path, SMALL_SELECTOR + FIELDS)

    def run(*args: str, data: Any = None, body: str = "<b>Bea</b>") -> tuple[int, str]:
        page = tmp_path / "page.html"
        page.write_bytes(small_page(data, body))
        call = ["explain", str(page), *args, "--kind", "match_centre", "--folder", str(tmp_path)]
        result = CliRunner().invoke(selectors_app, call)
        return result.exit_code, result.output

    return run


def test_each_place_each_step_and_the_winner(explain: Any) -> None:
    code, told = explain("name", data={"title": " A ", "rows": []})
    assert code == 0
    assert told.splitlines() == [
        "read by match_centre/small",
        "name (text, in letters)",
        "1. js: data, path: name  nothing there",
        "2. js: data, path: title  wins",
        "   found → ' A '",
        "   strip → 'A'",
        "   map: {'A': 'Anna'} → 'Anna'",
        "3. css: b  not needed",
        "   found → 'Bea'",
        "   empty_to_null → 'Anna'",
        "= 'Anna'",
    ]


def test_as_json(explain: Any) -> None:
    code, told = explain("name", "--json", data={"title": "B", "rows": []})
    story = json.loads(told)["fields"][0]
    assert code == 0
    assert story["value"] == "Bea"
    assert [trial["wins"] for trial in story["trials"]] == [False, False, True]
    assert story["trials"][1]["steps"][1] == {
        "name": "map: {'A': 'Anna'}",
        "value": None,
        "misfit": "is 'B', which the map does not know ('A') (map: {'A': 'Anna'})",
    }


def test_a_row_of_a_group_and_its_failures(explain: Any) -> None:
    data = {"name": "n", "rows": [{"x": 1}, {"x": 10}, {"x": "1"}]}
    code, told = explain("rows.x", "--row", "1", data=data)
    assert code == 1
    assert "row 1 of 3, 2 with a value" in told
    assert "= 10" in told
    assert "fails rows.x is no whole number: '1' in 1 of 3 rows" in told
    assert "fails rows.x is 10, out of its range 0 to 9 in 1 of 3 rows" in told


def test_all_fields(explain: Any) -> None:
    code, told = explain(data={"name": "n", "rows": [{"x": 1}]})
    assert code == 0
    assert "js: data, path: name" in told
    assert "(1 of 1 rows)" in told


def test_a_group_whose_rows_are_not_found_fails(explain: Any) -> None:
    code, told = explain("rows", data={"name": "n", "lines": [{"x": 1}]})
    assert code == 1
    assert "fails rows has no place on the page" in told
    code, told = explain("rows.x", "--json", data={"name": "n", "rows": "none"})
    assert code == 1
    assert json.loads(told)["groups"][0].startswith("rows is no list")
    code, told = explain("name", data={"name": "n"})
    assert code == 0, "it was not asked for"
    code, told = explain("rows", data={"name": "n", "rows": [{"x": 1}]})
    assert code == 0
    assert "rows.x" in told


def test_what_is_not_there_is_told(explain: Any) -> None:
    code, told = explain("nam", data={})
    assert code == 2
    assert "did you mean name" in told
    code, told = explain("name", data="loadData()", body="")
    assert code == 1
    assert "documents.data can't be read" in told
    result = CliRunner().invoke(selectors_app, ["explain", "/no/such.html"])
    assert result.exit_code == 2
    assert "can't be read (FileNotFoundError)" in result.output


def test_the_real_page(shared_data: Path) -> None:
    page = str(shared_data / "match_live_1650630.html.gz")
    result = CliRunner().invoke(selectors_app, ["explain", page, "kickoff_utc"])
    assert result.exit_code == 0
    assert "iso_time → 2022-08-13 20:00:00" in result.output
    assert "= 2022-08-13 19:00:00+00:00" in result.output
    assert CliRunner().invoke(selectors_app, ["explain", page]).exit_code == 0
    refusal = str(shared_data / "block_page_2019.html")
    result = CliRunner().invoke(selectors_app, ["explain", refusal])
    assert result.exit_code == 1
    assert "LayoutChanged" in result.output


def test_the_schema_is_current() -> None:
    assert (ROOT / "docs/selector.schema.json").read_text() == schema_text(), (
        "write it anew: touchline selectors schema > docs/selector.schema.json"
    )


def test_the_schema_accepts_our_files_and_refuses_wrong_ones() -> None:
    schema = json.loads((ROOT / "docs/selector.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    for path in (ROOT / "selectors" / "whoscored").rglob("*.yaml"):
        # As editors see it: JSON, dates as text.
        tree = json.loads(json.dumps(YAML(typ="safe", pure=True).load(path), default=str))
        assert list(validator.iter_errors(tree)) == []
        name = next(iter(tree["groups"]))
        field = next(iter(tree["groups"][name]["fields"].values()))
        for wrong in ({"typ": "text"}, {"transform": ["stripp"]}, {"type": "string"}):
            before = dict(field)
            field.update(wrong)
            assert list(validator.iter_errors(tree)), wrong
            field.clear()
            field.update(before)


def test_the_reference_names_every_key_type_and_transform() -> None:
    text = (ROOT / "docs/selectors.md").read_text()
    for name in [*TRANSFORMS, *(kind.value for kind in FieldType)]:
        assert f"| `{name}`" in text or f"| `{{{name}:" in text, name
    for model in (SelectorFile, SelectorField, Place, Rows, Group):
        for name, field in model.model_fields.items():
            assert f"{field.alias or name}" in text, (model.__name__, name)


@pytest.mark.parametrize(
    "kind", [PageKind.MATCH_CENTRE, PageKind.MATCH_PREVIEW, PageKind.MATCH_REPORT]
)
def test_the_kind_of_a_page_is_the_one_that_reads_it(kind: PageKind, tmp_path: Path) -> None:
    # All pages of a match have its header, so their fingerprints fit each other's pages.
    page = tmp_path / "page.html"
    page.write_bytes(page_of(Target.of(kind, match_id=1700002)))
    result = CliRunner().invoke(selectors_app, ["explain", str(page)])
    assert f"read by {kind}/" in result.stdout


@pytest.mark.parametrize("version", ["match_centre/2022-08", "2022-08"])
def test_a_version_says_which_kind_it_is_of(version: str) -> None:
    page = str(ROOT / "tests/golden/match_centre/1700101.html.gz")
    call = ["explain", page, "venue_name", "--version", version]
    result = CliRunner().invoke(selectors_app, call)
    assert result.exit_code == 0, result.output
    assert "read by match_centre/2022-08" in result.output
    result = CliRunner().invoke(selectors_app, [*call[:-1], "1999-01"])
    assert result.exit_code == 2
    assert "no version '1999-01' of" in result.output
