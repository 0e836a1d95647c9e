"""The commands that the documentation tells, held against what there is to be called.

A page's blocks for the shell are taken apart as a shell would do it. What stands there is one of
ours (`touchline`, `make`, a file of the repository), one that `docker compose` hands to a service,
or a program that is known here by name: nothing is passed over.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import yaml
from typer.main import get_command

from scrapers.cli.main import app
from scrapers.settings import ROOT

_BLOCK = re.compile(r"^ *```sh[^\n]*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`((?:[\w.]+/)*(?:touchline|make|docker compose)\s[^`]+)`")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
_FILE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
_SERVICES: dict[str, dict[str, Any]] = _FILE["services"]
_PROFILES = {name for service in _SERVICES.values() for name in service.get("profiles", ())}
_MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
_TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", _MAKEFILE, re.MULTILINE))
_SELENOID = json.loads((ROOT / ".docker/selenoid/browsers.json").read_text(encoding="utf-8"))
_BROWSERS = {each["image"] for kind in _SELENOID.values() for each in kind["versions"].values()}
# Of Compose's commands those that the pages use, each with its options.
_COMPOSE = {
    "build": set[str](),
    "exec": set[str](),
    "logs": {"--follow"},
    "ps": set[str](),
    "run": {"--rm"},
    "stop": set[str](),
    "up": {"--detach", "-d", "--force-recreate", "--scale"},
}
_HANDS_ON = ("exec", "run")
_PLAIN_DOCKER = ("ps", "rm")
# Made by the demo, not by the repository.
_MADE = ("var/demo/", ".venv/bin/")
_OTHERS = {
    *("airflow", "airflow-cli", "celery", "cd", "curl", "dvc", "export", "git", "mkdocs", "pip"),
    *("psql", "pytest", "python", "ruff", "set", "supervisorctl", "xargs", "."),
}
_ANYTHING = "…"  # in a page's words: whatever else belongs there


class UnknownCommandError(AssertionError):
    """A page tells a command that there is not."""


def blocks_commands(page: str) -> Iterator[list[str]]:
    """The commands in a page's blocks for the shell, as words, without variables before them."""
    for block in _BLOCK.findall(page):
        for line in _lines(block):
            yield from _simple(line)


def inline_commands(page: str) -> Iterator[list[str]]:
    """The commands in a page's sentences."""
    for line in _INLINE.findall(_BLOCK.sub("", page)):
        yield from _simple(" ".join(line.split()))


def check(words: list[str], service: str = "") -> None:
    """Hold a command against what there is.

    Args:
        service: of docker-compose.yml, in whose container it is run.

    Raises:
        UnknownCommandError: there is no such command, option, service, target or file.
    """
    program, arguments = words[0], words[1:]
    for place in _MADE:
        program = program.removeprefix(place)
    if program == "touchline":
        if service and not _SERVICES[service]["image"].startswith("touchline:"):
            raise UnknownCommandError(f"the image of {service} has no touchline")
        _check_touchline(arguments)
    elif program == "make":
        _known(arguments, _TARGETS, "target of make")
    elif program == "docker":
        _check_docker(arguments)
    elif program == "sh":
        _known(arguments[:1], {"-c"}, "option of sh that is looked at")
        for each in _simple(arguments[1]):
            check(each, service)
    elif "/" in program:
        if not (ROOT / program).is_file():
            raise UnknownCommandError(f"there is no file {program}")
    else:
        _known([program], _OTHERS, "program")


def _lines(block: str) -> Iterator[str]:
    """A block's lines; those that a quote or a backslash joins are one."""
    line = ""
    for part in block.splitlines():
        line = f"{line}\n{part}" if line else part
        try:
            shlex.split(line, comments=True)
        except ValueError:  # a quote is open, or a backslash stands at the end
            continue
        yield line
        line = ""
    if line:
        raise UnknownCommandError(f"a quote is not closed: {line}")


def _simple(line: str) -> Iterator[list[str]]:
    """The commands of a line: what `&&`, `|`, `;` and brackets part, without redirections."""
    lexer = shlex.shlex(line.replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    tokens = iter(lexer)
    for token in tokens:
        if not token or set(token) - set("();<>|&"):
            if words or not _ASSIGNED.match(token):
                words.append(token)
        elif set(token) & set("<>"):
            next(tokens, None)  # the file
        elif words:
            yield words
            words = []
    if words:
        yield words


def _check_touchline(arguments: list[str]) -> None:
    command: Any = get_command(app)
    # As a page's words and `--help` have it: [--airflow FILE]
    rest = [word.strip("[]") for word in arguments]
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        if rest[0] in (_ANYTHING, "OPTIONS"):
            return
        if rest[0] not in command.commands and command.invoke_without_command:
            break
        _known(rest[:1], set(command.commands), "command of touchline")
        command = command.commands[rest.pop(0)]
    known = {"--help"} | {
        option for each in command.params for option in (*each.opts, *each.secondary_opts)
    }
    given = [word.partition("=")[0] for word in rest if word.startswith("--")]
    _known(given, known, f"option of {command.name}")


def _check_docker(arguments: list[str]) -> None:
    verb, rest = arguments[0], arguments[1:]
    if verb == "pull":
        _known(rest, _BROWSERS, "image of .docker/selenoid/browsers.json")
        return
    if verb in _PLAIN_DOCKER:
        return
    _known([verb], {"compose", "pull", *_PLAIN_DOCKER}, "command of docker")
    while rest[0] == "--profile":
        _known(rest[1:2], _PROFILES, "profile of docker-compose.yml")
        rest = rest[2:]
    verb, rest = rest[0], rest[1:]
    _known([verb], set(_COMPOSE), "command of docker compose that is looked at")
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        _known([option], _COMPOSE[verb], f"option of docker compose {verb} that is looked at")
        if option == "--scale":
            rest[0] = rest[0].partition("=")[0]
    if verb not in _HANDS_ON:
        _known(rest, set(_SERVICES), "service of docker-compose.yml")
        return
    _known(rest[:1], set(_SERVICES), "service of docker-compose.yml")
    check(rest[1:], rest[0])


def _known(words: list[str], known: set[str], what: str) -> None:
    for word in words:
        if word not in known:
            raise UnknownCommandError(f"{word} is no {what}; known: {', '.join(sorted(known))}")
