"""How the command line ends when something fails: one clear line, and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from scrapers.errors import TouchlineError

EXIT_FAILED = 1
EXIT_CONFIG = 2


class FailureGroup(TyperGroup):
    """A command group that prints a failure of `scrapers.errors` instead of a traceback.

    `ConfigInvalid` ends with 2, any other failure with 1. A defect of ours, which is no such
    failure, keeps its traceback.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command; see the class."""
        try:
            return super().invoke(ctx)
        except typer.Exit:
            raise  # no failure, and `_failure` costs the start of a command that has none
        except _failure() as error:
            raise _told(error) from error


def _failure() -> type[TouchlineError]:
    from scrapers.errors import TouchlineError

    return TouchlineError


def _told(error: TouchlineError) -> typer.Exit:
    from scrapers.cli.console import problem
    from scrapers.errors import ConfigInvalid

    problem(f"{error.failure_class}: {error.detail}")
    return typer.Exit(EXIT_CONFIG if isinstance(error, ConfigInvalid) else EXIT_FAILED)
