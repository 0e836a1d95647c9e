"""A match from the formations to the last whistle, kept to the outcome decided before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.site.chance import shuffled, stream
from tests.site.clubs import Club
from tests.site.codes import POST_GAME, SHOOT_OUT, Json
from tests.site.formations import BY_ID
from tests.site.outcome import AWAY, HOME, Dismissal, Outcome
from tests.site.shots import Shots
from tests.site.side import MAX_SUBSTITUTIONS, Side

Moment = tuple[int, int]  # period and its second


@dataclass(frozen=True, slots=True)
class Played:
    """A match as far as it was played.

    Attributes:
        events: in the page's order.
        ends: last second of each period that is over.
        period, now: where the clock stands.
        expanded_begins: first expanded minute of each period.
    """

    sides: tuple[Side, Side]
    events: list[Json]
    ends: dict[int, int]
    period: int
    now: int
    expanded_begins: dict[int, int]


def play(
    seed: str, match_id: int, home: Club, away: Club, outcome: Outcome, stop: Moment | None = None
) -> Played:
    """Play a match; up to `stop` only, if given, and then exactly as the whole match begins."""
    rng = stream(seed, match_id, "play")
    sides = (Side(rng, home, "home"), Side(rng, away, "away"))
    match = _Match(match_id, sides, rng)
    match.run(outcome, stop)
    # By period, then time; an event without a second stands first in its minute.
    events = sorted(
        match.events,
        key=lambda e: (e["period"]["value"], e["expandedMinute"], e.get("second", -1)),
    )
    return Played(sides, events, match.ends, match.clock[0], match.clock[1], match.expanded_begins)


class _Match(Shots):
    """Runs the periods."""

    stop: Moment | None = None
    clock: Moment = (1, 0)

    def run(self, outcome: Outcome, stop: Moment | None) -> None:
        self.stop = stop
        for side in self.rng.sample(self.sides, 2):
            self.set_formation(side, "FormationSet")
        first = self.rng.randrange(2)
        for period in sorted(outcome.lengths):
            if not self._play_period(period, outcome, (first + period) % 2):
                return
        if outcome.shoot_out and not self._shoot_out(outcome):
            return
        self.period, self.now = POST_GAME, 0
        self.both("End")

    def _over(self) -> bool:
        return self.stop is not None and (self.period, self.now) >= self.stop

    def _play_period(self, period: int, outcome: Outcome, kicking: int) -> bool:
        """Play one period; False if the match stops within it or before it."""
        if self.stop is not None and (period, 0) >= self.stop:
            return False
        length = outcome.lengths[period]
        self.begin(period)
        todo = self._plan(period, length, outcome)
        self.kick_off(kicking)
        while todo or self.now < length:
            self.clock = (period, self.now)
            if self._over():
                return False
            if todo and todo[0][0] <= self.now:
                todo.pop(0)[1]()
            else:
                self._move()
        self.clock = (period, self.now)
        self.end()
        return True

    def _move(self) -> None:
        """The next thing that happens in open play."""
        draw, x = self.rng.random(), self.spot[0]
        if x > 74 and draw > 0.87:
            self.try_shot()
        elif draw < 0.026:
            self.play_foul()
        elif draw < 0.05:
            self.dispossess()
        elif draw < 0.077:
            self.dribble()
        elif draw < 0.13:
            self.bad_touch()
        elif draw < 0.137 and x > 55:
            self.offside()
        else:
            self.play_pass()

    def _plan(
        self, period: int, length: int, outcome: Outcome
    ) -> list[tuple[int, Callable[[], None]]]:
        """What is bound to happen in a period, by second."""
        todo: list[tuple[int, Callable[[], None]]] = []
        for goal in outcome.goals:
            if goal.period == period:
                second = 20 + int(goal.share * (length - 120))
                todo.append((second, lambda goal=goal: self.goal(goal)))  # type: ignore[misc]
        for one in outcome.dismissals:
            if one.period == period:
                second = 60 + int(one.share * (length - 240))
                todo.append((second, lambda one=one: self._dismiss(one)))  # type: ignore[misc]
        for side in self.sides:
            for second in self._breaks(period, length):
                count = self.rng.choice((1, 1, 2))
                todo.append((second, lambda s=side, n=count: self._change(s, n)))  # type: ignore[misc]
        return sorted(todo, key=lambda item: item[0])

    def _breaks(self, period: int, length: int) -> list[int]:
        """Seconds at which a side changes players; at half-time, late, and before extra time."""
        if period == 2:
            late = sorted(self.rng.randrange(600, length - 200) for _ in range(2))
            return [0, *late] if self.rng.random() < 0.3 else late
        return [0] if period == 3 else []

    def _change(self, side: Side, count: int) -> None:
        """Up to `count` substitutions; now and then another formation."""
        changed = False
        for _ in range(count):
            starters = [
                (slot, p) for slot, p in side.outfield
                if p.id not in side.changes and p.id != side.captain.id
            ]  # fmt: skip
            if side.substitutions >= MAX_SUBSTITUTIONS or not starters:
                return
            slot, off = self.rng.choice(starters)
            on = side.bench(off.line)
            if on is None:
                return
            self.substitution(side, slot, on)
            changed = True
            self.now += 1
        if changed and self.now > 60 and self.rng.random() < 0.3:
            side.rearrange(BY_ID[self.rng.choice(list(BY_ID))])
            self.set_formation(side, "FormationChange")
        self._rest()

    def _dismiss(self, dismissal: Dismissal) -> None:
        """A foul for which a player leaves: with a second yellow card if somebody has one."""
        side, here = self.sides[dismissal.side], self.spot
        if self.attack == dismissal.side:
            self.turn_over((100 - here[0], 100 - here[1]))
            self.recovery(self.own, self.holder)
            self.wait(2, 3)
        men = [p for _, p in side.outfield if p.id != side.captain.id]
        booked = [p for p in men if side.cards.get(p.id)]
        player = self.rng.choice(booked or men)
        self.foul(player)
        self.card(side, player, "SecondYellow" if booked else "Red")
        side.send_off(player)
        self.wait(20, 40)
        side.relist()
        self.set_formation(side, "FormationChange")
        self._rest()
        self.restart("FreekickTaken", self.spot, (10, 20))

    def _rest(self) -> None:
        """Who holds the ball may have left the pitch."""
        if self.holder not in self.own.slots.values():
            self.give(self.attack, self.spot)

    def _shoot_out(self, outcome: Outcome) -> bool:
        if self.stop is not None and self.stop <= (SHOOT_OUT, 0):
            return False
        self.begin(SHOOT_OUT)
        takers = [shuffled(self.rng, [p for _, p in side.outfield]) for side in self.sides]
        taken = [0, 0]
        for index, scored in outcome.shoot_out:
            self.now += self.rng.randrange(35, 60)
            self.clock = (SHOOT_OUT, self.now)
            if self._over():
                return False
            taker = takers[index][taken[index] % len(takers[index])]
            taken[index] += 1
            other = self.sides[AWAY if index == HOME else HOME]
            self.shoot_out_kick(self.sides[index], other, taker, scored)
        self.now += 20
        self.clock = (SHOOT_OUT, self.now)
        self.end()
        return True
