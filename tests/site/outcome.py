"""How a match ends, decided before it is played: cheap to know, and play keeps to it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tests.site.chance import poisson, stream
from tests.site.clubs import Club

HOME, AWAY = 0, 1
MAX_KICKS = 40
Score = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Goal:
    """A goal: `side` scores it (an own goal is by a player of the other side).

    `share` is the part of the period that is over, 0 to 1; `how` is open, penalty or own.
    """

    period: int
    share: float
    side: int
    how: str = "open"


@dataclass(frozen=True, slots=True)
class Dismissal:
    """A player of `side` is sent off."""

    period: int
    share: float
    side: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is decided of a match.

    Attributes:
        lengths: seconds of each period played, stoppage time included, by period.
        shoot_out: (side, scored) of each kick in order; empty without one.
    """

    goals: tuple[Goal, ...]
    dismissals: tuple[Dismissal, ...]
    lengths: dict[int, int] = field(hash=False)
    shoot_out: tuple[tuple[int, bool], ...] = ()

    def score(self, periods: Iterable[int] = (1, 2, 3, 4)) -> Score:
        """Goals of both sides in these periods."""
        wanted = set(periods)
        counted = [goal.side for goal in self.goals if goal.period in wanted]
        return counted.count(HOME), counted.count(AWAY)

    @property
    def extra_time(self) -> bool:
        """Whether extra time was played."""
        return 3 in self.lengths

    @property
    def penalties(self) -> Score | None:
        """Penalties scored in the shoot-out; None without one."""
        if not self.shoot_out:
            return None
        scored = [side for side, ok in self.shoot_out if ok]
        return scored.count(HOME), scored.count(AWAY)

    @property
    def elapsed(self) -> str:
        """The site's word for how it ended."""
        return "PEN" if self.shoot_out else "AET" if self.extra_time else "FT"

    @property
    def winner(self) -> int | None:
        """The side that won, None for a draw."""
        home, away = self.penalties or self.score()
        return None if home == away else HOME if home > away else AWAY

    def without_last_goal(self) -> Outcome:
        """The same match with its last goal taken away."""
        return replace(self, goals=self.goals[:-1])


def decide(
    seed: str, match_id: int, home: Club, away: Club, knock_out: bool, wishes: frozenset[str]
) -> Outcome:
    """The outcome of a match; `wishes` may ask for own_goal, red_card, extra_time, shoot_out."""
    rng = stream(seed, match_id, "outcome")
    edge = home.strength - away.strength + 0.25
    means = (max(0.3, 1.3 + edge), max(0.3, 1.3 - edge))
    goals = [
        _goal(rng, 1 + (rng.random() < 0.54), side)
        for side in (HOME, AWAY)
        for _ in range(min(7, poisson(rng, means[side])))
    ]
    lengths = {1: 45 * 60 + rng.randrange(40, 330), 2: 45 * 60 + rng.randrange(150, 520)}
    if "own_goal" in wishes and not any(goal.how == "own" for goal in goals):
        goals.append(replace(_goal(rng, 2, rng.randrange(2)), how="own"))
    if wishes & {"extra_time", "shoot_out"}:
        goals = _levelled(goals)
    shoot_out: tuple[tuple[int, bool], ...] = ()
    if knock_out and _score(goals)[0] == _score(goals)[1]:
        lengths |= {3: 15 * 60 + rng.randrange(20, 130), 4: 15 * 60 + rng.randrange(30, 200)}
        wins = rng.randrange(2)
        extra = [side for side in (HOME, AWAY) if rng.random() < 0.3]
        if "shoot_out" in wishes:
            extra = extra if len(extra) != 1 else []
        elif "extra_time" in wishes:
            extra = [wins]
        goals += [_goal(rng, rng.randrange(3, 5), side) for side in extra]
        if len(extra) != 1:
            shoot_out = _kicks(rng)
    red = rng.random() < 0.13 or "red_card" in wishes
    dismissals = [Dismissal(2, rng.uniform(0.05, 0.9), rng.randrange(2))] if red else []
    return Outcome(tuple(sorted(goals)), tuple(dismissals), lengths, shoot_out)


def _goal(rng: random.Random, period: int, side: int) -> Goal:
    draw, share = rng.random(), rng.random()
    return Goal(period, share, side, "own" if draw < 0.04 else "penalty" if draw < 0.13 else "open")


def _score(goals: list[Goal]) -> Score:
    sides = [goal.side for goal in goals]
    return sides.count(HOME), sides.count(AWAY)


def _levelled(goals: list[Goal]) -> list[Goal]:
    each = min(_score(goals))
    kept: dict[int, list[Goal]] = {HOME: [], AWAY: []}
    for goal in goals:
        if len(kept[goal.side]) < each:
            kept[goal.side].append(goal)
    return kept[HOME] + kept[AWAY]


def _kicks(rng: random.Random) -> tuple[tuple[int, bool], ...]:
    """A shoot-out by the rules: best of five, over as soon as it is decided, then one each."""
    first = rng.randrange(2)
    while True:
        kicks: list[tuple[int, bool]] = []
        while len(kicks) < MAX_KICKS and not decided(kicks, first):
            side = first if len(kicks) % 2 == 0 else 1 - first
            kicks.append((side, rng.random() < 0.75))
        if decided(kicks, first):
            return tuple(kicks)


def decided(kicks: list[tuple[int, bool]], first: int) -> bool:
    """Whether a shoot-out that `first` began is over after these kicks."""
    taken = {side: sum(1 for s, _ in kicks if s == side) for side in (HOME, AWAY)}
    scored = {side: sum(ok for s, ok in kicks if s == side) for side in (HOME, AWAY)}
    if taken[first] > 5 or (taken[HOME] == taken[AWAY] and taken[HOME] >= 5):
        return taken[HOME] == taken[AWAY] and scored[HOME] != scored[AWAY]
    return any(scored[side] > scored[1 - side] + 5 - taken[1 - side] for side in (HOME, AWAY))
