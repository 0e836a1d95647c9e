"""Selector files and own names: are the files in order, and what of them is in force."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy.exc import ProgrammingError

from scrapers.doctor.context import Context
from scrapers.doctor.result import Check, fail, ok, skipped, warn
from scrapers.doctor.warehouse import reached
from scrapers.errors import ConfigInvalid, WarehouseUnavailable
from scrapers.parsing import registry
from scrapers.parsing.initial import unlisted
from scrapers.parsing.load import Problem, check
from scrapers.settings import PREFIX, Settings
from scrapers.targets import SOURCE
from scrapers.warehouse.engine import lacks_a_right
from scrapers.whoscored.needs import unmet
from scrapers.whoscored.own_names import check_names

SETTING, NAMES_SETTING = f"{PREFIX}SELECTORS_DIR", f"{PREFIX}NAMES_FILE"
FILES, IN_FORCE, NAMES = "selectors.files", "selectors.in_force", "names.file"
CHECKS = {
    FILES: "every selector file is in order, and each kind of page that is collected has one",
    IN_FORCE: "what is in force can be used, and is what stands in the folder",
    NAMES: "the file of own names, if there is one, is in order",
}
_TOLD = 3  # problems
_UNDEFINED_COLUMN = "42703"  # one of another release: the warehouse's own checks tell it
_UNREADABLE = "the registry can't be read: see warehouse.schema and its rights"


def look(context: Context) -> list[Check]:
    """All checks of files that the team edits."""
    settings = context.settings
    paths = sorted((settings.selectors_dir / SOURCE).glob("*/*.yaml"))
    problems = {path: found for path in paths if (found := check(path, unmet)[1])}
    return [
        _files(settings, paths, problems),
        _in_force(context, paths, problems),
        _names(settings.names_file),
    ]


def _files(settings: Settings, paths: list[Path], problems: dict[Path, list[Problem]]) -> Check:
    folder = settings.selectors_dir / SOURCE
    there = {path.parent.name for path in paths}
    if absent := [kind.value for kind in settings.page_kinds if kind.value not in there]:
        found = f"{folder} has no selector file of {', '.join(absent)}"
        mend = f"correct {SETTING}, or add the file: touchline selectors new"
        return fail(FILES, ConfigInvalid, found, mend, subject=SETTING)
    if problems:
        told = _sentences(problem for found in problems.values() for problem in found)
        mend = "correct the file; touchline selectors lint tells all"
        return fail(FILES, ConfigInvalid, told, mend, subject=SETTING)
    return ok(FILES, f"{len(paths)} files in {folder}, no problem", subject=SETTING)


def _in_force(context: Context, paths: list[Path], problems: dict[Path, list[Problem]]) -> Check:
    try:
        with reached(context) as engine:
            releases = registry.in_force(engine)
    except WarehouseUnavailable:
        return skipped(IN_FORCE, "PostgreSQL was not reached")
    except ProgrammingError as error:
        if getattr(error.orig, "pgcode", None) != _UNDEFINED_COLUMN:
            raise
        return skipped(IN_FORCE, _UNREADABLE)
    except ConfigInvalid as error:
        if lacks_a_right(error):
            return skipped(IN_FORCE, _UNREADABLE)
        if "setting" in error.facts:  # the warehouse's own checks tell it
            return skipped(IN_FORCE, "PostgreSQL was not reached")
        return fail(IN_FORCE, ConfigInvalid, error.detail, "run touchline db upgrade")
    usable: set[str] = set()
    bad: list[Problem] = []
    for release in releases:
        selector, found = check(release.path, unmet, release.content.encode())
        if selector is None or found:
            bad += found
        else:
            usable.add(release.page_kind)
    registered = {release.page_kind for release in releases}
    # A kind that the registry does not know is registered from the folder at its first use.
    try:
        drafts = set(unlisted(context.settings.selectors_dir))
    except ConfigInvalid as error:
        return fail(IN_FORCE, ConfigInvalid, error.detail, "correct the list", subject=SETTING)
    first = {p for p in paths if p not in problems and f"{p.parent.name}/{p.stem}" not in drafts}
    usable |= {path.parent.name for path in first} - registered
    wanted = [kind.value for kind in context.settings.page_kinds]
    if missing := [kind for kind in wanted if kind not in usable]:
        found_text = f"nothing in force for {', '.join(missing)} can be used"
        if bad:
            found_text += f": {_sentences(bad)}"
        mend = "touchline selectors status, then touchline selectors promote a file that can"
        return fail(IN_FORCE, ConfigInvalid, found_text, mend)
    if bad:
        mend = "touchline selectors promote a text that this release can use"
        return warn(IN_FORCE, f"in force and not usable: {_sentences(bad)}", mend)
    return _compared(releases, paths)


def _compared(releases: list[registry.Release], paths: list[Path]) -> Check:
    on_disk = {f"{path.parent.name}/{path.stem}": path for path in paths}
    known = {release.name for release in releases}
    kinds = {release.page_kind for release in releases}
    edited = [
        release.name
        for release in releases
        if release.name in on_disk
        and registry.digest(on_disk[release.name].read_bytes()) != release.sha256
    ]
    drafts = [n for n, path in on_disk.items() if n not in known and path.parent.name in kinds]
    told = f"{len(releases)} in force"
    if edited or drafts:
        parts = [f"edited since: {', '.join(edited)}"] if edited else []
        parts += [f"drafts: {', '.join(drafts)}"] if drafts else []
        mend = f"touchline selectors promote {(edited or drafts)[0]}, or take the change back"
        return warn(IN_FORCE, f"{told}; not in force is what was {'; '.join(parts)}", mend)
    return ok(IN_FORCE, f"{told}, as they stand in the folder")


def _names(path: Path) -> Check:
    if not path.exists():
        return ok(NAMES, f"{path} is not there: no own names", subject=NAMES_SETTING)
    names, problems = check_names(path)
    if problems:
        mend = f"correct the file, or name another in {NAMES_SETTING}"
        return fail(NAMES, ConfigInvalid, _sentences(problems), mend, subject=NAMES_SETTING)
    return ok(NAMES, f"{len(names)} names in {path}", subject=NAMES_SETTING)


def _sentences(problems: Iterable[Problem]) -> str:
    told = [str(problem) for problem in problems]
    more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    return "; ".join(told[:_TOLD]) + more
