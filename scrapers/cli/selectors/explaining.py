"""`touchline selectors explain`: how a page's fields are read, place by place, step by step."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from scrapers.cli.console import err, out
from scrapers.cli.failures import EXIT_CONFIG, EXIT_FAILED
from scrapers.cli.selectors.common import AsJson, Folder, selectors_app
from scrapers.errors import ConfigInvalid, LayoutChanged, TargetAbsent, TouchlineError
from scrapers.parsing.conditions import holds
from scrapers.parsing.explain import Story, Trial, explain, unfound
from scrapers.parsing.extract import unreadable
from scrapers.parsing.files import SelectorFiles
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.page import Page
from scrapers.parsing.values import shown
from scrapers.settings import ROOT, load_settings
from scrapers.targets import SOURCE, PageKind

log = logging.getLogger(__name__)

_HASH_LENGTH = 64  # hexadecimal digits of SHA-256


@selectors_app.command("explain")
def explain_command(
    page: Annotated[
        str,
        typer.Argument(
            help="an .html or .html.gz file, or an archived page's hash or its beginning"
        ),
    ],
    field: Annotated[
        str, typer.Argument(help="a field such as events.x, a group such as events, or a pattern")
    ] = "*",
    kind: Annotated[PageKind | None, typer.Option(help="page kind; else found out")] = None,
    version: Annotated[str | None, typer.Option(help="version; else by fingerprint")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="day it was fetched")
    ] = None,
    row: Annotated[int, typer.Option(min=0, help="row of a group to tell of, from 0")] = 0,
    as_json: AsJson = False,
    folder: Folder = ROOT / "selectors",
) -> None:
    """Show how fields are read from a page: what each place says, each step, and who won.

    Ends with 1 if the page can't be read so, with 2 if the call is wrong.
    """
    try:
        content = _content(page)
        opened = Page(content, page)
        selector = _selector(
            opened, SelectorFiles(folder), kind, version, on.date() if on else None
        )
        stories = explain(opened, selector, field, row)
    except TouchlineError as error:
        err.print(f"{error.failure_class}: {error.detail}", markup=False, soft_wrap=True)
        for name, what in _candidates(error).items():
            err.print(f"  {name}: {'; '.join(what)}", markup=False, soft_wrap=True)
        code = EXIT_CONFIG if isinstance(error, ConfigInvalid) else EXIT_FAILED
        raise typer.Exit(code) from None
    documents = [str(failure) for failure in unreadable(opened, selector).found]
    absent = [r.says for r in selector.absent if holds(r, opened, selector.documents)]
    groups = unfound(opened, selector, field)
    failures = [*documents, *groups]
    failures += [failure for story in stories for failure in story.failures]
    if as_json:
        told = {
            "selector": selector.name,
            "documents": documents,
            "absent": absent,
            "groups": groups,
            "fields": [dataclasses.asdict(story) for story in stories],
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
    else:
        out.print(f"read by [bold]{selector.name}[/bold]")
        if "*" in field or len(stories) > 1:
            out.print(_overview(stories))
        else:
            _tell(stories[0])
        for says in absent:
            out.print(f"[yellow]absent[/yellow] {escape(says)}", soft_wrap=True)
        for failure in failures:
            out.print(f"[red]fails[/red] {escape(failure)}", soft_wrap=True)
    if failures:
        raise typer.Exit(1)


def _content(page: str) -> bytes:
    if re.fullmatch(r"[0-9a-f]{8,64}", page) and not Path(page).exists():
        # Only this way of naming a page needs the archive, and only a beginning the warehouse.
        from scrapers.archive.store import Archive
        from scrapers.warehouse.engine import engine
        from scrapers.whoscored.proof import whole_hash

        current = load_settings()
        whole = page if len(page) == _HASH_LENGTH else whole_hash(engine(current), page)
        return Archive(current.archive_url).get(whole)
    from scrapers.whoscored.proof import page_of_file

    return page_of_file(Path(page))


def _selector(
    page: Page,
    files: SelectorFiles,
    kind: PageKind | None,
    version: str | None,
    on: date | None,
) -> SelectorFile:
    named = version.partition("/")[0] if version and "/" in version else None
    if kind is None and named in list(PageKind):
        kind = PageKind(named)  # match_centre/2022-08 says it
    if kind is not None:
        return files.resolve(page, kind, on, version)
    # Signs of one kind stand on pages of others: the kind that reads the page is the one, else
    # the first whose signs it bears. Every whole page has the menu of tournaments, so that is last.
    candidates: dict[str, list[str]] = {}
    tried: list[str] = []
    bears: SelectorFile | None = None
    for known in sorted(PageKind, key=lambda kind: kind is PageKind.TOURNAMENTS):
        if not (files.folder / SOURCE / known).is_dir():
            continue
        if version is not None and all(version != s.version for s in files.for_kind(known)):
            tried.append(known.value)
            continue
        if known is PageKind.TOURNAMENTS and bears is not None:
            break  # a match's page that is not read any more is no menu for that
        try:
            bears = bears or files.resolve(page, known, on, version)
            return files.read(page, known, on, version)[0]
        except LayoutChanged as error:
            candidates |= _candidates(error)
        except TargetAbsent as error:
            log.debug("%s: %s", known, error.detail)
    if bears is not None:
        return bears
    if version is not None and not candidates:
        raise ConfigInvalid(f"no version {version!r} of {', '.join(tried)}")
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
    out.print(f"[bold]{escape(story.name)}[/bold] ({story.type}{escape(unit)})")
    if story.rows is not None:
        out.print(f"row {story.row} of {story.rows}, {story.filled} with a value")
    for number, trial in enumerate(story.trials, start=1):
        out.print(f"{number}. {escape(trial.place)}  {_verdict(trial)}", soft_wrap=True)
        if trial.is_there:
            _step("found", trial.found, None)
        for step in trial.steps:
            _step(step.name, step.value, step.misfit)
    for step in story.steps:
        _step(step.name, step.value, step.misfit)
    out.print(f"[bold]= {escape(shown(story.value, 200))}[/bold]", soft_wrap=True)


def _verdict(trial: Trial) -> str:
    if trial.wins:
        return "[green]wins[/green]"
    if not trial.is_there:
        return "[dim]nothing there[/dim]"
    return "[dim]gives null[/dim]" if trial.value is None else "[dim]not needed[/dim]"


def _step(name: str, value: Any, misfit: str | None) -> None:
    told = f"[red]{escape(misfit)}[/red]" if misfit else escape(shown(value, 200))
    out.print(f"   {escape(name)} → {told}", soft_wrap=True)
