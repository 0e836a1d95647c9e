"""Members of an object that are rows: which of them have another name now.

Rows of a group may be an object's members, such as the statistics of a team, and what is no row
is left out by its name. So a member with a new name is either one that was left out, or a row
that goes by another name now, or something that was not there before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scrapers.parsing.model import Group, Rows
from scrapers.parsing.places import MISSING
from scrapers.parsing.suggest.fields import Search
from scrapers.parsing.suggest.json_places import at
from scrapers.parsing.suggest.names import affinity
from scrapers.parsing.suggest.scope import Scope, View, evaluate
from scrapers.parsing.suggest.tokens import token

_ENOUGH = 0.6
_PARENTS = 300
_FEW = 4


@dataclass(slots=True)
class Members:
    """What became of an object's members.

    Attributes:
        renamed: new names by old ones.
        fresh: names that no old page has, and that no old member became.
    """

    renamed: dict[str, str] = field(default_factory=dict)
    fresh: dict[str, list[Any]] = field(default_factory=dict)


def members_of(
    rows: Rows,
    old_rows: Rows,
    parents: Sequence[Any],
    before: Sequence[Any],
    known: dict[str, str],
) -> Members:
    """Compare the members of the new pages' parents with those of the references'.

    Args:
        rows: where the members stand now.
        old_rows: where they stood.
        parents: rows of the group above, on the new pages.
        before: the same on the references.
        known: new names by old ones, as far as fields of the rows above told them.
    """
    new, old = _columns(rows, parents), _columns(old_rows, before)
    members = Members()
    if not new or not old:
        return members
    lost = [name for name in old if name not in new]
    members.fresh = {name: values for name, values in new.items() if name not in old}
    for was, name in known.items():
        if was in lost and name in members.fresh:
            members.renamed[was] = name
            del members.fresh[name]
    scored = sorted(
        (
            (_alike(was, name, old[was], values), was, name)
            for was in lost
            for name, values in members.fresh.items()
        ),
        reverse=True,
    )
    for score, was, name in scored:
        if score >= _ENOUGH and was not in members.renamed and name in members.fresh:
            members.renamed[was] = name
            del members.fresh[name]
    return members


def unreadable_members(
    scope: Scope, short: str, group: Group, members: Members, search: Search
) -> list[str]:
    """New members that the group's fields can't read: they are no rows."""
    found = []
    for name, values in members.fresh.items():
        rows = [{"key": name, "value": value} for value in values]
        view = View(scope.views[0].case, rows, [None] * len(rows))
        alone = Scope(scope.named(short), [view])
        fits = [
            evaluate(alone, one, each, each.places, None, search.documents, search.zone)
            for one, each in group.fields.items()
        ]
        if any(not fit.pages_read for fit in fits):
            found.append(name)
    # Where most can't be read, it is not their names that tell why; figures are no names.
    is_most = len(found) > _FEW and 2 * len(found) > len(members.fresh)
    return [] if is_most else [name for name in found if not name.isdigit()]


def called(renamed: dict[str, str]) -> str:
    """JMESPath of a member's key by which renamed ones keep their old name."""
    return " || ".join(
        [f"key == '{_quoted(new)}' && '{_quoted(old)}'" for old, new in renamed.items()] + ["key"]
    )


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace("'", "\\'")


def _columns(rows: Rows, parents: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for parent in parents[:_PARENTS]:
        value = at(parent, rows.path)
        if value is MISSING or type(value) is not dict:
            continue
        for name, inner in value.items():
            found.setdefault(name, []).append(inner)
    return found


def _alike(was: str, name: str, old: list[Any], new: list[Any]) -> float:
    """How likely one member is another under a new name: by its values most, then by its name."""
    kinds, others = _kinds(old), _kinds(new)
    if not kinds & others and kinds and others:
        return 0.0
    said, says = Counter(map(token, old)), Counter(map(token, new))
    whole = max(sum(said.values()), sum(says.values()))
    same = sum((said & says).values()) / whole
    telling = min(len(said), len(says)) > 1  # noughts throughout tell nothing
    named = affinity(was, name)
    return max((0.7 if telling else 0.2) * same + 0.3 * named, named if named > 0.75 else 0.0)


def _kinds(values: list[Any]) -> set[type]:
    kinds = {type(value) for value in values if value is not None}
    return {int if kind is float else kind for kind in kinds}
