"""`touchline selectors …`: check selector files, and see how a page is read by them."""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
import zlib
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scrapers.errors import ConfigInvalid, LayoutChanged, TouchlineError
from scrapers.parsing.conditions import holds
from scrapers.parsing.explain import Story, Trial, explain
from scrapers.parsing.extract import unreadable
from scrapers.parsing.files import SelectorFiles
from scrapers.parsing.load import Problem, check
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.page import Page
from scrapers.parsing.schema import schema_text
from scrapers.parsing.values import shown
from scrapers.settings import ROOT, load_settings
from scrapers.targets import SOURCE, PageKind
from scrapers.whoscored.needs import unmet

selectors_app = typer.Typer(
    no_args_is_help=True, help="Selector files: check them, see how they read a page."
)
console = Console()
errors = Console(stderr=True)

Folder = Annotated[
    Path,
    typer.Option(envvar="TOUCHLINE_SELECTORS_DIR", help="folder of the selector files"),
]


@selectors_app.command()
def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="files or folders; without: all selector files")
    ] = None,
    folder: Folder = ROOT / "selectors",
) -> None:
    """Check selector files; a line for each problem: file:line: field: what: mend.

    Ends with 1 if there is a problem.
    """
    problems: list[Problem] = []
    files = 0
    for path in paths or [folder]:
        found, wrong = _selector_paths(path)
        files += len(found)
        problems += wrong
        for file in found:
            problems += check(file, unmet)[1]
    for problem in problems:
        console.print(str(problem), markup=False, highlight=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)
    console.print(f"{files} selector file{'s' * (files != 1)}, no problem")


def _selector_paths(path: Path) -> tuple[list[Path], list[Problem]]:
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


@selectors_app.command("explain")
def explain_command(
    page: Annotated[str, typer.Argument(help="an .html or .html.gz file, or an archived hash")],
    field: Annotated[
        str, typer.Argument(help="a field such as events.x, or a pattern such as 'teams.*'")
    ] = "*",
    kind: Annotated[PageKind | None, typer.Option(help="page kind; else found out")] = None,
    version: Annotated[str | None, typer.Option(help="version; else by fingerprint")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="day it was fetched")
    ] = None,
    row: Annotated[int, typer.Option(min=0, help="row of a group to tell of, from 0")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    folder: Folder = ROOT / "selectors",
) -> None:
    """Show how fields are read from a page: what each place says, each step, and who won.

    Ends with 1 if the page can't be read so.
    """
    try:
        content = _content(page)
        opened = Page(content, page)
        selector = _selector(
            opened, SelectorFiles(folder), kind, version, on.date() if on else None
        )
        stories = explain(opened, selector, field, row)
    except TouchlineError as error:
        errors.print(f"{error.failure_class}: {error.detail}", markup=False, soft_wrap=True)
        for name, what in _candidates(error).items():
            errors.print(f"  {name}: {'; '.join(what)}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    documents = [str(failure) for failure in unreadable(opened, selector).found]
    absent = [r.says for r in selector.absent if holds(r, opened, selector.documents)]
    failures = documents + [failure for story in stories for failure in story.failures]
    if as_json:
        told = {
            "selector": selector.name,
            "documents": documents,
            "absent": absent,
            "fields": [dataclasses.asdict(story) for story in stories],
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
    else:
        console.print(f"read by [bold]{selector.name}[/bold]")
        if "*" in field or len(stories) > 1:
            console.print(_overview(stories))
        else:
            _tell(stories[0])
        for says in absent:
            console.print(f"[yellow]absent[/yellow] {escape(says)}", soft_wrap=True)
        for failure in failures:
            console.print(f"[red]fails[/red] {escape(failure)}", soft_wrap=True)
    if failures:
        raise typer.Exit(1)


@selectors_app.command()
def schema() -> None:
    """Print the JSON Schema of selector files (kept in docs/selector.schema.json)."""
    typer.echo(schema_text(), nl=False)


def _content(page: str) -> bytes:
    if re.fullmatch(r"[0-9a-f]{64}", page):
        from scrapers.archive.store import Archive  # only this way of naming a page needs it

        return Archive(load_settings().archive_url).get(page)
    path = Path(page)
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigInvalid(
            f"{page} can't be read ({type(error).__name__}): name an .html or .html.gz file, "
            "or the hash of an archived page"
        ) from error


def _selector(
    page: Page,
    files: SelectorFiles,
    kind: PageKind | None,
    version: str | None,
    on: date | None,
) -> SelectorFile:
    if kind is not None:
        return files.resolve(page, kind, on, version)
    candidates: dict[str, list[str]] = {}
    # Every whole page has the menu of tournaments: that kind is the last to be thought of.
    for known in sorted(PageKind, key=lambda kind: kind is PageKind.TOURNAMENTS):
        if not (files.folder / SOURCE / known).is_dir():
            continue
        try:
            return files.resolve(page, known, on, version)
        except LayoutChanged as error:
            candidates |= _candidates(error)
    raise LayoutChanged(
        "the page bears the fingerprint of no page kind: name one with --kind and --version",
        candidates=candidates,
    )


def _candidates(error: TouchlineError) -> dict[str, list[str]]:
    candidates = error.facts.get("candidates")
    return candidates if isinstance(candidates, dict) else {}


def _overview(stories: list[Story]) -> Table:
    table = Table("field", "type", "value", "from", box=None, pad_edge=False)
    for story in stories:
        winner = next((escape(t.place) for t in story.trials if t.wins), "")
        if not winner:
            is_there = any(trial.is_there for trial in story.trials)
            winner = f"[dim]{'null there' if is_there else 'nothing there'}[/dim]"
        filled = (
            f" [dim]({story.filled} of {story.rows} rows)[/dim]" if story.rows is not None else ""
        )
        mark = "[red]✗[/red] " if story.failures else ""
        table.add_row(
            mark + escape(story.name),
            story.type,
            escape(shown(story.value, 40)) + filled,
            winner,
        )
    return table


def _tell(story: Story) -> None:
    unit = f", in {story.unit}" if story.unit else ""
    console.print(f"[bold]{escape(story.name)}[/bold] ({story.type}{escape(unit)})")
    if story.rows is not None:
        console.print(f"row {story.row} of {story.rows}, {story.filled} with a value")
    for number, trial in enumerate(story.trials, start=1):
        console.print(f"{number}. {escape(trial.place)}  {_verdict(trial)}", soft_wrap=True)
        if trial.is_there:
            _step("found", trial.found, None)
        for step in trial.steps:
            _step(step.name, step.value, step.misfit)
    for step in story.steps:
        _step(step.name, step.value, step.misfit)
    console.print(f"[bold]= {escape(shown(story.value, 200))}[/bold]", soft_wrap=True)


def _verdict(trial: Trial) -> str:
    if trial.wins:
        return "[green]wins[/green]"
    if not trial.is_there:
        return "[dim]nothing there[/dim]"
    return "[dim]gives null[/dim]" if trial.value is None else "[dim]not needed[/dim]"


def _step(name: str, value: Any, misfit: str | None) -> None:
    told = f"[red]{escape(misfit)}[/red]" if misfit else escape(shown(value, 200))
    console.print(f"   {escape(name)} → {told}", soft_wrap=True)
