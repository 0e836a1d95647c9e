"""`touchline selectors lint` and `schema`: what is wrong in selector files, what they may hold."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from scrapers.cli.console import out, print_json
from scrapers.cli.selectors.common import AsJson, Folder, selectors_app
from scrapers.errors import ConfigInvalid
from scrapers.parsing.initial import check_initial, is_initial_file
from scrapers.parsing.load import Problem, check, remarks
from scrapers.parsing.schema import schema_text
from scrapers.settings import ROOT
from scrapers.whoscored.needs import unmet
from scrapers.whoscored.own_names import check_names, is_names_file


@selectors_app.command()
def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="files or folders; without: all selector files")
    ] = None,
    as_json: AsJson = False,
    folder: Folder = ROOT / "selectors",
) -> None:
    """Check selector files; a line for each problem: file:line: field: what: mend.

    The file of own names, names.yaml, and the list of what a new database begins with,
    initial.yaml, are checked with them. Ends with 1 if there is a problem, with 2 if there is no
    such file or folder. A remark is none: it tells of a field that could go missing unnoticed.
    """
    problems: list[Problem] = []
    told: list[Problem] = []
    files = 0
    seen: set[Path] = set()
    for path in paths or [folder]:
        found, wrong = _selector_paths(path)
        problems += wrong
        for file in found:
            # A file may be named, and stand in a folder that is named too.
            if file.resolve() in seen:
                continue
            seen.add(file.resolve())
            if is_names_file(file):
                problems += check_names(file)[1]
            elif is_initial_file(file):
                problems += check_initial(file)[1]
            else:
                files += 1
                content = _content(file)
                selector, wrong = check(file, unmet, content)
                problems += wrong
                told += remarks(file, selector, content) if selector is not None else []
    if as_json:
        print_json(
            {
                "files": files,
                "problems": [dataclasses.asdict(p) for p in problems],
                "remarks": [dataclasses.asdict(r) for r in told],
            }
        )
        if problems:
            raise typer.Exit(1)
        return
    for remark in told:
        out.print(f"remark: {remark}", markup=False, highlight=False, soft_wrap=True)
    for problem in problems:
        out.print(str(problem), markup=False, highlight=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)
    out.print(f"{files} selector file{'s' * (files != 1)}, no problem")


def _content(file: Path) -> bytes | None:
    """What the file holds; None: it can't be read, which `check` tells as a problem of it."""
    try:
        return file.read_bytes()
    except OSError:
        return None


def _selector_paths(path: Path) -> tuple[list[Path], list[Problem]]:
    if not path.exists():
        raise ConfigInvalid(f"{path} is not there: name a selector file, or a folder of them")
    if not path.is_dir():
        return [path], []
    files = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
    strangers = [p for p in files if p.suffix != ".yaml"]
    problems = [
        Problem(str(p), 1, "", "is no selector file", "name it <version>.yaml or move it away")
        for p in strangers
    ]
    found = [p for p in files if p.suffix == ".yaml"]
    if not files:
        problems.append(Problem(str(path), 1, "", "holds no selector file", "name another folder"))
    return found, problems


@selectors_app.command()
def schema() -> None:
    """Print the JSON Schema of selector files (kept in docs/selector.schema.json)."""
    typer.echo(schema_text(), nl=False)
