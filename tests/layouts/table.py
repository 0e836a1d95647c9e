"""The table of results: for the terminal, and for the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rich.table import Table

from tests.layouts.changes import BY_NAME, CHANGES
from tests.layouts.keys import SAME, KeyCell
from tests.layouts.night import Cell

FLOOR = 0.9
_Cell = TypeVar("_Cell", Cell, KeyCell)
_HEADS = (
    "change", "page kind", "fields changed", "wrong rows", "told as", "named", "suggested",
    "broken", "mended by", "landed",
)  # fmt: skip


def rows_of(cells: Sequence[Cell]) -> list[tuple[str, ...]]:
    """A row for each cell."""
    return [
        (
            BY_NAME[cell.change].title,
            cell.kind,
            str(len(cell.fields)),
            str(cell.wrong),
            cell.told,
            f"{cell.named} of {len(cell.fields)}" if cell.fields else "",
            f"{cell.suggested} of {len(cell.fields)}" if cell.fields and cell.stands else "",
            str(cell.broken) if cell.fields and cell.stands else "",
            cell.mended,
            "yes" if cell.landed else "no",
        )
        for cell in cells
    ]


def share(cells: Sequence[Cell]) -> tuple[int, int]:
    """Changed fields whose value still stands on the page: how many were found, of how many.

    A field that the change left alone and the draft breaks counts as one that was not found.
    """
    counted = [cell for cell in cells if cell.stands]
    found = sum(cell.suggested for cell in counted)
    return found, sum(len(cell.fields) + cell.broken for cell in counted)


def failing(cells: Sequence[_Cell]) -> list[_Cell]:
    """Cells that prove that something is wrong."""
    return [cell for cell in cells if not cell.is_good]


def shortfalls(cells: Sequence[Cell]) -> list[str]:
    """Page kinds of whose changed fields `suggest` finds too few.

    Where only the form of values is another, their place is known, and they stand on the page no
    more as they are known; the total counts them nevertheless.
    """
    found = []
    for kind in dict.fromkeys(cell.kind for cell in cells):
        of_kind = [cell for cell in cells if cell.kind == kind]
        right, all_ = share([cell for cell in of_kind if not BY_NAME[cell.change].is_of_form])
        if right < FLOOR * all_:
            found.append(f"{kind}: suggest finds {right} of {all_}, fewer than {FLOOR:.0%}")
    return found


def is_good(cells: Sequence[Cell], names: Sequence[KeyCell] = ()) -> bool:
    """Whether the tables prove what they are there to prove; empty ones prove nothing."""
    there = bool(cells or names)
    return there and not (failing(cells) or failing(names) or shortfalls(cells))


def total(cells: Sequence[Cell]) -> str:
    """What all cells come to, in a sentence."""
    found, all_ = share(cells)
    wrong = sum(cell.wrong for cell in cells)
    mended = sum(bool(cell.mended) for cell in cells)
    changed = sum(bool(cell.fields) for cell in cells)
    by_draft = sum(cell.mended == "the draft" for cell in cells)
    gone = sum(cell.mended == "the next whole page" for cell in cells)
    landed = sum(cell.landed for cell in cells)
    percent = f"{found / all_:.1%}" if all_ else "-"
    return (
        f"{len(cells)} cells: {wrong} wrong rows landed; {changed} changes are not read as before, "
        f"{mended} of them are mended ({by_draft} by the draft of suggest as it is, "
        f"{mended - by_draft - gone} by an edit of the YAML, {gone} have no value on the page); "
        f"suggest finds {found} of {all_} changed fields whose value stands on the page "
        f"({percent}); in {landed} cells the core tables are in the end those of an unchanged "
        f"night"
    )


def terminal(cells: Sequence[Cell]) -> Table:
    """The table as the terminal shows it."""
    table = Table(*_HEADS, title="Changes of the layout", caption=total(cells))
    for cell, row in zip(cells, rows_of(cells), strict=True):
        table.add_row(*row, style=None if cell.is_good else "red")
    return table


_NAMES_HEADS = (
    "page kind", "names", "refused as it is read", "put aside by the gate", "read as before",
    "wrong rows",
)  # fmt: skip


def rows_of_names(names: Sequence[KeyCell]) -> list[tuple[str, ...]]:
    """A row for each page kind: what became of its names, each another alone."""
    rows = []
    for kind in dict.fromkeys(name.kind for name in names):
        of_kind = [name for name in names if name.kind == kind]
        same = sum(name.told == SAME for name in of_kind)
        gate = sum("Invalid" in name.told for name in of_kind)
        counts = (len(of_kind), len(of_kind) - same - gate, gate, same)
        rows.append((kind, *map(str, counts), str(sum(name.wrong for name in of_kind))))
    return rows


def terminal_of_names(names: Sequence[KeyCell]) -> Table:
    """The table of names as the terminal shows it."""
    table = Table(*_NAMES_HEADS, title="Each name alone")
    for row in rows_of_names(names):
        table.add_row(*row)
    return table


def document(cells: Sequence[Cell], names: Sequence[KeyCell]) -> str:
    """The page of the documentation."""
    lines = [_HEAD, f"{total(cells)}.", ""]
    lines += ["## The changes", "", "| change | what is done to the page |", "|---|---|"]
    lines += [
        f"| {change.title} | {_plain(change.says)} |"
        for change in CHANGES
        if any(cell.change == change.name for cell in cells)
    ]
    lines += ["", "## The results", "", f"| {' | '.join(_HEADS)} |", "|---" * len(_HEADS) + "|"]
    lines += [f"| {' | '.join(_plain(text) for text in row)} |" for row in rows_of(cells)]
    lines += ["", "## Each name alone", "", _NAMES, f"| {' | '.join(_NAMES_HEADS)} |"]
    lines += ["|---" * len(_NAMES_HEADS) + "|"]
    lines += [f"| {' | '.join(row)} |" for row in rows_of_names(names)]
    lines += ["", "Read as before: " + "; ".join(
        f"{name.kind} `{name.address}`" for name in names if name.told == SAME) + "."]  # fmt: skip
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;").replace("|", "\\|")


_HEAD = """\
# What changes of the layout come to

This page is generated by `make layouts`; do not edit it.

Every change is made to the pages of the stand-in site, of each page kind to which it applies, and
the pages go the whole way: archive, parse, quality gate, landing, on a real PostgreSQL. Two pages
of each kind are changed, one whose address was read the day before, and one that is new.

- *fields changed*: what the selector file in force reads otherwise, or not at all. 0: it reads the
  changed page as before, and the rows land.
- *wrong rows*: rows in the core tables that no unchanged night puts there, and rows that an
  unchanged night leaves there and that are gone; 0 is the only good answer.
- *told as*: the failure class of the pages; *named*: how many of the fields the failure lists, as
  fields, groups or columns. What a sentence says is not counted. `LayoutChanged` names all that
  must be there and is found no more; the gate names what contradicts what is known.
- *suggested*: fields that the draft of `touchline selectors suggest` reads with their true values;
  empty where the values stand on the page no more; *broken*: fields that the change left alone and
  the draft reads otherwise.
- *mended by*: the draft as it is, an edit of the YAML by hand (kept in `tests/layouts/mends.py`),
  or, where the site has emptied what it says, the next page that says it again.
- *landed*: after the mend and a re-parse the core tables hold what an unchanged night gives.

"""

_NAMES = """\
Each key that the selector file's paths go through, and each class, id, data attribute and head of a
table that its CSS and XPath name, has another name, all others have theirs. A failure names what is
read there. What is read as before has a second place on the page, or decides only cases that the
pages do not have.
"""
