"""What players do with the ball: passes, duels, fouls, shots, goals."""

from __future__ import annotations

from tests.site.clubs import Player
from tests.site.codes import CARDS, Json, named, qualifier
from tests.site.record import Recorder, Spot, clamp, mirrored, zone
from tests.site.side import Side

_CENTRE: Spot = (49.9, 50.0)


class Moves(Recorder):
    """The ball, who has it, and every move that can be made with it.

    Attributes:
        attack: index of the side that has the ball.
        holder, spot: who has it, and where as his team sees it.
        last_pass: the pass that brought it there.
    """

    attack = 0
    holder: Player
    spot: Spot = _CENTRE
    last_pass: Json | None = None

    @property
    def own(self) -> Side:
        """The side that has the ball."""
        return self.sides[self.attack]

    @property
    def other(self) -> Side:
        """The side that has not."""
        return self.sides[1 - self.attack]

    def wait(self, low: int, high: int) -> None:
        """Let time pass, in seconds."""
        self.now += self.rng.randrange(low, high + 1)

    def near(self, side: Side, spot: Spot, but: Player | None = None) -> Player:
        """Somebody of a side whose place is not far from a spot."""
        few = self.rng.sample(side.outfield, min(4, len(side.outfield)))
        places = side.formation.slots
        few.sort(
            key=lambda held: (
                abs(places[held[0] - 1].vertical * 10 - spot[0])
                + abs(places[held[0] - 1].horizontal * 10 - spot[1])
            )
        )
        return next(player for _, player in few if player is not but)

    def give(self, attack: int, spot: Spot, holder: Player | None = None) -> None:
        """A side has the ball at a spot."""
        self.attack, self.spot, self.last_pass = attack, spot, None
        self.holder = holder or self.near(self.sides[attack], spot)

    def turn_over(self, spot: Spot, holder: Player | None = None) -> None:
        """The other side has the ball; `spot` as it sees it."""
        self.give(1 - self.attack, spot, holder)

    def kick_off(self, attack: int) -> None:
        """A side passes from the centre."""
        self.give(attack, _CENTRE)
        self.complete((clamp(self.rng.gauss(40, 4)), clamp(self.rng.gauss(50, 8))))

    def complete(self, end: Spot, *, kind: str = "", receiver: Player | None = None) -> None:
        """A pass that arrives."""
        keeper = end[0] < 20 and self.rng.random() < 0.4 and self.holder is not self.own.keeper
        if receiver is None:
            receiver = self.own.keeper if keeper else self.near(self.own, end, self.holder)
        head = not kind and self.rng.random() < 0.05
        self.last_pass = self.passing(
            self.own, self.holder, self.spot, end, ok=True, kind=kind, head=head
        )
        self.holder, self.spot = receiver, end
        self.wait(1, 6)

    def restart(self, kind: str, spot: Spot, wait: tuple[int, int]) -> None:
        """A dead ball is played on: throw-in, goal kick, free kick, throw of the keeper."""
        self.wait(*wait)
        goalkeeper = kind in ("GoalKick", "KeeperThrow")
        self.give(self.attack, spot, self.own.keeper if goalkeeper else None)
        far = self.rng.random() < 0.35 and kind != "ThrowIn"
        step = self.rng.gauss(38 if far else 9, 7)
        end = (clamp(spot[0] + step), clamp(spot[1] + self.rng.gauss(0, 12)))
        if self.rng.random() < (0.5 if far else 0.9):
            self.complete(end, kind=kind)
        else:
            self.passing(self.own, self.holder, spot, end, ok=False, kind=kind)
            self.lost(end)

    def play_pass(self) -> None:
        """A pass from open play, that arrives or not."""
        rng, (x, y) = self.rng, self.spot
        if x > 74 and not 24 < y < 76 and rng.random() < 0.4:
            end: Spot = (clamp(rng.gauss(92, 3)), clamp(rng.gauss(50, 9)))
            kind, chance = "Cross", 0.27
        else:
            far = rng.random() < 0.14
            step, width, chance = (30, 24, 0.52) if far else (4, 15, 0.9)
            end = (clamp(x + rng.gauss(step, 11), 2, 97), clamp(y + rng.gauss(0, width), 1, 99))
            kind = "Throughball" if x > 55 and rng.random() < 0.008 else ""
            chance -= 0.11 if x > 66 else 0
        if rng.random() < chance:
            self.complete(end, kind=kind)
        else:
            head = not kind and rng.random() < 0.12
            self.passing(self.own, self.holder, self.spot, end, ok=False, kind=kind, head=head)
            self.wait(0, 2)
            self.lost(end)

    def lost(self, end: Spot) -> None:
        """What the other side does with a pass that does not arrive."""
        here = mirrored(end)
        draw = self.rng.random()
        thief = self.near(self.other, here)
        mark = [qualifier("Zone", zone(here)), qualifier("StandingSave")]
        if draw < 0.2 and 4 < end[0] < 96:
            side = clamp(0 if end[1] < 50 else 100, 0, 100)
            self.turn_over(mirrored((end[0], side)))
            self.restart("ThrowIn", self.spot, (8, 18))
            return
        if end[0] > 96 and draw < 0.6:
            self.attack = 1 - self.attack
            self.restart("GoalKick", (5.0, 40.0 + self.rng.randrange(20)), (18, 34))
            return
        if here[0] < 18 and draw < 0.75:
            out = (clamp(here[0] + self.rng.gauss(24, 9)), clamp(self.rng.gauss(50, 28)))
            self.event(
                self.other, "Clearance", thief, here, touch=True, marks=mark,
                counts=("clearanceEffective", "clearanceTotal", "defensiveThird"),
                endX=out[0], endY=out[1],
            )  # fmt: skip
            if self.rng.random() < 0.5:
                self.wait(2, 4)
                self.give(self.attack, mirrored(out))
                self.recovery(self.own, self.holder)
                return
            self.turn_over(out)
        elif draw < 0.36:
            self.event(self.other, "Interception", thief, here, touch=True, marks=mark,
                       counts=("interceptionAll", "interceptionWon"))  # fmt: skip
            self.turn_over(here, thief)
        elif draw < 0.44:
            blocked = self.event(self.other, "BlockedPass", thief, here, touch=True, marks=[
                *mark, qualifier("Defensive")], counts=("outfielderBlockedPass",))  # fmt: skip
            blocked["qualifiers"].append(qualifier("OppositeRelatedEvent", self.own.event_count))
            self.turn_over(here, thief)
        elif draw < 0.58:
            self.aerial(end)
            return
        else:
            self.turn_over(here, thief)
        if here[0] < 14 and self.rng.random() < 0.4:
            self.give(self.attack, (clamp(self.rng.gauss(8, 3)), clamp(self.rng.gauss(50, 9))),
                      self.own.keeper)  # fmt: skip
            self.event(self.own, "KeeperPickup", self.holder, self.spot, counts=("ballRecovery",),
                       marks=[qualifier("StandingSave")])  # fmt: skip
            self.restart("KeeperThrow", self.spot, (5, 11))
            return
        self.wait(1, 4)
        self.recovery(self.own, self.holder)

    def recovery(self, side: Side, player: Player) -> None:
        """A loose ball is won."""
        self.event(side, "BallRecovery", player, self.spot, counts=("ballRecovery",))

    def aerial(self, end: Spot) -> None:
        """A duel in the air; who wins it has the ball."""
        here = mirrored(end)
        attacker, defender = self.near(self.own, end, self.holder), self.near(self.other, here)
        won = self.rng.random() < 0.45
        one = self.event(self.own, "Aerial", attacker, end, ok=won, counts=(
            "duelAerialWon" if won else "duelAerialLost", "offensiveDuel"), marks=[
            qualifier("Offensive"), qualifier("Zone", zone(end))])  # fmt: skip
        two = self.event(self.other, "Aerial", defender, here, ok=not won, counts=(
            "duelAerialLost" if won else "duelAerialWon", "defensiveDuel"), marks=[
            qualifier("Defensive"), qualifier("Zone", zone(here))])  # fmt: skip
        self.oppose(one, two)
        self.wait(1, 3)
        if won:
            self.give(self.attack, end, attacker)
        else:
            self.turn_over(here, defender)

    def dribble(self) -> None:
        """The holder takes somebody on."""
        here = mirrored(self.spot)
        won, rival = self.rng.random() < 0.55, self.near(self.other, here)
        one = self.event(self.own, "TakeOn", self.holder, self.spot, ok=won, touch=True, counts=(
            "dribbleWon" if won else "dribbleLost",), marks=[qualifier("StandingSave"),
            qualifier("Offensive"), qualifier("Zone", zone(self.spot))])  # fmt: skip
        kind, counts = ("Challenge", "challengeLost") if won else ("Tackle", "tackleWon")
        two = self.event(self.other, kind, rival, here, ok=not won, touch=not won, counts=(
            counts,), marks=[qualifier("Defensive"), qualifier("Zone", zone(here))])  # fmt: skip
        self.oppose(one, two)
        self.wait(1, 4)
        if won:
            self.spot = (clamp(self.spot[0] + self.rng.gauss(6, 3)), self.spot[1])
        else:
            self.turn_over(here, rival)

    def dispossess(self) -> None:
        """The holder loses the ball to a tackle."""
        here = mirrored(self.spot)
        rival, kept = self.near(self.other, here), self.rng.random() < 0.25
        one = self.event(self.own, "Dispossessed", self.holder, self.spot, touch=True, counts=(
            "dispossessed",), marks=[qualifier("Offensive"),
            qualifier("Zone", zone(self.spot))])  # fmt: skip
        two = self.event(self.other, "Tackle", rival, here, ok=not kept, touch=True, counts=(
            "tackleLost" if kept else "tackleWon",), marks=[qualifier("Defensive"),
            qualifier("StandingSave"), qualifier("Zone", zone(here))])  # fmt: skip
        self.oppose(one, two)
        self.wait(1, 4)
        if not kept:
            self.turn_over(here, rival)

    def bad_touch(self) -> None:
        """The ball gets away from the holder, or he only just keeps it."""
        ok = self.rng.random() < 0.45
        self.event(self.own, "BallTouch", self.holder, self.spot, ok=ok, touch=True,
                   counts=() if ok else ("turnover",), marks=[
                   qualifier("Zone", zone(self.spot)), qualifier("StandingSave")])  # fmt: skip
        self.wait(1, 3)
        if not ok:
            self.turn_over(mirrored(self.spot))
            self.recovery(self.own, self.holder)

    def offside(self) -> None:
        """A pass to somebody who stands offside."""
        end = (clamp(self.spot[0] + self.rng.gauss(16, 4), 60, 97), clamp(self.rng.gauss(50, 20)))
        caught = self.near(self.own, end, self.holder)
        self.event(self.own, "OffsidePass", self.holder, self.spot, touch=True, counts=(
            "finalThird",), marks=[qualifier("PassEndX", end[0]), qualifier("PassEndY", end[1]),
            qualifier("PlayerCaughtOffside", caught.id), qualifier("Zone", zone(self.spot))],
            endX=end[0], endY=end[1])  # fmt: skip
        here = mirrored(end)
        self.event(self.own, "OffsideGiven", caught, end, ok=False, timed=False,
                   counts=("offsideGiven",))  # fmt: skip
        self.event(self.other, "OffsideProvoked", self.near(self.other, here), here,
                   counts=("offsideProvoked",))  # fmt: skip
        self.attack = 1 - self.attack
        self.restart("FreekickTaken", here, (14, 30))

    def foul(self, offender: Player | None = None) -> Player:
        """The holder is fouled; gives who did it. The ball stays with the fouled side."""
        here = mirrored(self.spot)
        offender = offender or self.near(self.other, here)
        one = self.event(self.own, "Foul", self.holder, self.spot, touch=True, counts=(
            "foulGiven",), marks=[qualifier("Foul"), qualifier("Offensive"),
            qualifier("Zone", zone(self.spot)), qualifier("StandingSave")])  # fmt: skip
        two = self.event(self.other, "Foul", offender, here, ok=False, counts=(
            "foulCommitted",), marks=[qualifier("Foul"), qualifier("Defensive"),
            qualifier("Zone", zone(here))])  # fmt: skip
        self.oppose(one, two)
        return offender

    def card(self, side: Side, player: Player, card: str) -> None:
        """A card for a foul just committed."""
        counts = {"Yellow": ["yellowCard"], "SecondYellow": ["secondYellow", "redCard"],
                  "Red": ["redCard"]}[card]  # fmt: skip
        self.wait(8, 25)
        self.event(side, "Card", player, counts=counts, marks=[
            qualifier("Foul", side.event_count), qualifier(card)],
            cardType=named(CARDS, card))  # fmt: skip
        side.cards[player.id] = side.cards.get(player.id, 0) + (card != "Red")

    def play_foul(self) -> None:
        """A foul, perhaps a yellow card, and the free kick."""
        offender = self.foul()
        if self.rng.random() < 0.16 and not self.other.cards.get(offender.id):
            self.card(self.other, offender, "Yellow")
        self.restart("FreekickTaken", self.spot, (15, 32))
