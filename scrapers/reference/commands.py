"""The command line as a page: every command with its arguments and options."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from scrapers.cli.main import app
from scrapers.reference.markdown import GENERATED, code, plain, table
from scrapers.settings import ROOT

_HEAD = f"""\
# The command line

{GENERATED.format(source="scrapers/cli")}
Results go to standard output, everything else to standard error. A command ends with 0 if all is
well, with 1 if it found something wrong or a failure stopped it, with 2 if the call or the settings
are wrong. `--json` prints what was found as data. Settings come from the environment or `.env`:
[settings](settings.md).

"""


def commands_page() -> str:
    """The page, Markdown."""
    command: Any = get_command(app)
    context = typer.Context(command, info_name="touchline")
    return _HEAD + "\n".join(_of(command, context, "touchline", 1))


def _of(command: Any, context: Any, name: str, depth: int) -> Iterator[str]:
    inner = [command.commands[each] for each in getattr(command, "commands", {})]
    if depth > 1:
        yield f"{'#' * depth} `{name}`\n"
        yield _words(command.help) + "\n"
    if inner:
        found = [(code(f"{name} {each.name}"), _words(_first(each.help))) for each in inner]
        yield table(("command", "what it does"), found)
    if depth > 1 and (not inner or command.invoke_without_command):
        usage = " ".join([name, *command.collect_usage_pieces(context)])
        yield f"```sh\n{usage.replace(' COMMAND [ARGS]...', '')}\n```\n"
        if rows := list(_parameters(command, context)):
            yield table(("argument or option", "meaning"), rows)
    for each in inner:
        yield from _of(each, context, f"{name} {each.name}", depth + 1)


def _parameters(command: Any, context: Any) -> Iterator[tuple[str, str]]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and parameter.name != "help":
            yield code(record[0]), _words(record[1])


def _words(text: str | None) -> str:
    # Where the project lies and where temporary files go differs from machine to machine.
    here = (text or "").replace(f"{ROOT}/", "").replace(tempfile.gettempdir(), "/tmp")
    return "\n\n".join(plain(paragraph) for paragraph in here.split("\n\n"))


def _first(text: str | None) -> str:
    return (text or "").split("\n\n")[0]
