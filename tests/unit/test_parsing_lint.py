"""Every mistake in a selector file is told with its file, line, field and mend."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from scrapers.cli.selectors import selectors_app
from scrapers.errors import ConfigInvalid
from scrapers.parsing.load import check, load
from scrapers.settings import ROOT
from scrapers.whoscored.needs import unmet
from tests.support.pages import SMALL_SELECTOR, write_selector

FIELDS = """\
fields:
  name:
    from:
      - {js: data, path: name}
      - {css: "b.name"}
    type: text
    transform: [strip]
groups:
  rows:
    rows:
      - {js: data, path: rows}
    fields:
      x:
        from:
          - {path: x}
        type: integer
        range: [0, 9]
"""
GOOD = SMALL_SELECTOR + FIELDS

# what is replaced, by what, and the problem: the text of the line it stands in, field, what, mend
MISTAKES = [
    ("    type: text", "    typ: text", "    typ: text",
     "fields.name.typ: unknown key 'typ'", "did you mean 'type'?"),
    ("fingerprint:", "fingerprnt:", "fingerprnt:",
     "fingerprnt: unknown key 'fingerprnt'", "did you mean 'fingerprint'?"),
    ("        range: [0, 9]", "        rangge: [0, 9]", "        rangge: [0, 9]",
     "groups.rows.fields.x.rangge: unknown key 'rangge'", "did you mean 'range'?"),
    ("{js: data, path: name}", "{js: data, in: name}", "      - {js: data, in: name}",
     "fields.name.from.0.in: unknown key 'in'",
     "write one of css, xpath, js, path, attr, regex, transform"),
    ("[strip]", "[stripp]", "    transform: [stripp]",
     "fields.name.transform.0: unknown transform 'stripp'", "did you mean 'strip'?"),
    ("[strip]", "[{to_intger: 1}]", "    transform: [{to_intger: 1}]",
     "fields.name.transform.0: unknown transform 'to_intger'", "did you mean 'to_integer'?"),
    ("[strip]", "[map]", "    transform: [map]",
     "fields.name.transform.0: map needs an argument", "write {map: …}"),
    ("[strip]", "[{strip: 1}]", "    transform: [{strip: 1}]",
     "fields.name.transform.0: strip takes no argument", "write strip"),
    ("[strip]", "[{map: {}}]", "    transform: [{map: {}}]",
     "fields.name.transform.0: wrong argument of map", "map needs the values"),
    ("[strip]", "[{parse_time: '%Q'}]", "    transform: [{parse_time: '%Q'}]",
     "fields.name.transform.0: wrong argument of parse_time", "does not know the pattern '%Q'"),
    ("[strip]", "[{a: 1, b: 2}]", "    transform: [{a: 1, b: 2}]",
     "fields.name.transform.0: is no transform", "write its name"),
    ('{css: "b.name"}', '{css: "b..name"}', '      - {css: "b..name"}',
     "fields.name.from.1.css: is no CSS selector: ", "try it in a browser"),
    ('{css: "b.name"}', '{css: "b:nonsense"}', '      - {css: "b:nonsense"}',
     "fields.name.from.1.css: is no CSS selector: ", "try it in a browser"),
    ('{css: "b.name"}', '{xpath: "//b["}', '      - {xpath: "//b["}',
     "fields.name.from.1.xpath: is no XPath: ", "try it in a browser"),
    ('{css: "b.name"}', '{xpath: "//b[nonsense()]"}', '      - {xpath: "//b[nonsense()]"}',
     "fields.name.from.1.xpath: is no XPath: ", "try it in a browser"),
    ('{css: "b.name"}', '{css: "b", regex: "(a"}', '      - {css: "b", regex: "(a"}',
     "fields.name.from.1.regex: is no regular expression: ", "one (…) group at most"),
    ('{css: "b.name"}', '{css: "b", regex: "(a)(b)"}', '      - {css: "b", regex: "(a)(b)"}',
     "fields.name.from.1.regex: has 2 groups", "one (…) group at most"),
    ("{path: x}", '{path: "x["}', '          - {path: "x["}',
     "groups.rows.fields.x.from.0.path: is no JMESPath: ", "see jmespath.org"),
    ("{path: x}", '{path: "nonsense(@)"}', '          - {path: "nonsense(@)"}',
     "groups.rows.fields.x.from.0.path: is no JMESPath: ", "see jmespath.org"),
    ("{path: x}", "{css: td}", "          - {css: td}",
     "groups.rows.fields.x.from.0.css: can't be in a row of JSON", "use path"),
    ("{js: data, path: name}", "{path: name}", "      - {path: name}",
     "fields.name.from.0.path: is a path in no document", "add js: <document>"),
    ("{js: data, path: name}", "{js: dada, path: name}", "      - {js: dada, path: name}",
     "fields.name.from.0.js: unknown document 'dada'", "did you mean 'data'?"),
    ("{js: data, path: rows}", "{js: args, path: rows}", "      - {js: args, path: rows}",
     "groups.rows.rows.0.js: unknown document 'args'", "write one of data"),
    ("{js: data, path: rows}", "{js: data, path: rows}\n      - {css: tr}", "    rows:",
     "groups.rows.rows: are JSON here and elements there", "make two groups"),
    ('{css: "#here"}', "{js: feed}", "  all: [{js: feed}]",
     "fingerprint.all.0.js: unknown document 'feed'", "write one of data"),
    ('[{css: "#here"}]', "[]", "fingerprint:",
     "fingerprint: has no condition", "add one under all, any or none"),
    ('{css: "#here"}', '{css: "#here", xpath: "//a"}', '  all: [{css: "#here", xpath: "//a"}]',
     "fingerprint.all.0: names css and xpath as the place", "name one of css, xpath, js"),
    ('{css: "b.name"}', "{attr: href}", "      - {attr: href}",
     "fields.name.from.1: names nothing as the place", "name one of css, xpath, js, path"),
    ("{js: data, path: name}", "{js: data, path: name, attr: x}",
     "      - {js: data, path: name, attr: x}",
     "fields.name.from.0: has attr without an element", "add css or xpath"),
    ("    type: text", "    type: string", "    type: string",
     "fields.name.type: unknown value 'string'", "write one of text, integer"),
    ("type: integer", "type: integr", "        type: integr",
     "groups.rows.fields.x.type: unknown value 'integr'", "did you mean 'integer'?"),
    ("[0, 9]", "[9, 0]", "        range: [9, 0]",
     "groups.rows.fields.x.range: begins above its end", "write [lowest, highest]"),
    ("    type: text", "    type: text\n    range: [0, 1]", "    range: [0, 1]",
     "fields.name.range: is for numbers, the type is text", "take it out"),
    ("    type: text", "    type: text\n    min_filled: 1", "    min_filled: 1",
     "fields.name.min_filled: is for fields of rows", "use required: true"),
    ("    type: text", "    type: text\n    present: true", "    present: true",
     "fields.name.present: says less than required", "add required: false"),
    ("    type: text", "    type: text\n    required: maybe", "    required: maybe",
     "fields.name.required: input should be a valid boolean", "see docs/selectors.md"),
    ("    type: text", "    type: text\n    type: text", "    type: text\n    type: text",
     "duplicate key 'type'", "each key once"),
    ("    type: text\n", "", "  name:", "fields.name.type: is missing", "add type"),
    ("timezone: Europe/London\n", "", "page_kind: match_centre",
     "timezone: is missing", "add timezone"),
    ("Europe/London", "Europe/Lundun", "timezone: Europe/Lundun",
     "timezone: 'Europe/Lundun' is no time zone", "write an IANA name"),
    ("2022-01-01", "2022-13-01", "effective_from: 2022-13-01",
     "effective_from: input should be a valid date", "see docs"),
    ("version: small", "version: large", "version: large",
     "version: is 'large' in a file named small.yaml", "write 'small' or rename the file"),
    ("page_kind: match_centre", "page_kind: match_center", "page_kind: match_center",
     "page_kind: unknown value 'match_center'", "did you mean 'match_centre'?"),
    ("page_kind: match_centre", "page_kind: schedule", "page_kind: schedule",
     "page_kind: is schedule in the folder match_centre", "move the file to schedule/"),
    ("site.params['data']", "site.params[0]", '  data: {assigned_to: "site.params[0]"}',
     "documents.data.assigned_to: 'site.params[0]' is no assignment target", "write it as in"),
    ("  name:", "  Name:", "  Name:",
     "fields.Name: string should match pattern", "see docs"),
    ("    from:\n      - {js: data, path: name}\n      - {css: \"b.name\"}", "    from: []",
     "    from: []", "fields.name.from: list should have at least 1 item", "see docs"),
    ("    type: text", "   type: text", "   type: text", "is no YAML: ", "look at indentation"),
    ("fields:\n  name:", "fields: {\n  name:", "", "is no YAML: ", "look at indentation"),
]  # fmt: skip


def test_a_good_file_has_no_problem(tmp_path: Path) -> None:
    selector, problems = check(write_selector(tmp_path, GOOD))
    assert problems == []
    assert selector is not None
    assert selector.name == "match_centre/small"


@pytest.mark.parametrize(("old", "new", "line", "what", "mend"), MISTAKES)
def test_mistakes(tmp_path: Path, old: str, new: str, line: str, what: str, mend: str) -> None:
    assert GOOD.count(old) == 1 or old == "    type: text", f"{old!r} is not unique in the file"
    text = GOOD.replace(old, new, 1)
    path = write_selector(tmp_path, text)
    problems = [str(problem) for problem in check(path)[1]]
    if line:
        number = text[: text.index(line)].count("\n") + 1 + line.count("\n")
        wanted = f"{path}:{number}: {what}"
    else:
        wanted = what
    told = [p for p in problems if p.startswith(wanted) or (not line and wanted in p)]
    assert len(told) == 1, problems
    assert mend in told[0]
    assert len(problems) == 1, problems
    with pytest.raises(ConfigInvalid) as caught:
        load(path)
    assert caught.value.facts["problems"] == problems


def test_all_mistakes_of_a_file_are_told(tmp_path: Path) -> None:
    text = GOOD.replace("[strip]", "[stripp]").replace("b.name", "b..").replace("[0, 9]", "[9]")
    problems = check(write_selector(tmp_path, text))[1]
    assert [p.line for p in problems] == [15, 17, 27]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is no mapping"),
        (b"- a\n- b\n", "is no mapping"),
        (b"\xff\xfe", "can't be read (UnicodeDecodeError)"),
        (b"a: " + b"x" * 1_100_000, "larger than 1 MB"),
        (b"a: &x [*x]\n", "nested"),
        (b"? [a, b]\n: 1\n", "'seq' is no plain value"),
        (b"a: !!python/object/apply:os.system [x]\n", "os.system' is no plain value"),
        (b"[" * 5000, "is nested too deep"),
        (
            b"a: &a [x, x]\nb: &b [*a, *a]\n"
            + b"".join(
                b"%c: &%c [%s]\n" % (i + 1, i + 1, b", ".join([b"*%c" % i] * 9))
                for i in range(98, 110)
            ),
            "is nested without end",
        ),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    selector, problems = check(path)
    assert selector is None
    assert any(what in str(problem) for problem in problems)


def test_the_project_s_own_files_are_good_and_give_every_column() -> None:
    paths = sorted((ROOT / "selectors" / "whoscored").rglob("*.yaml"))
    assert len(paths) >= 2
    for path in paths:
        assert check(path, unmet)[1] == []


run = CliRunner().invoke


def test_lint_ends_0_when_clean() -> None:
    result = run(selectors_app, ["lint"])
    assert result.exit_code == 0, result.output
    assert "no problem" in result.output


def test_lint_remarks_on_what_could_go_missing_unnoticed(tmp_path: Path) -> None:
    real = (ROOT / "selectors/whoscored/match_centre/2022-08.yaml").read_text()
    before = "    required: false\n    present: true\n  attendance:"
    assert before in real
    path = write_selector(
        tmp_path, real.replace(before, "    required: false\n  attendance:"), "2022-08"
    )
    result = run(selectors_app, ["lint", str(path)])
    assert result.exit_code == 0
    line = real[: real.index("  venue_name:")].count("\n") + 1
    told = f"remark: {path}:{line}: fields.venue_name: may be missing on every page, and nobody"
    assert told in result.output


def test_lint_ends_1_and_names_file_line_field_and_mend(tmp_path: Path) -> None:
    real = (ROOT / "selectors/whoscored/match_centre/2022-08.yaml").read_text()
    text = real.replace("path: matchCentreData.venueName", "pth: matchCentreData.venueName")
    text = text.replace("kickoff_utc:", "kick_off_utc:")
    path = write_selector(tmp_path, text, "2022-08")
    result = run(selectors_app, ["lint", str(tmp_path)])
    assert result.exit_code == 1
    line = text[: text.index("pth:")].count("\n") + 1
    wanted = f"{path}:{line}: fields.venue_name.from.0.pth: unknown key 'pth': did you mean 'path'?"
    assert wanted in result.output.splitlines()
    twice = run(selectors_app, ["lint", str(tmp_path), str(path)])
    assert twice.output == result.output, "each file once"
    path.write_text(text.replace("pth:", "path:"))
    result = run(selectors_app, ["lint", str(path)])
    assert result.exit_code == 1
    assert "fields.kickoff_utc: is missing" in result.output
    assert "add kickoff_utc with type: utc_time" in result.output


def test_lint_of_nothing_is_a_problem(tmp_path: Path) -> None:
    assert run(selectors_app, ["lint", str(tmp_path)]).exit_code == 1
    wrong_call = run(selectors_app, ["lint", str(tmp_path / "none.yaml")])
    assert wrong_call.exit_code == 2
    assert "none.yaml is not there" in wrong_call.stderr
    (tmp_path / "x.yml").write_text("a: 1")
    result = run(selectors_app, ["lint", str(tmp_path)])
    assert result.exit_code == 1
    assert "name it <version>.yaml" in result.output
