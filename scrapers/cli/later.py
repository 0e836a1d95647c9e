"""Commands whose modules are imported when they are called, not when the program starts.

What the list of commands and the completion of a shell show of a command is written where it is
named, so that neither has to import it; a test holds it to what the command says itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from scrapers.cli.failures import FailureGroup


@dataclass(frozen=True, slots=True)
class Later:
    """Where a command is, and what lists say of it.

    Attributes:
        place: `module:name` of its function, or of the Typer app of its commands.
        summary: the first sentence of its help.
    """

    place: str
    summary: str

    def load(self, name: str) -> Any:
        """The command, under this name."""
        module, _, attribute = self.place.partition(":")
        found: typer.Typer | Callable[..., Any] = getattr(import_module(module), attribute)
        around = typer.Typer(rich_markup_mode=None)
        if isinstance(found, typer.Typer):
            around.add_typer(found, name=name)
        else:
            around.command(name)(found)
        return get_group(around).commands[name]


class _Commands(MutableMapping[str, Any]):
    """Commands by name, each loaded when it is looked up; their names cost nothing."""

    def __init__(self, later: Mapping[str, Later]) -> None:
        self._later = later
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self._later[name].load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._later or name in self._loaded

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._later, *self._loaded)))

    def __len__(self) -> int:
        return len({*self._later, *self._loaded})


class LaterGroup(FailureGroup):
    """A command group that imports the command that is called, and no other.

    A subclass names the commands in `later`, in the order in which they are listed.
    """

    later: ClassVar[Mapping[str, Later]] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Commands(self.later)
        # Stands where only names and summaries are asked for.
        stubs = {name: TyperCommand(name, help=one.summary) for name, one in self.later.items()}
        self._listed = TyperGroup(
            name=self.name, commands=cast(dict[str, Any], stubs), add_help_option=False
        )

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands' names, in their order."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands of `--help`."""
        self._listed.format_commands(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Commands, then options, that begin so."""
        listed = typer.Context(self._listed, info_name=ctx.info_name, parent=ctx.parent)
        commands = self._listed.shell_complete(listed, incomplete)
        options = super(TyperGroup, self).shell_complete(ctx, incomplete)
        return [*commands, *options]
