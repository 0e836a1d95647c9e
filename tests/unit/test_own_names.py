"""The file of own names: what it may hold, and what lint says of what it may not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from typer.testing import CliRunner

from scrapers.cli.main import app
from scrapers.errors import ConfigInvalid
from scrapers.settings import ROOT
from scrapers.whoscored.own_names import check_names, is_names_file, load_names


def write(folder: Path, text: str) -> Path:
    path = folder / "names.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_names_by_kind_and_id(tmp_path: Path) -> None:
    names, problems = check_names(
        write(tmp_path, "team:\n  65: ' FC Barcelona '\n  64: 'Rayo'\ncompetition:\n  4: LaLiga\n"
                        "player:\nreferee: {}\n")
    )  # fmt: skip
    assert problems == []
    assert names == {
        ("team", 65): "FC Barcelona",
        ("team", 64): "Rayo",
        ("competition", 4): "LaLiga",
    }


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("teams:\n  65: x\n", 1, "teams: unknown kind 'teams': write one of region, competition"),
        ("team:\n  65: x\n  65: y\n", 3, "duplicate key '65'"),
        ("team:\n  65: x\n  0x41: y\n", 3, "duplicate key '0x41'"),
        ("team:\n  '65': x\n", 2, "team.65: '65' is no id"),
        ("team:\n  -1: x\n", 2, "team.-1: -1 is no id"),
        ("team:\n  3000000000: x\n", 2, "is no id"),
        ("team:\n  true: x\n", 2, "is no id"),
        ("team:\n  1: x\n  2: 1899\n", 3, "team.2: 1899 is no name: write a text; quote"),
        ("team:\n  2: ''\n", 2, "team.2: '' is no name"),
        ("team:\n  2: no\n  3: {name: x}\n", 3, "is no name"),
        ("team:\n  - x\n", 1, "team: is no list of names by id"),
        ("- x\n", 1, "is no mapping: write team: {}"),
        ("team:\n  65: [x\n", 3, "is no YAML"),
        ("team:\n  65: " + "x" * 201, 2, "has 201 characters"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = write(tmp_path, text)
    _, problems = check_names(path)
    assert len(problems) == 1
    assert problems[0].line == line
    assert says in str(problems[0])
    ended = CliRunner().invoke(app, ["selectors", "lint", str(path)])
    assert ended.exit_code == 1
    assert f"{path}:{line}: " in ended.output


def test_all_mistakes_are_told_at_once_each_by_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "team:\n  65: Barça\n  65: FC Barcelona\n  '64': 1899\nteams:\n  7: ''\n"
        "player:\n  - x\nteam:\n  66: y\nreferee:\n  8: A\n  8: B\n  9: C\n",
    )
    told = [
        "3: duplicate key '65'",
        "4: team.64: '64' is no id",
        "4: team.64: 1899 is no name",
        "5: teams: unknown kind 'teams'",
        "6: teams.7: '' is no name",
        "7: player: is no list of names by id",
        "9: duplicate key 'team'",
        "13: duplicate key '8'",
    ]
    names, problems = check_names(path)
    lines = [str(problem).removeprefix(f"{path}:") for problem in problems]
    assert len(lines) == len(told)
    for line, begins in zip(lines, told, strict=True):
        assert line.startswith(begins)
    assert names == {("team", 65): "Barça", ("referee", 8): "A", ("referee", 9): "C"}
    with pytest.raises(ConfigInvalid) as refused:
        load_names(create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none"), path)
    assert refused.value.facts["problems"] == [str(problem) for problem in problems]
    assert all(str(problem) in refused.value.detail for problem in problems)


def test_what_is_no_yaml_is_told_with_what_came_before_it(tmp_path: Path) -> None:
    _, problems = check_names(write(tmp_path, "team:\n  65: x\n  65: y\n  66: !z w\n"))
    assert [problem.line for problem in problems] == [3, 4]


def test_lint_of_the_folder_checks_the_names_too(tmp_path: Path) -> None:
    shipped = ROOT / "selectors" / "names.yaml"
    assert check_names(shipped) == ({}, [])
    assert is_names_file(shipped)
    assert not is_names_file(tmp_path / "whoscored" / "schedule" / "names.yaml")
    write(tmp_path, "tema:\n  1: x\n")
    ended = CliRunner().invoke(app, ["selectors", "lint", "--json", str(tmp_path)])
    assert ended.exit_code == 1
    assert [p["field"] for p in json.loads(ended.stdout)["problems"]] == ["tema"]
