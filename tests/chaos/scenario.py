"""What a scenario is, and what is measured of it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.moments import Moment
from tests.chaos.place import Place

Strike = Callable[[Place, random.Random], None]
Heal = Callable[[Place], None]
# What follows the struck night: a fault that is taken away, a command of the runbook, another
# night; raises AssertionError if it does not go well.
Step = Callable[[Place], None]


@dataclass(frozen=True)
class Scenario:
    """A fault, where it strikes, and what has to become of the night.

    Attributes:
        name: names it, also in `scrapers/failures.yaml`.
        classes: failure classes that it proves.
        what: the fault, in words.
        strike: injects it.
        moment: waits for where in the run it strikes; None: before the run begins.
        before: what is done before the night, such as an earlier one.
        heal: takes it away; None: it is over with the strike.
        heal_after: seconds after the strike at which it is taken away.
        then: what follows when the night has ended.
        person: the class says that a person has to act; `then` has the runbook's commands.
        ends: exit codes with which the struck night may end, before `then`.
        bound: pages asked of the site at most, in multiples of a quiet night's and on top.
        alerts: messages of trouble that are sent at least and at most.
        sign: tells whether the platform has noticed, beside what it always leaves (see
            `run.Watch`); None: nothing else.
        silent: what is noticed and mended within a moment leaves no sign, or need not.
        seconds: how long the night may take before it is taken for hanging.
        quick: whether `make test` runs it too.
        most_seeds: it takes long, and is not run with more seeds than that.
        place: name of the kind of place it needs; see `tests.chaos.places`.
        check: what else has to be true at the end; raises AssertionError.
        slow: whether match pages take their time, so that there is a middle to strike in.
        needs_root: it mounts a file system.
    """

    name: str
    classes: tuple[str, ...]
    what: str
    strike: Strike
    moment: Moment | None = None
    before: Step | None = None
    heal: Heal | None = None
    heal_after: float = 0.0
    then: tuple[Step, ...] = ()
    person: bool = False
    ends: tuple[int, ...] = (0,)
    bound: tuple[float, int] = (1.0, 0)
    alerts: tuple[int, int] = (0, 0)
    sign: Callable[[Place], object] | None = None
    silent: bool = False
    seconds: float = 180.0
    quick: bool = False
    most_seeds: int = 10
    place: str = "plain"
    check: Step | None = None
    slow: bool = True
    needs_root: bool = False

    @property
    def can_run(self) -> bool:
        """Whether this machine lets it be run."""
        return not self.needs_root or os.geteuid() == 0


@dataclass
class Outcome:
    """What became of a scenario with one seed.

    Attributes:
        detected: seconds from the strike to the first sign of it; None: none was seen.
        recovered: seconds from the strike to the end of the night, all landed.
        requests, bound: pages asked of the site, and how many it may be.
        alerts: messages of trouble that were sent.
        problems: what is not as it has to be; empty: all is well.
        seconds: how long all of it took.
    """

    scenario: str
    seed: int
    detected: float | None = None
    recovered: float = 0.0
    requests: int = 0
    bound: int = 0
    alerts: int = 0
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
