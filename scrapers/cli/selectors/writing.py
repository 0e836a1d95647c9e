"""`touchline selectors new` and `diff`: a version from another, and what sets two apart."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from scrapers.cli.console import out, print_json
from scrapers.cli.selectors.common import AsJson, Folder, file_named, selectors_app, written
from scrapers.errors import ConfigInvalid
from scrapers.parsing.difference import differences
from scrapers.parsing.files import SelectorFiles
from scrapers.parsing.load import check
from scrapers.parsing.suggest.draft import renamed
from scrapers.settings import ROOT
from scrapers.targets import SOURCE, PageKind
from scrapers.whoscored.needs import unmet

VersionName = Annotated[str, typer.Argument(help="name of the new version, e.g. 2026-08")]


@selectors_app.command("new")
def new_command(
    kind: Annotated[PageKind, typer.Argument(help="page kind")],
    version: VersionName,
    origin: Annotated[
        str | None, typer.Option("--from", help="version to copy; else the newest")
    ] = None,
    as_json: AsJson = False,
    folder: Folder = ROOT / "selectors",
) -> None:
    """Begin a new version as a copy of another, with its name and today's date."""
    source = _origin(kind, origin, folder)
    path = new_path(kind, version, folder)
    today = datetime.now(UTC).date()
    text = renamed(source.read_text(encoding="utf-8"), version, today)
    problems = check(path, unmet, text.encode())[1]
    if problems:
        raise ConfigInvalid("the copy has problems:\n  " + "\n  ".join(map(str, problems)))
    path.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"file": str(path), "copy_of": str(source)})
        return
    out.print(f"{path} is a copy of {source.name}. Next:", markup=False, soft_wrap=True)
    name = f"{kind.value}/{version}"
    for line in (
        "edit where values stand, and the fingerprint that tells this layout from the others",
        f"touchline selectors lint {path}",
        f"touchline selectors test {name}",
        f"touchline selectors promote {name}",
    ):
        out.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


@selectors_app.command("diff")
def diff_command(
    old: Annotated[
        str,
        typer.Argument(help="kind/version, kind/version@in-force, kind/version@RELEASE, or file"),
    ],
    new: Annotated[str, typer.Argument(help="the other one")],
    as_json: AsJson = False,
    folder: Folder = ROOT / "selectors",
) -> None:
    """Show what differs between two versions, as fields and places.

    Ends with 1 if anything does.
    """
    found = differences(written(old, folder).selector, written(new, folder).selector)
    if as_json:
        print_json([dataclasses.asdict(each) for each in found])
    else:
        for each in found:
            name = f"[bold]{escape(each.name)}[/bold]" + (f" {each.what}" if each.what else "")
            out.print(name, highlight=False, soft_wrap=True)
            if each.old is not None:
                out.print(f"  [red]- {escape(each.old)}[/red]", highlight=False, soft_wrap=True)
            if each.new is not None:
                out.print(f"  [green]+ {escape(each.new)}[/green]", highlight=False, soft_wrap=True)
        if not found:
            out.print("no difference")
    if found:
        raise typer.Exit(1)


def new_path(kind: PageKind, version: str, folder: Path) -> Path:
    """Where a new version is to stand.

    Raises:
        ConfigInvalid: it is there already.
    """
    path = folder / SOURCE / kind.value / f"{version}.yaml"
    if path.exists():
        raise ConfigInvalid(f"{path} is there already: name another version, or edit that one")
    return path


def _origin(kind: PageKind, origin: str | None, folder: Path) -> Path:
    if origin is None:
        origin = SelectorFiles(folder).for_kind(kind)[0].version
    name = origin if "/" in origin or origin.endswith(".yaml") else f"{kind.value}/{origin}"
    return file_named(name, folder)
