"""The command line starts without what its commands need, and still lists and finds them all."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from typer.main import get_command

from scrapers.cli.main import app
from scrapers.settings import ROOT

HEAVY = ("sqlalchemy", "pydantic", "celery", "lxml", "rich", "scrapers.settings", "scrapers.errors")
# Typer reads arguments by pydantic.
HEAVY_TO_RUN = tuple(name for name in HEAVY if name != "pydantic")

START = {"scrapers.cli", "scrapers.cli.failures", "scrapers.cli.later", "scrapers.cli.main"}

_RUN = """
import atexit, sys
from scrapers.cli.main import app
loaded = lambda: print("loaded:", *sorted(sys.modules), file=sys.stderr)
atexit.register(loaded)
app(prog_name="touchline")
"""


def started(*arguments: str, **environment: str) -> tuple[str, set[str]]:
    """What a start of the program prints, and the modules that it has imported by its end."""
    ended = subprocess.run(
        [sys.executable, "-c", _RUN, *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout, set(ended.stderr.partition("loaded: ")[2].split())


def of_the_command_line(modules: set[str]) -> set[str]:
    return {name for name in modules if name.startswith("scrapers.cli")}


def test_the_list_of_commands_needs_none_of_them() -> None:
    told, loaded = started("--help")
    assert "  selectors  Selector files: write, check, prove" in told
    assert loaded.isdisjoint(HEAVY)
    assert of_the_command_line(loaded) == START


def test_a_shell_completes_commands_without_importing_them() -> None:
    told, loaded = started(
        COMP_WORDS="touchline s", COMP_CWORD="1", _TOUCHLINE_COMPLETE="complete_bash"
    )
    assert told.split() == ["scrape", "status", "selectors", "source"]
    assert of_the_command_line(loaded) == START
    told, _ = started(
        COMP_WORDS="touchline gaps --", COMP_CWORD="2", _TOUCHLINE_COMPLETE="complete_bash"
    )
    assert told.split() == ["--json", "--help"]


def test_a_command_imports_what_it_needs_and_no_other_command() -> None:
    told, loaded = started("demo", "status", "--help")
    assert "The demo's processes and addresses." in told
    assert loaded.isdisjoint(HEAVY_TO_RUN)
    assert of_the_command_line(loaded) == {*START, "scrapers.cli.demo"}


def test_what_is_listed_of_a_command_is_what_it_says_itself() -> None:
    program: Any = get_command(app)
    assert list(program.commands) == list(program.later)
    for name, command in program.commands.items():
        first = " ".join(command.help.split("\n\n")[0].split())
        assert program.later[name].summary == first, name
        assert command.name == name
