"""Which cells there must be, written down: a change that finds nothing to change is no proof.

A change whose expression no longer fits the pages gives None, and its cell would go without a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from scrapers.targets import PageKind
from tests.layouts.keys import KeyCell
from tests.layouts.night import Cell
from tests.layouts.run import KEY_BY_KEY

_CHANGES: dict[PageKind, str] = {
    PageKind.TOURNAMENTS: (
        "variable script json-script keys deeper details empty-rows empty-values "
    ),
    PageKind.SEASONS: ("names wrap table data-attributes seasons empty-rows empty-values "),
    PageKind.STAGES: ("names wrap table data-attributes seasons empty-rows empty-values "),
    PageKind.SCHEDULE: (
        "keys deeper details feed feed-script sides dates day-month clock seasons empty-rows "
        "empty-values "
    ),
    PageKind.MATCH_CENTRE: (
        "names wrap data-attributes variable script json-script keys deeper details positions "
        "sides dates day-month clock seasons metres shares seconds bodies empty-rows "
        "empty-values "
    ),
    PageKind.MATCH_PREVIEW: (
        "names wrap table data-attributes variable script json-script keys deeper details "
        "columns positions sides team-names ratings comma empty-rows empty-table empty-values "
    ),
    PageKind.MATCH_REPORT: (
        "names wrap data-attributes variable script json-script keys deeper details columns "
        "positions sides team-names empty-rows empty-values "
    ),
    PageKind.STANDINGS: (
        "names wrap table data-attributes variable script json-script keys deeper details "
        "positions sides goals seasons empty-rows empty-values "
    ),
    PageKind.TEAM_STATISTICS: (
        "keys deeper details feed feed-script per-cent totals ratings empty-rows empty-values "
    ),
    PageKind.PLAYER_STATISTICS: (
        "keys deeper details feed feed-script seconds bodies per-cent totals ratings "
        "empty-rows empty-values "
    ),
    PageKind.REFEREE_STATISTICS: (
        "names wrap table data-attributes columns seasons totals comma empty-rows empty-values "
    ),
}
CELLS = {kind: tuple(names.split()) for kind, names in _CHANGES.items()}
# How many names of each kind are another alone.
NAMES: dict[PageKind, int] = {
    PageKind.TOURNAMENTS: 8,
    PageKind.SEASONS: 6,
    PageKind.STAGES: 8,
    PageKind.SCHEDULE: 26,
    PageKind.MATCH_CENTRE: 110,
    PageKind.MATCH_PREVIEW: 18,
    PageKind.MATCH_REPORT: 6,
    PageKind.STANDINGS: 10,
    PageKind.TEAM_STATISTICS: 5,
    PageKind.PLAYER_STATISTICS: 7,
    PageKind.REFEREE_STATISTICS: 16,
}


def missing(
    cells: Sequence[Cell],
    names: Sequence[KeyCell],
    kinds: Sequence[PageKind],
    changes: Sequence[str],
) -> list[str]:
    """Cells that must be and are not, and those that nobody has written down."""
    due = {(kind.value, name) for kind in kinds for name in CELLS[kind] if name in changes}
    there = {(cell.kind, cell.change) for cell in cells}
    found = [f"{kind} {name}: no cell, though one is due" for kind, name in sorted(due - there)]
    found += [
        f"{kind} {name}: a cell that tests/layouts/expected.py does not know"
        for kind, name in sorted(there - due)
    ]
    if KEY_BY_KEY in changes:
        counts = Counter(cell.kind for cell in names)
        found += [
            f"{kind.value}: {counts[kind.value]} names tried alone, {NAMES[kind]} are due"
            for kind in kinds
            if counts[kind.value] != NAMES[kind]
        ]
    return found
