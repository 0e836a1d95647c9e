"""`touchline selectors promote`, `rollback`, `status`, `history`: what is in force, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from scrapers.cli.console import out, print_json, print_table, problem
from scrapers.cli.runs import who
from scrapers.cli.selectors.common import AsJson, By, Folder, selectors_app, written
from scrapers.cli.selectors.testing import GOLDEN, Accept, Golden, Pages, replay_versions, show
from scrapers.parsing.initial import FILE_NAME, unlisted
from scrapers.settings import ROOT, load_settings
from scrapers.targets import SOURCE, PageKind

_SHORT = 12  # digits of a hash that people see
# Whoever promotes one file has not made the others that lie in the folder.
_REGISTRAR = "touchline selectors promote"


@selectors_app.command("promote")
def promote_command(
    version: Annotated[str, typer.Argument(help="kind/version, or the file")],
    by: By = None,
    force: Annotated[
        str | None, typer.Option(help="promote although the test fails, for this reason")
    ] = None,
    accept: Accept = None,
    pages: Pages = 20,
    golden: Golden = GOLDEN,
    as_json: AsJson = False,
    folder: Folder = ROOT / "selectors",
) -> None:
    """Test a version, and put exactly this text in force.

    Workers take it up at their next page. Ends with 1 if the test fails; `--force REASON` puts
    it in force all the same and records the reason.
    """
    from scrapers.parsing import registry
    from scrapers.warehouse.engine import engine
    from scrapers.whoscored.needs import unmet

    found = written(version, folder)
    warehouse = engine(load_settings())
    registry.register(warehouse, folder, _REGISTRAR, unmet, [found.selector.page_kind])
    report = replay_versions(found.selector.page_kind, found, pages, golden, folder, accept or ())
    if not as_json:
        show(found.selector.page_kind.value, report)
    if report.failures and not force:
        if as_json:
            print_json({"promoted": False, "report": report.as_json()})
        else:
            problem("Not promoted. Mend the file, or add --force REASON.")
        raise typer.Exit(1)
    reason = force if report.failures else None
    accepted = (report.landing or {}).get("accepted")  # of what was named, that which was needed
    if accepted and reason is None:
        reason = f"accepted changes of {', '.join(accepted)}"
    release = registry.promote(
        warehouse, found.selector, found.content, who(by), report.as_json(), reason
    )
    if as_json:
        print_json({"promoted": True, "release": _row(release), "report": report.as_json()})
        return
    out.print(
        f"{release.name} is in force, release {release.release_id} by {release.who}. "
        f"To take it back: touchline selectors rollback {release.page_kind}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if release.name in unlisted(folder) and not report.failures:
        out.print(
            f"A new database begins without it: add it to {folder / FILE_NAME} when you commit it.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


@selectors_app.command("rollback")
def rollback_command(
    kind: Annotated[PageKind, typer.Argument(help="page kind")],
    by: By = None,
    reason: Annotated[str | None, typer.Option(help="why, for the history")] = None,
    as_json: AsJson = False,
) -> None:
    """Take the last promotion of a page kind back; again: the one before."""
    from scrapers.parsing import registry
    from scrapers.pipeline.kept import read_by
    from scrapers.warehouse.engine import engine

    warehouse = engine(load_settings())
    taken_back = registry.roll_back(warehouse, kind, who(by), reason)
    now = registry.in_force(warehouse, kind)
    targets = read_by(warehouse, taken_back.name)
    if as_json:
        print_json(
            {
                "taken_back": _row(taken_back),
                "in_force": [_row(r) for r in now],
                "read_by_it": targets,
            }
        )
        return
    told = ", ".join(f"{r.name} (release {r.release_id})" for r in now)
    out.print(
        f"{taken_back.name}, release {taken_back.release_id}, is taken back. In force: {told}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if targets and taken_back.name not in {release.name for release in now}:
        out.print(
            f"It read {targets} pages last; what it landed of them stays until they are read again."
            f" See first what that would give: touchline reparse --read-by {taken_back.name} "
            "--dry-run. If nothing in force reads them, mend the file and promote it before.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


@selectors_app.command("status")
def status_command(as_json: AsJson = False, folder: Folder = ROOT / "selectors") -> None:
    """What is in force, and where the folder differs from it.

    Ends with 1 if a file was edited since its promotion, or is gone; drafts are no finding.
    """
    from scrapers.parsing import registry
    from scrapers.warehouse.engine import engine

    releases = registry.in_force(engine(load_settings()))
    rows = [{**_row(release), "file": _state(release, folder)} for release in releases]
    drafts = _drafts(releases, folder)
    if as_json:
        print_json({"in_force": rows, "drafts": drafts})
    else:
        print_table(
            "In force",
            ("version", "since (UTC)", "by", "release", "hash", "file"),
            (
                (r["name"], f"{r['at']:%Y-%m-%d %H:%M}", r["who"], r["release_id"],
                 r["sha256"][:_SHORT], r["file"])
                for r in rows
            ),
        )  # fmt: skip
        for name in drafts:
            out.print(f"{name} is a draft", markup=False, highlight=False)
    if any(row["file"] != "same" for row in rows):
        raise typer.Exit(1)


@selectors_app.command("history")
def history_command(
    kind: Annotated[PageKind | None, typer.Argument(help="page kind; without: all")] = None,
    as_json: AsJson = False,
    folder: Folder = ROOT / "selectors",
) -> None:
    """Every promotion and rollback: who, when, which text, with what test result; drafts too.

    Ends with 1 if a file in force was edited since its promotion, or is gone.
    """
    from scrapers.parsing import registry
    from scrapers.warehouse.engine import engine

    warehouse = engine(load_settings())
    rows = [_row(release) for release in registry.history(warehouse, kind)]
    held = registry.in_force(warehouse, kind)
    edited = {r.name: state for r in held if (state := _state(r, folder)) != "same"}
    if as_json:
        print_json({"history": rows, "edited_since": edited})
    else:
        print_table(
            "History",
            ("release", "at (UTC)", "by", "action", "version", "hash", "test", "reason"),
            (
                (r["release_id"], f"{r['at']:%Y-%m-%d %H:%M}", r["who"], r["action"], r["name"],
                 r["sha256"][:_SHORT], r["test"], r["reason"])
                for r in rows
            ),
        )  # fmt: skip
        for name, state in edited.items():
            problem(f"{name}: the file was {state} since its promotion, which stays in force")
    if edited:
        raise typer.Exit(1)


def _row(release: Any) -> dict[str, Any]:
    report = release.report
    test = None
    if report is not None:
        totals = report["totals"]
        outcome = "passed" if report["ok"] else "failed"
        test = f"{outcome}, {totals['pages']} pages, {totals['newly_read']} newly read"
    reason = release.reason
    if release.undoes is not None:
        reason = f"takes release {release.undoes} back" + (f": {reason}" if reason else "")
    return {
        "release_id": release.release_id,
        "at": release.at,
        "name": release.name,
        "action": release.action.value,
        "who": release.who,
        "sha256": release.sha256,
        "test": test,
        "reason": reason,
        "undoes": release.undoes,
    }


def _state(release: Any, folder: Path) -> str:
    """How the folder's file stands to the text in force: same, edited or gone."""
    from scrapers.parsing.registry import digest

    path = folder / SOURCE / release.page_kind / f"{release.version}.yaml"
    if not path.is_file():
        return "gone"
    return "same" if digest(path.read_bytes()) == release.sha256 else "edited"


def _drafts(releases: list[Any], folder: Path) -> list[str]:
    held = {release.name for release in releases}
    names = [f"{p.parent.name}/{p.stem}" for p in sorted((folder / SOURCE).glob("*/*.yaml"))]
    return [name for name in names if name not in held]
