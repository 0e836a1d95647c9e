"""What failed while a page was read, gathered field by field and told at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scrapers.errors import LayoutChanged

_IN_DETAIL = 5
_IN_FACTS = 100


@dataclass(frozen=True, slots=True)
class Failure:
    """One field (or group, or document) that the page did not satisfy.

    Attributes:
        name: the field, with its groups: `teams.players.player_id`.
        what: why, with a value as example.
        rows: rows of the group that failed; 0 if it is no matter of rows.
        of_rows: rows of the group.
    """

    name: str
    what: str
    rows: int = 0
    of_rows: int = 0

    def __str__(self) -> str:
        where = f" in {self.rows} of {self.of_rows} rows" if self.of_rows else ""
        return f"{self.name} {self.what}{where}"


@dataclass(slots=True)
class Failures:
    """All failures of one reading of a page."""

    found: list[Failure] = field(default_factory=list)

    def add(self, name: str, what: str, rows: int = 0, of_rows: int = 0) -> None:
        """Note a failure."""
        self.found.append(Failure(name, what, rows, of_rows))

    def names(self) -> list[str]:
        """Names that failed, each once, in the order in which they were noted."""
        return list(dict.fromkeys(failure.name for failure in self.found))

    def error(self, selector: str, url: str, **facts: Any) -> LayoutChanged:
        """The failure class for these, naming every field."""
        names = self.names()
        told = "; ".join(str(failure) for failure in self.found[:_IN_DETAIL])
        more = len(self.found) - _IN_DETAIL
        return LayoutChanged(
            f"{selector} does not read the page: {told}" + (f"; and {more} more" * (more > 0)),
            fields=names[:_IN_FACTS],
            failures=[str(failure) for failure in self.found[:_IN_FACTS]],
            selector=selector,
            url=url,
            **facts,
        )
