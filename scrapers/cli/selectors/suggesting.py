"""`touchline selectors suggest`: where the values stand on pages that no version fits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from scrapers.cli.console import out, print_json, print_table, some_of
from scrapers.cli.selectors.common import (
    AsJson,
    Folder,
    selectors_app,
    warehouse_settings,
)
from scrapers.cli.selectors.writing import new_path
from scrapers.errors import ConfigInvalid
from scrapers.parsing.compare import Counts
from scrapers.parsing.difference import place_text, rows_text, steps_text
from scrapers.parsing.load import check
from scrapers.parsing.replay import Sample
from scrapers.settings import ROOT, Settings
from scrapers.targets import SOURCE, PageKind, Target
from scrapers.whoscored.needs import unmet

if TYPE_CHECKING:
    from scrapers.parsing.suggest.fields import Proposal
    from scrapers.parsing.suggest.run import Pattern, Suggestion
    from scrapers.parsing.suggest.solve import Finding
    from scrapers.whoscored.suggestions import Desk

_HASH = re.compile(r"[0-9a-f]{64}")
_DRAFT = "draft"
_STANDS = "stands"


@selectors_app.command("suggest")
def suggest_command(
    pages: Annotated[
        list[str] | None, typer.Argument(help="files, or hashes of archived pages")
    ] = None,
    kind: Annotated[
        PageKind | None, typer.Option(help="page kind; of files it must be said")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="take this target's latest page, or say whose the file is")
    ] = None,
    known: Annotated[
        list[Path] | None,
        typer.Option(help="a page in the old layout, best an earlier one of the same target"),
    ] = None,
    write: Annotated[
        str | None, typer.Option("--write", help="write the draft under this version")
    ] = None,
    more: Annotated[int, typer.Option(min=0, help="further unread pages to prove it on")] = 10,
    as_json: AsJson = False,
    folder: Folder = ROOT / "selectors",
) -> None:
    """Find where values stand now, and write a draft of a version.

    Without pages: the newest unread ones of --kind. What is known of a page (the target's
    earlier page, its ids, the schedule) is looked for in it; a place counts by how many pages it
    reads right. Nothing is promoted. Ends with 1 if the draft does not read every page yet.
    """
    from scrapers.whoscored.suggestions import suggest_for

    settings = warehouse_settings()
    samples = _samples(settings, pages or [], kind, target, more)
    kind = samples[0].kind
    desk = _desk(settings, kind, folder, _earlier(known or [], kind, target))
    suggestion = suggest_for(desk, samples, write or _DRAFT, more)
    path = None
    if write is not None:
        path = new_path(kind, write, folder)
        path.write_text(suggestion.text, encoding="utf-8")
    if as_json:
        print_json(_as_json(suggestion, path))
    else:
        _show(suggestion, path)
    if not suggestion.reads_all or suggestion.problems:
        raise typer.Exit(1)


def _samples(
    settings: Settings | None,
    pages: list[str],
    kind: PageKind | None,
    target: str | None,
    count: int,
) -> list[Sample]:
    from scrapers.whoscored.proof import (
        page_of_file,
        page_of_hash,
        pages_of_target,
        target_of_name,
        unread_pages,
    )

    key = Target.from_key(target).key if target is not None else None
    if key is not None:
        kind = Target.from_key(key).page_kind
    found: list[Sample] = []
    for page in pages:
        if _HASH.fullmatch(page):
            engine, archive = _stores(settings)
            found.append(page_of_hash(engine, archive, page, kind))
            kind = found[-1].kind
            continue
        if kind is None:
            raise ConfigInvalid(f"{page} does not say what it is: add --kind or --target")
        path = Path(page)
        name = path.name.partition(".")[0]
        found.append(
            Sample(
                path.name, kind, page_of_file(path), target_key=key or target_of_name(name, kind)
            )
        )
    if not pages and key is not None:
        engine, archive = _stores(settings)
        found += list(pages_of_target(engine, archive, key, 1))
    elif not pages and kind is not None:
        engine, archive = _stores(settings)
        found += list(unread_pages(engine, archive, kind, max(count, 1)))
    if not found:
        raise ConfigInvalid(
            "there is no page: name files, hashes, --target, or --kind with unread pages"
        )
    if len({sample.kind for sample in found}) > 1:
        raise ConfigInvalid("the pages are of several kinds: one kind at a time")
    return found


def _earlier(paths: list[Path], kind: PageKind, target: str | None) -> list[Sample]:
    from scrapers.whoscored.proof import page_of_file, target_of_name

    return [
        Sample(
            path.name,
            kind,
            page_of_file(path),
            target_key=target or target_of_name(path.name.partition(".")[0], kind),
        )
        for path in paths
    ]


def _stores(settings: Settings | None) -> tuple[Any, Any]:
    from scrapers.archive.store import Archive
    from scrapers.settings import load_settings
    from scrapers.warehouse.engine import engine

    known = settings or load_settings()
    return engine(known), Archive(known.archive_url)


def _desk(settings: Settings | None, kind: PageKind, folder: Path, earlier: list[Sample]) -> Desk:
    from scrapers.whoscored.suggestions import Desk

    if settings is None:
        return Desk(_of_folder(kind, folder), earlier=earlier)
    engine, archive = _stores(settings)
    return Desk(
        _in_force(engine, kind) or _of_folder(kind, folder), engine, archive, earlier=earlier
    )


def _of_folder(kind: PageKind, folder: Path) -> list[Pattern]:
    texts = {p: p.read_bytes() for p in sorted((folder / SOURCE / kind.value).glob("*.yaml"))}
    return _patterns((path, text) for path, text in texts.items())


def _in_force(engine: Any, kind: PageKind) -> list[Pattern]:
    from scrapers.parsing import registry

    releases = registry.in_force(engine, kind)
    return _patterns((release.path, release.content.encode()) for release in releases)


def _patterns(texts: Any) -> list[Pattern]:
    from scrapers.parsing.suggest.run import Pattern

    found = []
    for path, content in texts:
        selector, problems = check(path, unmet, content)
        if selector is not None and not problems:
            found.append(Pattern(selector, content.decode()))
    return found


def _show(suggestion: Suggestion, path: Path | None) -> None:
    solution = suggestion.solution
    changed = [f for f in solution.findings if f.status != _STANDS]
    stands = len(solution.findings) - len(changed)
    out.print(
        f"By the pattern of {solution.base.name}, whose other {stands} places still hold",
        highlight=False,
    )
    rows = [(f.name, f.status, f.was, _now(f), _worth(f)) for f in changed]
    if rows:
        print_table("What changed", ("name", "it is", "was", "now", "pages right"), rows)
    for finding in changed:
        if finding.says:
            out.print(f"  {escape(finding.name)}: {escape(finding.says)}", soft_wrap=True)
        for other in finding.proposals[1:4]:
            told = f"  {finding.name}: or {_proposal(other)}  ({_fit(other)})"
            out.print(f"[dim]{escape(told)}[/dim]", soft_wrap=True, highlight=False)
    for problem in suggestion.problems:
        out.print(f"[red]draft[/red] {escape(str(problem))}", soft_wrap=True, highlight=False)
    # Pages that fail alike are told once.
    failing: dict[str, list[str]] = {}
    for name, reading in zip(suggestion.pages, suggestion.readings, strict=False):
        if reading.outcome != "read":
            failing.setdefault(f"{reading.outcome}: {reading.detail}", []).append(name)
    for why, names in failing.items():
        told = f"not read yet: {some_of(names)}: {why}"
        out.print(f"[red]{escape(told)}[/red]", soft_wrap=True, highlight=False)
    out.print(
        f"the draft reads {suggestion.read} of {len(suggestion.readings)} pages", highlight=False
    )
    for name, counts in _unlike(suggestion).items():
        told = f"{name}: {counts.changed + counts.lost} known values come out otherwise"
        out.print(f"[yellow]{escape(told)}[/yellow]: {escape('; '.join(counts.examples))}")
    if path is not None:
        name = f"{solution.base.page_kind.value}/{path.stem}"
        reads_all = suggestion.reads_all and not suggestion.problems
        what = "Look at it" if reads_all else "Mend what it does not read yet"
        out.print(f"written to {path}. {what}, then:", markup=False, soft_wrap=True)
        for line in (
            f"touchline selectors lint {path}",
            f"touchline selectors diff {solution.base.name} {name}",
            f"touchline selectors test {name}",
            *([f"touchline selectors promote {name}"] if reads_all else ()),
        ):
            out.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


def _unlike(suggestion: Suggestion) -> dict[str, Counts]:
    return {name: c for name, c in suggestion.compared.items() if c.changed or c.lost}


def _now(finding: Finding) -> str | None:
    if finding.document is not None:
        document = finding.document
        return document.assigned_to or document.pushed_to or document.css or document.xpath
    return _proposal(finding.proposals[0]) if finding.proposals else None


def _proposal(proposal: Proposal) -> str:
    if proposal.rows:
        return " | ".join(map(rows_text, proposal.rows))
    told = " | ".join(map(place_text, proposal.places))
    if proposal.steps is not None:
        told += f", then {steps_text(list(proposal.steps)) or 'nothing'}"
    return told


def _worth(finding: Finding) -> str | None:
    return _fit(finding.proposals[0]) if finding.proposals else None


def _fit(proposal: Proposal) -> str:
    fit = proposal.fit
    if fit is None:
        return ""
    if not fit.pages_known:
        return f"reads {fit.pages_read} of {fit.pages}, no value known"
    return f"{fit.pages_right} of {fit.pages_known}"


def _as_json(suggestion: Suggestion, path: Path | None) -> dict[str, Any]:
    return {
        "pattern": suggestion.solution.base.name,
        "written": str(path) if path is not None else None,
        "reads": suggestion.read,
        "pages": [
            {"page": name, "outcome": r.outcome, "detail": r.detail, "fields": list(r.fields)}
            for name, r in zip(suggestion.pages, suggestion.readings, strict=False)
        ],
        "problems": [str(problem) for problem in suggestion.problems],
        "otherwise": {
            name: {"changed": c.changed, "lost": c.lost, "examples": c.examples}
            for name, c in _unlike(suggestion).items()
        },
        "findings": [
            {
                "name": f.name,
                "status": f.status,
                "was": f.was,
                "now": _now(f),
                "says": f.says,
                "proposals": [
                    {
                        "told": _proposal(p),
                        "pages_right": p.fit.pages_right if p.fit else None,
                        "pages_known": p.fit.pages_known if p.fit else None,
                        "share": round(p.fit.share, 3) if p.fit else None,
                    }
                    for p in f.proposals
                ],
            }
            for f in suggestion.solution.findings
            if f.status != _STANDS
        ],
        "draft": suggestion.text,
    }
