"""What the command line prints to: results to stdout, everything else to stderr."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from rich.console import Console, ConsoleDimensions
from rich.table import Table
from rich.text import Text

WIDE = 180


class _Out(Console):
    """A console that keeps to its terminal's width, and without one to `COLUMNS` or `WIDE`.

    A table in a file or a pipe need not be broken as if it stood in 80 columns.
    """

    @property  # type: ignore[misc]  # nobody sets it
    def size(self) -> ConsoleDimensions:
        """Width and height in characters, as they are now."""
        columns = os.environ.get("COLUMNS", "")
        if columns.isdigit() and int(columns):
            return ConsoleDimensions(int(columns), _LINES)
        return super().size if self.is_terminal else ConsoleDimensions(WIDE, _LINES)


_LINES = 25
out = _Out()
err = Console(stderr=True)


def some_of(names: Sequence[str], count: int = 5) -> str:
    """The first of some names, and how many there are besides."""
    told = ", ".join(names[:count])
    return f"{told} and {len(names) - count} more" if len(names) > count else told


def problem(text: str) -> None:
    """Tell a failure on stderr, as it is: no markup, no wrapping in the middle of a name."""
    err.print(harmless(text), style="red", markup=False, highlight=False, soft_wrap=True)


def harmless(text: str) -> str:
    """A text from elsewhere without signs that a terminal would obey; lines stay lines."""
    return "".join(
        sign if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cf") else "\ufffd"
        for sign in text
    )


def print_legend(lines: Iterable[str]) -> None:
    """Print what a table's words mean, a line each."""
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print a value as JSON, dates in ISO 8601."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str)
    out.print(text.decode(), markup=False, highlight=False, soft_wrap=True)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows as a table; numbers stand on the right, null is a dash."""
    body = [list(row) for row in rows]
    table = Table(title=title, title_justify="left", header_style="bold")
    for place, name in enumerate(columns):
        numeric = bool(body) and all(isinstance(row[place], int | float) for row in body)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in body:
        # Words of pages stand in cells: what looks like markup in them is none.
        table.add_row(*("–" if value is None else Text(harmless(str(value))) for value in row))
    out.print(table)
