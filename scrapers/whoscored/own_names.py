"""The team's own names: a YAML file of names by the site's ids, for SQL users to join.

    team:
      65: FC Barcelona

What the file no longer says is gone from core.own_name after the next loading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from scrapers.errors import ConfigInvalid
from scrapers.parsing.load import Problem
from scrapers.parsing.plain_yaml import Location, YamlProblemError, read_yaml
from scrapers.targets import PageKind
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.name_tables import KINDS

FILE_NAME = "names.yaml"
MAX_LENGTH = 200
_LARGEST = 2_147_483_647

# By kind and id.
OwnNames = dict[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a loading did: names in the file, and rows of core.own_name."""

    names: int
    inserted: int
    updated: int
    deleted: int


def is_names_file(path: Path) -> bool:
    """Whether a file is one of own names, by its name: in no page kind's folder."""
    return path.name == FILE_NAME and path.parent.name not in {kind.value for kind in PageKind}


def check_names(path: Path) -> tuple[OwnNames, list[Problem]]:
    """The names in a file, and all that is wrong with it; names with a problem are left out."""
    twice: list[YamlProblemError] = []
    try:
        written = read_yaml(path, twice=twice)
    except YamlProblemError as error:
        return {}, sorted(_unreadable(path, each) for each in (*twice, error))
    names: OwnNames = {}
    problems = {_unreadable(path, each) for each in twice}
    for at, kind, entity_id, name, wrong in _entries(written.value):
        line = written.lines.get(at, written.lines.get(at[:-1], 1))
        for what, mend in wrong:
            problems.add(Problem(str(path), line, ".".join(map(str, at)), what, mend))
        if not wrong and kind in KINDS:
            names[kind, entity_id] = name
    return names, sorted(problems)


def _unreadable(path: Path, error: YamlProblemError) -> Problem:
    mend = error.mend.replace("begin with page_kind; see docs/selectors.md", "write team: {}")
    return Problem(str(path), error.line, "", error.what, mend)


def load_names(engine: Engine, path: Path) -> Loaded:
    """Make core.own_name what the file says; without a file, empty.

    Raises:
        ConfigInvalid: the file has problems, one a line in `facts["problems"]`; nothing changes.
        WarehouseUnavailable: nothing has changed.
    """
    names: OwnNames = {}
    if path.exists():
        names, problems = check_names(path)
        if problems:
            lines = [str(problem) for problem in problems]
            raise ConfigInvalid(
                "file of own names refused:\n  " + "\n  ".join(lines),
                file=str(path),
                problems=lines,
            )
    given = {
        "kinds": [kind for kind, _ in names],
        "ids": [entity_id for _, entity_id in names],
        "names": list(names.values()),
    }
    with transaction(engine) as connection:
        row = connection.execute(_SYNC, given).one()
    return Loaded(len(names), row.inserted, row.updated, row.deleted)


_SYNC = text(
    """
WITH given AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS integer[]), CAST(:names AS text[]))
    AS g (kind, entity_id, name)
), merged AS (
  MERGE INTO core.own_name AS n USING given AS g
  ON n.kind = g.kind AND n.entity_id = g.entity_id
  WHEN MATCHED AND n.name <> g.name THEN UPDATE SET name = g.name
  WHEN NOT MATCHED BY TARGET THEN INSERT (kind, entity_id, name)
    VALUES (g.kind, g.entity_id, g.name)
  WHEN NOT MATCHED BY SOURCE THEN DELETE
  RETURNING merge_action() AS action
)
SELECT count(*) FILTER (WHERE action = 'INSERT') AS inserted,
       count(*) FILTER (WHERE action = 'UPDATE') AS updated,
       count(*) FILTER (WHERE action = 'DELETE') AS deleted
FROM merged"""
)

_Wrong = tuple[str, str]


def _entries(value: dict[Any, Any]) -> Iterator[tuple[Location, str, int, str, list[_Wrong]]]:
    """Each entry: its place, kind, id, name, and all that is wrong with it, each with the mend."""
    for kind, members in value.items():
        if kind not in KINDS:
            wrong = (f"unknown kind {kind!r}", f"write one of {', '.join(KINDS)}")
            yield (kind,), str(kind), 0, "", [wrong]
        if members is not None and not isinstance(members, dict):
            if kind in KINDS:
                wrong = ("is no list of names by id", "write lines such as 65: FC Barcelona")
                yield (kind,), kind, 0, "", [wrong]
            continue
        for entity_id, name in (members or {}).items():
            found = [each for each in (_id_wrong(entity_id), _name_wrong(name)) if each]
            stripped = name.strip() if isinstance(name, str) else ""
            number = entity_id if isinstance(entity_id, int) else 0
            yield (kind, entity_id), str(kind), number, stripped, found


def _id_wrong(entity_id: Any) -> _Wrong | None:
    if type(entity_id) is int and 0 < entity_id <= _LARGEST:
        return None
    return f"{entity_id!r} is no id", "write the site's number, without quotes"


def _name_wrong(name: Any) -> _Wrong | None:
    if not isinstance(name, str) or not name.strip():
        return f"{name!r} is no name", "write a text; quote what YAML takes for something else"
    if len(name) > MAX_LENGTH:
        return f"has {len(name)} characters", f"write at most {MAX_LENGTH}"
    return None
