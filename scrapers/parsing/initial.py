"""`initial.yaml`: the selector files with which a new database begins.

    match_centre: ["2022-08"]

It stands beside the page kinds' folders. A file that it does not name is a draft, however it came
to be there: left over from an experiment, suggested, copied by hand. A folder without the list has
no drafts for a new database: all of its files are in force there.
"""

from __future__ import annotations

from pathlib import Path

from scrapers.errors import ConfigInvalid
from scrapers.parsing.load import Problem
from scrapers.parsing.plain_yaml import YamlProblemError, read_yaml
from scrapers.targets import SOURCE, PageKind

FILE_NAME = "initial.yaml"
_KINDS = {kind.value for kind in PageKind}
_EXAMPLE = 'write match_centre: ["2022-08"]'


def is_initial_file(path: Path) -> bool:
    """Whether a file is such a list, by its name: in no page kind's folder."""
    return path.name == FILE_NAME and path.parent.name not in _KINDS


def initial_names(folder: Path) -> frozenset[str] | None:
    """The names listed, such as `match_centre/2022-08`; None: the folder has no list.

    Raises:
        ConfigInvalid: the list has problems, or names a file that is not there.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return None
    names, problems = check_initial(path)
    if problems:
        told = "\n  ".join(map(str, problems))
        raise ConfigInvalid(f"the list of initial selector files has problems:\n  {told}")
    return names


def unlisted(folder: Path) -> list[str]:
    """Names of the files that the folder's list does not name: drafts, for a new database.

    Raises:
        ConfigInvalid: as `initial_names`.
    """
    listed = initial_names(folder)
    if listed is None:
        return []
    found = (f"{p.parent.name}/{p.stem}" for p in sorted((folder / SOURCE).glob("*/*.yaml")))
    return [name for name in found if name not in listed]


def check_initial(path: Path) -> tuple[frozenset[str], list[Problem]]:
    """The names in a list, and all that is wrong with it."""
    try:
        written = read_yaml(path)
    except YamlProblemError as error:
        mend = error.mend.replace("begin with page_kind; see docs/selectors.md", _EXAMPLE)
        return frozenset(), [Problem(str(path), error.line, "", error.what, mend)]
    names: set[str] = set()
    problems: list[Problem] = []

    def wrong(kind: object, what: str, mend: str) -> None:
        line = written.lines.get((str(kind),), 1)
        problems.append(Problem(str(path), line, str(kind), what, mend))

    for kind, versions in written.value.items():
        if kind not in _KINDS:
            wrong(kind, "is no page kind", f"write one of {', '.join(sorted(_KINDS))}")
            continue
        if not isinstance(versions, list):
            wrong(kind, "is no list of versions", _EXAMPLE)
            continue
        for version in versions:
            if not isinstance(version, str):
                wrong(kind, f"{version} is no text", f'write it in quotes: ["{version}"]')
            elif not (path.parent / SOURCE / kind / f"{version}.yaml").is_file():
                what = f"names {version}, and there is no {SOURCE}/{kind}/{version}.yaml"
                wrong(kind, what, "add the file, or take the name out")
            else:
                names.add(f"{kind}/{version}")
    return frozenset(names), problems
