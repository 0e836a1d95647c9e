"""The runbooks' commands, read from the documentation and really run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from scrapers.register import runbook
from scrapers.settings import ROOT
from tests.chaos.place import DAY, Place

_BLOCK = re.compile(r"^```sh (look|mend)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECONDS = 180.0


def commands(failure_class: str, purpose: str) -> list[list[str]]:
    """The commands of a class's runbook, as lists of arguments.

    Args:
        purpose: look, or mend.
    """
    text = (ROOT / runbook(failure_class)).read_text(encoding="utf-8")
    lines = [
        line
        for kind, block in _BLOCK.findall(text)
        if kind == purpose
        for line in block.splitlines()
        if line.strip() and not line.startswith("#")
    ]
    return [shlex.split(line) for line in lines]


def follow(
    place: Place,
    failure_class: str,
    purpose: str,
    *,
    page_kind: str = "",
    by_hand: Callable[[Place], object] | None = None,
) -> None:
    """Run a class's commands; each must end well.

    Args:
        page_kind: that is in trouble, instead of the runbook's example.
        by_hand: what the person does after the first command, such as reading a draft.

    Raises:
        AssertionError: one of them does not end with 0; the text has what it said.
    """
    for program, *arguments in commands(failure_class, purpose):
        assert program == "touchline", f"{failure_class}: {program} is no command of ours"
        if page_kind:
            arguments = [word.replace("match_centre", page_kind) for word in arguments]
        command = place.touchline(*arguments)
        code = command.wait(_SECONDS)
        words = " ".join(arguments)
        said = " | ".join(command.said.strip().splitlines()[-4:])[-500:]
        if by_hand is not None:
            by_hand(place)
            by_hand = None
        assert code == 0, f"runbook of {failure_class}: touchline {words} ended with {code}: {said}"


def example_day_is_ours() -> bool:
    """Whether the runbook's example asks for the day that the nights here are of."""
    return any(DAY in words for words in commands("InvalidBatch", "mend"))
