"""Small pieces of Markdown, safe for whatever the code's descriptions say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# One line at the head of each page, after its title.
GENERATED = (
    "Made from `{source}` by `python -m scrapers.reference`: edit that, not this page; a test "
    "keeps them the same.\n"
)


def plain(text: str) -> str:
    """Text on one line in which nothing is taken for markup but code between backticks."""
    pieces = " ".join(text.split()).split("`")
    # Every second piece stands between backticks, where signs mean themselves.
    pieces[::2] = [_escaped(piece) for piece in pieces[::2]]
    return "`".join(pieces)


def code(text: str) -> str:
    """A value as code; empty text as a dash."""
    return f"`{text}`" if text else "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar within a cell does not end it."""
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows)]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _escaped(text: str) -> str:
    for sign in ("\\", "*", "_", "[", "]"):
        text = text.replace(sign, "\\" + sign)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
