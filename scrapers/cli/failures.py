"""How the command line ends when something fails: one clear line, and an exit code."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from scrapers.cli.console import problem
from scrapers.errors import ConfigInvalid, TouchlineError

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
        except TouchlineError as error:
            problem(f"{error.failure_class}: {error.detail}")
            code = EXIT_CONFIG if isinstance(error, ConfigInvalid) else EXIT_FAILED
            raise typer.Exit(code) from error
