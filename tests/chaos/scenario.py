"""What a scenario is, and what is measured of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tests.chaos.commands import Command
from tests.chaos.moments import Moment
from tests.chaos.place import Place

Strike = Callable[[Place, random.Random], None]
Heal = Callable[[Place], None]
# What a person does, where the class says that one must: the runbook's commands.
Runbook = Callable[[Place, Command], Command]


@dataclass(frozen=True)
class Scenario:
    """A fault, where it strikes, and what has to become of the night.

    Attributes:
        name: names it, also in `scrapers/failures.yaml`.
        classes: failure classes that it proves.
        what: the fault, in words.
        strike: injects it.
        moment: waits for where in the run it strikes; None: before the run begins.
        heal: takes it away; None: it is over with the strike.
        heal_after: seconds after the strike at which it is taken away.
        runbook: what a person does when the run has ended; None: nobody does anything.
        bound: pages asked of the site at most, in multiples of a quiet night's and on top.
        alerts: messages that are sent at least and at most.
        sign: query that is true as soon as the platform has noticed the fault; None: it is not
            asked for (what is noticed and mended within a connection leaves no sign).
        seconds: how long the night may take before it is taken for hanging.
        quick: whether `make test` runs it too.
        place: name of the kind of place it needs; see `tests.chaos.places`.
        check: what else has to be true at the end; raises AssertionError.
        whole: whether the core tables must be those of a night without trouble at the end.
    """

    name: str
    classes: tuple[str, ...]
    what: str
    strike: Strike
    moment: Moment | None = None
    heal: Heal | None = None
    heal_after: float = 0.0
    runbook: Runbook | None = None
    bound: tuple[float, int] = (1.0, 0)
    alerts: tuple[int, int] = (0, 0)
    sign: str | None = None
    seconds: float = 120.0
    quick: bool = False
    place: str = "plain"
    check: Callable[[Place], None] | None = None
    whole: bool = True


@dataclass
class Outcome:
    """What became of a scenario with one seed.

    Attributes:
        detected: seconds from the strike to the first sign of it; None: no sign was asked for.
        recovered: seconds from the strike to the end of the night, all landed.
        requests, bound: pages asked of the site, and how many it may be.
        alerts: messages sent.
        problems: what is not as it has to be; empty: all is well.
    """

    scenario: str
    seed: int
    detected: float | None = None
    recovered: float = 0.0
    requests: int = 0
    bound: int = 0
    alerts: int = 0
    problems: list[str] = field(default_factory=list)


Background = Callable[[Place], AbstractContextManager[Iterator[None]]]
